"""Walking lowered code: the one traversal every later stage shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
_STRUCTS = (Expression, Statement, *_HELPERS)


def children(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """The structs directly below a node, in source order."""
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, _STRUCTS):
            yield value
        elif type(value) is list:
            for item in value:
                if isinstance(item, _STRUCTS):
                    yield item


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
