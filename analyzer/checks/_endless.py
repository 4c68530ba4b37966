"""The part of BA302 about tokens that never expire: claims that are seen whole, and none of them is ``exp``."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.callers import Site, bound
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


Claims = tuple[frozenset[str], ...]
"""The names of claims, one set for each way they may have been written down; empty where they are not seen whole."""


def endless(flow: Flow, point: Point, depth: int = _DEPTH) -> Claims:
    """The claims that are seen whole wherever they come from, and never hold an expiry.

    A function that speaks of ``exp`` at all may set it under a condition: then nobody can tell.
    """
    if depth <= 0 or _speaks_of_expiry(flow, point.place):
        return ()
    origins = flow.origins(point)
    return _together(_whole(flow, Point(one.place, one.expression, one.environment), depth) for one in origins)


def _together(ways: Iterable[Claims]) -> Claims:
    """All ways, if each of them is seen whole."""
    listed = list(ways)
    return tuple(one for claims in listed for one in claims) if all(listed) else ()


def _whole(flow: Flow, point: Point, depth: int) -> Claims:
    one = point.expression
    if isinstance(one, Mapping):
        return _written_down(flow, point, one, depth)
    if isinstance(one, Call):
        copied = one.func.value if isinstance(one.func, Attribute) and chain_end(one) == "copy" else None
        if copied is not None and not one.arguments:
            return endless(flow, _at(point, copied), depth)
        if copied is None and isinstance(one.func, Attribute) and chain_end(one) in {"model_dump", "dict"}:
            return () if one.arguments else _without_expiry(flow, _at(point, one.func.value))
        if chain(one.func) == "dict" and one.arguments and all(given.star != 2 for given in one.arguments):
            first = argument(one, 0)
            named = frozenset(given.keyword for given in one.arguments if given.keyword is not None)
            inner = endless(flow, _at(point, first), depth) if first is not None else (frozenset[str](),)
            return tuple(claims | named for claims in inner)
        return ()
    return _from_callers(flow, point.place, one.id, depth) if isinstance(one, Name) else ()


def _written_down(flow: Flow, point: Point, display: Mapping, depth: int) -> Claims:
    """The claims of ``{"sub": member.id, **extra}``."""
    named = {key.value for key in display.keys if isinstance(key, Constant)}
    if named <= _LOOKED_UP:
        return ()
    found: Claims = (frozenset(one for one in named if isinstance(one, str)),)
    for key, value in zip(display.keys, display.values, strict=True):
        spread = endless(flow, _at(point, value), depth - 1) if key is None else ()
        if not spread and not isinstance(key, Constant):
            return ()
        found = tuple(one | more for one in found for more in spread or (frozenset[str](),))
    return found


def _without_expiry(flow: Flow, point: Point) -> Claims:
    """The fields of an object of a schema of ours that has none for an expiry: ``user.model_dump()``."""
    project = flow.project
    target = project.resolve_expression(point.place, point.expression)
    if target is None or target.kind != "instance" or target.index < 0:
        return ()
    if not is_schema(project, target.path, target.index):
        return ()
    names = frozenset(name for name, _, _ in project.classes.fields(target.path, target.index))
    return () if "exp" in names or names <= _LOOKED_UP else (names,)


def _from_callers(flow: Flow, place: Place, name: str, depth: int) -> Claims:
    """The claims that all callers of a function hand to a parameter, where they are seen whole."""
    function = flow.project.function(place)
    if function is None or all(one.name != name for one in function.parameters) or place in flow.handlers:
        return ()
    sites, complete = flow.callers.of(place)
    return _together(_given(flow, place, site, name, depth) for site in sites) if complete else ()


def _given(flow: Flow, place: Place, site: Site, name: str, depth: int) -> Claims:
    """The claims that one caller of a function hands to a parameter."""
    function, point = flow.project.function(place), flow.call_at(site)
    if function is None or point is None or not isinstance(point.expression, Call):
        return ()
    target = flow.project.resolve_expression(point.place, point.expression.func)
    given = bound(function, point.expression, method(target, function, site.chain))
    return () if given is None or name not in given else endless(flow, _at(point, given[name].value), depth - 1)


def _speaks_of_expiry(flow: Flow, place: Place) -> bool:
    body = flow.project.body(place)
    return any(isinstance(node, Constant) and node.value == "exp" for node in walk(body)) or any(
        given.keyword == "exp" for node in walk(body) if isinstance(node, Call) for given in node.arguments
    )


def _at(point: Point, expression: AnyExpression) -> Point:
    return Point(point.place, expression, point.environment)
