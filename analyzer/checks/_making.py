"""The calls of a body, and which of their outcomes the function means to work with: no factory's, and no default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Lambda,
    Mapping,
    Name,
    Unary,
    Yield,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assign, If, Raise, Return
from analyzer.facts.visit import chain, children, statements, walk


def called(function: Function, body: Sequence[AnyStatement]) -> list[tuple[Call, bool]]:
    """The calls of a function's body, in source order, and whether it means to work with the outcome. It does not where

    - it returns or yields that, itself or as a part of what it returns: a factory does that,
    - it only makes it where a parameter or an attribute is empty: a default, or made late and once,
    - it puts it on somebody else's object (``app.state.orders = …``): who wires an application does that,

    What stands in a ``lambda``, whose caller decides, or in a ``raise`` is left out.
    """
    names = {one.name for one in function.parameters}
    given: set[int] = set()
    kept: set[str] = set()
    for node in walk(body):
        if isinstance(node, Return | Yield) and node.value is not None:
            for part in _whole(node.value):
                given.add(id(part))
                kept |= {part.id} if isinstance(part, Name) else set()
    left = {id(call) for statement in statements(body) for call in _left(statement, names, kept)}
    left |= given
    return [(call, id(call) not in left) for statement in statements(body) for call in _own(statement)]


def _whole(value: AnyExpression) -> Iterator[AnyExpression]:
    """What is given back: a value, the parts of a display, what a call that makes something is handed."""
    stack = [value]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Await):
            stack.append(node.value)
        elif isinstance(node, Display):
            stack += node.items
        elif isinstance(node, Mapping | Boolean):
            stack += node.values
        elif isinstance(node, Conditional):
            stack += (node.then, node.otherwise)
        elif isinstance(node, Call) and chain(node.func).rpartition(".")[2][:1].isupper():
            stack += [argument.value for argument in node.arguments]


def _own(statement: AnyStatement) -> Iterator[Call]:
    """The calls of a statement's own expressions, those of the statements in it left out."""
    if isinstance(statement, Raise):
        return
    below = [node for node in children(statement) if isinstance(node, Expression)]
    items = [node for node in children(statement) if not isinstance(node, Expression) and hasattr(node, "context")]
    stack: list[object] = [*(item.context for item in items if hasattr(item, "context")), *below][::-1]
    found: list[Call] = []
    while stack:
        node = stack.pop()
        if isinstance(node, Lambda) or not isinstance(node, Expression):
            continue
        if isinstance(node, Call):
            found.append(node)
            stack += [argument.value for argument in node.arguments]
        if isinstance(node, Boolean) and node.op == "or" and isinstance(node.values[0], Name | Attribute):
            continue
        if isinstance(node, Conditional) and _asked(node.test):
            continue
        stack += [child for child in children(node) if isinstance(child, Expression)]
    yield from sorted(found, key=lambda call: (call.line, call.column))


def _left(statement: AnyStatement, parameters: set[str], kept: set[str]) -> Iterator[Call]:
    """What an assignment makes for somebody else, and what an ``if`` makes because there is none yet."""
    if isinstance(statement, Assign) and statement.value is not None:
        outside = [
            one for one in statement.targets if isinstance(one, Attribute) and not chain(one).startswith("self.")
        ]
        back = [one for one in statement.targets if isinstance(one, Name) and one.id in kept]
        if outside or back:
            yield from _made(statement.value)
    elif isinstance(statement, If):
        asked = _asked(statement.test)
        for inner in statements([*statement.then, *statement.otherwise]):
            if not isinstance(inner, Assign) or inner.value is None:
                continue
            if asked & parameters or any(chain(one) in asked for one in inner.targets):
                yield from _made(inner.value)


def _made(value: AnyExpression) -> Iterator[Call]:
    return (part for part in _whole(value) if isinstance(part, Call))


def _asked(test: AnyExpression) -> set[str]:
    """The names that a condition finds empty or not: ``repo``, ``not repo``, ``self._repo is None``."""
    if isinstance(test, Unary) and test.op == "not":
        test = test.operand
    if isinstance(test, Compare) and test.operators[0] in {"is", "is not"}:
        nothing = test.comparators[0]
        return {chain(test.left)} if isinstance(nothing, Constant) and nothing.value is None else set()
    return {chain(test)} if isinstance(test, Name | Attribute) else set()
