"""Questions that several rules ask, answered in one place."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Protocol

import msgspec

from analyzer.facts.expressions import Attribute, Call, Name
from analyzer.facts.outline import Outline, Use
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import key
from analyzer.frameworks.backend import EntryPoint
from analyzer.model import Location, Span, Tier
from analyzer.project.project import Project
from analyzer.project.target import Place


class Pictured(Protocol):
    """What the flow stage needs of a picture: the linked project and the handlers of its routes."""

    project: Project

    def handlers(self) -> Container[Place]:
        """The functions that answer routes."""

    def doors(self) -> Mapping[Place, EntryPoint]:
        """The functions that are called without a route."""

    def tier(self, path: str) -> Tier:
        """What kind of code a file holds."""


def flow_of(picture: Pictured) -> Flow:
    """The flow engine of a picture. It is kept with the project, so that all rules share one memory of traces."""
    kept = vars(picture.project)
    found = kept.get("flow")
    if not isinstance(found, Flow):
        found = kept["flow"] = Flow(picture.project, picture.handlers(), picture.doors())
    return found


def uses_of(project: Project, place: Place) -> list[Use]:
    """The chains a function reads; for a module those of its top level and of its class bodies."""
    function = project.function(place)
    if function is not None:
        return function.uses
    outline = project.outline(place.path)
    if not outline.classes:
        return outline.uses
    return [*outline.uses, *(use for item in outline.classes for use in item.uses)]


def makers(flow: Flow, point: Point) -> Iterator[Point]:
    """The calls that made an object, also the one that a ``with`` block opened."""
    for one in point.environment.get(key(point.expression), ()):
        if one.how == "with" and one.expression is not None:
            yield Point(point.place, one.expression, one.environment or {})
    for origin in flow.origins(point):
        yield Point(origin.place, origin.expression, origin.environment)


def places_calling(project: Project, names: frozenset[str]) -> Iterator[Place]:
    """Functions (and modules) that call something whose last word is one of ``names``; sorted. No body is opened."""
    index = _called(project)
    found = {number: place for name in names for number, place in index.get(name, ())}
    yield from (found[number] for number in sorted(found))


def _called(project: Project) -> dict[str, list[tuple[int, Place]]]:
    """The functions that call each name, or an alias of it, numbered in source order; made once a project."""
    kept: dict[str, list[tuple[int, Place]]] | None = vars(project).get("_called_names")
    if kept is not None:
        return kept
    made: dict[str, list[tuple[int, Place]]] = {}
    number = 0
    for path, outline in project.modules.outlines.items():
        known = aliases(outline)
        for index in range(-1, len(outline.functions)):
            place = Place(path, index)
            number += 1
            last = {use.chain.rpartition(".")[2] for use in uses_of(project, place) if use.kind == "call"}
            for name in last | {known[one] for one in last if one in known}:
                made.setdefault(name, []).append((number, place))
    vars(project)["_called_names"] = made
    return made


def place_at(project: Project, path: str, line: int) -> Place | None:
    """The innermost function around a line (the module outside of all); ``None`` for a file not analysed."""
    outline = project.modules.outlines.get(path)
    if outline is None or outline.problem is not None:
        return None
    around = [at for at, one in enumerate(outline.functions) if one.start_line <= line <= one.end_line]
    return Place(path, max(around, key=lambda at: outline.functions[at].line, default=-1))


def calls_at(flow: Flow, path: str, line: int) -> Iterator[Point]:
    """The calls that stand on a line or around it, in the innermost function there; none for a file not analysed."""
    place = place_at(flow.project, path, line)
    for point in flow.calls(place) if place is not None else ():
        if point.expression.line <= line <= point.expression.end_line:
            yield point


def nodes(project: Project, path: str) -> Iterator[msgspec.Struct]:
    """Every statement and expression of a file: of its module, then of its functions."""
    for index in range(-1, len(project.outline(path).functions)):
        yield from walk(project.body(Place(path, index)))


def aliases(outline: Outline) -> dict[str, str]:
    """``from jwt import decode as read`` → ``{"read": "decode"}``."""
    return {item.bound: item.name for item in outline.imports if item.aliased and item.name}


def called_name(flow: Flow, place: Place, call: Call) -> str:
    """The last name of what a call calls, by the name it was imported from."""
    last = chain_end(call)
    if not isinstance(call.func, Name):
        return last
    if place.path not in flow.aliases:
        flow.aliases[place.path] = aliases(flow.project.outline(place.path))
    return flow.aliases[place.path].get(last, last)


def written(call: Call) -> str:
    """The chain of a call's callee as written; ``….name`` for a method of something that is no chain."""
    name = chain(call.func)
    if not name and isinstance(call.func, Attribute):
        return f"().{call.func.attr}"
    return name


def chain_end(call: Call) -> str:
    """The last name of what a call calls."""
    return written(call).rpartition(".")[2]


def location(place: Place, node: object) -> Location:
    """Where an expression stands."""
    line, column = getattr(node, "line", 1), getattr(node, "column", 1)
    return Location(
        place.path, Span(line, column, getattr(node, "end_line", line), getattr(node, "end_column", column))
    )
