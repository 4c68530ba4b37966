"""BA108: request data that chooses where a redirect leads."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _remembered
from analyzer.checks._reaching import reaching
from analyzer.checks._targets import checked, chosen
from analyzer.facts.expressions import AnyExpression, Call, Constant, Mapping, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import Pictured, flow_of, location, places_calling
from analyzer.flow.ways import ends, way
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

_SAYS = "{data} comes from the client and decides where {sink} sends the browser: to any other site as well"
_SETTING = frozenset({"send_header", "set_header", "add_header"})
_CALLS = _SETTING | {"Response", "make_response", "HTTPException", "HttpResponse"}
_FIX = "Redirect to a path of your own, or compare the target's host with yours first"


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA108, in order of places; then those whose header is written by hand."""
    yield from reaching(picture, rule, "redirect", chosen, _SAYS, settled=_checked)
    flow = flow_of(picture)
    yield from _remembered.findings(flow, rule)
    written = {place for place in flow.project.places() if _writes_headers(flow, place)}
    for place in sorted(written | set(places_calling(flow.project, _CALLS))):
        for point in _locations(flow, place):
            part = next((found for row in flow.value(point).rows if (found := chosen(row)) is not None), None)
            if part is not None and not checked(flow, place):
                yield Finding(
                    rule=rule.code,
                    location=location(place, point.expression),
                    message=_SAYS.format(data=f"`{part.text}`", sink="the header `Location`"),
                    fix=_FIX,
                    severity=rule.severity,
                    confidence=Confidence.HIGH,
                    steps=way(flow, point, part, [ends(place, point.expression, "decides where the browser goes")]),
                )


def _checked(flow: Flow, place: Place, callers: bool) -> bool:
    return checked(flow, place, callers=callers)


def _writes_headers(flow: Flow, place: Place) -> bool:
    function = flow.project.function(place)
    return function is not None and any(use.kind == "write" and use.chain.endswith("[]") for use in function.uses)


def _locations(flow: Flow, place: Place) -> Iterator[Point]:
    """What is given to a header of that name: ``response.headers["Location"] = …``, ``headers={"Location": …}``,
    ``self.send_header("Location", …)``. A place that something has is called ``location`` as well."""
    for node in walk(flow.project.body(place)):
        target = node.targets[0] if isinstance(node, Assign) else None
        if isinstance(node, Assign) and node.value is not None and isinstance(target, Subscript):
            held = chain(target.value).endswith("headers") and _named(target.index)
            state = flow.state_at(place, node.value) if held else None
            if state is not None:
                yield Point(place, node.value, state)
    for point in flow.calls(place):
        for given in _given(point.expression):
            yield Point(place, given, point.environment)


def _given(call: AnyExpression) -> Iterator[AnyExpression]:
    if not isinstance(call, Call):
        return
    plain = [one.value for one in call.arguments if one.keyword is None]
    sets = chain(call.func).rpartition(".")[2] in _SETTING
    if sets and len(plain) == 2 and _named(plain[0]):
        yield plain[1]
    for one in call.arguments:
        if one.keyword == "headers" and isinstance(one.value, Mapping):
            yield from (value for key, value in zip(one.value.keys, one.value.values, strict=True) if _named(key))


def _named(key: object) -> bool:
    return isinstance(key, Constant) and isinstance(key.value, str) and key.value.lower() == "location"
