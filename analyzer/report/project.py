"""Who we are, for formats that say it."""

from __future__ import annotations

from analyzer.model import Rule

NAME = "backend-audit"
URL = "https://github.com/backend-audit/backend-audit"


def rule_url(rule: Rule) -> str:
    """Where a rule's documentation can be read."""
    return f"{URL}/blob/main/rules/{rule.code}-{rule.slug}/README.md"
