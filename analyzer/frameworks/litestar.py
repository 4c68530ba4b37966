"""Litestar: handlers by decorator, controllers and routers with paths, composed by ``route_handlers``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from analyzer.facts.expressions import AnyExpression, Binary, Call, Name, Sequence, Starred
from analyzer.facts.statements import Assign, Augment
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.attachments import attachments
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.forwarded import Given, given_by
from analyzer.frameworks.loops import Registration, substitute
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import VERBS, Creation, Holder, calls, creations, holder, imports_any, router
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_APPLICATIONS = frozenset({"litestar.Litestar", "litestar.app.Litestar"})
_ROUTERS = frozenset({"litestar.Router", "litestar.router.Router"})
_CONTROLLER = re.compile(r"^litestar(?:\.controller)?\.Controller$")
_HANDLER = re.compile(r"^litestar(?:\.handlers(?:\.\w+)*)?\.(?P<name>\w+?)(?:\(\))?$")
_SOCKETS = frozenset({"websocket", "websocket_listener", "websocket_stream"})
_ATTACHING = ("guards", "middleware", "before_request")
_DEPTH = 12
Made = Mapping[Holder, Creation]


class _Above(msgspec.Struct, frozen=True):
    """What stands above a handler: its path so far, and what runs before it."""

    path: str | None
    attached: tuple[Attachment, ...] = ()


def _known(path: str | None) -> str:
    return UNKNOWN if path is None else path


class _Walk:
    """One look at a project: the routers made in it, what is found, and which handlers an application holds."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.found = Found()
        self.made: Made = {one.holder: one for one in creations(project, _APPLICATIONS | _ROUTERS)}
        self.held: set[Holder] = set()
        self.handlers: set[Place] = set()

    def group(self, creation: Creation, above: _Above, depth: int = 0) -> None:
        """Everything below an application or router."""
        if depth > _DEPTH:
            return
        self.held.add(creation.holder)
        place, call = creation.place, creation.call
        router = creation.dotted in _ROUTERS
        given = argument(call, 0 if router else 99, "path")
        inner = self._below(above, place, given, call, "router" if router else "application")
        for at, item in self.items(place, argument(call, 99 if router else 0, "route_handlers")):
            self.item(at, item, inner, depth)

    def item(self, place: Place, item: AnyExpression, above: _Above, depth: int) -> None:
        """One of ``route_handlers``: a handler, a controller, or a router; also what a function makes of them."""
        if isinstance(item, Call) and self.called(place, item, above):
            return
        target = self.project.resolve_expression(place, item)
        if target is not None and target.kind == "class":
            self.controller(target, above)
            return
        if target is not None and target.kind == "function":
            self.handler(Place(target.path, target.index), above)
            return
        stored = self.project.variable(place.path, chain_of(item)) if isinstance(item, Name) else None
        if stored is not None and isinstance(stored[1], Call) and self.called(Place(stored[0], -1), stored[1], above):
            return
        held = holder(self.project, place, chain_of(item))
        library = isinstance(item, Call) and self.project.callee(place, item).startswith("litestar.")
        if held is not None and held in self.made:
            self.group(self.made[held], above, depth + 1)
        elif not library:  # static files: there is no code of the project behind them
            self.found.unresolved.append(Unresolved(place.path, item.line, "the route handler is not a plain name"))

    def called(self, place: Place, call: Call, above: _Above) -> bool:
        """``get("/x")(view)``, and ``made("/x")`` of a function that gives back a handler that stands in it."""
        given = argument(call, 0)
        target = self.project.resolve_expression(place, given)
        methods = self._methods(place, call.func) if isinstance(call.func, Call) else []
        if methods and target is not None and target.kind == "function":
            handler = Place(target.path, target.index)
            self.handlers.add(handler)
            for path in self._of_decorator(place, call.func, None):
                self._add(
                    handler, methods, above.path, path, self._around(place, call.func, above), place.path, call.line
                )
            return True
        maker = self.project.resolve_expression(place, call.func)
        function = self.project.function(Place(maker.path, maker.index)) if maker and maker.kind == "function" else None
        if maker is None or function is None:
            return False
        made = Place(maker.path, maker.index)
        for local in function.locals:
            inner = self.project.resolve(made, local.source) if local.target == "return" else None
            if inner is not None and inner.kind == "function" and inner.path == made.path:
                given_here = given_by(self.project, made, function, Registration(place, call))
                self.handler(Place(inner.path, inner.index), above, given_here)
                return True
        return False

    def controller(self, target: Target, above: _Above) -> None:
        """The handlers of a controller class, inherited ones too."""
        project = self.project
        value = project.classes.variable(target.path, target.index, "path")
        path = "" if value is None else text(project, Place(value[0], -1), value[1])
        whole = f"{_known(above.path)}/{_known(path)}"
        for _, method in sorted(project.classes.methods(target.path, target.index)):
            self.handler(method, _Above(whole, above.attached))

    def handler(self, place: Place, above: _Above, known: Given | None = None) -> None:
        """The routes of one decorated function; ``known`` is what the function around it is given."""
        function = self.project.function(place)
        outside = Place(place.path, function.parent if function else -1)
        for decorator in function.decorators if function else ():
            methods = self._methods(outside, decorator)
            if not methods:
                continue
            self.handlers.add(place)
            attached = self._around(outside, decorator, above)
            for path in self._of_decorator(outside, decorator, known):
                self._add(place, methods, above.path, path, attached, place.path, decorator.line)

    def _around(self, place: Place, decorator: AnyExpression, above: _Above) -> tuple[Attachment, ...]:
        attached = above.attached
        if isinstance(decorator, Call):
            for keyword in _ATTACHING:
                attached += tuple(attachments(self.project, place, argument(decorator, 99, keyword), "handler"))
        return attached

    def _of_decorator(self, place: Place, decorator: AnyExpression, known: Given | None) -> list[str | None]:
        """The paths that a decorator names, ``None`` for one that is not constant."""
        given = argument(decorator, 0, "path") if isinstance(decorator, Call) else None
        if given is None:
            return [""]
        if known is not None:
            origins: dict[int, Place] = {}
            made: AnyExpression = substitute(given, known.known, origins)  # type: ignore[assignment]
            at = next((origins[id(node)] for node in walk(made) if id(node) in origins), place)
            return [text(self.project, at, made)]
        listed = texts(self.project, place, given)
        return [*listed] if listed else [text(self.project, place, given)]

    def _methods(self, place: Place, decorator: AnyExpression) -> list[str]:
        plain = decorator.func if isinstance(decorator, Call) else decorator
        target = self.project.resolve_expression(place, plain)
        named = _HANDLER.match(target.dotted) if target is not None and not target.ours else None
        if named is None:
            return []
        name = named["name"]
        if name in VERBS:
            return [name.upper()]
        if name in _SOCKETS:
            return ["WEBSOCKET"]
        if name in {"route", "HTTPRouteHandler"} and isinstance(decorator, Call):
            given = argument(decorator, 99, "http_method")
            one = _verb(self.project, place, given)
            listed = given.items if isinstance(given, Sequence) else []
            return (
                [one] if one else sorted(filter(None, (_verb(self.project, place, item) for item in listed))) or ["ANY"]
            )
        return []

    def _add(
        self,
        place: Place,
        methods: list[str],
        before: str | None,
        path: str | None,
        attached: tuple[Attachment, ...],
        registered: str,
        line: int,
    ) -> None:
        if path is None:
            self.found.unresolved.append(Unresolved(registered, line, "the path is not constant"))
            return
        whole = "/" + "/".join(part for part in f"{_known(before)}/{path}".split("/") if part)
        shown = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", whole)
        for method in methods:
            self.found.routes.append(Route(shown, method, place, "Litestar", registered, line, whole, (), attached))

    def _below(self, above: _Above, place: Place, given: AnyExpression | None, call: Call, level: str) -> _Above:
        path = "" if given is None else self.path(place, given)
        if path is None and given is not None:
            self.found.unresolved.append(
                Unresolved(place.path, given.line, "the path of what holds the routes is not known")
            )
            path = UNKNOWN
        attached = above.attached
        for keyword in _ATTACHING:
            attached += tuple(attachments(self.project, place, argument(call, 99, keyword), level))
        return _Above(f"{_known(above.path)}/{path}", attached)

    def path(self, place: Place, given: AnyExpression) -> str | None:
        """A constant path, or the default of the parameter that a function makes its router with."""
        known = text(self.project, place, given)
        function = self.project.function(place)
        for one in function.parameters if known is None and function is not None and isinstance(given, Name) else ():
            if one.name == chain_of(given):
                return text(self.project, Place(place.path, function.parent if function else -1), one.default)
        return known

    def _local(self, place: Place, name: str) -> list[tuple[AnyExpression, bool]]:
        """What a function puts into a list of its own: items, and (true) whole lists of them."""
        found: list[tuple[AnyExpression, bool]] = []
        for node in walk(self.project.body(place)) if place.index >= 0 else ():
            if isinstance(node, Assign) and node.value is not None:
                if any(chain_of(target) == name for target in node.targets):
                    found.append((node.value, True))
            elif isinstance(node, Augment) and chain_of(node.target) == name:
                found.append((node.value, True))
            elif isinstance(node, Call) and chain_of(node.func) in {f"{name}.append", f"{name}.extend"}:
                given = argument(node, 0)
                found += [(given, chain_of(node.func).endswith(".extend"))] if given is not None else []
        return found

    def items(self, place: Place, given: AnyExpression | None) -> Iterator[tuple[Place, AnyExpression]]:
        """The entries of a list: displays, sums and unpacking of them, names of such."""
        if isinstance(given, Sequence):
            for item in given.items:
                if isinstance(item, Starred):
                    yield from self.items(place, item.value)
                else:
                    yield place, item
        elif isinstance(given, Binary) and given.op == "+":
            yield from self.items(place, given.left)
            yield from self.items(place, given.right)
        elif isinstance(given, Name) and (local := self._local(place, given.id)):
            for one, whole in local:
                if whole:
                    yield from self.items(place, one)
                else:
                    yield place, one
        elif given is not None:
            chain = chain_of(given)
            module, _, name = chain.rpartition(".")
            target = self.project.resolve(place, module) if module else None
            path = target.path if target is not None and target.kind == "module" else place.path
            found = self.project.variable(path, name) if not module or path != place.path else None
            if found is not None and not isinstance(found[1], Name):
                yield from self.items(Place(found[0], -1), found[1])
            else:
                self.found.unresolved.append(
                    Unresolved(place.path, given.line, "the route handlers are not a plain list")
                )


