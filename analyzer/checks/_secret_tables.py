"""The part of BA201 about literals that a client's password or key is compared with: tables of users, lists of keys,
digests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._given_secrets import Given
from analyzer.facts import literals
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Compare,
    Constant,
    Mapping,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.secretnames import Holder, holder
from analyzer.facts.visit import walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.passwords import clear_parts, is_password_name, name_of
from analyzer.flow.questions import chain_end, uses_of
from analyzer.project.target import Place

Table = Mapping | Sequence
_WORDS = re.compile(r"passw|pwd|key|token", re.IGNORECASE)
_HEX = re.compile(
    r"\A(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})\Z", re.IGNORECASE
)
"""How long the digests of MD5, SHA-1 and SHA-2 are, in hexadecimal digits."""
_DIGESTS = frozenset({"hexdigest", "md5", "sha1", "sha256", "sha512", "hash_password", "hashed", "get_hash", "digest"})


def compared(flow: Flow) -> Iterator[Given]:
    """Literals that let in whoever sends them, in order of places."""
    tables = _tables(flow)
    for place in flow.project.places():
        if not _interesting(flow, place, set(tables)):
            continue
        for point in flow.points(place):
            one = point.expression
            if isinstance(one, Compare) and len(one.operators) == 1:
                yield from _sides(flow, point, one)


def _tables(flow: Flow) -> dict[str, list[str]]:
    """The names of the mappings and lists of texts that modules keep, with the modules."""
    found: dict[str, list[str]] = {}
    for path in flow.project.paths():
        for name, values in flow.project.namespace(path).variables.items():
            if len(values) == 1 and isinstance(values[0], Mapping | Sequence) and _texts(values[0]):
                found.setdefault(name, []).append(path)
    return found


def _texts(table: AnyExpression, *, keys: bool = False) -> list[Constant]:
    """The texts that a table holds: values of a mapping (or its keys), items of a list."""
    if isinstance(table, Mapping):
        items = [one for one in (table.keys if keys else table.values) if one is not None]
    else:
        items = table.items if isinstance(table, Sequence) else []
    return [one for one in items if isinstance(one, Constant) and isinstance(one.value, str)]


def _interesting(flow: Flow, place: Place, tables: set[str]) -> bool:
    uses = uses_of(flow.project, place)
    if any(use.chain.partition("[")[0].partition(".")[0] in tables for use in uses):
        return True
    return any(use.kind == "call" and use.chain.rpartition(".")[2] in _DIGESTS for use in uses) and any(
        _WORDS.search(use.chain) for use in uses
    )


def _sides(flow: Flow, point: Point, one: Compare) -> Iterator[Given]:
    left, right = one.left, one.comparators[0]
    if one.operators[0] in {"in", "not in"}:
        # Passwords are looked up in a list to refuse those that everybody has.
        table = _table(flow, point, right) if not is_password_name(name_of(left)) else None
        if table is not None:
            yield from _told(flow, point, left, table[0], _texts(table[1], keys=True))
        return
    if one.operators[0] not in {"==", "!="}:
        return
    for typed, kept in ((left, right), (right, left)):
        for origin in flow.origins(Point(point.place, kept, point.environment)):
            looked_up = _looked_up(origin.expression)
            table = _table(flow, Point(origin.place, looked_up, origin.environment), looked_up) if looked_up else None
            if table is not None:
                yield from _told(flow, point, typed, table[0], _texts(table[1]))
        literal = _digest(flow, point, kept)
        if literal is not None and _of_password(flow, point, typed):
            yield Given(literal[0], literal[1], "password hash", literals.PLAIN)


def _looked_up(expression: AnyExpression) -> AnyExpression | None:
    """``USERS`` of ``USERS[name]`` and ``USERS.get(name)``."""
    if isinstance(expression, Subscript):
        return expression.value
    if isinstance(expression, Call) and chain_end(expression) == "get" and isinstance(expression.func, Attribute):
        return expression.func.value
    return None


def _table(flow: Flow, point: Point, expression: AnyExpression) -> tuple[Place, Table] | None:
    if not isinstance(expression, Name) or (expression.id in point.environment and point.place.index >= 0):
        return None
    found = flow.project.variable(point.place.path, expression.id)
    if found is None or literals.is_refused_table(expression.id) or not isinstance(found[1], Mapping | Sequence):
        return None
    return Place(found[0], -1), found[1]


def _told(flow: Flow, point: Point, typed: AnyExpression, at: Place, texts: list[Constant]) -> Iterator[Given]:
    """The texts of a table that a client's password, or its key, is compared with."""
    name = name_of(typed)
    value = flow.value(Point(point.place, typed, point.environment))
    if is_password_name(name):
        known = texts if clear_parts(value) else []
        for one in known:
            if len(str(one.value)) >= _SHORTEST and not any(map(str.isspace, str(one.value))):
                yield Given(at, one, "password", literals.PLAIN)
    elif holder(name) in {Holder.TOKEN, Holder.SIGNING} and any(part.kind == "request" for part in value.sources()):
        for one in texts:
            found = literals.by_name("api_key", str(one.value), used=True)
            if found is not None and found.strength != literals.PLACEHOLDER:
                yield Given(at, one, name, found.strength)


_SHORTEST = 3


def _digest(flow: Flow, point: Point, kept: AnyExpression) -> tuple[Place, Constant] | None:
    for origin in flow.origins(Point(point.place, kept, point.environment)):
        one = origin.expression
        if isinstance(one, Constant) and isinstance(one.value, str) and _HEX.match(one.value):
            return origin.place, one
    return None


def _of_password(flow: Flow, point: Point, typed: AnyExpression) -> bool:
    """Whether a value is a digest of a password: ``hashlib.sha256(password.encode()).hexdigest()``."""
    for origin in flow.origins(Point(point.place, typed, point.environment)):
        inside = list(walk(origin.expression))
        made = any(isinstance(one, Call) and chain_end(one) in _DIGESTS for one in inside)
        if made and any(
            is_password_name(name_of(one)) for one in inside if isinstance(one, Name | Attribute | Subscript)
        ):
            return True
    return False
