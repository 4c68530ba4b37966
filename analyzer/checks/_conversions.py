"""The part of BA401 about numbers and dates that a handler makes of text as a client sent it: other text ends in an
error that nothing catches, and the answer is a 500, whoever is at fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from analyzer.facts.expressions import AnyExpression, Binary, Call, Sequence, Subscript
from analyzer.facts.statements import Try
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import location
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project import Place

_MAKING = frozenset({"int", "float", "uuid.UUID", "decimal.Decimal"})
"""What makes a number or an id of text, and raises an error for other text."""
_DATES = frozenset(
    {
        "datetime.datetime.strptime",
        "datetime.datetime.fromisoformat",
        "datetime.date.fromisoformat",
        "datetime.time.fromisoformat",
        "time.strptime",
        "dateutil.parser.parse",
        "dateutil.parser.isoparse",
    }
)
"""What makes a date or a time of text. A body of JSON holds none, so there it is text as well."""
_SPELLED = re.compile(r"(?:^|\.)(?:int|float|UUID|Decimal|strptime|fromisoformat|isoparse|parse|map)$")
_KEYS = frozenset({"bson.ObjectId", "bson.objectid.ObjectId"})
"""Keys of documents, which no router matches: what stands in a path is text as well."""
_CATCHING = frozenset({"ValueError", "Exception", "BaseException", "InvalidOperation", "ArithmeticError"})
_REFUSING = frozenset({"Exception", "BaseException", "InvalidId", "BSONError"})
"""What catches the error of a key of documents."""
_FIX = "Catch the error and answer 400, or let a form, a schema or the framework convert it"


_TYPED = re.compile(r"(?:^|[._])(?:get_json|json|data|body|loads)$")
"""Reads of bodies whose values have types of their own."""


def converted(picture: Picture, flow: Flow, rule: Rule, told: Set[Place]) -> Iterator[tuple[Place, Finding]]:
    """The first such conversion in each handler that is not ``told`` of otherwise, in order of places."""
    if answered(picture):
        return
    for place in picture.handlers():
        function = flow.project.function(place)
        if function is None or place in told or not picture.is_main(place.path):
            continue
        if not any(_SPELLED.search(use.chain) for use in function.uses):
            continue
        typed = any(_TYPED.search(use.chain) for use in function.uses)
        lines = list(caught(flow, place))
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or any(first <= call.line <= last for first, last in lines):
                continue
            made, text = _makes(flow, place, call)
            if text is None or (typed and made != "a date"):
                continue
            sent = _sent(flow, Point(place, text, point.environment))
            if sent:
                yield place, _finding(rule, place, call, sent, made)
                break


def keys_made(picture: Picture, flow: Flow, rule: Rule, told: Set[Place]) -> Iterator[tuple[Place, Finding]]:
    """The first ``ObjectId(text)`` of each function whose text nobody looked at, in order of places: text that is no
    key ends in ``InvalidId``, here or below a handler."""
    if answered(picture, "InvalidId"):
        return
    for place in flow.project.places():
        function = flow.project.function(place)
        if function is None or place in told or not picture.is_main(place.path):
            continue
        if not any(use.chain.endswith("ObjectId") for use in function.uses) or _asks(flow, place):
            continue
        callers = flow.callers.of(place)[0]
        if any(_asks(flow, one.place, one.line) for one in callers):
            continue
        lines = list(caught(flow, place, _REFUSING))
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or any(first <= call.line <= last for first, last in lines):
                continue
            sent = _key(flow, point, call)
            if sent:
                yield place, _finding(rule, place, call, sent, "a key of documents")
                break


def _asks(flow: Flow, place: Place, line: int = 0) -> bool:
    """Whether a function asks whether a text is a key, or catches the error of a call on a line."""
    function = flow.project.function(place)
    if function is None or any(use.chain.endswith("is_valid") for use in function.uses):
        return True
    return any(first <= line <= last for first, last in caught(flow, place, _REFUSING))


def _key(flow: Flow, point: Point, call: Call) -> str:
    """How the code spells the text of a client's that a call makes a key of documents of."""
    if len(call.arguments) != 1 or not chain(call.func):
        return ""
    target = flow.project.resolve_expression(point.place, call.func)
    if target is None or target.dotted not in _KEYS:
        return ""
    value = flow.value(Point(point.place, call.arguments[0].value, point.environment))
    if any(len(row) != 1 for row in value.rows):
        return ""
    return next((part.text for part in value.parts() if part.kind == "request" and part.type != "object"), "")


