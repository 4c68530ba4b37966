"""Arguments of calls by position or keyword, and what constants stand behind them."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Binary, Call, Constant, Mapping, Sequence
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import key


def argument(call: Call, position: int, *keywords: str) -> AnyExpression | None:
    """The argument at a position (−1: none) or under one of some keywords; ``None`` when it is not given."""
    for one in call.arguments:
        if one.keyword is not None and one.keyword in keywords:
            return one.value
    plain = [one for one in call.arguments if one.keyword is None]
    if 0 <= position < len(plain) and not any(one.star for one in plain[: position + 1]):
        return plain[position].value
    return None


def spread(call: Call) -> bool:
    """Whether the call passes on arguments that cannot be seen (``*args``, ``**kwargs``)."""
    return any(one.star for one in call.arguments)


def constants(flow: Flow, point: Point) -> list[object]:
    """The constant values an expression may be; other possibilities are left out."""
    found: list[object] = []
    for origin in flow.origins(point):
        expression = origin.expression
        if isinstance(expression, Constant):
            found.append(expression.value)
        elif isinstance(expression, Binary):
            number = _number(expression)
            if number is not None:
                found.append(number)
    return found


def texts(flow: Flow, point: Point) -> list[str]:
    """The constant texts in a list, tuple, set or single text; items that are not constant are left out."""
    found: list[str] = []
    for origin in flow.origins(point):
        expression = origin.expression
        items = expression.items if isinstance(expression, Sequence) else [expression]
        for item in items:
            inner = Point(origin.place, item, origin.environment)
            found.extend(one for one in constants(flow, inner) if isinstance(one, str))
    return found


def entries(flow: Flow, point: Point, name: str) -> Iterator[Point]:
    """What a mapping may hold under a constant key: in its display, in ``dict(name=…)``, or assigned afterwards."""
    spelled = key(point.expression)
    for definition in point.environment.get(f"{spelled}[{name!r}]", ()) if spelled else ():
        if definition.how == "value" and definition.expression is not None:
            yield Point(point.place, definition.expression, definition.environment or {})
    for origin in flow.origins(point):
        expression = origin.expression
        if isinstance(expression, Mapping):
            for one, value in zip(expression.keys, expression.values, strict=True):
                if one is None:
                    yield from entries(flow, Point(origin.place, value, origin.environment), name)
                elif isinstance(one, Constant) and one.value == name:
                    yield Point(origin.place, value, origin.environment)
        elif isinstance(expression, Call) and chain(expression.func) == "dict":
            for argument_ in expression.arguments:
                if argument_.keyword == name:
                    yield Point(origin.place, argument_.value, origin.environment)


def _number(expression: Binary) -> int | None:
    """A product, sum or power of written numbers (``600 * 1000``, ``2**16``)."""
    sides = []
    for side in (expression.left, expression.right):
        value = side.value if isinstance(side, Constant) else _number(side) if isinstance(side, Binary) else None
        if type(value) is not int:
            return None
        sides.append(value)
    left, right = sides
    if expression.op == "*":
        return left * right
    if expression.op == "+":
        return left + right
    return left**right if expression.op == "**" and 0 <= right < 64 and abs(left) < 1000 else None
