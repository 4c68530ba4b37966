"""The part of BA603 about ``Access-Control-Allow-Origin`` written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._choices import conditional, deployed, truth
from analyzer.facts.expressions import AnyExpression, Call, Compare, Constant, Mapping, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, uses_of
from analyzer.graph.picture import Picture
from analyzer.project.target import Place

_ORIGIN, _CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
_SETTERS = frozenset({"set_header", "add_header", "add", "set", "setdefault", "__setitem__", "append", "append_header"})
_AFTER = re.compile(r"(?:^|\.)(?:after_(?:app_)?request|middleware|on_response)$")
NULL = "The origin `null` is allowed, which every sandboxed frame and local file has"
_MATCHING = frozenset({"match", "search", "fullmatch"})


class Written(msgspec.Struct, frozen=True):
    """An origin that a function allows by hand: what is wrong with it, and whether credentials go with it.

    ``everywhere``: every origin is allowed in all answers of the application, by what runs after each handler.
    """

    node: AnyExpression
    place: Place
    what: str
    credentials: bool
    everywhere: bool


def written(picture: Picture, flow: Flow) -> Iterator[Written]:
    """The origins that functions write into answers themselves, when any site may be among them."""
    named = {path for path in flow.project.paths() if flow.project.modules.holds(path, _ORIGIN)}
    for place in flow.project.places():
        if place.index >= 0 and place.path not in named:
            continue
        if not deployed(picture, place.path) or not _may(flow, place):
            continue
        headers = list(_headers(flow, place))
        sure = any(
            truth(str(one.value)) is True
            for name, point in headers
            if name == _CREDENTIALS
            for one in _constants(flow, point)
        )
        for name, point in headers:
            if name != _ORIGIN or conditional(flow, place, point.expression.line):
                continue
            if sure and any(one.value == "null" for one in _constants(flow, point)):
                yield Written(point.expression, place, NULL, sure, False)
            elif any(one.value == "*" for one in _constants(flow, point)):
                only = isinstance(point.expression, Constant) and _after_all(flow, place)
                yield Written(point.expression, place, "Every origin is allowed", sure, only)
            elif _reflected(flow, point):
                fault = _weak_check(flow, place)
                if fault is not None:
                    yield Written(point.expression, place, fault, sure, False)


def _after_all(flow: Flow, place: Place) -> bool:
    """Whether a function runs after every handler: a hook or a middleware."""
    function = flow.project.function(place)
    decorators = function.decorators if function else []
    named = [chain(one.func if isinstance(one, Call) else one) for one in decorators]
    hooked = (argument(one, 0) for one in decorators if isinstance(one, Call) and chain_end(one) == "hook")
    after = any(isinstance(one, Constant) and one.value == "after_request" for one in hooked)
    return (
        after
        or any(_AFTER.search(one) for one in named)
        or (function is not None and function.owner >= 0 and function.name == "process_response")
    )


def _may(flow: Flow, place: Place) -> bool:
    """Whether a function can set a header: from its outline alone."""
    for use in uses_of(flow.project, place):
        last = use.chain.rpartition(".")[2]
        if last in _SETTERS or "headers" in use.chain or last.endswith("Response") or use.kind == "write":
            return True
    return False


def _headers(flow: Flow, place: Place) -> Iterator[tuple[str, Point]]:
    """The headers of CORS that a function writes, by their names in lower case."""
    body = flow.project.body(place)
    names = {str(one.value).lower() for one in walk(body) if isinstance(one, Constant) and isinstance(one.value, str)}
    if _ORIGIN not in names:
        return
    state = flow.final(place)
    for node in walk(body):
        if isinstance(node, Assign) and node.value is not None:
            for target in node.targets:
                if isinstance(target, Subscript) and _named(target.index):
                    # The state before the assignment: the value is not yet under the header's name.
                    yield _named(target.index), Point(place, node.value, flow.state_at(place, node.value) or state)
        elif isinstance(node, Mapping):
            for key, value in zip(node.keys, node.values, strict=True):
                if _named(key):
                    yield _named(key), Point(place, value, state)
        elif isinstance(node, Call) and chain_end(node) in _SETTERS:
            value_ = argument(node, 1, "value")
            if value_ is not None and _named(argument(node, 0, "name", "key")):
                yield _named(argument(node, 0, "name", "key")), Point(place, value_, state)


def _named(node: AnyExpression | None) -> str:
    name = str(node.value).lower() if isinstance(node, Constant) else ""
    return name if name in {_ORIGIN, _CREDENTIALS} else ""


def _constants(flow: Flow, point: Point) -> Iterator[Constant]:
    for origin in flow.origins(point):
        if isinstance(origin.expression, Constant):
            yield origin.expression


def _reflected(flow: Flow, point: Point) -> bool:
    """Whether a value is the request's own ``Origin`` (or ``Referer``)."""
    return any(_asks(one.expression) for one in flow.origins(point))


