"""The report for a script: everything it knows, as ``schema/report.schema.json`` says.

Nothing of the host or the moment is in it — no absolute path, no time — so two runs over one tree are the same bytes.
Text from the audited code is kept as it is where it is data (paths) and made harmless where it is prose.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analyzer.model import Excerpt, Finding, Location, Report, Rule, Severity, visible
from analyzer.report.options import Options
from analyzer.report.project import NAME
from analyzer.report.rule_data import rule_data
from analyzer.report.words import rules_by_code

FORMAT = "json"
SCHEMA_VERSION = "1.0"
"""Raised in its second part when something is added, in its first when something changes or goes."""


def render(report: Report, options: Options) -> str:
    """The report as JSON, ASCII only, so that it cannot do anything to a terminal either."""
    del options
    return json.dumps(document(report), indent=2, ensure_ascii=True) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    rules = rules_by_code(report)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": NAME, "version": report.version},
        "complete": report.complete,
        "paths": list(report.paths),
        "frameworks": list(report.frameworks),
        "summary": _summary(report),
        "findings": [_finding(finding, rules) for finding in report.findings],
        "suppressed": [
            {"kind": entry.kind, "reason": visible(entry.reason), "finding": _finding(entry.finding, rules)}
            for entry in report.suppressed
        ],
        "notes": [{"kind": note.kind, "message": visible(note.message)} for note in report.notes],
        "rules": [rule_data(rule) for rule in report.rules],
    }


def _summary(report: Report) -> dict[str, Any]:
    by_rule: dict[str, int] = {}
    for finding in report.findings:
        by_rule[finding.rule] = by_rule.get(finding.rule, 0) + 1
    return {
        "findings": len(report.findings),
        "by_severity": {
            severity.label: sum(finding.severity is severity for finding in report.findings)
            for severity in sorted(Severity, reverse=True)
        },
        "by_rule": dict(sorted(by_rule.items())),
        "suppressed": len(report.suppressed),
        "below": report.statistics.below,
        "refuted": report.statistics.refuted,
        "files": report.statistics.files,
        "lines": report.statistics.lines,
        "not_analysed": report.statistics.not_analysed,
        "routes": report.statistics.routes,
        "settings_files": report.statistics.settings_files,
    }


def _finding(finding: Finding, rules: Mapping[str, Rule]) -> dict[str, Any]:
    rule = rules.get(finding.rule)
    return {
        "rule": finding.rule,
        "slug": rule.slug if rule else None,
        "family": rule.family if rule else None,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "message": visible(finding.message),
        "fix": visible(finding.fix),
        "location": _location(finding.location),
        "scope": visible(finding.scope),
        "tier": finding.tier.value,
        "engines": list(finding.engines),
        "route": visible(finding.route) or None,
        "chain": [_told(step.location, step.message) for step in finding.chain],
        "steps": [{"kind": step.kind or None, **_told(step.location, step.message)} for step in finding.steps],
        "related": [_told(place.location, place.message) for place in finding.related],
        "fingerprints": {"backendAudit/v1": finding.fingerprint, "primaryLocationLineHash": finding.line_hash},
        "excerpt": _excerpt(finding.excerpt),
        "context": _excerpt(finding.context),
    }


def _told(location: Location, message: str) -> dict[str, Any]:
    return {"location": _location(location), "message": visible(message)}


def _location(location: Location) -> dict[str, Any]:
    span = location.span
    return {
        "path": location.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _excerpt(excerpt: Excerpt | None) -> dict[str, Any] | None:
    if excerpt is None:
        return None
    data: dict[str, Any] = {"first_line": excerpt.first_line, "lines": list(excerpt.lines)}
    if excerpt.marks:
        data["marks"] = [list(mark) for mark in excerpt.marks]
    return data
