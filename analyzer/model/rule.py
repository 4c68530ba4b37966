"""What a rule is: its identity, its weight and the text a user reads about it."""

from __future__ import annotations

import msgspec

from analyzer.model.scale import Confidence, Severity


class Sections(msgspec.Struct, frozen=True, kw_only=True):
    """The five sections of a rule's documentation, as Markdown."""

    what_it_finds: str
    why_it_matters: str
    bad: str
    good: str
    when_not_to_fix_it: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, read from ``rules/<code>-<slug>/README.md``.

    ``cwe`` holds bare numbers, ``owasp`` entries like ``A03:2021``; ``tier`` is ``default`` or ``pedantic``;
    ``bandit`` the bandit test ids that speak for this rule; ``security_severity`` 0.0–10.0 or ``None`` for
    rules that are not about security; ``folder`` the absolute path of the rule's folder.
    """

    code: str
    slug: str
    title: str
    summary: str
    family: str
    severity: Severity
    confidence: Confidence
    sections: Sections
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tier: str = "default"
    semgrep: bool = False
    bandit: tuple[str, ...] = ()
    check: bool = False
    security_severity: float | None = None
    folder: str = ""
    markdown: str = ""
