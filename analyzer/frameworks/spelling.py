"""Expressions spelt out again: types, limits and names as a reader of the code knows them."""

from __future__ import annotations

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Constant,
    Name,
    Opaque,
    Sequence,
    Subscript,
)

_DEPTH = 8
_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}


def spelt(expression: AnyExpression | None, depth: int = 0) -> str:
    """An annotation or a simple value as code; ``…`` stands for what is too deep or no plain value, such as secrets."""
    if expression is None:
        return ""
    if depth > _DEPTH:
        return "…"
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Attribute):
        return f"{spelt(expression.value, depth + 1)}.{expression.attr}"
    if isinstance(expression, Constant):
        return repr(expression.value)
    if isinstance(expression, Opaque):
        return expression.text
    if isinstance(expression, Subscript):
        index = expression.index
        inside = spelt(index, depth + 1)
        if isinstance(index, Sequence) and index.kind == "tuple":
            inside = inside[1:-1]
        return f"{spelt(expression.value, depth + 1)}[{inside}]"
    if isinstance(expression, Binary) and expression.op == "|":
        return f"{spelt(expression.left, depth + 1)} | {spelt(expression.right, depth + 1)}"
    if isinstance(expression, Sequence):
        left, right = _BRACKETS[expression.kind]
        return left + ", ".join(spelt(item, depth + 1) for item in expression.items) + right
    if isinstance(expression, Call):
        return f"{spelt(expression.func, depth + 1)}({arguments(expression, depth + 1)})"
    return "…"


def arguments(call: Call, depth: int = 0) -> str:
    """The arguments of a call as code."""
    parts = []
    for item in call.arguments:
        value = spelt(item.value, depth + 1)
        parts.append(f"{item.keyword}={value}" if item.keyword else "*" * item.star + value)
    return ", ".join(parts)


def type_text(expression: AnyExpression | None) -> str:
    """A declared type: ``Annotated`` is looked through, a type in quotes loses them, ``""`` when none is declared."""
    inner = unannotated(expression)
    if isinstance(inner, Constant) and isinstance(inner.value, str):
        return inner.value
    return spelt(inner)


def unannotated(expression: AnyExpression | None) -> AnyExpression | None:
    """``Annotated[T, …]`` and ``Optional[T]`` wrappers taken off as far as ``Annotated`` goes."""
    while isinstance(expression, Subscript) and spelt(expression.value).rpartition(".")[2] == "Annotated":
        index = expression.index
        expression = index.items[0] if isinstance(index, Sequence) and index.items else index
    return expression


def metadata(expression: AnyExpression | None) -> list[AnyExpression]:
    """What ``Annotated[T, a, b]`` says beside the type."""
    if isinstance(expression, Subscript) and spelt(expression.value).rpartition(".")[2] == "Annotated":
        index = expression.index
        return list(index.items[1:]) if isinstance(index, Sequence) else []
    return []
