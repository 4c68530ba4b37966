"""Where an argument comes from, past its function: what callers pass, what its object was made with."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import Attribute, Call, Constant, Name
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.named import method
from analyzer.project.target import Place

DEPTH = 3
"""Functions followed outwards: a call, a service and a helper are the longest way seen in layered code."""


class Arrival(msgspec.Struct, frozen=True):
    """One expression a value may come from; ``site`` is the call that hands it in, ``None`` where none does;
    ``default`` is true for what a parameter holds when nobody hands anything in."""

    point: Point
    site: Point | None = None
    default: bool = False


def arrivals(flow: Flow, point: Point, depth: int = DEPTH, site: Point | None = None) -> Iterator[Arrival]:
    """The expressions a value may come from: origins, arguments at all call sites, defaults, attributes of ``self``."""
    for origin in flow.origins(point):
        here = Point(origin.place, origin.expression, origin.environment)
        one = origin.expression
        handed = isinstance(one, Name) and any(item.how == "parameter" for item in here.environment.get(one.id, ()))
        if handed and isinstance(one, Name) and depth:
            found = list(_handed(flow, here, one.id, depth))
            yield from found or [Arrival(here, site)]
        elif isinstance(one, Attribute) and isinstance(one.value, Name) and one.value.id == "self" and depth:
            kept = list(_kept(flow, here, one.attr, depth))
            yield from kept or [Arrival(here, site)]
        else:
            yield Arrival(here, site)


def handing(flow: Flow, point: Point, value: object) -> Iterator[Point]:
    """The calls elsewhere that hand a constant in for an argument that is a parameter here, each once."""
    seen: set[int] = set()
    for one in arrivals(flow, point):
        given = one.point.expression
        if one.site is not None and isinstance(given, Constant) and given.value is value and id(one.site) not in seen:
            seen.add(id(one.site))
            yield one.site


class Giving(msgspec.Struct, frozen=True):
    """A ``call`` that gives a parameter something: ``site`` is the call in its caller, ``point`` what it gives."""

    call: Call
    site: Point
    point: Point


def given_at_calls(flow: Flow, place: Place, parameter: str) -> Iterator[Giving]:
    """Every call of a function that gives a parameter something, by whatever name it is called there."""
    function = flow.project.function(place)
    for site in flow.callers.every(place) if function is not None else ():
        point = flow.call_at(site)
        call = point.expression if point is not None else None
        if function is None or point is None or not isinstance(call, Call):
            continue
        target = flow.project.resolve(site.place, site.chain, site.line)
        given = (bound(function, call, method(target, function, site.chain)) or {}).get(parameter)
        if given is not None:
            yield Giving(call, point, Point(site.place, given.value, point.environment))


def _handed(flow: Flow, here: Point, name: str, depth: int) -> Iterator[Arrival]:
    """What a parameter is given: by its default and at every call."""
    function = flow.project.function(here.place)
    if function is None:
        return
    declared = next((one for one in function.parameters if one.name == name), None)
    if declared is not None and declared.default is not None:
        yield Arrival(Point(Place(here.place.path, -1), declared.default, {}), default=True)
    for giving in given_at_calls(flow, here.place, name):
        if giving.point.place != here.place:
            for one in arrivals(flow, giving.point, depth - 1):
                yield Arrival(one.point, one.site or giving.site, one.default)


def _kept(flow: Flow, here: Point, attribute: str, depth: int) -> Iterator[Arrival]:
    """What the methods of its class put into an attribute."""
    owner = flow.project.owner_index(here.place)
    wanted = f"self.{attribute}"
    methods = flow.project.namespace(here.place.path).methods.get(owner, {}) if owner >= 0 else {}
    for index in methods.values():
        writer = Place(here.place.path, index)
        uses = flow.project.outline(writer.path).functions[index].uses
        if not any(use.kind == "write" and use.chain == wanted for use in uses):
            continue
        for definition in flow.final(writer).get(wanted, ()):
            if definition.how != "value" or definition.expression is None:
                yield Arrival(here)  # it is counted up, or comes out of something
                continue
            inner = Point(writer, definition.expression, definition.environment or {})
            yield from arrivals(flow, inner, depth - 1)
