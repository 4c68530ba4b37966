"""Which rules run.

A selector is an exact code or slug, a code prefix (``BA1``), a family or a tag. The more of the rulebook a selector
can name, the less specific it is: code or slug, then prefixes from long to short with families and tags beside the
one-digit prefix, then ``BA``. A rule that is both selected and ignored is ignored unless the selection is *more*
specific, so ``--select BA101 --ignore BA1`` keeps BA101 and ``--select BA1 --ignore security`` drops every security
rule. Without ``select`` every default rule starts selected, less specifically than anything a user can write.

Pedantic rules run only with ``pedantic``, or when selected by their exact code or slug.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.config.settings import Config
from analyzer.config.values import is_prefix
from analyzer.model.errors import UserError
from analyzer.model.rule import Rule

EXACT = 100
"""Above the length of any prefix."""
ONE_DIGIT = 1
BY_DEFAULT = -1
NEVER = -2


def select_rules(rules: Sequence[Rule], config: Config) -> tuple[Rule, ...]:
    """The enabled rules, sorted by code. Raises ``UserError`` when the settings leave none."""
    enabled = tuple(sorted((rule for rule in rules if _enabled(rule, config)), key=lambda rule: rule.code))
    if rules and not enabled:
        raise UserError("select and ignore leave no rule to run; see `backend-audit rules` for what there is")
    return enabled


def selects(selector: str, rule: Rule) -> int:
    """How specifically a selector names a rule: ``EXACT``, the digits of a prefix …, or ``NEVER``."""
    if selector in (rule.code, rule.slug):
        return EXACT
    if is_prefix(selector, rule.code):
        return len(selector) - len("BA")
    if selector == rule.family or selector in rule.tags:
        return ONE_DIGIT
    return NEVER


def selectors_of(rules: Sequence[Rule]) -> frozenset[str]:
    """Every word a selector may be, prefixes aside: codes, slugs, families and tags."""
    words: set[str] = set()
    for rule in rules:
        words.update((rule.code, rule.slug, rule.family, *rule.tags))
    return frozenset(words)


def _enabled(rule: Rule, config: Config) -> bool:
    """Whether one rule runs."""
    asked = (*config.select, *config.extend_select)
    chosen = max((selects(selector, rule) for selector in asked), default=NEVER)
    if chosen == NEVER and not config.select:
        chosen = BY_DEFAULT
    if chosen == NEVER or (rule.tier == "pedantic" and not config.pedantic and chosen < EXACT):
        return False
    dropped = max((selects(selector, rule) for selector in config.ignore), default=NEVER)
    return chosen > dropped
