"""The part of BA401 about pages: how many rows a query reads is the client's to say, and nothing bounds it.

Source: OWASP API Security Top 10 2023, API4 (unrestricted resource consumption).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from analyzer.checks._numbers import DEPTH, Search, Side, Used, declared, read, spelling
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow
from analyzer.flow.questions import location, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project import Place

UPPER = Side(
    frozenset({"lt", "le", "maximum", "max_value", "exclusive_maximum", "exclusiveMaximum", "max"}),
    re.compile(r"(?:^|\.)(?:Lt|Le|Interval|Range)$"),
    re.compile(r"valid|check|ensure|verify|assert|require|clamp|min$", re.IGNORECASE),
    1,
)
"""The upper side of a range."""
_READING = frozenset({"limit", "to_list", "fetchmany"})
"""Methods of queries and cursors whose first argument says how many rows come: SQLAlchemy, Peewee, MongoDB, DB-API."""
_PAGING = frozenset({"per_page", "page_size", "limit", "length", "size"})


def sized(picture: Picture, flow: Flow, rule: Rule, told: Set[Place]) -> Iterator[tuple[Place, Finding]]:
    """The first such query of each handler that is not ``told`` of otherwise, in order of places."""
    search = Search(flow, UPPER, _reading)
    for place in picture.handlers():
        if place in told or not picture.is_main(place.path):
            continue
        numbers = declared(flow.project, place, UPPER).keys() | read(flow, place)
        found = search.within(place, frozenset(numbers), DEPTH) if numbers else None
        if found is not None:
            yield place, _finding(rule, place, found)


def _reading(flow: Flow, place: Place, nodes: Sequence[object], held: set[str]) -> Iterator[Used]:
    for node in nodes:
        if not isinstance(node, Call) or not isinstance(node.func, Attribute):
            continue
        number = next((name for one in _counted(node) if (name := spelling(one)) in held), "")
        if not number:
            continue
        target = flow.project.resolve_expression(place, node.func) if chain(node.func) else None
        if target is None or not target.ours:
            yield Used(node, number, f"says how many rows `{written(node)}` reads")


def _counted(call: Call) -> Iterator[AnyExpression]:
    """The arguments of a call that say how many rows it reads."""
    last = written(call).rpartition(".")[2]
    if last in _READING:
        yield from (one.value for one in call.arguments[:1] if not one.star)
    if last in _READING or (last == "paginate" and unbounded_page(call)):
        yield from (one.value for one in call.arguments if one.keyword in _PAGING)


def unbounded_page(call: Call) -> bool:
    """Whether a library's pages may have any size: Flask-SQLAlchemy's hold 100 rows at most unless told otherwise."""
    told = [one.value for one in call.arguments if one.keyword == "max_per_page"]
    if told:
        return all(isinstance(one, Constant) and one.value is None for one in told)
    return ".objects" in written(call)


def _finding(rule: Rule, place: Place, found: Used) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, found.node),
        message=f"`{found.number}` {found.does}, and nothing bounds it: one request may ask for all of them",
        fix="Declare the highest value (`Query(le=100)`), or take the lesser of it and yours: `min(limit, 100)`",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
        steps=found.steps,
    )
