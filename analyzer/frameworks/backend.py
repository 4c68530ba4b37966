"""What frameworks tell about a project: its routes and its other doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from analyzer.project.project import Project
from analyzer.project.target import Place, Target

UNNAMED = ":"
"""The name of a route that has none."""
NOWHERE = Place("", -1)
"""No class: the handler stands where it is registered."""


class Attachment(msgspec.Struct, frozen=True, order=True):
    """What a framework runs around a handler: a dependency, decorator, hook, middleware or permission.

    ``level`` says where it is attached: ``handler``, ``class``, ``router``, ``application`` or ``settings``. ``place``
    is the function that runs where it is ours, ``Place("", -1)`` for a library's; ``dotted`` its canonical name (as
    written where nothing is known of it). ``path`` and ``line`` are where it is attached, ``words`` the texts and names
    given there: ``("admin",)`` of ``roles_required("admin")``. ``verified``: the framework answers 401 itself when what
    is attached gives nothing, and it can give nothing. ``optional``: it is told to let strangers pass. ``raising``: it
    ends a request by what it raises alone, for what it returns is handed to the handler. ``dropped``: nobody takes what
    it returns. ``asks`` is ``role`` or ``scope`` where the words are given as such: ``login_required(role="admin")``.
    ``instead`` are those of which one is enough in its place: ``IsAdmin | ReadOnly``.
    """

    level: str
    place: Place
    dotted: str
    path: str
    line: int
    words: tuple[str, ...] = ()
    verified: bool = False
    optional: bool = False
    raising: bool = False
    dropped: bool = False
    asks: str = ""
    instead: tuple[Attachment, ...] = ()


class Given(msgspec.Struct, frozen=True, order=True):
    """An input that a registration itself declares: ``kind`` as the route table calls it (``path``, ``query``,
    ``header``, ``cookie``, ``body``, ``form``, ``file``, ``argument``), ``name`` empty for a whole body."""

    kind: str
    name: str
    type: str = ""
    required: bool = True


class Route(msgspec.Struct, frozen=True, order=True):
    """One method and path a client can call.

    ``path`` writes parameters as ``{name}``; ``pattern`` keeps the framework's own spelling. ``handler`` is the
    function that answers (the method of a class-based view; the class's first own method where the framework supplies
    the answering one). ``line`` is where the route is registered, in the file ``registered``.
    ``view`` is the index of that class in the handler's file, −1 where the handler itself answers.
    ``dependencies`` are the functions the framework runs before the handler (``Depends`` …), in order; ``attached``
    is everything that runs around it and is not written at the handler itself. ``schema`` says where the route stands
    in the document that its application writes: ``yes``, ``hidden``, ``off`` (none is written), ``""`` (not told here).
    ``library`` is the canonical name of what answers where that is a library's (``Orders.get_list`` where a class of
    the project inherits it); the handler then stands for the module that registers it.
    ``name`` is what code that runs before the handler is told to be asked for: Flask's endpoint, the action of a view
    set; empty where that is not known.
    ``of`` is the class view that is registered (its file and index) where the handler is a method that it inherits.
    ``statuses`` are the status codes that the registration and the routers above it declare, sorted; ``inputs`` and
    ``response`` what a description of the interface says beside the code.
    ``url_name`` is what Django's ``reverse`` calls the route by, with its namespaces (``shop:orders:detail``);
    :data:`UNNAMED` for none, empty where that is not known.
    """

    path: str
    method: str
    handler: Place
    framework: str
    registered: str
    line: int
    pattern: str = ""
    dependencies: tuple[Place, ...] = ()
    attached: tuple[Attachment, ...] = ()
    view: int = -1
    schema: str = ""
    library: str = ""
    name: str = ""
    of: Place = NOWHERE
    statuses: tuple[int, ...] = ()
    inputs: tuple[Given, ...] = ()
    response: str = ""
    url_name: str = ""

    @property
    def label(self) -> str:
        """``POST /login``."""
        return f"{self.method} {self.path}"


def registered_class(project: Project, handler: Place, target: Target) -> Place:
    """The class view that a target is, where the method that answers is another class's; else no place."""
    mine = (handler.path, project.owner_index(handler)) == (target.path, target.index)
    return NOWHERE if mine or target.kind != "class" else Place(target.path, target.index)


class EntryPoint(msgspec.Struct, frozen=True, order=True):
    """A door that is no route.

    ``kind`` is ``rpc`` (a client calls it over the network), ``task`` (a worker runs it) or ``command`` (an operator
    starts it). ``name`` is what it is called by from outside: ``Orders/Create``, ``shop.tasks.send``, ``import-users``.
    ``path`` and ``line`` are where it is registered.
    """

    place: Place
    kind: str
    framework: str
    name: str
    path: str
    line: int

    @property
    def label(self) -> str:
        """``RPC Orders/Create``, ``task shop.tasks.send``."""
        return f"{'RPC' if self.kind == 'rpc' else self.kind} {self.name}"


class Unresolved(msgspec.Struct, frozen=True, order=True):
    """A registration that is beyond static reach, told instead of guessed."""

    path: str
    line: int
    why: str


class Backend(msgspec.Struct, frozen=True):
    """The project as its frameworks see it. All sequences are sorted."""

    project: Project
    routes: tuple[Route, ...]
    entrypoints: tuple[EntryPoint, ...]
    unresolved: tuple[Unresolved, ...]
    frameworks: tuple[str, ...]
    library: tuple[Route, ...] = ()
    """Routes that libraries answer by themselves; no code of the project stands behind them."""

    def doors(self) -> Mapping[Place, EntryPoint]:
        """Entry points by the function that runs."""
        return {one.place: one for one in self.entrypoints}

    def handlers(self) -> Mapping[Place, Sequence[Route]]:
        """Routes by handler."""
        found: dict[Place, list[Route]] = {}
        for route in self.routes:
            found.setdefault(route.handler, []).append(route)
        return found


class Found(msgspec.Struct):
    """What one framework found; a recogniser fills and returns it."""

    routes: list[Route] = []
    entrypoints: list[EntryPoint] = []
    unresolved: list[Unresolved] = []
    library: list[Route] = []
