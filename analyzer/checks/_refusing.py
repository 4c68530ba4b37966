"""What BA113 and BA401 leave to a decorator or helper of the project: it has the body read by a schema that refuses
every undeclared field, and the function that reads the body finds declared fields only."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name
from analyzer.facts.outline import Function
from analyzer.facts.statements import Raise, Return, Try
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, uses_of
from analyzer.frameworks.persistence import refuses_extra
from analyzer.project import Place

_LOADING = frozenset(
    {"load", "loads", "validate", "model_validate", "parse_obj", "validate_python", "model_validate_json"}
)
_ANSWERING = frozenset({"abort", "error", "fail", "bad_request", "make_error"})
_KEEPING = frozenset({"EXCLUDE", "INCLUDE"})
_BODY = re.compile(r"(?:^|\.)req(?:uest)?(?:\(\))?(?:$|\.(?:json|get_json|form|data|get_data|POST|body|post|media)\b)")
"""A request's body: ``request.json``, and what ``request.get_json()`` gives, which goes by the request."""


class _Written(msgspec.Struct, frozen=True):
    """A helper of the project as somebody uses it: its place, and what its parameters are given, by name."""

    place: Place
    given: dict[str, Point]


def refuses(flow: Flow, used: Point) -> bool:
    """Whether a decorator (``@documented(json_schema=OrderSchema)``) or a call (``refuse_unknown(OrderSchema)``) of a
    function of ours refuses bodies with undeclared fields before anything else is done with them."""
    helper = _helper(flow, used)
    return helper is not None and any(_refusing(flow, helper, point) for point in _calls(flow, helper.place))


def run_before(function: Function, decorators: list[AnyExpression]) -> Iterator[AnyExpression]:
    """What runs before a function: its decorators, those that ``method_decorator`` makes one of, and dependencies."""
    for one in decorators:
        unwrapped = isinstance(one, Call) and chain_end(one) == "method_decorator" and one.arguments
        yield one.arguments[0].value if isinstance(one, Call) and unwrapped else one
    declared = [one for given in function.parameters for one in (given.default, given.annotation) if one is not None]
    for one in (*decorators, *declared):
        for inner in walk(one):
            if isinstance(inner, Call) and chain_end(inner) in {"Depends", "Security"} and inner.arguments:
                yield inner.arguments[0].value


def _helper(flow: Flow, used: Point) -> _Written | None:
    call = used.expression if isinstance(used.expression, Call) else None
    named = call.func if call is not None else used.expression
    target = flow.project.resolve_expression(used.place, named) if chain(named) else None
    if target is None or target.kind != "function" or not target.ours:
        return None
    place = Place(target.path, target.index)
    function = flow.project.function(place)
    given = bound(function, call, False) if function is not None and call is not None else {}
    points = {name: Point(used.place, one.value, used.environment) for name, one in (given or {}).items()}
    return _Written(place, points)


def _calls(flow: Flow, place: Place) -> Iterator[Point]:
    """The calls of a function and of those that it defines inside, where they speak of the request."""
    if any("req" in use.chain for use in uses_of(flow.project, place)):
        yield from flow.calls(place)
    for index, function in enumerate(flow.project.outline(place.path).functions):
        if function.parent == place.index:
            yield from _calls(flow, Place(place.path, index))


def _refusing(flow: Flow, helper: _Written, point: Point) -> bool:
    """Whether one call has the body looked at, and what it refuses goes no further."""
    call = point.expression
    if not isinstance(call, Call) or not any(_is_body(flow, point, one.value) for one in call.arguments):
        return False
    if any(one.keyword == "unknown" and chain(one.value).rpartition(".")[2] in _KEEPING for one in call.arguments):
        return False
    return any(_strict(flow, one) for one in _shapes(helper, point, call)) and not _swallowed(flow, point, call)


def _is_body(flow: Flow, point: Point, expression: AnyExpression) -> bool:
    parts = flow.value(Point(point.place, expression, point.environment)).parts()
    return any(part.kind == "request" and _BODY.search(part.text) for part in parts)


def _shapes(helper: _Written, point: Point, call: Call) -> Iterator[Point]:
    """What a call may look at a body by: ``schema().load(body)``, ``validate(body, shape)``."""
    func = call.func
    if isinstance(func, Attribute) and func.attr in _LOADING:
        yield _opened(helper, point, func.value)
    if chain_end(call) in {"validate", "validate_json"}:
        yield from (_opened(helper, point, one.value) for one in call.arguments)
    if isinstance(func, Name) and any(one.star == 2 for one in call.arguments):
        yield _opened(helper, point, func)


def _opened(helper: _Written, point: Point, named: AnyExpression) -> Point:
    """A schema as the user of the helper names it: ``OrderSchema`` for ``schema()`` of ``takes(schema)``."""
    plain = named.func if isinstance(named, Call) else named
    if isinstance(plain, Name) and plain.id in helper.given:
        return helper.given[plain.id]
    return Point(point.place, named, point.environment)


def _strict(flow: Flow, point: Point) -> bool:
    """Whether a schema, a model or a shape of JSON refuses undeclared fields."""
    named = point.expression
    if isinstance(named, Call):
        if any(one.keyword == "unknown" and chain(one.value).rpartition(".")[2] in _KEEPING for one in named.arguments):
            return False
        named = named.func
    target = flow.project.resolve_expression(point.place, named) if chain(named) else None
    if target is not None and target.kind in {"class", "instance"} and target.index >= 0:
        return refuses_extra(flow.project, target.path, target.index)
    return any(isinstance(one.expression, Mapping) and _closed(one.expression) for one in flow.origins(point))


def _closed(shape: Mapping) -> bool:
    return any(
        isinstance(key, Constant)
        and key.value == "additionalProperties"
        and isinstance(value, Constant)
        and value.value is False
        for key, value in zip(shape.keys, shape.values, strict=True)
    )


def _swallowed(flow: Flow, point: Point, call: Call) -> bool:
    """Whether what the schema says is caught, and the function goes on all the same."""
    for node in walk(flow.project.body(point.place)):
        if not isinstance(node, Try) or not any(inner is call for inner in walk(node.body)):
            continue
        for handler in node.handlers:
            ended = any(
                isinstance(inner, Raise | Return) or (isinstance(inner, Call) and chain_end(inner) in _ANSWERING)
                for inner in walk(handler.body)
            )
            if not ended:
                return True
    return False
