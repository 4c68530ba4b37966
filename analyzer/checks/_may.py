"""What the other handlers of a backend know about who may: the evidence that BA304 compares a handler with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from analyzer.checks import _personal
from analyzer.checks._joining import last_segment, makes_account
from analyzer.checks._owners import Owners
from analyzer.checks._records import Records
from analyzer.checks._resources import Resources
from analyzer.checks._trails import Load, Trail
from analyzer.facts.expressions import Name
from analyzer.frameworks import Route
from analyzer.graph.guards import Guard, Guards
from analyzer.graph.picture import Picture
from analyzer.project import Place

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE", "MUTATION"})
_SAYING = re.compile(r"permission(?!_classes$)|required|roles?$|scopes?$|allowed_", re.IGNORECASE)
_ASKING = frozenset({"role", "scope", "owner"})
_PARAMETER = re.compile(r"\{[^}]*\}")
_KEY = re.compile(r"(?:/\{\})+/?\Z")
_MAKING = re.compile(r"(?<=\w)/(?:add|new|create|insert|import)\Z")
_ORDINARY = re.compile(
    r"(?:users?|customers?|clients?|members?|patients?|students?|buyers?|readers?|viewers?|guests?|basic|normal|regular"
    r"|subscribers?)(?:, |\Z)",
    re.IGNORECASE,
)
"""Roles that everybody has who uses the application: whose a record is matters within them."""

_ADMINISTERING = re.compile(r"/(?:admin|staff|backoffice|internal)\b", re.IGNORECASE)
"""Paths for those who run the application, whether or not anything keeps others out."""

_LOGGED_IN = re.compile(r"login_required$|LoginRequiredMixin$|IsAuthenticated$|current_user", re.IGNORECASE)


class Handled(msgspec.Struct):
    """A handler with its first route, its guards and what it does to records."""

    handler: Place
    name: str
    owner: str
    route: Route
    guards: tuple[Guard, ...]
    trail: Trail
    changing: bool
    stated: bool = False
    """The class says in a variable who may: ``permission = "orders.change"``."""

    stands: bool = False
    """The handler only stands for the one that a generic view brings; it goes by the name of its class."""
    view: int = -1
    """The index of the class where nothing of it answers: the framework does it all, and ``handler`` is the module."""

    @property
    def base(self) -> str:
        """The resource of the path: its first constant segments, without a word for making one (``/products/add``)."""
        return _MAKING.sub("", self.route.path.partition("/{")[0].rstrip("/"))

    @property
    def collection(self) -> str:
        """The path without the key of a record at its end."""
        return _KEY.sub("", _PARAMETER.sub("{}", self.route.path)).rstrip("/")

    @property
    def known(self) -> bool:
        """Whether it is known who asks."""
        return bool(self.guards)

    @property
    def demands(self) -> frozenset[str]:
        """What stands before the handler demands; what it compares itself is in its trail."""
        return frozenset(one.demand for one in self.guards)

    @property
    def demanding(self) -> bool:
        """Whether more is demanded than being logged in."""
        mine = (self.handler.path, self.name)
        return any(
            one.demand in {"role", "scope", "signature"}
            or (one.demand == "owner" and (one.path, one.name.rpartition(".")[2]) != mine)
            for one in self.guards
        )

    @property
    def ordinary(self) -> bool:
        """Whether the roles that are demanded are those of ordinary people, whose records are not each other's."""
        roles = [one for one in self.guards if one.demand == "role"]
        named = [one for one in roles if one.wanted]
        return bool(named) and all(
            _ORDINARY.sub("", one.wanted) == ""
            if one.wanted
            else any(one.name.startswith(f"{other.name}.") for other in named)
            for one in roles
        )

    @property
    def demanded(self) -> str:
        """In words what is demanded most specially."""
        found = next((one for one in self.guards if one.demand in _ASKING), None)
        return f"a {found.demand} ({found.wanted})" if found and found.wanted else f"a {found.demand}" if found else ""

    @property
    def own(self) -> bool:
        """Whether the caller has a say in what the handler changes."""
        scoped = any(load.scoped and (load.keyed or load.used) for load in self.trail.loads)
        return scoped or bool(self.trail.made) or "owner" in self.demands


