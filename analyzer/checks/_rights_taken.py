"""The part of BA113 about statements and records made by hand: a client's word becomes the column that gives rights, or
the names of the columns themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks._privileged import gives_rights
from analyzer.checks._raw import Given, checked, is_whole, raw_parts
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Compare,
    Comprehension,
    Constant,
    Format,
    Mapping,
    Name,
    Subscript,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assign, Evaluate, For, If, Jump, Raise, Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.executed import statement_of
from analyzer.flow.passwords import is_password_column
from analyzer.flow.questions import written

_INSERT = re.compile(r"\binsert\s+(?:\w+\s+)?into\s+[\w.\"`]+\s*\(([^)]*)\)\s*values\s*\(([^)]*)\)", re.IGNORECASE)
_SET = re.compile(r"([\w\"`.]+)\s*=\s*(%s|\?|:\w+|%\(\w+\)s|\$\d+)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"%s|\?|:\w+|%\(\w+\)s|\$\d+")
_CHANGING = re.compile(r"\s*(?:insert|update|replace|merge)\b", re.IGNORECASE)


class Taken(msgspec.Struct, frozen=True):
    """A right that a client names: the call or record it goes into, the field, and the value where it stands."""

    node: AnyExpression
    field: str
    value: Point


def rights_in_records(flow: Flow, raw: Given) -> Iterator[Taken]:
    """``{"name": …, "password": …, "role": body["role"]}``: the record of somebody who logs in, in source order."""
    for point in flow.points(raw.place):
        record = point.expression
        if not isinstance(record, Mapping):
            continue
        named = {str(key.value): value for key, value in _pairs(record)}
        if not any(is_password_column(one) for one in named):
            continue
        for name, value in named.items():
            given = Point(point.place, value, point.environment)
            if gives_rights(name) and not isinstance(value, Constant) and raw_parts(flow, raw, given):
                yield Taken(record, name, given)


def rights_in_statements(flow: Flow, raw: Given, point: Point, call: Call) -> Iterator[Taken]:
    """``execute("INSERT INTO users (name, role) VALUES (?, ?)", (name, body["role"]))``"""
    found = statement_of(flow, point.place, call)
    text = flow.value(Point(point.place, found.text, point.environment)).constant() if found is not None else None
    if found is None or text is None or not _CHANGING.match(text):
        return
    for column, placeholder, at in _columns(text):
        value = _brought(placeholder, at, found.given)
        if not gives_rights(column) or value is None or isinstance(value, Constant):
            continue
        given = Point(point.place, value, point.environment)
        if raw_parts(flow, raw, given):
            yield Taken(call, column, given)


def rights_remembered(flow: Flow, raw: Given) -> Iterator[Taken]:
    """``session["role"] = request.args["role"]``, ``jwt.encode({"role": body["role"]}, key)``,
    ``response.set_cookie("role", body["role"])``: what says later on who somebody is, in source order."""
    known = checked(flow, raw)
    for node in walk(flow.project.body(raw.place)):
        if isinstance(node, Assign) and node.value is not None:
            kept = [one for one in node.targets if isinstance(one, Subscript) and _SESSION.search(chain(one.value))]
            state = flow.state_at(raw.place, node.value) if kept else None
            if state is None:
                continue
            key = kept[0].index
            named = [(str(key.value), node.value)] if isinstance(key, Constant) else []
            for name, value in (*named, *_rights_of(node.value)):
                given = Point(raw.place, value, state)
                if _is_taken(flow, raw, name, given, known):
                    yield Taken(node.value, name, given)
    for point in flow.calls(raw.place):
        call = point.expression
        last = written(call).rpartition(".")[2] if isinstance(call, Call) else ""
        if not isinstance(call, Call) or not _TOKEN.search(last):
            continue
        values = [one.value for one in call.arguments]
        said = values[0] if last == "set_cookie" and len(values) > 1 else None
        cookie = [(str(said.value), values[1])] if isinstance(said, Constant) else []
        for name, value in (*cookie, *(pair for one in values for pair in _rights_of(one))):
            given = Point(point.place, value, point.environment)
            if _is_taken(flow, raw, name, given, known):
                yield Taken(call, name, given)


_SESSION = re.compile(r"(?:^|\.)session$")
_TOKEN = re.compile(r"^(?:encode|set_cookie|(?:create|make|generate|issue|sign)_?\w*(?:token|jwt)\w*)$")
"""Calls that make a token or a cookie of what they are given."""


def _rights_of(value: AnyExpression) -> Iterator[tuple[str, AnyExpression]]:
    """The rights in a mapping that is written out."""
    if isinstance(value, Mapping):
        yield from ((str(key.value), one) for key, one in _pairs(value))


def _is_taken(flow: Flow, raw: Given, name: str, given: Point, known: set[str]) -> bool:
    if not gives_rights(name) or isinstance(given.expression, Constant):
        return False
    return any(part.text not in known for part in raw_parts(flow, raw, given))


def columns_of_keys(flow: Flow, raw: Given) -> set[str]:
    """The variables that run over the keys of a body and that no list of names is asked for."""
    found: set[str] = set()
    for point in flow.points(raw.place):
        if isinstance(point.expression, Comprehension):
            for one in point.expression.generators:
                key = _key(flow, raw, one.target, Point(point.place, one.iterable, point.environment))
                if key and not any(_listed(test, key, True) for test in one.conditions):
                    found.add(key)
    for node in walk(flow.project.body(raw.place)):
        state = flow.state_at(raw.place, node.iterable) if isinstance(node, For) else None
        if isinstance(node, For) and state is not None:
            key = _key(flow, raw, node.target, Point(raw.place, node.iterable, state))
            if key and not any(_allows(one, key) for one in walk(node.body)):
                found.add(key)
    return found


def names_columns(flow: Flow, raw: Given, point: Point, call: Call, keys: set[str]) -> bool:
    """Whether a call runs a changing statement that is not constant, in a function whose text the keys go into."""
    found = statement_of(flow, point.place, call)
    if found is None:
        return False
    rows = flow.value(Point(point.place, found.text, point.environment)).rows
    starts = any(row and row[0].kind == "text" and _CHANGING.match(row[0].text) for row in rows)
    if not starts or all(part.kind == "text" for row in rows for part in row):
        return False
    return any(_spells(node, keys) for node in walk(flow.project.body(raw.place)))


def _spells(node: object, keys: set[str]) -> bool:
    """``columns.append(key)``, ``f"{key} = ?"``, ``", ".join(body.keys())``"""
    if isinstance(node, Call) and isinstance(node.func, Attribute) and node.func.attr in {"append", "format", "add"}:
        return any(chain(one.value) in keys for one in node.arguments)
    if isinstance(node, Format):
        return any(isinstance(one, Name) and one.id in keys for one in walk(node))
    return isinstance(node, Comprehension) and isinstance(node.element, Name) and node.element.id in keys


def _key(flow: Flow, raw: Given, target: AnyExpression, iterable: Point) -> str:
    """``key`` of ``for key, value in body.items()``, ``for key in body``; ``""`` for other loops."""
    whole = iterable.expression
    if isinstance(whole, Call) and isinstance(whole.func, Attribute) and whole.func.attr in {"items", "keys"}:
        whole = whole.func.value
    first = target.items[0] if isinstance(target, Display) and target.items else target
    if not isinstance(first, Name) or not is_whole(flow, raw, Point(iterable.place, whole, iterable.environment)):
        return ""
    return first.id


def _allows(node: object, key: str) -> bool:
    """Whether a statement lets a list of names decide: ``if key in ALLOWED:``, ``if key not in ALLOWED: continue``."""
    if not isinstance(node, If):
        return False
    if _listed(node.test, key, True):
        return True
    leaves = any(_leaves(one) for one in node.then)
    return leaves and _listed(node.test, key, False)


def _leaves(statement: object) -> bool:
    """Whether a statement ends the round or the function."""
    if isinstance(statement, Jump):
        return statement.kind == "continue"
    if isinstance(statement, Evaluate):
        return isinstance(statement.value, Call) and chain(statement.value.func).endswith("abort")
    return isinstance(statement, Raise | Return)


def _listed(test: AnyExpression, key: str, positive: bool) -> bool:
    """Whether a condition asks whether a key is in a list (``positive``) or is in none."""
    operator = "in" if positive else "not in"
    return any(isinstance(one, Compare) and operator in one.operators and chain(one.left) == key for one in walk(test))


def _columns(text: str) -> Iterator[tuple[str, str, int]]:
    """The columns of a statement with the placeholder that brings their value and its number."""
    inserted = _INSERT.search(text)
    if inserted is not None:
        values = [one.strip() for one in inserted[2].split(",")]
        at = 0
        for column, value in zip(inserted[1].split(","), values, strict=False):
            if _PLACEHOLDER.fullmatch(value):
                yield column.strip().strip('"`'), value, at
                at += 1
        return
    for found in _SET.finditer(text.partition(" where ")[0]):
        at = len(_PLACEHOLDER.findall(text[: found.start(2)]))
        yield found[1].rpartition(".")[2].strip('"`'), found[2], at


def _brought(placeholder: str, at: int, given: Sequence[AnyExpression]) -> AnyExpression | None:
    name = re.sub(r"\W|s$", "", placeholder) if placeholder.startswith("%(") else placeholder.lstrip(":$")
    for one in given:
        if isinstance(one, Mapping):
            return next((value for key, value in _pairs(one) if key.value == name), None)
        if isinstance(one, Display):
            return one.items[at] if at < len(one.items) else None
    plain = [one for one in given if isinstance(one, Name)]
    return plain[at] if len(plain) > 1 and at < len(plain) else None


def _pairs(mapping: Mapping) -> Iterator[tuple[Constant, AnyExpression]]:
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        if isinstance(key, Constant):
            yield key, value
