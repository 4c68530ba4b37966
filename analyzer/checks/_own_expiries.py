"""The part of BA302 about expiries of an application's own: a claim that is no ``exp``, and that it compares itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._endless import Claims
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Subscript
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.environment import Environment
from analyzer.flow.questions import chain_end, places_calling
from analyzer.project import Place

_MOMENT = re.compile(
    r"expir|valid_?(?:until|till|to|thru)|^exp_|^(?:until|deadline|ttl|iat|issued|created|timestamp|time|date)"
    r"|(?:issued|created)_?at$",
    re.IGNORECASE,
)
"""Claims that hold the moment when a token ends, or when it was made."""
_TELLING = re.compile(r"expir|past|stale|outdated|too_old|still_valid", re.IGNORECASE)
"""Functions that tell whether a moment is over, by what they are called."""
_LIBRARIES = ("jwt.", "jose.", "joserfc.", "authlib.jose.", "jwcrypto.")
_DEPTH = 2
"""Functions looked through around the one that decodes."""


def compared_itself(flow: Flow, claims: Claims) -> bool:
    """Whether every way of writing claims down names a moment that the application compares after each decoding."""
    moments = [frozenset(name for name in one if _MOMENT.search(name)) for one in claims]
    if not all(moments):
        return False
    names = frozenset[str]().union(*moments)
    readers = [place for place in places_calling(flow.project, frozenset({"decode"})) if _decodes(flow, place)]
    return bool(readers) and all(_settled(flow, place, names, _DEPTH) for place in readers)


def _decodes(flow: Flow, place: Place) -> bool:
    for point in flow.calls(place):
        call = point.expression
        if isinstance(call, Call) and chain_end(call) == "decode":
            target = flow.project.resolve_expression(place, call.func)
            if target is not None and target.dotted.startswith(_LIBRARIES):
                return True
    return False


def _settled(flow: Flow, place: Place, names: frozenset[str], depth: int) -> bool:
    """Whether a function, or each of its callers, compares what one of the claims says."""
    if _compares(flow, place, names, _DEPTH):
        return True
    sites = flow.callers.every(place) if depth else []
    return bool(sites) and all(_settled(flow, at, names, depth - 1) for at in {one.place for one in sites} - {place})


def _compares(flow: Flow, place: Place, names: frozenset[str], depth: int) -> bool:
    """Whether a function, or one that it calls, compares a claim."""
    for point in flow.points(place):
        if any(_reads(flow, point, side, names) for side in _sides(point.expression)):
            return True
    return depth > 0 and any(_compares(flow, one, names, depth - 1) for one in _called(flow, place))


def _sides(node: AnyExpression) -> list[AnyExpression]:
    """What an expression compares with another moment; empty for one that compares none."""
    if isinstance(node, Compare) and not {"<", ">", "<=", ">="}.isdisjoint(node.operators):
        return [node.left, *node.comparators]
    telling = isinstance(node, Call) and _TELLING.search(chain_end(node))
    return [one.value for one in node.arguments] if isinstance(node, Call) and telling else []


def _called(flow: Flow, place: Place) -> Iterator[Place]:
    for point in flow.calls(place):
        call = point.expression
        target = (
            flow.project.resolve_expression(place, call.func) if isinstance(call, Call) and chain(call.func) else None
        )
        if target is not None and target.kind == "function" and target.index >= 0:
            yield Place(target.path, target.index)


def _reads(flow: Flow, point: Point, side: AnyExpression, names: frozenset[str]) -> bool:
    """Whether an expression is made of a claim: ``claims["expires"]``, ``datetime.fromtimestamp(issued)``."""
    for node, state in scan(side, point.environment):
        if _claim(node) in names or any(
            _claim(inner) in names for one in _origins(flow, point, node, state) for inner in walk(one)
        ):
            return True
    return False


def _origins(flow: Flow, point: Point, node: AnyExpression, state: Environment) -> list[AnyExpression]:
    return [one.expression for one in flow.origins(Point(point.place, node, state)) if one.place == point.place]


def _claim(node: object) -> str:
    """The name under which something is read: ``x["name"]``, ``x.get("name")``, ``x.name``."""
    if isinstance(node, Subscript) and isinstance(node.index, Constant):
        return str(node.index.value)
    if isinstance(node, Call) and chain_end(node) in {"get", "pop"} and node.arguments:
        first = node.arguments[0].value
        return str(first.value) if isinstance(first, Constant) else ""
    return node.attr if isinstance(node, Attribute) else ""