class Evidence:
    """The handlers of a picture and what they say about each resource."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._owners = picture.shared(Owners)
        self._resources = picture.shared(Resources)
        self.handled = tuple(_handled(picture))
        self.made: dict[str, set[str]] = {}
        self._of: dict[str, list[Handled]] = {}
        for one in self.handled:
            for resource, column in one.trail.made:
                self.made.setdefault(resource, set()).add(column)
            for resource in {load.resource for load in one.trail.loads}:
                self._of.setdefault(resource, []).append(one)

    def asking(self, resource: str, apart: Handled, how: str) -> Handled | None:
        """A handler that asks whose the records are (for the user model: who the caller is, or for a role)."""
        model = self._resources.model(resource)
        # The handler itself first: one of its branches may ask, and the other not.
        people = self._owners.is_user(model) if model is not None else self._owners.people(resource)
        handlers: list[Handled] = [apart, *self._of.get(resource, [])]
        for one in handlers:
            for load in one.trail.loads:
                if load.resource != resource:
                    continue
                if people:
                    stated = one is not apart and load.keyed and load.used == "changed"
                    if stated and (load.scoped or "role" in one.demands):
                        return one
                elif (load.scoped and load.used and (how == "changed" or load.used == "read" or one is apart)) or (
                    load.whose and how == "changed" and one is not apart and (apart.own or not one.changing)
                ):
                    return one
        return None

    def shared(self, resource: str, apart: Handled) -> bool:
        """Whether everybody may read the records: some handler lists or shows them, whoever asks."""
        return any(
            load.resource == resource and load.used == "read" and not load.scoped
            for one in self._of.get(resource, ())
            if one is not apart
            and not one.changing
            and not one.demanding
            and not one.trail.role
            and not _ADMINISTERING.search(one.route.path)
            # What strangers are shown by mistake is no sign that everybody may see it.
            and (one.known or _personal.personal(self._picture, one.handler) is None)
            for load in one.trail.loads
            if not load.keyed or not one.known
        )

    def displayed(self, resource: str, apart: Handled) -> bool:
        """Whether strangers are shown the records of a resource by some other handler of the application."""
        modules = set(self._picture.application(apart.handler.path))
        return any(
            one is not apart
            and not one.changing
            and not one.guards
            and one.handler.path in modules
            and any(load.resource == resource and load.used == "read" for load in one.trail.loads)
            for one in self._of.get(resource, ())
        )

    def unasked(self, resource: str, apart: Handled) -> int:
        """How many other handlers change records of the resource for everybody who is logged in."""
        return sum(
            any(load.resource == resource and load.used == "changed" and not load.scoped for load in one.trail.loads)
            for one in self._of.get(resource, ())
            if one is not apart and one.changing and one.known and not one.demanding
        )

    def beside(self, one: Handled) -> Sequence[Handled]:
        """The other handlers of the file."""
        return [other for other in self.handled if other is not one and other.handler.path == one.handler.path]

    def alike(self, one: Handled) -> Sequence[Handled]:
        """The other handlers on the same resource: those of the file, and those of the very same collection wherever
        they stand, for many keep each handler in a file of its own."""
        near = [other for other in self.beside(one) if other.base == one.base]
        modules = set(self._picture.application(one.handler.path)) - {one.handler.path}
        far = self._collections.get(one.collection, ()) if one.collection else ()
        return [*near, *(other for other in far if other.handler.path in modules)]

    @cached_property
    def _collections(self) -> dict[str, list[Handled]]:
        found: dict[str, list[Handled]] = {}
        for one in self.handled:
            found.setdefault(one.collection, []).append(one)
        return found

    def identity(self, one: Handled) -> bool:
        """Whether it is known who asks, and not only that somebody may (a key for programs)."""
        return one.trail.caller or any(other.trail.caller for other in self.beside(one))

    def logged_in(self, one: Handled) -> bool:
        """Whether a person has logged in, by the guard's name in the library that brings it."""
        return any(_LOGGED_IN.search(guard.name) for guard in one.guards)

    def joined(self, one: Handled) -> bool:
        """Whether strangers make accounts for themselves: who is logged in is then anybody, and no colleague."""
        return one.handler.path in self._open

    @cached_property
    def _open(self) -> frozenset[str]:
        """The modules of the applications in which somebody who is not known yet can sign up."""
        picture = self._picture
        doors = {one.handler.path for one in self.handled if not one.guards and _signs_up(picture, one)}
        return frozenset(path for door in doors for path in picture.application(door))

    def roles(self, one: Handled) -> bool:
        """Whether the application knows roles: a guard demands one, or the user model has a column for it."""
        modules = set(self._picture.application(one.handler.path))
        if any("role" in other.demands for other in self.handled if other.handler.path in modules):
            return True
        return self._owners.roles(modules)


