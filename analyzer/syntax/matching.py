"""``match`` statements and their patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from analyzer.facts.expressions import AnyExpression, Name
from analyzer.facts.statements import AnyStatement, Case, Match, Pattern
from analyzer.syntax import guards
from analyzer.syntax.suites import suite
from analyzer.syntax.work import Work


def match(work: Work, node: cst.Match) -> AnyStatement:
    """A ``match`` with its cases."""
    line, column = work.positions.first_token(node)
    subject = work.expression(node.subject)
    cases: list[Case] = []
    last = line
    with work.guarded(guards.within(work.guard, "if")):
        for case in node.cases:
            start, _ = work.positions.first_token(case)
            found = pattern(work, case.pattern)
            guard = work.optional(case.guard)
            body, last = suite(work, case.body)
            cases.append(Case(start, found, guard, body))
    return Match(line, column, last, subject, cases)


def pattern(work: Work, node: Any) -> Pattern:
    """Lower any pattern. Raises ``KeyError`` for a node that is none."""
    line, column = work.positions.place(work.positions.start(node))
    return PATTERNS[type(node)](work, node, line, column)


def _capture(work: Work, node: cst.Name | None) -> str | None:
    if node is None or node.value == "_":
        return None
    work.use(node.value, "write", Name(*work.at(node), node.value))
    return node.value


def _value(work: Work, node: cst.MatchValue | cst.MatchSingleton, line: int, column: int) -> Pattern:
    return Pattern("value", line, column, value=work.expression(node.value))


def _as(work: Work, node: cst.MatchAs, line: int, column: int) -> Pattern:
    if node.pattern is None:
        return Pattern("capture", line, column, name=_capture(work, node.name))
    inner = pattern(work, node.pattern)
    return Pattern("as", line, column, name=_capture(work, node.name), patterns=[inner])


def _or(work: Work, node: cst.MatchOr, line: int, column: int) -> Pattern:
    return Pattern("or", line, column, patterns=[pattern(work, part.pattern) for part in node.patterns])


def _sequence(work: Work, node: cst.MatchList | cst.MatchTuple, line: int, column: int) -> Pattern:
    parts = [pattern(work, part if isinstance(part, cst.MatchStar) else part.value) for part in node.patterns]
    return Pattern("sequence", line, column, patterns=parts)


def _star(work: Work, node: cst.MatchStar, line: int, column: int) -> Pattern:
    return Pattern("star", line, column, name=_capture(work, node.name))


def _mapping(work: Work, node: cst.MatchMapping, line: int, column: int) -> Pattern:
    keys: list[AnyExpression] = []
    parts: list[Pattern] = []
    for element in node.elements:
        keys.append(work.expression(element.key))
        parts.append(pattern(work, element.pattern))
    return Pattern("mapping", line, column, name=_capture(work, node.rest), patterns=parts, keys=keys)


def _class(work: Work, node: cst.MatchClass, line: int, column: int) -> Pattern:
    value = work.expression(node.cls)
    parts = [pattern(work, part.value) for part in node.patterns]
    parts += [pattern(work, part.pattern) for part in node.kwds]
    keywords = [part.key.value for part in node.kwds]
    return Pattern("class", line, column, value=value, patterns=parts, keywords=keywords)


PATTERNS: dict[type, Callable[[Work, Any, int, int], Pattern]] = {
    cst.MatchValue: _value,
    cst.MatchSingleton: _value,
    cst.MatchAs: _as,
    cst.MatchOr: _or,
    cst.MatchList: _sequence,
    cst.MatchTuple: _sequence,
    cst.MatchStar: _star,
    cst.MatchMapping: _mapping,
    cst.MatchClass: _class,
}
