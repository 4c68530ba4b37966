"""From an engine's report to our finding: rule code, our words, how sure we are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from analyzer.engines.bandit_run import known_tests
from analyzer.engines.outcome import Match
from analyzer.engines.semgrep_rules import Pattern
from analyzer.model import Confidence, Finding, Location, Rule, Span


class _Told(Protocol):
    """What a pattern's metadata and a bandit test have in common."""

    @property
    def confidence(self) -> str: ...
    @property
    def fix(self) -> str: ...
    @property
    def secret(self) -> bool: ...


def from_semgrep(
    path: str, matches: Sequence[Match], patterns: Mapping[str, Pattern], rules: Mapping[str, Rule]
) -> Iterator[Finding]:
    """A finding for every match of a pattern of ours; one for a place and rule, the surest pattern's."""
    best: dict[tuple[str, Span], Finding] = {}
    for match in matches:
        pattern = patterns.get(match.check)
        if pattern is None:
            continue
        rule = rules[pattern.metadata.rule]
        finding = _finding("semgrep", rule, path, match, pattern.message, pattern.metadata)
        place = (rule.code, match.span)
        if place not in best or finding.confidence > best[place].confidence:
            best[place] = finding
    yield from best.values()


def from_bandit(
    path: str, matches: Sequence[Match], codes: Mapping[str, str], rules: Mapping[str, Rule]
) -> Iterator[Finding]:
    """A finding for every report of a test that speaks for an enabled rule, at the lower of both confidences."""
    best: dict[tuple[str, Span], Finding] = {}
    for match in matches:
        if match.check not in codes:
            continue
        test = known_tests()[match.check]
        finding = _finding("bandit", rules[codes[match.check]], path, match, test.message, test)
        place = (finding.rule, match.span)
        if place not in best or finding.confidence > best[place].confidence:
            best[place] = finding
    yield from best.values()


def _finding(engine: str, rule: Rule, path: str, match: Match, message: str, told: _Told) -> Finding:
    confidence = Confidence[told.confidence.upper()]
    if match.certainty:
        confidence = min(confidence, Confidence[match.certainty.upper()])
    return Finding(
        rule=rule.code,
        location=Location(path, match.span),
        message=message,
        fix=told.fix,
        severity=rule.severity,
        confidence=confidence,
        engines=(engine,),
        secrets=(match.span,) if told.secret else (),
    )
