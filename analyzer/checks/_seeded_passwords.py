"""The part of BA202 about accounts that code makes itself, a first administrator or rows to begin with, whose passwords
stand in the source or in the settings and are kept as they stand there."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Secret
from analyzer.facts.literals import of_account
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.passwords import is_password_column
from analyzer.flow.questions import chain_end, uses_of
from analyzer.flow.stored import hashes_itself, persisted
from analyzer.model import Confidence
from analyzer.project.target import Place, Target

Told = tuple[AnyExpression, str, Confidence]
"""Where, what, how sure."""

_DOCUMENTS = frozenset({"insert_one", "insert_many"})
MAKING = _DOCUMENTS | {"create", "acreate", "get_or_create", "update_or_create", "insert"}
"""What makes rows and documents, beside their classes."""
_HASHING = frozenset({"set_password", "hash_password", "encrypt_password", "make_password"})
_ACCOUNTS = "django.contrib.auth.models.User"


def seeded(flow: Flow, place: Place) -> Iterator[Told]:
    """Rows and documents of accounts that a function, or a module's own code, makes with such a password."""
    calls = [use.chain.rpartition(".")[2] for use in uses_of(flow.project, place) if use.kind == "call"]
    if not _HASHING.isdisjoint(calls):
        return
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call):
            continue
        row = _row(flow, place, call)
        for one in call.arguments if row is not None else ():
            column = one.keyword or ""
            if is_password_column(column) and row is not None and not _hashes(flow, row, column):
                yield from _told(flow, Point(place, one.value, point.environment), call, column)
        if chain_end(call) in _DOCUMENTS and isinstance(call.func, Attribute) and call.arguments:
            yield from _document(flow, Point(place, call.arguments[0].value, point.environment), call)
    yield from _set(flow, place)


def _row(flow: Flow, place: Place, call: Call) -> Target | None:
    """The persisted class that a call makes a row of: ``User(…)``, ``User.objects.create(…)``."""
    if not any(is_password_column(one.keyword or "") for one in call.arguments):
        return None
    made: AnyExpression = call.func
    if chain_end(call) in MAKING and isinstance(made, Attribute):
        made = made.value
        if isinstance(made, Attribute) and made.attr in {"objects", "query"}:
            made = made.value
    target = flow.project.resolve_expression(place, made) if chain(made) else None
    if target is None:
        return None
    kept = target.kind == "class" and target.index >= 0 and persisted(flow, target)
    return target if kept or (target.dotted == _ACCOUNTS and made is not call.func) else None


def _hashes(flow: Flow, row: Target, column: str) -> bool:
    return row.ours and hashes_itself(flow, row, column)


def _document(flow: Flow, point: Point, call: Call) -> Iterator[Told]:
    one = point.expression
    for key, value in zip(one.keys, one.values, strict=True) if isinstance(one, Mapping) else ():
        if isinstance(key, Constant) and is_password_column(str(key.value)):
            yield from _told(flow, Point(point.place, value, point.environment), call, str(key.value))


def _set(flow: Flow, place: Place) -> Iterator[Told]:
    """``admin.password = "…"`` of a row."""
    for node in walk(flow.project.body(place)):
        if not isinstance(node, Assign) or node.value is None:
            continue
        for target in node.targets:
            if not isinstance(target, Attribute) or not is_password_column(target.attr):
                continue
            row = flow.project.resolve_expression(place, target.value)
            state = flow.state_at(place, node.value)
            if row is None or state is None or row.kind != "instance" or not persisted(flow, row):
                continue
            if chain(target.value) != "self" and not _hashes(flow, row, target.attr):
                yield from _told(flow, Point(place, node.value, state), target, target.attr)


def _told(flow: Flow, point: Point, node: AnyExpression, column: str) -> Iterator[Told]:
    where = _written_down(flow, point)
    if where:
        shown = point.expression if point.expression.line != node.line else node
        yield shown, f"`{column}` of a new account gets {where}, and nothing hashes it", Confidence.MEDIUM


def _written_down(flow: Flow, point: Point) -> str:
    """Where a password stands that code gives to an account; ``""`` for others, and for hashes."""
    origins = [one.expression for one in flow.origins(point)]
    if any(isinstance(one, Secret) and one.strength != "live" for one in origins):
        return "a password of the source"
    texts = (one.value for one in origins if isinstance(one, Constant) and isinstance(one.value, str))
    if any((found := of_account(text)) is not None and found.strength == "plain" for text in texts):
        return "a password of the source"
    rows = flow.value(point).rows
    asked = bool(rows) and all(len(row) == 1 and row[0].kind == "setting" for row in rows)
    return f"`{rows[0][0].text}`" if asked and "hash" not in rows[0][0].text.lower() else ""
