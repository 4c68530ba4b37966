"""Rows that a driver fetched, and whether a password stands in them."""

from __future__ import annotations

import re

from analyzer.facts.codec import encode
from analyzer.facts.expressions import Attribute, Await, Call
from analyzer.facts.visit import chain
from analyzer.flow import sql
from analyzer.flow.engine import Flow, Point
from analyzer.flow.executed import Statement, statement_of
from analyzer.flow.passwords import is_password_column
from analyzer.flow.questions import chain_end, uses_of
from analyzer.project.target import Place

_FETCHING = frozenset({"fetchone", "fetchall", "fetchmany", "fetchrow", "fetch", "fetch_one", "fetch_all"})
"""Methods of drivers that give rows; ``first`` and ``all`` of an object mapper give objects."""
_SELECT = re.compile(
    r"\A\s*SELECT\s+(?:DISTINCT\s+)?(?P<columns>[^;]+?)\s+FROM\s+[\"'`\[]?(?P<table>\w+)(?P<rest>.*)", re.I | re.S
)
_PEOPLE = re.compile(r"^(?:\w+_)?(?:users?|accounts?|customers?|members?|admins?|logins?|credentials?)$", re.IGNORECASE)
"""Tables of those who log in."""
_COLUMN = re.compile(r"(?:\w+\.)?(\w+)(?:\s+AS\s+\w+)?", re.IGNORECASE)
_PASSWORD = re.compile(rb"passw|pwd", re.IGNORECASE)


def password_in_row(flow: Flow, point: Point) -> bool:
    """Whether a password stands in the rows that a call gives: ``cursor.fetchone()``, ``db.fetch_one(query)``, a helper
    of the project that runs the statement it is given and gives back what came of it."""
    call = point.expression
    statement = _statement(flow, point.place, call) if isinstance(call, Call) else None
    if statement is None:
        return False
    value = flow.value(Point(point.place, statement.text, point.environment))
    for row in value.rows:
        found = _SELECT.match(sql.rendered(row))
        column = _column(found) if found is not None else ""
        if column == "*" and not _PASSWORD.search(encode(flow.project.body(point.place))):
            continue
        if column:
            return True
    return False


def _column(found: re.Match[str]) -> str:
    """The password column among those that a statement asks for; ``*`` for all columns of a table of people."""
    asked = [one.strip() for one in found["columns"].split(",")]
    if any(one == "*" or one.endswith(".*") for one in asked):
        return "*" if _PEOPLE.match(found["table"]) else ""
    names = [named[1] for one in asked if (named := _COLUMN.fullmatch(one))]
    return next((one for one in names if is_password_column(one)), "")


def _statement(flow: Flow, place: Place, call: Call) -> Statement | None:
    """The statement whose rows a call gives."""
    target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is not None and target.ours:
        given = Place(target.path, target.index)
        fetches = target.kind == "function" and any(_fetches(use.chain) for use in uses_of(flow.project, given))
        return statement_of(flow, place, call) if fetches else None
    if chain_end(call) not in _FETCHING or not isinstance(call.func, Attribute):
        return None
    held = call.func.value.value if isinstance(call.func.value, Await) else call.func.value
    if call.arguments and (own := statement_of(flow, place, call)) is not None:
        return own
    if isinstance(held, Call):
        return statement_of(flow, place, held)
    return _before(flow, place, chain(held), call.line)


def _before(flow: Flow, place: Place, cursor: str, line: int) -> Statement | None:
    """The statement that a cursor ran last before a line."""
    found = None
    for point in flow.calls(place) if cursor else ():
        one = point.expression
        if isinstance(one, Call) and isinstance(one.func, Attribute) and chain(one.func.value) == cursor:
            found = (statement_of(flow, place, one) if one.line <= line and one.arguments else None) or found
    return found


def _fetches(name: str) -> bool:
    return name.rpartition(".")[2] in _FETCHING
