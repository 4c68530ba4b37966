"""Where local names get their values from, as far as a dotted chain says it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Binary,
    Boolean,
    Conditional,
    Constant,
    Name,
    Sequence,
    Subscript,
    Walrus,
)
from analyzer.facts.outline import How, Local
from analyzer.facts.visit import chain
from analyzer.syntax.work import Work

_WRAPPERS = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
"""Subscripted names that mean their first argument."""


def note_local(work: Work, target: AnyExpression, value: AnyExpression | None, how: How) -> None:
    """Remember what a target gets. Tuples are paired with tuples; alternatives (``a or b``) are all remembered."""
    if isinstance(target, Sequence):
        if isinstance(value, Sequence) and len(value.items) == len(target.items) and how == "assign":
            for part, item in zip(target.items, value.items, strict=True):
                note_local(work, part, item, how)
        return
    name = local_name(target)
    if not name:
        return
    for source in sources(value) if how != "annotation" else annotated(value):
        work.locals.append(Local(name, source, how, target.line))


def note_given_back(work: Work, value: AnyExpression | None, how: How) -> None:
    """Remember what a function returns or yields; ``how`` is ``return`` or ``yield``."""
    for source in sources(value):
        work.locals.append(Local("return", source, how, value.line if value is not None else 0))


def local_name(target: AnyExpression) -> str:
    """``name``, or ``self.name`` and ``cls.name``; ``""`` for any other target."""
    if isinstance(target, Name):
        return target.id
    if isinstance(target, Attribute) and isinstance(target.value, Name) and target.value.id in ("self", "cls"):
        return f"{target.value.id}.{target.attr}"
    return ""


def sources(value: AnyExpression | None) -> Iterator[str]:
    """The chains a value may come from; an awaited call counts as its call."""
    while isinstance(value, (Await, Walrus)):
        value = value.value
    if isinstance(value, Boolean):
        for part in value.values:
            yield from sources(part)
    elif isinstance(value, Conditional):
        yield from sources(value.then)
        yield from sources(value.otherwise)
    else:
        found = chain(value)
        if found:
            yield found


def annotated(value: AnyExpression | None) -> Iterator[str]:
    """The chain of a type: ``Order`` for ``Order | None``, ``Optional[Order]`` and ``Annotated[Order, …]``."""
    if isinstance(value, Binary) and value.op == "|":
        yield from annotated(value.left)
        yield from annotated(value.right)
        return
    if isinstance(value, Subscript):
        name = chain(value.value).rpartition(".")[2]
        if name in _WRAPPERS:
            inner = value.index
            if isinstance(inner, Sequence) and inner.items:
                inner = inner.items[0]
            yield from annotated(inner)
            return
        if name == "Union" and isinstance(value.index, Sequence):
            for item in value.index.items:
                yield from annotated(item)
            return
    if not isinstance(value, Constant):
        found = chain(value)
        if found:
            yield found
