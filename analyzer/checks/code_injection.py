"""BA106: request data that is run as code, imported as a module, or chooses the method that is called."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.checks._reaching import reaching, request_part, ruled
from analyzer.facts.expressions import Attribute, Call, Subscript
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import flow_of, location, places_calling
from analyzer.flow.ways import ends, way
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule

_TABLES = frozenset({"globals", "locals", "vars"})
_NAMES = frozenset({"getattr", *_TABLES})
_FIX = "Choose among functions of yours by name, `ACTIONS[name]`, and refuse every other name"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA106: code, then modules, then methods; each in order of places."""
    says = "{data} comes from the client, and {sink} runs it as code"
    for finding in reaching(picture, rule, "code", _sent, says):
        yield msgspec.structs.replace(finding, confidence=Confidence.LOW) if ruled(picture, finding) else finding
    says = "{data} comes from the client and decides which module {sink} loads: its top level runs"
    yield from reaching(picture, rule, "module", _foremost, says)
    flow = flow_of(picture)
    for place in places_calling(flow.project, _NAMES):
        for point in flow.calls(place):
            call = point.expression
            found = _chosen(flow, point, call) if isinstance(call, Call) else None
            if found is not None:
                name, part = found
                yield Finding(
                    rule=rule.code,
                    location=location(place, call),
                    message=f"`{part.text}` comes from the client and decides which function is called here: "
                    "any that the object has",
                    fix=_FIX,
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                    steps=way(flow, name, part, [ends(place, call, "chooses what is called")]),
                )


def _sent(row: Row) -> Part | None:
    """Whatever a client sends; bytes that a decoder made of it are no less the client's."""
    return request_part(row) or next((part for part in row if part.kind == "request"), None)


def _foremost(row: Row) -> Part | None:
    """A name that begins with the client's words: a constant in front keeps it in a package of ours."""
    for part in row:
        if part.kind == "request" and part.type != "object":
            return part
        if part.kind != "text" or part.text:
            return None
    return None


def _looked_up(call: Call) -> bool:
    held = call.func.value if isinstance(call.func, Attribute) and call.func.attr == "get" else None
    return isinstance(held, Call) and chain(held.func) in _TABLES and bool(call.arguments)


def _chosen(flow: Flow, point: Point, call: Call) -> tuple[Point, Part] | None:
    """The name, and what of it chooses the function, in ``getattr(thing, name)()`` or ``globals()[name]()``."""
    name = None
    for origin in flow.origins(Point(point.place, call.func, point.environment)):
        made, state = origin.expression, origin.environment
        if isinstance(made, Call) and chain(made.func) == "getattr" and len(made.arguments) >= 2:
            name = Point(origin.place, made.arguments[1].value, state)
        elif isinstance(made, Subscript) and isinstance(made.value, Call) and chain(made.value.func) in _TABLES:
            name = Point(origin.place, made.index, state)
        elif isinstance(made, Call) and _looked_up(made):  # ``globals().get(name)()``
            name = Point(origin.place, made.arguments[0].value, state)
        if name is not None:
            found = (_foremost(row) for row in flow.value(name).rows)
            part = next((one for one in found if one is not None), None)
            if part is not None:
                return name, part
    return None
