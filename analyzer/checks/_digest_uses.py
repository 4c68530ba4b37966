"""The part of BA204 that asks what a digest is for: what goes in, what it is called, what it is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Compare,
    Constant,
    Format,
    Interpolation,
    Mapping,
    Name,
    Secret,
    Subscript,
)
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.environment import key
from analyzer.flow.questions import chain_end, written
from analyzer.project.target import Place

_CONVERTED = frozenset("hexdigest digest hex decode encode upper lower strip rstrip finalize copy".split())
_CONVERTING = frozenset(
    "b64encode urlsafe_b64encode standard_b64encode b32encode hexlify str bytes int UUID force_str force_bytes "
    "to_bytes from_bytes b2a_hex smart_str".split()
)
_COMPARING = frozenset({"compare_digest", "constant_time_compare", "safe_str_cmp", "startswith"})
_REQUESTING = frozenset({"get", "post", "put", "patch", "request", "delete", "send"})
_PARTS_OF_REQUESTS = frozenset({"params", "data", "json", "headers", "files"})
_ADDRESSING = re.compile(r"(?:add|append|with|build|update)_?\w*(?:query|params|url)", re.IGNORECASE)
"""Functions that put parameters behind an address, which they get first."""
_DEPTH = 8


class Use(msgspec.Struct, frozen=True):
    """One thing a digest becomes. ``how``: ``assigned``, ``keyword``, ``entry``, ``returned``, ``compared`` or
    ``argument``; ``name`` is the name it gets, or that of the function that gives it back, of the other side of the
    comparison, of the function it goes into."""

    how: str
    name: str
    other: Point | None = None


def uses(flow: Flow, place: Place, made: AnyExpression) -> list[Use]:
    """What a function does with a digest it makes or gets from a helper."""
    return list(_uses(flow, place, made))


def _uses(flow: Flow, place: Place, made: AnyExpression) -> Iterator[Use]:
    for node in walk(flow.project.body(place)):
        if isinstance(node, Assign) and node.value is not None:
            state = flow.state_at(place, node.value)
            if state is not None and becomes(flow, Point(place, node.value, state), made):
                for target in node.targets:
                    yield Use("assigned", named(target))
    for point in flow.points(place):
        one = point.expression
        if isinstance(one, Call):
            for given in one.arguments:
                if becomes(flow, Point(place, given.value, point.environment), made):
                    yield from _argument(point, one, given.keyword, given.value)
        elif isinstance(one, Mapping):
            for entry, held in zip(one.keys, one.values, strict=True):
                if entry is not None and becomes(flow, Point(place, held, point.environment), made):
                    yield Use("entry", str(entry.value) if isinstance(entry, Constant) else named(entry))
        elif isinstance(one, Compare) and len(one.operators) == 1 and one.operators[0] in {"==", "!=", "in", "not in"}:
            sides = (one.left, one.comparators[0])
            for at in (0, 1):
                if becomes(flow, Point(place, sides[at], point.environment), made):
                    other = sides[1 - at]
                    yield Use("compared", named(other), Point(place, other, point.environment))
    function = flow.project.function(place)
    for value, state in flow.trace(place).returns if function is not None else ():
        if value is not None and function is not None and becomes(flow, Point(place, value, state), made):
            yield Use("returned", function.name)


def sent_away(flow: Flow, place: Place, names: set[str]) -> bool:
    """Whether something that goes by one of these names leaves for another server: in the query or the body of a
    request, or encoded for an address. Whoever is asked prescribes how it is signed."""
    abroad = _abroad(flow, place)
    for node in walk(flow.project.body(place)):
        if not isinstance(node, Call):
            continue
        last = chain_end(node)
        for given in node.arguments:
            leaves = (last == "urlencode" and abroad) or (last in _REQUESTING and given.keyword in _PARTS_OF_REQUESTS)
            leaves = leaves or (abroad and _ADDRESSING.search(last) is not None and given is not node.arguments[0])
            if leaves and any(isinstance(one, Name) and one.id in names for one in walk(given.value)):
                return True
    return False


def holders(flow: Flow, place: Place, made: AnyExpression) -> set[str]:
    """The variables of a function that hold a digest, a mapping with it, or what is signed together with it."""
    found: set[str] = set()
    for node in walk(flow.project.body(place)):
        if not isinstance(node, Assign) or node.value is None:
            continue
        state = flow.state_at(place, node.value)
        if state is None:
            continue
        held = node.value.values if isinstance(node.value, Mapping) else [node.value]
        if any(becomes(flow, Point(place, one, state), made) for one in held):
            found |= _roots(node)
    for node in walk(flow.project.body(place)) if found else ():
        if not isinstance(node, Assign) or node.value is None:
            continue
        if any(isinstance(one, Name) and one.id in found for one in walk(node.value)):
            found |= _roots(node)
    return found


def _roots(assign: Assign) -> set[str]:
    return {chain(target).partition("[")[0].partition(".")[0] for target in assign.targets}


def _abroad(flow: Flow, place: Place) -> bool:
    """Whether a function names the address of another server, itself or by a constant of its module."""
    variables = flow.project.namespace(place.path).variables
    for node in walk(flow.project.body(place)):
        values = [node] if isinstance(node, Constant) else variables.get(node.id, ()) if isinstance(node, Name) else ()
        if any(isinstance(one, Constant) and str(one.value).startswith(("https://", "http://")) for one in values):
            return True
    return False


def _argument(point: Point, call: Call, keyword: str | None, value: AnyExpression) -> Iterator[Use]:
    if chain_end(call) in _COMPARING:
        for other in call.arguments:
            if other.value is not value:
                yield Use("compared", named(other.value), Point(point.place, other.value, point.environment))
        if isinstance(call.func, Attribute) and chain_end(call) == "startswith":
            yield Use("compared", named(call.func.value), None)
    elif keyword is not None:
        yield Use("keyword", keyword)
        yield Use("argument", written(call))
    elif chain_end(call) not in _CONVERTING:
        yield Use("argument", written(call))


def becomes(flow: Flow, point: Point, made: AnyExpression, depth: int = _DEPTH) -> bool:
    """Whether an expression is the digest, at most encoded, cut or with text around it."""
    if not depth:
        return False
    if point.expression is made:
        return True
    if isinstance(point.expression, Constant):
        return False
    for origin in flow.origins(point):
        one = origin.expression
        if one is made:
            return True
        if origin.place != point.place:
            continue
        for inner in _inside(one):
            if becomes(flow, Point(origin.place, inner, origin.environment), made, depth - 1):
                return True
    return False


def _inside(one: AnyExpression) -> list[AnyExpression]:
    if isinstance(one, Call):
        if isinstance(one.func, Attribute) and one.func.attr in _CONVERTED:
            return [one.func.value]
        return [one.arguments[0].value] if chain_end(one) in _CONVERTING and one.arguments else []
    if isinstance(one, Subscript):
        return [one.value]
    if isinstance(one, Binary) and one.op in {"+", "%"}:
        return [one.left, one.right]
    if isinstance(one, Format):
        return [part.value for part in one.parts if isinstance(part, Interpolation)]
    return []


def named(expression: AnyExpression) -> str:
    """The name an expression goes by: ``x``, ``y.x``, ``y["x"]``, ``y.get("x")``."""
    if isinstance(expression, Subscript):
        index = expression.index
        return index.value if isinstance(index, Constant) and isinstance(index.value, str) else named(expression.value)
    if isinstance(expression, Attribute):
        return expression.attr
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Call):
        for one in expression.arguments[:1]:
            if isinstance(one.value, Constant) and isinstance(one.value.value, str) and len(one.value.value) < 40:
                return one.value.value
        if isinstance(expression.func, Attribute) and expression.func.attr in _CONVERTED:
            return named(expression.func.value)
        return chain_end(expression)
    return ""


def names_in(flow: Flow, points: tuple[Point, ...]) -> set[str]:
    """Every name that what goes into a digest is made of; ``<secret>`` for a literal that looks like one."""
    found: set[str] = set()
    for point in points:
        _gather(flow, point, found, 4, set())
    return found


def _gather(flow: Flow, point: Point, found: set[str], depth: int, seen: set[int]) -> None:
    if not depth or id(point.expression) in seen:
        return
    seen.add(id(point.expression))
    for inner, state in scan(point.expression, point.environment):
        if isinstance(inner, Secret):
            found.add("<secret>")
        elif isinstance(inner, Name | Attribute):
            found.add(inner.id if isinstance(inner, Name) else inner.attr)
            for definition in state.get(key(inner), ()):
                if definition.how in {"augment", "append"} and definition.expression is not None and depth > 1:
                    added = Point(point.place, definition.expression, definition.environment or {})
                    _gather(flow, added, found, depth - 1, seen)
            if key(inner) in state:
                for origin in flow.origins(Point(point.place, inner, state)):
                    if origin.expression is not inner and origin.place == point.place:
                        _gather(
                            flow, Point(origin.place, origin.expression, origin.environment), found, depth - 1, seen
                        )
        elif isinstance(inner, Subscript) and isinstance(inner.index, Constant) and isinstance(inner.index.value, str):
            found.add(inner.index.value)
        elif isinstance(inner, Call):
            for one in inner.arguments[:1]:
                if chain_end(inner) in {"get", "getenv", "config", "env"} and isinstance(one.value, Constant):
                    found.add(str(one.value.value))


def spelled(point: Point) -> str:
    """How the code writes a call, for messages."""
    return written(point.expression) if isinstance(point.expression, Call) else chain(point.expression)
