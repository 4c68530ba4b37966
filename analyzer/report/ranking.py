"""Worst first, for formats that cannot show everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.model import Finding, Rule


def worst_first(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> list[Finding]:
    """By severity, confidence, whether a route reaches it, and security severity; equals keep their order."""
    return sorted(findings, key=lambda finding: badness(finding, rules))


def badness(finding: Finding, rules: Mapping[str, Rule]) -> tuple[int, int, bool, float]:
    """A sort key: the smaller, the worse."""
    rule = rules.get(finding.rule)
    weight = rule.security_severity if rule is not None and rule.security_severity is not None else 0.0
    return -finding.severity, -finding.confidence, not finding.route, -weight
