"""BA101: SQL text put together from foreign parts and executed.

A call is a sink when the knowledge says so; its text is folded by the flow stage, and what is left that is neither
constant nor sanitised decides. A function that only hands a parameter on to a sink is a sink itself: its callers are
asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.codec import encode
from analyzer.facts.expressions import AnyExpression, Attribute, Binary, Call, Constant, Format, Name, Subscript
from analyzer.facts.visit import chain
from analyzer.flow import sql
from analyzer.flow.arrivals import given_at_calls
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Value
from analyzer.flow.questions import (
    Pictured,
    called_name,
    chain_end,
    flow_of,
    location,
    place_at,
    places_calling,
    uses_of,
    written,
)
from analyzer.flow.values import spelled
from analyzer.flow.ways import ends, given, way
from analyzer.knowledge import Sink, known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Location, Rule, Step, Tier
from analyzer.project.target import Place

_WRAPPERS = 3
"""Functions followed outwards from a sink that only hands its text on."""

_SAYS = {
    "request": "request data",
    "parameter": "a parameter",
    "attribute": "an attribute",
    "call": "a call's result",
    "supplied": "a parameter",
}
_TEXTUAL = frozenset({
    "join", "format", "text", "replace", "substitute", "safe_substitute", "strip", "lstrip", "rstrip", "dedent",
    "cleandoc", "lower", "upper", "str", "SQL", "TextClause", "literal_column", "cast", "encode", "decode", "get",
    "pop", "RawSQL", "removesuffix", "removeprefix", "getvalue", "title", "format_map", "render", "sub", "read",
    "getlist",
})  # fmt: skip
"""Last names of calls that give text; what a driver gets from any other call is an object of a library."""


_IDENTITY = re.compile(r"\.(?:\w+_)?(?:id|pk|oid|uid|uuid|value|count|version|size|limit|offset|name|table|key)$")
"""Attributes that hold keys, numbers and members of enumerations on the objects of every mapper."""


_FROM_ELSEWHERE = re.compile(r"\.json\(\)(?:\[|\.)|^(?:\w+\.)?session\[|^\w*(?:row|record|rec|result|res|item)\w*\[")
"""What another system answered, what a session keeps, and what a row of a table holds."""
_CALLS = names(sink for sink in known().sinks if sink.kind == "sql")


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA101, in order of places."""
    flow = flow_of(picture)
    seen: set[tuple[str, int, int]] = set()
    for place in places_calling(flow.project, _CALLS):
        if _only_expressions(flow, place):
            continue
        for finding in _in_function(flow, rule, place):
            span = finding.location.span
            key = (finding.location.path, span.line, span.column)
            if key not in seen:
                seen.add(key)
                # No client reaches a migration: what is put together there comes from its own lists of tables.
                aside = picture.tier(place.path) is Tier.MIGRATION and finding.confidence is not Confidence.HIGH
                yield msgspec.structs.replace(finding, confidence=Confidence.LOW) if aside else finding


def _only_expressions(flow: Flow, place: Place) -> bool:
    """A quick look that spares most functions of an ORM's user: they call ``select()`` and its kin, put no text
    together (no formatted text, no operator) and call nothing that makes SQL of text."""
    uses = [use for use in uses_of(flow.project, place) if use.kind == "call"]
    called = {use.chain.rpartition(".")[2] for use in uses}
    if not called & _EXPRESSIONS or called & _COMPOSING:
        return False
    expressions = [use for use in uses if use.chain.rpartition(".")[2] in _EXPRESSIONS]
    if any((named := flow.project.resolve(place, use.chain, use.line)) and named.ours for use in expressions):
        return False
    body = encode(flow.project.body(place))
    return not any(mark in body for mark in _PUT_TOGETHER)


_EXPRESSIONS = frozenset({"select", "insert", "update", "delete", "filter", "filter_by", "where", "values"})
_COMPOSING = frozenset({"join", "format", "text", "substitute", "literal_column", "SQL", "RawSQL", "replace", "render"})
_PUT_TOGETHER = (b"\x97\xa1f", b"\x98\xa1b", b"\xa2+=")
"""How MessagePack begins a ``Format``, a ``Binary`` and an ``Augment``: array length, then the tag of the struct."""


