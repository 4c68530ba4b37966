"""Walking lowered code: the one traversal every later stage shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import get_args, get_type_hints

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Expression,
    Name,
    Subscript,
)
from analyzer.facts.statements import AnyStatement

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


@cache
def _backwards(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return _fields(kind)[::-1]


def _plain(hint: object) -> bool:
    inner = get_args(hint)
    return all(_plain(one) for one in inner) if inner else hint in _SCALARS


def walk(nodes: Iterable[msgspec.Struct] | msgspec.Struct) -> Iterator[msgspec.Struct]:
    """A node (or several) and everything below, depth first in source order."""
    stack: list[object] = []
    stack += (nodes,) if isinstance(nodes, msgspec.Struct) else list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if not isinstance(node, msgspec.Struct):
            continue
        yield node
        for field in _backwards(type(node)):
            value = getattr(node, field)
            if type(value) is list:
                stack += value[::-1]
            else:
                stack.append(value)


def expressions(nodes: Iterable[AnyStatement] | msgspec.Struct) -> Iterator[AnyExpression]:
    """Every expression below, depth first in source order."""
    for node in walk(nodes):
        if isinstance(node, Expression):
            yield node  # type: ignore[misc]


def calls(nodes: Iterable[AnyStatement] | msgspec.Struct) -> Iterator[Call]:
    """Every call below, depth first in source order."""
    for node in walk(nodes):
        if isinstance(node, Call):
            yield node


def chain(expression: AnyExpression | None) -> str:
    """The dotted chain of an expression in ``Use`` notation, ``""`` when it does not start at a name.

    ``db.session().query`` for the expression of the same spelling; ``items[].name`` for ``items[0].name``.
    """
    tail: list[str] = []
    node = expression
    while True:
        if isinstance(node, Attribute):
            tail.append("." + node.attr)
            node = node.value
        elif isinstance(node, Call):
            tail.append("()")
            node = node.func
        elif isinstance(node, Subscript):
            tail.append("[]")
            node = node.value
        elif isinstance(node, Name):
            tail.append(node.id)
            return "".join(reversed(tail))
        else:
            return ""
