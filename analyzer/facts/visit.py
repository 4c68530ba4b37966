"""Walking lowered code: the one traversal every later stage shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import get_args, get_type_hints

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Call,
    Expression,
    Generator,
    Name,
    Parameter,
    Subscript,
)
from analyzer.facts.statements import AnyStatement, Case, Handler, Pattern, Statement, WithItem

_HELPERS = (Argument, Generator, Parameter, Handler, WithItem, Case, Pattern)
_SCALARS = (int, str, bool, float, bytes, type(None))
_STRUCTS = (Expression, Statement, *_HELPERS)


def children(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """The structs directly below a node, in source order."""
    for field in _fields(type(node)):
        value = getattr(node, field)
        if isinstance(value, _STRUCTS):
            yield value
        elif type(value) is list:
            for item in value:
                if isinstance(item, _STRUCTS):
                    yield item


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a struct that can hold structs: half of the time of a walk went into positions and spellings."""
    hints = get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if not _plain(hints[name]))


def _plain(hint: object) -> bool:
    inner = get_args(hint)
    return all(_plain(one) for one in inner) if inner else hint in _SCALARS


def walk(nodes: Iterable[msgspec.Struct] | msgspec.Struct) -> Iterator[msgspec.Struct]:
    """A node (or several) and everything below, depth first in source order."""
    stack = [nodes] if isinstance(nodes, msgspec.Struct) else list(nodes)[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(list(children(node))[::-1])


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
