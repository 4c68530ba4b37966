"""A rule as SARIF's reportingDescriptor, with the properties GitHub reads."""

from __future__ import annotations

from typing import Any

from analyzer.model import Confidence, Rule, Severity
from analyzer.report.project import rule_url

MOST_TAGS = 20
LONGEST_DESCRIPTION = 1024
"""Both are GitHub's limits for a rule ("SARIF support for code scanning", reportingDescriptor object)."""

MESSAGE_ID = "default"
"""The message of a result without its particulars; each result has its own text, which goes first (section 3.11.7)."""

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}


def descriptor(rule: Rule) -> dict[str, Any]:
    """What code scanning shows of a rule."""
    properties: dict[str, Any] = {
        "tags": _tags(rule),
        "precision": _PRECISION[rule.confidence],
        "problem.severity": _PROBLEM[rule.severity],
    }
    if rule.security_severity is not None:
        properties["security-severity"] = f"{rule.security_severity:.1f}"
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.slug.split("-")),
        "shortDescription": {"text": _description(rule.title)},
        "fullDescription": {"text": _description(rule.summary)},
        "help": {"text": _help(rule), "markdown": rule.markdown or _help(rule)},
        "helpUri": rule_url(rule),
        "messageStrings": {MESSAGE_ID: {"text": f"{_template(rule.title)} at '{{0}}'."}},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }


def _tags(rule: Rule) -> list[str]:
    kind = "security" if rule.security_severity is not None else "architecture"
    tags = [
        *([kind] if kind == "security" or rule.family == "architecture" else []),
        *(f"external/cwe/cwe-{number}" for number in rule.cwe),
        *(f"external/owasp/{entry.replace(':', '-').lower()}" for entry in rule.owasp),
        rule.family,
        rule.slug,
        *rule.tags,
    ]
    return list(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS]


def _template(title: str) -> str:
    """A title as part of a message string, where braces are doubled (SARIF 2.1.0, section 3.11.5)."""
    return title.strip().rstrip(".").replace("{", "{{").replace("}", "}}")


def _description(text: str) -> str:
    told = " ".join(text.split())
    if not told.endswith("."):
        told += "."
    return told if len(told) <= LONGEST_DESCRIPTION else told[: LONGEST_DESCRIPTION - 2] + "…."


def _help(rule: Rule) -> str:
    """The documentation without headings, for viewers that show no Markdown."""
    sections = rule.sections
    parts = (sections.what_it_finds, sections.why_it_matters, sections.good, sections.when_not_to_fix_it)
    return "\n\n".join(part.strip() for part in parts if part.strip()) or _description(rule.summary)
