"""What each name of a function may hold at a point: reaching definitions, as a persistent mapping.

Definitions are lazy. Walking a function records where a name got its value; the value is worked out when a rule asks.
"""

from __future__ import annotations

from typing import Any

from analyzer.facts.expressions import AnyExpression, Attribute, Constant, Name, Subscript

REACHING = 16
"""Definitions of one name kept at a point; a name with more is assigned in a long chain of branches, and the first
sixteen tell what it is made of."""


class Definition:
    """How a name got a value. Compared by identity.

    ``how``: ``value`` (``expression``), ``augment`` (``previous`` op ``expression``), ``append`` (``expression`` put
    into the container ``previous``, under ``item`` where that is written; ``operator`` is the method that did it),
    ``dropped`` (the container ``previous`` after the method ``operator`` took something out), ``element`` (an item of
    iterating over ``expression``), ``item`` (item ``index`` of ``expression``), ``with`` (what the context manager
    ``expression`` gives), ``parameter`` (``name``), ``checked`` (``previous`` after a guard that made it ``name``, a
    kind of part), ``unknown``.
    ``environment`` is the state before the assignment, in which ``expression`` is to be read.
    """

    __slots__ = ("environment", "expression", "how", "index", "item", "line", "name", "operator", "previous")

    def __init__(
        self,
        how: str,
        *,
        expression: AnyExpression | None = None,
        environment: Environment | None = None,
        previous: tuple[Definition, ...] = (),
        name: str = "",
        operator: str = "",
        index: tuple[int, ...] = (),
        item: AnyExpression | None = None,
        line: int = 0,
    ) -> None:
        self.how = how
        self.expression = expression
        self.environment = environment
        self.previous = previous
        self.name = name
        self.operator = operator
        self.index = index
        self.item = item
        self.line = line


Environment = dict[str, tuple[Definition, ...]]
"""Definitions by key (see :func:`key`). Never changed once handed out; ``bind`` and ``join`` make new ones."""


def key(expression: AnyExpression | None) -> str:
    """How a place is called in an environment: ``name``, ``self.name``, ``data['name']``; ``""`` for anything else."""
    tail = ""
    node: Any = expression
    while True:
        kind = type(node)
        if kind is Name:
            return f"{node.id}{tail}" if tail else str(node.id)
        if kind is Attribute:
            tail = f".{node.attr}{tail}"
            node = node.value
        elif kind is Subscript and type(node.index) is Constant:
            tail = f"[{node.index.value!r}]{tail}"
            node = node.value
        else:
            return ""


def bind(environment: Environment, name: str, definitions: tuple[Definition, ...]) -> Environment:
    """The environment after ``name`` got new definitions; what hung on the old value is forgotten."""
    changed = dict(environment)
    hung = (name + ".", name + "[")
    for other in environment:
        if other.startswith(hung):
            del changed[other]
    changed[name] = definitions[:REACHING]
    return changed


def join(one: Environment | None, other: Environment | None) -> Environment | None:
    """What holds where two paths meet; ``None`` is a path that never gets there."""
    if one is None or other is None or one is other:
        return one if other is None else other
    joined: Environment = {}
    for name in {**one, **other}:
        left, right = one.get(name), other.get(name)
        if left is right and left is not None:
            joined[name] = left
        elif left is None or right is None:
            known = left or right or ()
            if name.isidentifier():
                joined[name] = known
            else:
                joined[name] = (*known, UNSEEN)[-REACHING:]
        else:
            joined[name] = tuple(dict.fromkeys((*left, *right)))[:REACHING]
    return joined


UNSEEN = Definition("unseen")
"""An attribute or item that was not assigned on one of the paths: its value comes from before."""
