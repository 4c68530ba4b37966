"""The route table of a picture."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.frameworks import EntryPoint, Route
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.graph.guards import Guards
from analyzer.graph.limits import Limits
from analyzer.graph.picture import Picture
from analyzer.inventory.answers import response_of, serializer_of, statuses_of
from analyzer.inventory.applications import Applications
from analyzer.inventory.declared import path_inputs, signature_inputs
from analyzer.inventory.decorated import decorated_inputs
from analyzer.inventory.documented import Documented
from analyzer.inventory.injected import Injected
from analyzer.inventory.parsers import parsed_inputs
from analyzer.inventory.read import read_inputs
from analyzer.inventory.rows import INPUT_KINDS, RAW, EntryRow, Gap, GuardRow, Input, Inventory, Row
from analyzer.project import Place

_DEPTH = 6
"""Calls followed from a handler; layers are closer than that, what lies further belongs to libraries of one's own."""
_MOST = 400
"""Functions looked at for one handler."""
_WRITING = {"POST", "PUT", "PATCH", "ANY"}


def inventory(picture: Picture) -> Inventory:
    """All routes with what is known of each, and the registrations that are not."""
    layers = _Layers(picture)
    rows = [_row(picture, route, layers) for route in (*picture.routes, *picture.backend.library)]
    rows.sort(key=lambda row: (row.application, row.path, row.method, row.handler, row.registered))
    gaps = sorted({Gap(item.path, item.line, item.why) for item in picture.backend.unresolved})
    doors = tuple(sorted(_entry(picture, one, layers) for one in picture.doors().values()))
    return Inventory(tuple(rows), tuple(gaps), picture.backend.frameworks, entry_points=doors)


def _entry(picture: Picture, one: EntryPoint, layers: _Layers) -> EntryRow:
    function = picture.project.function(one.place)
    return EntryRow(
        kind=one.kind,
        name=one.name,
        handler=picture.project.qualified(one.place),
        file=one.place.path,
        line=function.line if function else one.line,
        framework=one.framework,
        registered=f"{one.path}:{one.line}",
        layers=layers.of(one.place),
    )


def _row(picture: Picture, route: Route, layers: _Layers) -> Row:
    project = picture.project
    # Where the framework answers for a class, the class is named, and not one of its methods.
    view = project.outline(route.handler.path).classes[route.view] if route.view >= 0 else None
    function = project.function(route.handler) if view is None else None
    handler = project.qualified(Place(route.handler.path, -1) if view is not None else route.handler)
    inputs = sorted(set(_inputs(picture, route)), key=lambda item: (INPUT_KINDS.index(item.kind), item))
    return Row(
        method=route.method,
        path=route.path,
        handler=f"{handler}.{view.qualname}" if view is not None else _library(route) or handler,
        file=route.handler.path,
        line=function.line if function else view.line if view is not None else route.line,
        framework=route.framework,
        pattern=route.pattern,
        registered=f"{route.registered}:{route.line}",
        inputs=tuple(inputs),
        guards=guards_of(picture, route),
        dependencies=(
            *(project.qualified(place) for place in route.dependencies),
            *picture.shared(Injected).of(route),
        ),
        response=route.response or response_of(project, route.handler, function)
        if function
        else serializer_of(project, route.handler, route.view)
        if view is not None
        else "",
        statuses=statuses_of(project, route, function) if function else route.statuses,
        limits=picture.shared(Limits).near(route),
        layers=layers.of(route.handler) if not route.library else (),
        application_limits=picture.shared(Limits).everywhere(route),
        documented=picture.shared(Documented).of(route),
        application=picture.shared(Applications).of(route),
    )


def _library(route: Route) -> str:
    """What a library answers with; of a table of routes that is not known, that it is all of them."""
    return f"all of {route.library}" if route.library and route.path.endswith(UNKNOWN) else route.library


def _inputs(picture: Picture, route: Route) -> Iterator[Input]:
    project = picture.project
    function = project.function(route.handler) if route.view < 0 else None
    yield from path_inputs(project, route)
    if function is None:
        sent = serializer_of(project, route.handler, route.view) if route.method in _WRITING and route.view >= 0 else ""
        yield from [Input("body", "", sent)] if sent else ()
        return
    declared = [
        *(Input(one.kind, one.name, one.type or RAW, one.required) for one in route.inputs if one.kind != "path"),
        *signature_inputs(project, route),
        *decorated_inputs(project, route, function),
        *parsed_inputs(project, route.handler, route.method),
    ]
    serializer = serializer_of(project, route.handler) if route.method in _WRITING else ""
    if serializer:
        declared.append(Input("body", "", serializer))
    yield from declared
    known = {(item.kind, item.name) for item in declared}
    kinds = {item.kind for item in declared}
    for item in read_inputs(project, route, function):
        # What a schema checks is not raw, though the code takes it from the request afterwards.
        if (item.kind, item.name) not in known and not (item.kind in kinds and item.kind == "body"):
            yield item


def guards_of(picture: Picture, route: Route) -> tuple[GuardRow, ...]:
    """The guards of a route, sorted."""
    known = picture.shared(Guards).of(route).guards
    rows = sorted(GuardRow(item.name, item.demand, item.path, item.line, item.wanted) for item in known)
    # The same guard may be found where it is attached and where it is defined: once is enough.
    told = {row.name for row in rows if row.wanted}
    rows = [row for row in rows if row.wanted or row.name not in told]
    return tuple({(row.name, row.demand): row for row in rows[::-1]}.values())[::-1]


class _Layers:
    """Which layers a handler's calls come to, nearest first, ``database`` last where any of them works on it."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: dict[Place, tuple[tuple[Place, ...], str, bool]] = {}

    def of(self, handler: Place) -> tuple[str, ...]:
        """Layers by height: service, repository, model, database."""
        found: set[str] = set()
        seen, front = {handler}, [handler]
        for depth in range(_DEPTH):
            reached: list[Place] = []
            for place in front:
                nexts, role, touches = self._look(place)
                if depth and role in {"service", "repository", "model", "client"}:
                    found.add(role)
                if touches:
                    found.add("database")
                reached += [item for item in nexts if item not in seen]
                seen.update(nexts)
            front = list(dict.fromkeys(reached))
            if len(seen) > _MOST:
                break
        return tuple(name for name in ("service", "client", "repository", "model", "database") if name in found)

    def _look(self, place: Place) -> tuple[tuple[Place, ...], str, bool]:
        if place not in self._known:
            picture = self._picture
            sites = picture.calls_of(place)
            nexts = [Place(site.target.path, site.target.index) for site in sites if site.target.kind == "function"]
            self._known[place] = tuple(dict.fromkeys(nexts)), picture.role(place), bool(picture.accesses_of(place))
        return self._known[place]
