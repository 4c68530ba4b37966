"""How comments and per-file settings name rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.config.selection import NEVER, selects
from analyzer.model import Rule


def by_code_or_slug(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Rules by their code in capitals and by their slug in small letters."""
    known: dict[str, Rule] = {}
    for rule in rules:
        known[rule.code.upper()] = rule
        known[rule.slug.lower()] = rule
    return known


def find_rule(name: str, known: dict[str, Rule]) -> Rule | None:
    """The rule a code or slug names, in any letter case."""
    return known.get(name.upper()) or known.get(name.lower())


def applies(selectors: Sequence[str], rule: Rule) -> bool:
    """Whether any of the selectors (code, prefix, slug, family, tag) means this rule."""
    return any(selects(selector, rule) != NEVER for selector in selectors)
