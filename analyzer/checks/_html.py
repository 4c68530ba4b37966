"""The part of BA107 about answers: whether a text is sent as HTML, and what of it a client wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import (
    AnyExpression,
    Call,
    Comprehension,
    Constant,
    Mapping,
    Sequence,
    Subscript,
)
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, entries
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import chain_end
from analyzer.project.target import Place

_DEPTH = 3
_ALONE = re.compile(r"\bjson\b|get_json|\.headers\b|\.cookies\b|\.COOKIES\b|\.META\b|\.media\b")
"""Parts of a request that no link or form of a foreign site can fill (headers), or that are no text (parsed JSON)."""
_UNSENT = re.compile(r"\.(?:headers|cookies|COOKIES|META)\b")
_TYPES = ("content_type", "mimetype", "media_type")
_HEADER = ("Content-Type", "content-type", "Content-type")
_DECLARED = frozenset({"aiohttp.web.Response", "starlette.responses.Response", "fastapi.responses.Response",
    "fastapi.Response", "litestar.Response", "litestar.response.Response"})  # fmt: skip
"""Responses that are plain text unless they are told to be HTML."""


def written(row: Row) -> Part | None:
    """The first part of an HTML text that a client writes as it likes and that another site can make it send."""
    alone = len(row) == 1
    before = ""
    for part in row:
        before += part.text if part.kind == "text" else ""
        if part.kind == "request" and part.type == "object" and _in_script(before) and not _UNSENT.search(part.text):
            return part  # JSON ends no text, but ``</script>`` in it ends the script
        if part.kind == "request" and part.type != "object" and not (_ALONE if alone else _UNSENT).search(part.text):
            return part
    return None


def _in_script(before: str) -> bool:
    """Whether what follows a text stands inside a script element."""
    lowered = before.lower()
    return lowered.rfind("<script") > lowered.rfind("</script")


def sent_as_html(flow: Flow, point: Point, call: Call) -> bool:
    """Whether what a response is made with is a text and goes out as HTML."""
    target = flow.project.resolve_expression(point.place, call.func)
    dotted = target.dotted if target is not None else ""
    declared = _declared(flow, point, call)
    if declared is None and dotted.startswith("tornado.") and _relabelled(flow, point.place):
        return False
    if declared is None:
        return dotted not in _DECLARED and not _relabelled(flow, point.place) and _text(flow, point, call)
    return declared and _text(flow, point, call)


def _text(flow: Flow, point: Point, call: Call) -> bool:
    given = argument(call, 0, "text", "content", "response", "body", "chunk")
    return given is not None and bool(list(texts(flow, Point(point.place, given, point.environment))))


def _declared(flow: Flow, point: Point, call: Call) -> bool | None:
    """Whether the call itself says that it answers HTML; ``None`` when it says nothing."""
    given = argument(call, -1, *_TYPES)
    if given is None and chain_end(call).startswith("HttpResponse"):
        given = argument(call, 1, *_TYPES)
    if given is None:
        headers = argument(call, -1, "headers")
        if headers is None:
            return None
        at = Point(point.place, headers, point.environment)
        for name in _HEADER:
            for entry in entries(flow, at, name):
                return _html(flow, entry)
        return None
    return _html(flow, Point(point.place, given, point.environment))


def _html(flow: Flow, point: Point) -> bool:
    """Whether a media type is HTML; one that is not known is taken for something else."""
    values = flow.value(point).constants() or [chain(point.expression)]
    return any("html" in value.lower() for value in values)


def _other_type(flow: Flow, here: Point, headers: AnyExpression) -> bool:
    """Whether the headers that a handler returns beside its text say that it is no HTML."""
    at = Point(here.place, headers, here.environment)
    if isinstance(headers, Constant):
        return False
    return any(not _html(flow, entry) for name in _HEADER for entry in entries(flow, at, name))


def _relabelled(flow: Flow, place: Place) -> bool:
    """Whether the function sets the media type of its answer apart from making it."""
    for node in walk(flow.project.body(place)):
        if isinstance(node, Assign):
            for target in node.targets:
                named = chain(target).endswith((".mimetype", ".content_type", ".media_type"))
                if named or (isinstance(target, Subscript) and _names_type(target.index)):
                    return True
        elif isinstance(node, Call) and chain_end(node) in {"set_header", "add_header"} and len(node.arguments) > 1:
            name, value = (one.value for one in node.arguments[:2])
            if _names_type(name) and not (isinstance(value, Constant) and "html" in str(value.value)):
                return True
    return False


def headed(flow: Flow, place: Place) -> bool:
    """Whether a handler of ``http.server`` says that what it writes is HTML: ``send_header("Content-Type", …)``."""
    return any(
        isinstance(node, Call)
        and chain_end(node) == "send_header"
        and len(node.arguments) > 1
        and _names_type(node.arguments[0].value)
        and any(isinstance(one, Constant) and "html" in str(one.value) for one in walk(node.arguments[1].value))
        for node in walk(flow.project.body(place))
    )


def _names_type(node: AnyExpression) -> bool:
    return isinstance(node, Constant) and isinstance(node.value, str) and node.value.lower() == "content-type"


def texts(flow: Flow, point: Point, depth: int = _DEPTH) -> Iterator[Point]:
    """The texts that an expression may be, those that functions of the project return included; data that becomes JSON
    is left out."""
    for origin in flow.origins(point):
        here = Point(origin.place, origin.expression, origin.environment)
        one = origin.expression
        if isinstance(one, Mapping | Comprehension) or (isinstance(one, Sequence) and one.kind != "tuple"):
            continue
        if isinstance(one, Sequence):
            if one.items and not any(_other_type(flow, here, item) for item in one.items[1:]):
                yield from texts(flow, Point(here.place, one.items[0], here.environment), depth - 1)
            continue
        if isinstance(one, Call):
            target = flow.project.resolve_expression(here.place, one.func) if chain(one.func) else None
            if target is not None and target.ours:
                if (
                    target.kind == "function"
                    and depth > 0
                    and _returns_text(flow, Place(target.path, target.index), depth)
                ):
                    yield here
                continue
        yield here


def _returns_text(flow: Flow, place: Place, depth: int) -> bool:
    returned = [Point(place, one, state) for one, state in flow.trace(place).returns if one is not None]
    return bool(returned) and all(list(texts(flow, point, depth - 1)) for point in returned)
