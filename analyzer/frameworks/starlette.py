"""Starlette's tables: ``routes=[Route("/x", endpoint), Mount("/p", routes=[…])]``, wherever their parts are written."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Name, Starred
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import Attachment, Found, Unresolved
from analyzer.frameworks.fastapi_routers import ROUTERS, Routers, child_of
from analyzer.frameworks.loops import constant_items, held_value
from analyzer.frameworks.prefixes import UNKNOWN, Mount
from analyzer.frameworks.registry import VERBS, Holder, answerer, created, creations, holder
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_SOCKETS = frozenset({"starlette.routing.WebSocketRoute", "fastapi.routing.APIWebSocketRoute"})
_ROUTES = frozenset({"starlette.routing.Route", "fastapi.routing.APIRoute", "starlette.routing.BaseRoute"}) | _SOCKETS
_MOUNTS = frozenset({"starlette.routing.Mount"})
_HOSTS = frozenset({"starlette.routing.Host"})
_PARTS = _ROUTES | _MOUNTS | _HOSTS
_SAID = frozenset(one.rpartition(".")[2] for one in _PARTS | ROUTERS)
_SOCKET_METHODS = ("on_receive", "on_connect", "on_disconnect", "dispatch")
_DEPTH = 10
Position = tuple[str, int, int]


class Answer(msgspec.Struct, frozen=True):
    """What answers the methods of a route: a function, or (``view``) a class that its library answers for."""

    methods: list[str]
    handler: Place
    view: int = -1
    attached: tuple[Attachment, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """A route of a table: the application that has it, the prefix inside, what runs around it, and its call."""

    held: Holder
    prefix: str
    attached: tuple[Attachment, ...]
    place: Place
    call: Call
    socket: bool = False


class _Below(msgspec.Struct, frozen=True):
    """Where a table hangs."""

    held: Holder
    prefix: str = ""
    attached: tuple[Attachment, ...] = ()
    depth: int = 0

    def under(self, prefix: str | None, attached: tuple[Attachment, ...] = ()) -> _Below:
        start = UNKNOWN if prefix is None else prefix.rstrip("/")
        return _Below(self.held, self.prefix + start, (*self.attached, *attached), self.depth + 1)


class _Tables:
    """Tables on the way to their routes; what hangs below what is added to the routers."""

    def __init__(self, project: Project, known: Routers, found: Found) -> None:
        self.project, self.known, self.found = project, known, found
        self.entries: list[Entry] = []
        self.seen: set[Position] = set()

    def rows(self, place: Place, given: AnyExpression | None, below: _Below) -> None:
        """The rows of a table, whatever comes to it."""
        if given is None or below.depth > _DEPTH:
            return
        if isinstance(given, Attribute) and given.attr == "routes" and self._taken(place, given, below):
            return
        items = constant_items(self.project, place, given)
        if items is not None:
            for at, item in items:
                self.row(at, item, below)
            return
        held = held_value(self.project, place, given) if isinstance(given, Name | Attribute) else None
        if held is not None:
            self.rows(held[0], held[1], below.under(""))
            return
        inside = list(_returned(self.project, place, given)) if isinstance(given, Call) else []
        for at, value in inside:
            self.rows(at, value, below.under(""))
        if not inside and not any(isinstance(one, Call) and self._part(place, one) for one in walk(given)):
            self.found.unresolved.append(Unresolved(place.path, given.line, "the table of routes is not constant"))

    def _taken(self, place: Place, given: Attribute, below: _Below) -> bool:
        """``Mount("/api", routes=api.routes)``: the routes of another router."""
        child = holder(self.project, place, chain_of(given.value))
        if child is None or child not in self.known.own:
            return False
        self.known.mounts.append(Mount(child, below.held, below.prefix, attached=below.attached))
        return True

    def _part(self, place: Place, call: Call) -> str:
        return created(self.project, place, call, _PARTS)

    def row(self, place: Place, item: AnyExpression, below: _Below) -> None:
        """One row: a route, a mount, a host, a variable that holds one."""
        if below.depth > _DEPTH:
            return
        if isinstance(item, Starred):
            self.rows(place, item.value, below.under(""))
        elif isinstance(item, Name | Attribute):
            held = held_value(self.project, place, item)
            if held is not None:
                self.row(held[0], held[1], below.under(""))
            else:
                self.found.unresolved.append(Unresolved(place.path, item.line, "the entry is no route"))
        elif isinstance(item, Call):
            kind = self._part(place, item)
            self.seen.add(_position(place, item))
            around = tuple(listed(self.project, place, item, "router", "middleware", "dependencies"))
            if kind in _ROUTES:
                attached = (*below.attached, *around)
                self.entries.append(Entry(below.held, below.prefix, attached, place, item, kind in _SOCKETS))
            elif kind in _MOUNTS:
                inner = below.under(text(self.project, place, argument(item, 0, "path")), around)
                self.rows(place, argument(item, 2, "routes"), inner)
                self.application(place, argument(item, 1, "app"), inner)
            elif kind in _HOSTS:
                self.application(place, argument(item, 1, "app"), below.under("", around))
            else:
                self._made(place, item, below)

    def _made(self, place: Place, call: Call, below: _Below) -> None:
        """A row that a function makes."""
        inside = list(_returned(self.project, place, call))
        for at, value in inside:
            if isinstance(value, Call) and self._part(at, value):
                self.row(at, value, below.under(""))
                return
        target = self.project.resolve_expression(place, call.func)
        if inside or target is None or target.ours:
            self.found.unresolved.append(Unresolved(place.path, call.line, "the entry is no route"))

    def application(self, place: Place, given: AnyExpression | None, below: _Below) -> None:
        """What is mounted: an application written there, made by a function, wrapped into middleware, or by name."""
        if given is None or below.depth > _DEPTH:
            return
        if isinstance(given, Call) and created(self.project, place, given, ROUTERS):
            around = tuple(listed(self.project, place, given, "router", "middleware", "dependencies"))
            self.rows(place, _table(given), below.under("", around))
            return
        if isinstance(given, Call) and self._part(place, given):
            self.row(place, given, below.under(""))
            return
        for at, value in _returned(self.project, place, given) if isinstance(given, Call) else ():
            if isinstance(value, Call) and created(self.project, at, value, ROUTERS):
                self.application(at, value, below.under(""))
                return
        child = child_of(self.project, place, given, self.known)
        if child is not None and child in self.known.own:
            self.known.mounts.append(Mount(child, below.held, below.prefix, attached=below.attached))
        elif isinstance(given, Call):
            wrapped = argument(given, 0, "app")
            one = attachment(self.project, place, given.func, "router")
            if wrapped is not None and not isinstance(wrapped, Starred):
                self.application(place, wrapped, below.under("", (one,) if one is not None else ()))


def tables(project: Project, known: Routers, found: Found) -> list[Entry]:
    """The routes of all tables; what they mount is added to the routers, with applications that have no name."""
    made = list(_written(project))
    table = _Tables(project, known, found)
    nested = {one for place, call, kind in made if kind in _MOUNTS | _HOSTS for one in _mounted(project, place, call)}
    named = _named(project, made)
    for place, call, kind in made:
        position = _position(place, call)
        if kind not in ROUTERS or position in nested or _table(call) is None:
            continue
        held = named.get(position) or Holder(place.path, place.index, f"{chain_of(call.func)}@{call.line}")
        if held not in known.own:
            known.own[held] = ""
            known.attached[held] = list(listed(project, place, call, "application", "middleware", "dependencies"))
        table.rows(place, _table(call), _Below(held))
    nobody = Holder("", -1, "")
    for kinds in (_MOUNTS | _HOSTS, _ROUTES):  # what is in no table that is seen, such as one that grows elsewhere
        for place, call, kind in made:
            if kind in kinds and _position(place, call) not in table.seen:
                table.row(place, call, _Below(nobody))
    return table.entries


def _written(project: Project) -> Iterator[tuple[Place, Call, str]]:
    """Every call that makes an application, a route or a mount, in source order, with the class's canonical name."""
    said = _SAID | {
        one.name
        for path in project.paths()
        for index, one in enumerate(project.outline(path).classes)
        if project.classes.descends(path, index, _PARTS | ROUTERS)
    }
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if any(use.kind == "call" and _last(use.chain) in said for use in uses):
            for node in walk(project.body(place)):
                if isinstance(node, Call) and _last(chain_of(node.func)) in said:
                    kind = created(project, place, node, _PARTS | ROUTERS)
                    if kind:
                        yield place, node, kind