def _registered(project: Project, walk: _Walk) -> None:
    """``app.register(handler)``, ``app_config.route_handlers.append(handler)`` of a plugin."""
    for place, call in calls(project, frozenset({"register", "append", "extend"})):
        before, _, name = chain_of(call.func).rpartition(".")
        given = argument(call, 0, "value")
        if given is None or not before:
            continue
        if name == "register":
            held = router(project, place, before, dict.fromkeys(walk.made, ""), _APPLICATIONS | _ROUTERS)
            if held is not None:
                creation = walk.made.get(held)
                own = argument(creation.call, 0, "path") if creation and creation.dotted in _ROUTERS else None
                path = "" if own is None or creation is None else walk.path(creation.place, own)
                walk.item(place, given, _Above(path), 0)
        elif before.endswith(".route_handlers"):
            for at, item in walk.items(place, given) if name == "extend" else [(place, given)]:
                walk.item(at, item, _Above(""), 0)


def recognise(project: Project) -> Found | None:
    """The routes of Litestar applications; ``None`` when the project does not import it.

    Handlers that no application of the project is seen to hold (a plugin registers them, or a list that is put together
    at run time) stand at their own path, and the list is said to be unresolved.
    """
    if not imports_any(project, frozenset({"litestar"})):
        return None
    walk = _Walk(project)
    for creation in walk.made.values():
        if creation.dotted in _APPLICATIONS:
            walk.group(creation, _Above(""))
    _registered(project, walk)
    for held, creation in walk.made.items():
        if held not in walk.held:
            walk.group(creation, _Above(""))
    for path in project.paths():
        outline = project.outline(path)
        for index in range(len(outline.classes)):
            controller = any(map(_CONTROLLER.match, project.classes.externals(path, index)))
            if controller and not project.classes.below(path, index) and not _held(project, walk, path, index):
                walk.controller(project.class_target(path, index), _Above(""))
        for index, function in enumerate(outline.functions):
            if function.owner < 0 and function.decorators and Place(path, index) not in walk.handlers:
                walk.handler(Place(path, index), _Above(""))
    return walk.found


def _held(project: Project, walk: _Walk, path: str, index: int) -> bool:
    return any(method in walk.handlers for _, method in project.classes.methods(path, index))


def _verb(project: Project, place: Place, given: AnyExpression | None) -> str:
    """``"GET"`` or ``HttpMethod.GET``."""
    if given is None or isinstance(given, Sequence):
        return ""
    plain = text(project, place, given) or chain_of(given).rpartition(".")[2]
    return plain.upper() if plain.lower() in VERBS else ""
