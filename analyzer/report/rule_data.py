"""A rule as plain data, for every output that a script reads."""

from __future__ import annotations

from typing import Any

from analyzer.model import Rule
from analyzer.report.project import rule_url


def rule_data(rule: Rule) -> dict[str, Any]:
    """Everything about a rule but its documentation's text, as ``$defs/rule`` of ``schema/report.schema.json`` says."""
    return {
        "code": rule.code,
        "slug": rule.slug,
        "title": rule.title,
        "summary": rule.summary,
        "family": rule.family,
        "severity": rule.severity.label,
        "confidence": rule.confidence.label,
        "tier": rule.tier,
        "cwe": list(rule.cwe),
        "owasp": list(rule.owasp),
        "tags": list(rule.tags),
        "security_severity": rule.security_severity,
        "url": rule_url(rule),
    }
