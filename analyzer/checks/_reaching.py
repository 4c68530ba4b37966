"""What BA102, BA103, BA104 and BA108 share: request data that reaches an operation where it may do harm.

A call is a sink when the knowledge says so. A function that only hands a parameter on to a sink is a sink itself: its
callers are asked, and the finding stands where the text was put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Name
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.arrivals import given_at_calls
from analyzer.flow.branches import comes_to
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import Pictured, called_name, flow_of, location, place_at, places_calling, written
from analyzer.flow.values import spelled
from analyzer.flow.ways import ends, given, way
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.knowledge import Sink, known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Related, Rule, Step
from analyzer.project.target import Place

_WRAPPERS = 3
"""Functions followed outwards from a sink that only hands its text on."""
_SHOWN = 4
"""Callers shown with a finding in what they all call."""
_ENDS = {
    "command": "put into the command that `{sink}` runs",
    "path": "put into the path that `{sink}` opens",
    "url": "put into the address that `{sink}` asks",
    "redirect": "put into the address that `{sink}` leads to",
    "code": "run as code by `{sink}`",
    "module": "put into the name of the module that `{sink}` loads",
    "template": "put into the template that `{sink}` compiles",
    "markup": "declared safe HTML by `{sink}`",
    "html": "put into the page that `{sink}` sends",
    "xml": "parsed by `{sink}`",
    "pickle": "made into objects by `{sink}`",
    "ldap": "put into the filter of `{sink}`",
    "xpath": "put into the path that `{sink}` evaluates",
    "log": "put into the format that `{sink}` writes",
}
"""What becomes of the data at a sink of a kind."""
Harms = Callable[[Row], Part | None]
"""Given a row of parts that reaches the sink: the part that does harm there, ``None`` when none can."""
Settled = Callable[[Flow, Place, bool], bool]
"""Whether the code of a function settles the matter in a way that is not followed, or, where told so, that of those
that call it."""
Counts = Callable[[Flow, Point, Call], bool]
"""Whether a call that the knowledge names is a sink as it is called here."""


class _Reached(msgspec.Struct, frozen=True):
    """What does harm at a sink: the ``point`` where the text is put together, the ``call`` it goes into there (or the
    sink's, where it is told there) in the function ``place``, the ``part``, and the steps ``onward`` to the sink."""

    point: Point
    place: Place
    call: Call
    part: Part
    onward: tuple[Step, ...]


def reaching(
    picture: Pictured,
    rule: Rule,
    kind: str,
    harms: Harms,
    says: str,
    *,
    counts: Counts | None = None,
    settled: Settled | None = None,
) -> Iterator[Finding]:
    """Findings of a rule, in order of places. ``says`` is the message, with ``{data}`` and ``{sink}`` in it."""
    flow = flow_of(picture)
    sinks = names(sink for sink in known().sinks if sink.kind == kind)
    seen: set[tuple[str, int, int]] = set()
    for place in places_calling(flow.project, sinks):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or called_name(flow, place, call) not in sinks:
                continue
            target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
            if target is not None and target.ours:
                continue
            sink = known().sink(kind, target.dotted if target else "", written(call))
            text = _obeyed(call, sink) if sink is not None else None
            if sink is None or text is None or (counts is not None and not counts(flow, point, call)):
                continue
            end = ends(place, call, _ENDS.get(kind, "reaches `{sink}`").format(sink=spelled(call.func) or kind))
            told = list(_parts(flow, Point(place, text, point.environment), call, harms, (end,)))
            if settled is not None:
                told = [one for one in told if not _settled_on_the_way(flow, one, place, settled)]
            related: tuple[Related, ...] = ()
            if told and _all_do_harm(flow, place, call.line, told):
                # Nobody calls it with anything else: the one place to mend is here.
                related = tuple(
                    Related(location(one.place, one.call), "what the client sent is handed over here too")
                    for one in told[1:_SHOWN]
                )
                told = [msgspec.structs.replace(told[0], place=place, call=call)]
            for one in told:
                finding = _finding(flow, rule, one, related, sink, says)
                span = finding.location.span
                if (finding.location.path, span.line, span.column) not in seen:
                    seen.add((finding.location.path, span.line, span.column))
                    yield finding


def _settled_on_the_way(flow: Flow, one: _Reached, place: Place, settled: Settled) -> bool:
    """Whether a function from where the text is put together to the sink's settles the matter."""
    if settled(flow, one.place, True):
        return True
    steps = (place_at(flow.project, step.location.path, step.location.span.line) for step in one.onward)
    passed = {place, *(at for at in steps if at is not None)} - {one.place}
    return any(settled(flow, at, False) for at in sorted(passed))


def handed(flow: Flow, place: Place, call: Call, kind: str) -> AnyExpression | None:
    """What a call of a library hands to a sink of a kind; ``None`` for any other call."""
    target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is None or target.ours:
        return None
    sink = known().sink(kind, target.dotted, written(call))
    return _obeyed(call, sink) if sink is not None else None


def _obeyed(call: Call, sink: Sink) -> AnyExpression | None:
    """What an operation obeys: an argument, or the object before the dot."""
    if not sink.receiver:
        return argument(call, sink.argument, *sink.keywords)
    return call.func.value if isinstance(call.func, Attribute) else None


def _all_do_harm(flow: Flow, place: Place, line: int, told: list[_Reached]) -> bool:
    """Whether what a function hands on to a sink is a client's at every call of it that comes to the sink's line, or of
    those that hand it on."""
    harmful = {(one.place, one.call.line) for one in told}
    for site in flow.callers.every(place):
        point = flow.call_at(site)
        if point is not None and not comes_to(flow, place, line, point):
            harmful.add((site.place, site.line))
    return all(one.place != place for one in told) and _every_call(flow, place, harmful, _WRAPPERS)


def _every_call(flow: Flow, place: Place, harmful: set[tuple[Place, int]], depth: int) -> bool:
    sites = {(site.place, site.line) for site in flow.callers.every(place)}
    return bool(sites) and all(
        (at, line) in harmful or (depth > 0 and at not in flow.handlers and _every_call(flow, at, harmful, depth - 1))
        for at, line in sites
    )


def _parts(flow: Flow, point: Point, call: Call, harms: Harms, onward: tuple[Step, ...]) -> Iterator[_Reached]:
    """Where the text of a sink is put together, the call it goes into there, and what of it does harm; ``onward`` are
    the steps from there to the sink."""
    outer = _handed_on(point)
    if outer and point.place not in flow.handlers:
        if len(onward) <= _WRAPPERS:
            yield from _at_callers(flow, point.place, outer, call.line, harms, onward)
        return
    for row in flow.value(point).rows:
        part = harms(row)
        if part is not None:
            yield _Reached(point, point.place, call, part, onward)
            return


def _handed_on(point: Point) -> str:
    """The parameter that a text is, unchanged; ``""`` when it is anything else."""
    expression = point.expression
    if not isinstance(expression, Name):
        return ""
    known_as = point.environment.get(expression.id, ())
    return expression.id if len(known_as) == 1 and known_as[0].how == "parameter" else ""


def _at_callers(
    flow: Flow, place: Place, parameter: str, line: int, harms: Harms, onward: tuple[Step, ...]
) -> Iterator[_Reached]:
    function = flow.project.function(place)
    if function is None:
        return
    for one in given_at_calls(flow, place, parameter):
        if not comes_to(flow, place, line, one.site):
            continue
        step = given(one.point.place, one.call, function.name, parameter)
        yield from _parts(flow, one.point, one.call, harms, (step, *onward))


def request_part(row: Row) -> Part | None:
    """The first part of a row that a client sends as it likes."""
    return next((part for part in row if part.kind == "request" and part.type != "object"), None)


def _finding(flow: Flow, rule: Rule, one: _Reached, related: tuple[Related, ...], sink: Sink, says: str) -> Finding:
    data = f"`{one.part.text}`" if one.part.text else "request data"
    return Finding(
        rule=rule.code,
        location=location(one.place, one.call),
        message=says.format(data=data, sink=f"`{spelled(one.call.func)}`"),
        fix=sink.fix[:1].upper() + sink.fix[1:],
        severity=rule.severity,
        confidence=Confidence.HIGH,
        related=related,
        steps=way(flow, one.point, one.part, one.onward),
    )


_RULING = re.compile(r"admin|superuser|staff|manager|operator|owner", re.IGNORECASE)
"""Guards that let only those in who run the application, and who may well name a host or
write the code that it runs; told by their names."""


def ruled(picture: Picture, finding: Finding) -> bool:
    """Whether only people who run the application reach the place."""
    told = finding.steps[0].location if finding.steps else finding.location
    place = place_at(picture.project, told.path, told.span.line)
    routes = picture.handlers().get(place, ()) if place is not None else ()
    if not routes:
        # The data does not come in where it is told: the shortest way to the sink has to do.
        place = place_at(picture.project, finding.location.path, finding.location.span.line)
        reached = picture.chain_to(place) if place is not None else None
        routes = [reached[0]] if reached is not None else []
    guards = picture.shared(Guards)
    return bool(routes) and all(any(_RULING.search(one.name) for one in guards.of(route).guards) for route in routes)