def judge(finding: Finding, picture: Pictured) -> str:
    """What we think of an engine's finding that ours does not share: refuted when the text on its lines is made of
    constants, is no SQL at all, or was told where it is executed."""
    flow = flow_of(picture)
    first, last = finding.location.span.line, finding.location.span.end_line
    place = place_at(flow.project, finding.location.path, first)
    if place is None:
        return "stand"
    if _executed_elsewhere(flow, place, first, last):
        return "refute"
    texts = [
        flow.value(point)
        for point in flow.points(place)
        if point.expression.line <= last
        and point.expression.end_line >= first
        and isinstance(point.expression, Format | Binary | Call | Constant | Name)
    ]
    built = [value for value in texts if any(sql.is_statement(row) for row in value.rows)]
    if not texts:
        return "doubt"
    return "doubt" if any(value.sources() for value in built or texts) else "refute"


def _executed_elsewhere(flow: Flow, place: Place, first: int, last: int) -> bool:
    """Whether text put together on some lines reaches a sink of the same function, where our own finding stands."""
    for point in flow.calls(place):
        call = point.expression
        sink = _sink(flow, point, call) if isinstance(call, Call) else None
        for argument in _texts(call, sink) if isinstance(call, Call) and sink is not None else ():
            value = flow.value(Point(place, argument, point.environment))
            if any(first <= part.line <= last for part in value.sources()):
                return True
    return False