def _makes(flow: Flow, place: Place, call: Call) -> tuple[str, AnyExpression | None]:
    """What a call makes of the text that it is given, and the text; ``None`` where it makes nothing of the kind."""
    if not call.arguments or not chain(call.func):
        return "", None
    target = flow.project.resolve_expression(place, call.func)
    name = target.dotted.removeprefix("builtins.") if target is not None else chain(call.func)
    if name in _DATES:
        return "a date", call.arguments[0].value
    if name == "map" and len(call.arguments) == 2 and chain(call.arguments[0].value) in {"int", "float"}:
        return "a number", call.arguments[1].value
    return "a number", call.arguments[0].value if name in _MAKING and len(call.arguments) == 1 else None


def _sent(flow: Flow, point: Point) -> str:
    """How the code spells the text of a client's that an expression is; ``""`` for others."""
    value = flow.value(point)
    if len(value.rows) > 2 or any(len(row) != 1 for row in value.rows):
        return ""
    parts = [part for part in value.parts() if part.kind == "request" and part.type == "str"]
    text = parts[0].text if parts else ""
    function = flow.project.function(point.place)
    for one in function.parameters if function is not None else ():
        # What is declared was converted, and what stands in a path was matched.
        if text == one.name and not _declared_text(one.annotation):
            return ""
        if one.annotation is not None and text.startswith(f"{one.name}.") and one.name != "request":
            return ""
    return "" if any(mark in text for mark in _UNSENT) else text


def _declared_text(annotation: AnyExpression | None) -> bool:
    """``start: str``, ``end: str | None``: a framework that converts leaves it as it came."""
    if isinstance(annotation, Binary) and annotation.op == "|":
        return _declared_text(annotation.left) or _declared_text(annotation.right)
    if isinstance(annotation, Subscript) and chain(annotation.value).rpartition(".")[2] == "Optional":
        return _declared_text(annotation.index)
    return annotation is not None and chain(annotation) == "str"


_UNSENT = ("view_args", "match_info", "path_params", "kwargs", "matchdict", "content_length", "headers", "META")
"""Reads of a request whose text a router or a server has looked at already."""


def caught(flow: Flow, place: Place, catching: Set[str] = _CATCHING) -> Iterator[tuple[int, int]]:
    """The lines on which such an error ends in a handler of the function."""
    for node in walk(flow.project.body(place)):
        if isinstance(node, Try) and node.body and any(_catches(one.kind, catching) for one in node.handlers):
            yield node.body[0].line, node.body[-1].end_line


def _catches(kind: AnyExpression | None, catching: Set[str]) -> bool:
    kinds = kind.items if isinstance(kind, Sequence) else [kind]
    return any(one is None or chain(one).rpartition(".")[2] in catching for one in kinds)


def answered(picture: Picture, error: str = "ValueError") -> bool:
    """Whether the application answers such errors in one place: ``@app.errorhandler(ValueError)``."""
    for path in picture.project.paths():
        for function in picture.project.outline(path).functions:
            for decorator in function.decorators:
                named = chain(decorator).rpartition(".")[2].removesuffix("()")
                given = decorator.arguments if isinstance(decorator, Call) else ()
                if "handler" in named and any(chain(one.value).rpartition(".")[2] == error for one in given):
                    return True
    return False


def _finding(rule: Rule, place: Place, call: Call, sent: str, made: str = "a number") -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, call),
        message=f"`{sent}` is made {made} as the client sent it: other text ends in an error that nothing catches",
        fix=_FIX,
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
    )