def _signs_up(picture: Picture, one: Handled) -> bool:
    """Whether a handler makes an account with a password that the client chooses."""
    names = (one.name, one.owner, *last_segment([one.route]))
    posted = one.route.method in {"POST", "ANY", "MUTATION"}
    return posted and makes_account(picture, one.handler, one.view, names)


def evidence(picture: Picture) -> Evidence:
    """The evidence of a picture, gathered once."""
    return picture.shared(Evidence)


def _handled(picture: Picture) -> list[Handled]:
    guards, records, resources = picture.shared(Guards), picture.shared(Records), picture.shared(Resources)
    found: list[Handled] = []
    for handler, routes in picture.handlers().items():
        function = picture.project.function(handler)
        if not picture.is_main(handler.path):
            continue
        if function is None:
            found.extend(_left_to_framework(picture, handler, routes))
            continue
        stood = [guards.of(route).guards for route in routes]
        route = next((one for one in routes if one.method in _CHANGING), routes[0])
        owner = picture.project.owner(handler)
        found.append(
            Handled(
                handler,
                owner.name if owner is not None and resources.supplied(handler) else function.name,
                owner.name if owner is not None else "",
                route,
                min(stood, key=len),
                (trail := records.of(handler, routes)),
                any(one.method in _CHANGING for one in routes)
                or (route.method == "ANY" and any(load.used == "changed" for load in trail.loads)),
                owner is not None and _all_state(picture, handler, routes),
                resources.supplied(handler),
            )
        )
    return found


def _left_to_framework(picture: Picture, module: Place, routes: Sequence[Route]) -> Iterator[Handled]:
    """The class views of a module that bring no answering method: what they do by themselves to the records of their
    model."""
    guards, resources = picture.shared(Guards), picture.shared(Resources)
    for view in sorted({route.view for route in routes if route.view >= 0}):
        mine = [route for route in routes if route.view == view]
        keyed = [route for route in mine if "{" in route.path]
        route = next((one for one in keyed if one.method in _CHANGING), (keyed or mine)[0])
        resource, at = resources.viewed_by(module.path, view), picture.project.outline(module.path).classes[view]
        shown = Name(at.line, at.column, at.line, at.end_column, "get_object")
        changing = route.method in _CHANGING
        load = Load(resource, module, shown, "get_object", keyed="{" in route.path)
        load.scoped = resources.narrowed_by(module.path, view)
        load.used = "changed" if changing else "read"
        stood = min((guards.of(one).guards for one in mine), key=len)
        stated = _stated(picture, module.path, view)
        trail = Trail([load], set())
        yield Handled(module, at.name, at.name, route, stood, trail, changing, stated, stands=True, view=view)


def _all_state(picture: Picture, handler: Place, routes: Sequence[Route]) -> bool:
    """Whether every class by which a method answers says who may."""
    own = Place(handler.path, picture.project.owner_index(handler))
    views = {route.of if route.of.path else own for route in routes}
    return all(_stated(picture, view.path, view.index) for view in views)


def _stated(picture: Picture, path: str, index: int) -> bool:
    return any(_SAYING.search(name) for name, _, _ in picture.project.classes.fields(path, index))