def _in_function(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    found: list[tuple[Finding, bool, frozenset[Part]]] = []
    for point in flow.calls(place):
        call = point.expression
        assert isinstance(call, Call)
        sink = _sink(flow, point, call)
        if sink is None:
            continue
        for argument in _texts(call, sink):
            executed = spelled(call.func) or "the call"
            end = ends(place, call, f"put into the statement that `{executed}` runs")
            for finding, parts in _judged(flow, rule, Point(place, argument, point.environment), call, sink, (end,)):
                found.append((finding, sink.wraps, parts))
    wrapped = [parts for _, wraps, parts in found if wraps]
    for finding, wraps, parts in found:
        if wraps or not any(parts <= inner for inner in wrapped):
            yield finding


def _sink(flow: Flow, point: Point, call: Call) -> Sink | None:
    name = written(call)
    if called_name(flow, point.place, call) not in _CALLS:
        return None
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is not None and target.ours:
        return None
    return known().sink("sql", target.dotted if target else "", name)


def _texts(call: Call, sink: Sink) -> Iterator[AnyExpression]:
    positional = [argument for argument in call.arguments if argument.keyword is None]
    if 0 <= sink.argument < len(positional) and not positional[sink.argument].star:
        yield positional[sink.argument].value
        return
    for argument in call.arguments:
        if argument.keyword in sink.keywords:
            yield argument.value


def _judged(
    flow: Flow, rule: Rule, point: Point, call: Call, sink: Sink, onward: tuple[Step, ...]
) -> Iterator[tuple[Finding, frozenset[Part]]]:
    """The finding for one text at one sink, or those at the callers that supply it; ``onward`` leads to the sink."""
    outer = _handed_on(flow, point)
    if outer and point.place not in flow.handlers:
        if len(onward) <= _WRAPPERS:
            yield from _at_callers(flow, rule, point.place, outer, sink, onward)
        return
    if not _may_be_text(flow, point):
        return
    value = flow.value(point)
    graded = [
        (part, grade)
        for row in value.rows
        for part, where in sql.positions(row)
        if (grade := _grade(part, where)) is not None
    ]
    sources = [part for part, _ in graded]
    if not sources or not _reads_like_sql(value, sink):
        return
    confidence = max(grade for _, grade in graded)
    telling = [part for part, grade in graded if grade == confidence]
    # Which of the listed texts the value is put into, and whether that one has room for it, is settled elsewhere.
    told = Confidence.LOW if _of_mixed_texts(flow, point) else confidence
    finding = _finding(rule, point, call, sink, telling, told)
    yield msgspec.structs.replace(finding, steps=way(flow, point, telling[0], onward)), frozenset(sources)


def _of_mixed_texts(flow: Flow, point: Point) -> bool:
    """``QUERIES[number].format(value)`` where some of the listed statements bind what they need and have no hole."""
    for origin in flow.origins(point):
        made = origin.expression
        func = made.func if isinstance(made, Call) and chain_end(made) == "format" else None
        chosen = func.value if isinstance(func, Attribute) else None
        if not isinstance(chosen, Subscript) or isinstance(chosen.index, Constant):
            return False
        listed = flow.value(Point(origin.place, chosen, origin.environment)).rows
        holes = {any("{" in part.text for part in row if part.kind == "text") for row in listed}
        if holes != {True, False}:
            return False
    return True


def _handed_on(flow: Flow, point: Point) -> str:
    """The parameter that a text is, unchanged; ``""`` when it is anything else."""
    for origin in flow.origins(point):
        expression = origin.expression
        if isinstance(expression, Name) and origin.place == point.place:
            known_as = origin.environment.get(expression.id, ())
            if len(known_as) == 1 and known_as[0].how == "parameter":
                return expression.id
    return ""


def _may_be_text(flow: Flow, point: Point) -> bool:
    """Whether an argument can be text at all: ``select(User).where(…)`` is not, and needs no closer look."""
    for origin in flow.origins(point):
        expression = origin.expression
        if isinstance(expression, Constant):
            continue
        if not isinstance(expression, Call):
            return True
        if chain_end(expression) in _TEXTUAL:
            return True
        target = flow.project.resolve_expression(origin.place, expression.func)
        if target is not None and target.kind == "function":
            return True
    return False


def _at_callers(
    flow: Flow, rule: Rule, place: Place, parameter: str, sink: Sink, onward: tuple[Step, ...]
) -> Iterator[tuple[Finding, frozenset[Part]]]:
    function = flow.project.function(place)
    if function is None:
        return
    for one in given_at_calls(flow, place, parameter):
        step = given(one.point.place, one.call, function.name, parameter)
        yield from _judged(flow, rule, one.point, one.call, sink, (step, *onward))


def _reads_like_sql(value: Value, sink: Sink) -> bool:
    foreign = [row for row in value.rows if any(part.source or part.kind == "supplied" for part in row)]
    if sink.evidence == "text":
        return any((sql.is_clause if sink.wraps else sql.is_statement)(row) for row in foreign)
    # A driver's own call: whatever it gets is SQL. Without text of ours it is only built where a client sent all of it.
    return any(
        any(part.kind == "text" and part.text.strip() for part in row)
        or all(part.kind == "request" and part.type != "object" for part in row if part.source)
        for row in foreign
    )


def _grade(part: Part, where: str) -> Confidence | None:
    """How sure a foreign part in its position is a defect; ``None`` when it is none."""
    if part.kind == "supplied":
        # Today's callers give constants. Between quotes it is a value all the same, and tomorrow's caller has another.
        return Confidence.MEDIUM if where == "quoted" else None
    if part.kind == "request":
        return Confidence.HIGH
    if part.kind in {"call", "unknown"} and where == "quoted" and _FROM_ELSEWHERE.search(part.text):
        return Confidence.MEDIUM  # whoever answers there, or stored it before, ends the quotes
    if part.kind not in {"parameter", "attribute"} or where in {"name", "whole"}:
        return Confidence.LOW
    if part.kind == "parameter" and "[" in part.text and where != "quoted":
        return Confidence.LOW  # a field of what is handed in: who fills it, and from what, is further away
    return Confidence.LOW if _IDENTITY.search(part.text) and where != "quoted" else Confidence.MEDIUM


def _located(point: Point, call: Call) -> Location:
    """Where a statement hurts: at the text where it is put together on lines of its own inside the call, else at the
    name of what runs it, which in a chain stands below the first line."""
    text, func = point.expression, call.func
    if isinstance(text, Format | Binary | Call) and text.line > func.end_line:
        return location(point.place, text)
    whole = location(point.place, call)
    if not isinstance(func, Attribute) or func.end_line == func.line:
        return whole
    span = msgspec.structs.replace(whole.span, line=func.end_line, column=max(1, func.end_column - len(func.attr)))
    return msgspec.structs.replace(whole, span=span)


def _finding(rule: Rule, point: Point, call: Call, sink: Sink, parts: list[Part], confidence: Confidence) -> Finding:
    listed = list(dict.fromkeys((part.text, part.kind) for part in parts if part.text))[:3]
    told = (
        " and ".join(f"`{text}` ({_SAYS.get(kind, 'of unknown origin')})" for text, kind in listed) or "foreign parts"
    )
    executed = spelled(call.func) or "the call"
    return Finding(
        rule=rule.code,
        location=_located(point, call),
        message=f"SQL text is built from {told} and executed by `{executed}`",
        fix=sink.fix[:1].upper() + sink.fix[1:],
        severity=rule.severity,
        confidence=confidence,
    )
