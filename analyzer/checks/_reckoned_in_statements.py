"""Where a database reckons with a number that it is handed: ``SET balance = balance - %s``, ``{"$inc": {"stock": n}}``,
``F("balance") - amount``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.checks._numbers import Used, spelling
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Constant,
    Format,
    Interpolation,
    Mapping,
    Name,
    Unary,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain
from analyzer.frameworks.persistence import is_model
from analyzer.project import Place, Project

_PLACEHOLDER = r"(?:%s|\?|%\((\w+)\)s|:(\w+)|\$(\d+))"
_RECKONED = re.compile(rf"\b(?:\w+\.)?(\w+)\s*=\s*(?:\w+\.)?\1\s*([-+*])\s*{_PLACEHOLDER}", re.IGNORECASE)
"""A column that is set to itself and what a placeholder brings; its groups: column, operator, name or number."""
_SPLICED = re.compile(r"\b(?:\w+\.)?(\w+)\s*=\s*(?:\w+\.)?\1\s*([-+*])\s*$", re.IGNORECASE)
_POSITIONAL = re.compile(r"%s|\?")
_DOES = {"-": "is taken from `{column}`", "+": "is added to `{column}`", "*": "is multiplied by `{column}`"}


def reckoned_in_statements(nodes: Sequence[object], held: set[str]) -> Iterator[Used]:
    """Where a function hands one of the numbers that it spells so to a statement that reckons with it, in source order
    of the statements."""
    texts: dict[str, AnyExpression] = {
        target.id: node.value
        for node in nodes
        if isinstance(node, Assign) and isinstance(node.value, Constant | Display | Mapping | Call)
        for target in node.targets
        if isinstance(target, Name)
    }
    for node in nodes:
        if isinstance(node, Format):
            yield from _spliced(node, held)
        elif isinstance(node, Call):
            yield from _given(node, [one.value for one in node.arguments if not one.star], texts, held)
            yield from _given_by_keyword(node, held)
        elif isinstance(node, Display):
            yield from _given(node, node.items, texts, held)
        elif isinstance(node, Mapping):
            yield from _incremented(node, held)


def column(project: Project, place: Place, expression: AnyExpression) -> str:
    """How the code calls the column that an expression is: ``F("balance")``, ``Account.balance``; ``""`` for none."""
    if isinstance(expression, Call) and chain(expression.func).rpartition(".")[2] == "F" and expression.arguments:
        named = expression.arguments[0].value
        return str(named.value) if isinstance(named, Constant) else ""
    if not isinstance(expression, Attribute) or not isinstance(expression.value, Name):
        return ""
    target = project.resolve_expression(place, expression.value)
    if target is None or target.kind != "class" or target.index < 0 or not is_model(project, target.path, target.index):
        return ""
    return expression.attr


def _spliced(text: Format, held: set[str]) -> Iterator[Used]:
    for before, part in zip(text.parts, text.parts[1:], strict=False):
        if not isinstance(before, Constant) or not isinstance(part, Interpolation):
            continue
        found = _SPLICED.search(str(before.value))
        if found is not None and (name := spelling(part.value)) in held:
            yield Used(part.value, name, _DOES[found[2]].format(column=found[1]))


def _given(
    node: Call | Display, items: Sequence[AnyExpression], texts: dict[str, AnyExpression], held: set[str]
) -> Iterator[Used]:
    """``execute("UPDATE … SET balance = balance - %s", (amount,))``, and the pair alone where statements are listed."""
    items = [_unwrapped(one, texts) for one in items]
    for at, item in enumerate(items):
        if not isinstance(item, Constant) or not isinstance(item.value, str):
            continue
        for found in _RECKONED.finditer(item.value):
            number = _brought(found, item.value, items[at + 1 :])
            name = spelling(number) if number is not None else ""
            if name and name in held:
                yield Used(node, name, _DOES[found[2]].format(column=found[1]))


def _given_by_keyword(call: Call, held: set[str]) -> Iterator[Used]:
    """``text("… SET balance = balance - :amount").bindparams(amount=amount)``"""
    inner = call.func.value if isinstance(call.func, Attribute) and call.func.attr == "bindparams" else None
    texts = [one.value for one in inner.arguments] if isinstance(inner, Call) else []
    for item in texts:
        for found in _RECKONED.finditer(str(item.value)) if isinstance(item, Constant) else ():
            number = next((one.value for one in call.arguments if one.keyword and one.keyword == found[4]), None)
            if number is not None and (name := spelling(number)) in held:
                yield Used(call, name, _DOES[found[2]].format(column=found[1]))


def _unwrapped(item: AnyExpression, texts: dict[str, AnyExpression]) -> AnyExpression:
    """The text in ``text("…")``, and what a local was assigned."""
    item = texts.get(item.id, item) if isinstance(item, Name) else item
    if isinstance(item, Call) and chain(item.func).rpartition(".")[2] in {"text", "SQL"} and item.arguments:
        return item.arguments[0].value
    return item


def _brought(found: re.Match[str], text: str, given: Sequence[AnyExpression]) -> AnyExpression | None:
    """What is given for the placeholder of a match."""
    name, number = found[3] or found[4], found[5]
    for one in given:
        if name and isinstance(one, Mapping):
            pairs = zip(one.keys, one.values, strict=True)
            return next((value for key, value in pairs if isinstance(key, Constant) and key.value == name), None)
    listed = next((one.items for one in given if isinstance(one, Display)), list(given))
    at = int(number) - 1 if number else len(_POSITIONAL.findall(text[: found.end()])) - 1
    return listed[at] if not name and 0 <= at < len(listed) else None


def _incremented(document: Mapping, held: set[str]) -> Iterator[Used]:
    """``{"$inc": {"balance": -amount}}``"""
    for key, value in zip(document.keys, document.values, strict=True):
        if not isinstance(key, Constant) or key.value != "$inc" or not isinstance(value, Mapping):
            continue
        for field, number in zip(value.keys, value.values, strict=True):
            turned = isinstance(number, Unary) and number.op == "-"
            name = spelling(number.operand if isinstance(number, Unary) else number)
            if name in held and isinstance(field, Constant):
                yield Used(number, name, _DOES["-" if turned else "+"].format(column=field.value))