def _last(chain: str) -> str:
    return chain.rpartition(".")[2].removesuffix("()")


def _named(project: Project, made: list[tuple[Place, Call, str]]) -> dict[Position, Holder]:
    """The variables that applications are assigned to, by the position of their call."""
    wanted = {_position(place, call) for place, call, kind in made if kind in ROUTERS}
    found = ((_position(one.place, one.call), one.holder) for one in creations(project, ROUTERS))
    return {position: held for position, held in found if position in wanted}


def _mounted(project: Project, place: Place, call: Call) -> Iterator[Position]:
    """The positions of the applications that a mount writes out or has made by a function."""
    app = argument(call, 1, "app")
    for node in walk(app) if app is not None else ():
        if isinstance(node, Call):
            yield _position(place, node)
            for at, value in _returned(project, place, node):
                if isinstance(value, Call):
                    yield _position(at, value)


def _table(call: Call) -> AnyExpression | None:
    """The table that an application is made with; a bare router takes it first."""
    return argument(call, 0 if _last(chain_of(call.func)) == "Router" else 1, "routes")


def _position(place: Place, call: Call) -> Position:
    return place.path, call.line, call.column


def _returned(project: Project, place: Place, call: Call) -> Iterator[tuple[Place, AnyExpression]]:
    """What a function of the project that is called gives back."""
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "function":
        return
    inside = Place(target.path, target.index)
    for node in walk(project.body(inside)):
        if isinstance(node, Return) and node.value is not None:
            yield inside, node.value


def answers_of(project: Project, place: Place, given: AnyExpression | None, methods: list[str]) -> Iterator[Answer]:
    """The functions behind an endpoint: itself, below decorators called in place, or the methods of a class."""
    attached: list[Attachment] = []
    for _ in range(_DEPTH):
        target = answerer(project, place, given)
        if (target is not None and target.index >= 0) or not isinstance(given, Call) or not given.arguments:
            break
        one = attachment(project, place, given.func, "handler")
        if one is not None and not one.dotted.endswith("partial"):
            attached.append(one)
        given = given.arguments[0].value
    if target is None or target.index < 0:
        return
    if target.kind == "function":
        yield Answer(methods, Place(target.path, target.index), -1, tuple(attached))
    elif target.kind == "instance":
        method = project.attribute(target, "__call__")
        if method is not None and method.kind == "function":
            yield Answer(methods, Place(method.path, method.index), -1, tuple(attached))
    elif target.kind == "class":
        own = dict(project.classes.methods(target.path, target.index))
        if methods == ["WEBSOCKET"]:
            name = next((one for one in _SOCKET_METHODS if one in own), "")
            handler, view = (own[name], -1) if name else (Place(target.path, -1), target.index)
            yield Answer(methods, handler, view, tuple(attached))
            return
        for name in VERBS:
            if name in own:
                yield Answer([name.upper()], own[name], -1, tuple(attached))
