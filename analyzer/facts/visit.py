"""Walking lowered code: the one traversal every later stage shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Call,
    Expression,
    Name,
    Subscript,
    Unary,
)
from analyzer.facts.statements import AnyStatement, Assign, Statement

_SCALARS = (int, str, bool, float, bytes, type(None))


def children(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """The structs directly below a node, in source order."""
    for field in _fields(type(node)):
        value = getattr(node, field)
        if type(value) is list:
            for item in value:
                if isinstance(item, msgspec.Struct):
                    yield item
        elif isinstance(value, msgspec.Struct):
            yield value


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a struct that hold structs: half of the time of a walk went into positions and spellings."""
    hints = get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if not _plain(hints[name]))


def _plain(hint: object) -> bool:
    inner = get_args(hint)
    return all(_plain(one) for one in inner) if inner else hint in _SCALARS


def walk(nodes: Iterable[msgspec.Struct] | msgspec.Struct) -> Iterator[msgspec.Struct]:
    """A node (or several) and everything below, depth first in source order."""
    stack: list[Any] = []
    stack += (nodes,) if isinstance(nodes, msgspec.Struct) else list(nodes)[::-1]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        kind: type = type(node)
        fields = _BELOW.get(kind)
        if fields is None:
            if not isinstance(node, msgspec.Struct):
                continue
            fields = _BELOW[kind] = _fields(kind)[::-1]
        yield node
        for field in fields:
            value = getattr(node, field)
            if type(value) is list:
                stack += value[::-1]
            elif value is not None:
                push(value)


_BELOW: dict[type, tuple[str, ...]] = {}
"""The fields of a kind of node that hold nodes, from the last to the first."""


def blocks(body: list[AnyStatement]) -> Iterator[list[AnyStatement]]:
    """A block and every block in it, outer ones first; no expression is looked into."""
    stack: list[list[Any]] = [body]
    while stack:
        block = stack.pop()
        if not block or isinstance(block[0], Statement):
            yield block
        for node in block[::-1]:
            kind: type = type(node)
            stack += [held for name in _fields(kind)[::-1] if name in _BLOCK_FIELDS and (held := getattr(node, name))]


def statements(nodes: Iterable[msgspec.Struct]) -> Iterator[AnyStatement]:
    """Every statement of a block and of the blocks in it, in source order; no expression is looked into."""
    stack: list[Any] = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        kind: type = type(node)
        fields = _BLOCKS.get(kind)
        if fields is None:
            fields = _BLOCKS[kind] = tuple(name for name in _fields(kind)[::-1] if name in _BLOCK_FIELDS)
        if isinstance(node, Statement):
            yield node  # type: ignore[misc]
        for field in fields:
            stack += getattr(node, field)[::-1]


_BLOCK_FIELDS = frozenset({"body", "then", "otherwise", "final", "handlers", "cases"})
_BLOCKS: dict[type, tuple[str, ...]] = {}
"""The fields of a kind of statement that hold statements, from the last to the first."""


def expressions(nodes: Iterable[AnyStatement] | msgspec.Struct) -> Iterator[AnyExpression]:
    """Every expression below, depth first in source order."""
    for node in walk(nodes):
        if isinstance(node, Expression):
            yield node  # type: ignore[misc]


def assigned(nodes: Iterable[msgspec.Struct], holds: Callable[[AnyExpression | None], bool]) -> set[str]:
    """The plain names that some of these nodes, which are not looked into, assign a value for which ``holds``."""
    return {
        target.id
        for node in nodes
        if isinstance(node, Assign) and holds(node.value)
        for target in node.targets
        if isinstance(target, Name)
    }


def calls(nodes: Iterable[AnyStatement] | msgspec.Struct) -> Iterator[Call]:
    """Every call below, depth first in source order."""
    for node in walk(nodes):
        if isinstance(node, Call):
            yield node


def operands(test: AnyExpression) -> Iterator[AnyExpression]:
    """What a condition asks the truth of: the sides of ``and`` and ``or``, also behind ``not``."""
    if isinstance(test, Boolean):
        for one in test.values:
            yield from operands(one)
    elif isinstance(test, Unary) and test.op == "not":
        yield from operands(test.operand)
    else:
        yield test


def chain(expression: AnyExpression | None) -> str:
    """The dotted chain of an expression in ``Use`` notation, ``""`` when it does not start at a name.

    ``db.session().query`` for the expression of the same spelling; ``items[].name`` for ``items[0].name``.
    """
    tail = ""
    node: Any = expression
    while True:
        kind = type(node)
        if kind is Name:
            return f"{node.id}{tail}" if tail else str(node.id)
        if kind is Attribute:
            tail = f".{node.attr}{tail}"
            node = node.value
        elif kind is Call:
            tail = "()" + tail
            node = node.func
        elif kind is Subscript:
            tail = "[]" + tail
            node = node.value
        else:
            return ""
