"""Who we are, for formats that say it."""

from __future__ import annotations

from analyzer.model import Rule

NAME = "backend-audit"
URL = "https://github.invalid/OWNER/backend-audit"
"""Formats want an absolute address, and there is none yet: ``OWNER`` stands for the account, as in README.md.

Names under ``.invalid`` never lead anywhere (RFC 2606, section 2), so no stranger can take this one and answer under
it. Whoever publishes the project writes its address here and into ``$id`` of ``schema/report.schema.json``.
"""


def rule_url(rule: Rule) -> str:
    """Where a rule's documentation will be read. What it says is in SARIF itself and in ``backend-audit explain``."""
    return f"{URL}/blob/main/rules/{rule.code}-{rule.slug}/README.md"
