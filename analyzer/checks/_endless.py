"""The part of BA302 about tokens that never expire: claims that are seen whole, and none of them is ``exp``."""

from __future__ import annotations

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.named import method
from analyzer.flow.questions import chain_end
from analyzer.frameworks.persistence import is_schema
from analyzer.project import Place

_LOOKED_UP = frozenset({"token", "jti", "sid", "session", "session_id", "key", "iss", "aud", "iat"})
"""Claims that only name what the server keeps, whose record says how long it is good, or who speaks to another server
for itself."""
_DEPTH = 3
"""Functions followed from where a token is signed to where its claims are written down."""


def endless(flow: Flow, point: Point, depth: int = _DEPTH) -> bool:
    """Whether claims are seen whole wherever they come from, and never hold an expiry.

    A function that speaks of ``exp`` at all may set it under a condition: then nobody can tell.
    """
    if depth <= 0 or _speaks_of_expiry(flow, point.place):
        return False
    origins = flow.origins(point)
    return bool(origins) and all(
        _whole(flow, Point(one.place, one.expression, one.environment), depth) for one in origins
    )


def _whole(flow: Flow, point: Point, depth: int) -> bool:
    one = point.expression
    if isinstance(one, Mapping):
        named = {key.value for key in one.keys if isinstance(key, Constant)}
        return not named <= _LOOKED_UP and all(
            isinstance(key, Constant) if key is not None else endless(flow, _at(point, value), depth - 1)
            for key, value in zip(one.keys, one.values, strict=True)
        )
    if isinstance(one, Call):
        copied = one.func.value if isinstance(one.func, Attribute) and chain_end(one) == "copy" else None
        if copied is not None and not one.arguments:
            return endless(flow, _at(point, copied), depth)
        if copied is None and isinstance(one.func, Attribute) and chain_end(one) in {"model_dump", "dict"}:
            return not one.arguments and _without_expiry(flow, _at(point, one.func.value))
        if chain(one.func) == "dict" and all(given.star != 2 for given in one.arguments):
            first = argument(one, 0)
            return bool(one.arguments) and (first is None or endless(flow, _at(point, first), depth))
        return False
    return isinstance(one, Name) and _from_callers(flow, point.place, one.id, depth)


def _without_expiry(flow: Flow, point: Point) -> bool:
    """Whether an object is of a schema of ours that has no field for an expiry: ``user.model_dump()``."""
    project = flow.project
    target = project.resolve_expression(point.place, point.expression)
    if target is None or target.kind != "instance" or target.index < 0:
        return False
    if not is_schema(project, target.path, target.index):
        return False
    names = {name for name, _, _ in project.classes.fields(target.path, target.index)}
    return bool(names) and "exp" not in names and not names <= _LOOKED_UP


def _from_callers(flow: Flow, place: Place, name: str, depth: int) -> bool:
    """Whether all callers of a function hand claims to a parameter that are seen whole."""
    function = flow.project.function(place)
    if function is None or all(one.name != name for one in function.parameters) or place in flow.handlers:
        return False
    sites, complete = flow.callers.of(place)
    for site in sites if complete else ():
        point = flow.call_at(site)
        if point is None or not isinstance(point.expression, Call):
            return False
        target = flow.project.resolve_expression(point.place, point.expression.func)
        given = bound(function, point.expression, method(target, function, site.chain))
        if given is None or name not in given or not endless(flow, _at(point, given[name].value), depth - 1):
            return False
    return complete


def _speaks_of_expiry(flow: Flow, place: Place) -> bool:
    body = flow.project.body(place)
    return any(isinstance(node, Constant) and node.value == "exp" for node in walk(body)) or any(
        given.keyword == "exp" for node in walk(body) if isinstance(node, Call) for given in node.arguments
    )


def _at(point: Point, expression: AnyExpression) -> Point:
    return Point(point.place, expression, point.environment)