def _asks(node: AnyExpression) -> bool:
    index: AnyExpression | None = None
    if isinstance(node, Subscript):
        index = node.index
    elif isinstance(node, Call) and chain_end(node) in {"get", "get_header", "getheader"}:
        index = argument(node, 0)
    if chain(node).rpartition(".")[2] == "origin" and "request" in chain(node):
        return True
    return isinstance(index, Constant) and str(index.value).lower() in {"origin", "http_origin", "referer"}


def _weak_check(flow: Flow, place: Place) -> str | None:
    """What is wrong with how a function looks at the origin; ``None`` when it compares it with what it knows."""
    looked = False
    fault = ""
    for point in flow.points(place):
        one = point.expression
        if isinstance(one, Compare) and one.operators[0] in {"in", "not in", "==", "!="}:
            right = one.comparators[0]
            if (
                isinstance(one.left, Constant)
                and one.operators[0] in {"in", "not in"}
                and _is_origin(flow, point, right)
            ):
                fault = f"An origin is allowed that holds `{one.left.value}` anywhere"
            elif (_is_origin(flow, point, one.left) or _is_origin(flow, point, right)) and not _only_empty(one):
                looked = True
        elif isinstance(one, Call):
            told = _method(flow, point, one)
            if told is not None:
                fault, looked = told or fault, looked or not told
            elif any(_is_origin(flow, point, given.value) for given in one.arguments):
                looked = looked or not re.search(r"log|print|get|set|str|add", chain_end(one), re.IGNORECASE)
    if looked:
        return None
    return fault or "The origin that asks is allowed, whatever it is"


def _only_empty(one: Compare) -> bool:
    right = one.comparators[0]
    return isinstance(right, Constant) and right.value in (None, "", "null")


def _method(flow: Flow, point: Point, call: Call) -> str | None:
    """What is wrong with how a text method or pattern looks at an origin: ``""`` nothing, ``None`` another call."""
    holder = getattr(call.func, "value", None)
    last = chain_end(call)
    first = argument(call, 0)
    text = first.value if isinstance(first, Constant) and isinstance(first.value, str) else ""
    if holder is not None and text and _is_origin(flow, point, holder):
        if last == "endswith":
            return "" if text.startswith((".", "://")) else f"Every host whose name ends with `{text}` is allowed"
        if last == "startswith":
            bare = re.sub(r"^https?://", "", text)
            return f"Every host whose name begins with `{text}` is allowed" if "/" not in bare and bare else None
    if last in _MATCHING and text and len(call.arguments) > 1 and _is_origin(flow, point, call.arguments[1].value):
        return unanchored(text, last)
    return None


def unanchored(pattern: str, how: str = "match") -> str:
    """What is wrong with a pattern of origins that is not matched in full; ``""`` when nothing."""
    ends = pattern.endswith(("$", "\\Z", "\\z", "$)")) or how == "fullmatch"
    begins = pattern.startswith(("^", "\\A", "(^")) or how != "search"
    if re.search(r"\.[*+]$", pattern) or not ends:
        return f"`{pattern}` is not anchored at its end, so that foreign domains match"
    return "" if begins else f"`{pattern}` is not anchored at its beginning, so that foreign domains match"


def _is_origin(flow: Flow, point: Point, node: AnyExpression) -> bool:
    return any(_asks(one.expression) for one in flow.origins(Point(point.place, node, point.environment)))
