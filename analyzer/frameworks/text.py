"""Texts a registration is made of: paths and prefixes from literals, constants, settings and their combinations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Constant,
    Format,
    Interpolation,
    Name,
    Sequence,
)
from analyzer.facts.visit import chain as chain_of
from analyzer.project.project import Project
from analyzer.project.target import Place

GAP = "{…}"
"""Stands for what of a path is not constant."""
UNKNOWN = f"/{GAP}"
"""Stands for a prefix that is not constant."""
_DEPTH = 8
_WIDE = re.compile(r"%[^%a-zA-Z]*\d{4}")
"""``%999999999s`` would fill the memory."""
_LONGEST = 400
"""Code points of a template; no path is longer."""


def text(project: Project, place: Place, expression: AnyExpression | None, depth: int = 0) -> str | None:
    """The constant text of an expression, ``None`` when it is not constant."""
    if expression is None or depth > _DEPTH:
        return None
    if isinstance(expression, Constant):
        return expression.value if isinstance(expression.value, str) else None
    if isinstance(expression, Binary) and expression.op == "+":
        left = text(project, place, expression.left, depth + 1)
        right = text(project, place, expression.right, depth + 1)
        return left + right if left is not None and right is not None else None
    if isinstance(expression, Binary) and expression.op == "%":
        return _filled_in(project, place, expression, depth)
    if isinstance(expression, Format):
        parts = [text(project, place, part, depth + 1) for part in expression.parts]
        return None if None in parts else "".join(part for part in parts if part is not None)
    if isinstance(expression, Interpolation):
        return _written(project, place, expression.value, depth)
    if isinstance(expression, Name | Attribute):
        return _named(project, place, expression, depth)
    if isinstance(expression, Call) and isinstance(expression.func, Attribute) and expression.func.attr == "format":
        return _formatted(project, place, expression, expression.func.value, depth)
    return None


def rooted(project: Project, place: Place, expression: AnyExpression | None) -> str | None:
    """A path: the constant text, with :data:`UNKNOWN` for what is put before a constant rest that begins with a slash
    (``settings.prefix + "/users"``)."""
    known = text(project, place, expression)
    if known is not None or expression is None:
        return known
    rest = ""
    for part in reversed(list(_parts(expression))):
        one = text(project, place, part)
        if one is None:
            break
        rest = one + rest
    return f"{UNKNOWN}{rest}" if rest.startswith("/") and len(rest) > 1 else None


def outlined(project: Project, place: Place, expression: AnyExpression | None) -> str:
    """The text of an expression, with ``{…}`` for what of it is not constant."""
    known = text(project, place, expression)
    if known is not None or expression is None:
        return GAP if known is None else known
    parts = (text(project, place, part) for part in _parts(expression))
    return "".join(GAP if part is None else part for part in parts)


def _parts(expression: AnyExpression) -> Iterator[AnyExpression]:
    """The parts of a sum of texts, from the left."""
    if isinstance(expression, Binary) and expression.op == "+":
        yield from _parts(expression.left)
        yield from _parts(expression.right)
    elif isinstance(expression, Format):
        yield from expression.parts
    else:
        yield expression


def _formatted(project: Project, place: Place, call: Call, template: AnyExpression, depth: int) -> str | None:
    """``"/things/{}".format(PART)``, with plain fields only."""
    pattern = text(project, place, template, depth + 1)
    positional: list[str] = []
    named: dict[str, str] = {}
    for one in call.arguments:
        value = _written(project, place, one.value, depth)
        if value is None or one.star:
            return None
        if one.keyword is None:
            positional.append(value)
        else:
            named[one.keyword] = value
    if pattern is None or len(pattern) > _LONGEST:
        return None
    if not _plain(pattern):
        return None
    try:
        return pattern.format(*positional, **named)
    except (IndexError, KeyError, ValueError):
        return None


def _plain(pattern: str) -> bool:
    """Whether a template has fields by position and name only: ``{0:>999999999}`` would fill the memory."""
    try:
        fields = list(Formatter().parse(pattern))
    except ValueError:
        return False
    return all((not field or field.isidentifier() or field.isdigit()) and not spec for _, field, spec, _ in fields)


def _written(project: Project, place: Place, value: AnyExpression, depth: int) -> str | None:
    """A constant text or whole number as text."""
    if isinstance(value, Constant) and type(value.value) is int:
        return str(value.value)
    if isinstance(value, Name):
        held = project.variable(place.path, value.id)
        if held is not None and isinstance(held[1], Constant):
            return _written(project, Place(held[0], -1), held[1], depth)
    return text(project, place, value, depth + 1)


def _filled_in(project: Project, place: Place, expression: Binary, depth: int) -> str | None:
    """``"/things/%s" % PATTERN``, with one text or a tuple of them."""
    template = text(project, place, expression.left, depth + 1)
    right = expression.right
    items = right.items if isinstance(right, Sequence) else [right]
    values = [
        item.value if isinstance(item, Constant) and type(item.value) is int else text(project, place, item, depth + 1)
        for item in items
    ]
    if template is None or None in values or _WIDE.search(template):
        return None
    try:
        return template % tuple(values)
    except (TypeError, ValueError):
        return None


def texts(project: Project, place: Place, expression: AnyExpression | None) -> list[str] | None:
    """The constant texts of a list, tuple or set, ``None`` when any is not constant."""
    if isinstance(expression, Name | Attribute):
        found = kept(project, place, expression)
        if found is None:
            return None
        place, expression = Place(found[0], -1), found[1]
    if not isinstance(expression, Sequence):
        return None
    values = [text(project, place, item) for item in expression.items]
    return None if None in values else [value for value in values if value is not None]


def argument(call: Call, position: int, *keywords: str) -> AnyExpression | None:
    """The argument at a position or under one of the keywords, ``None`` when absent."""
    for item in call.arguments:
        if item.keyword in keywords and item.keyword is not None:
            return item.value
    positional = [item.value for item in call.arguments if item.keyword is None and item.star == 0]
    return positional[position] if 0 <= position < len(positional) else None


def _named(project: Project, place: Place, expression: Name | Attribute, depth: int) -> str | None:
    found = kept(project, place, expression)
    if found is not None:
        return text(project, Place(found[0], -1), found[1], depth + 1)
    if isinstance(expression, Attribute):
        holder = project.resolve_expression(place, expression.value)
        if holder is not None and holder.kind in {"class", "instance"}:
            value = project.classes.variable(holder.path, holder.index, expression.attr)
            if value is not None:
                return text(project, Place(value[0], -1), value[1], depth + 1)
    return None


def kept(project: Project, place: Place, expression: Name | Attribute) -> tuple[str, AnyExpression] | None:
    """The module and value of a variable, of this module or, as ``paths.ORDERS``, of another one."""
    found = project.variable(place.path, chain_of(expression))
    if found is None and isinstance(expression, Attribute):
        holder = project.resolve_expression(place, expression.value)
        if holder is not None and holder.kind == "module":
            return project.variable(holder.path, expression.attr)
    return found
