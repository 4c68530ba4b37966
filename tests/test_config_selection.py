"""Which rules run for which selectors."""

from __future__ import annotations

import pytest

from analyzer.config.selection import select_rules
from analyzer.config.settings import Config
from analyzer.model import Confidence, Rule, Sections, Severity, UserError

EMPTY = Sections(what_it_finds="", why_it_matters="", bad="", good="", when_not_to_fix_it="")


def rule(code: str, slug: str, family: str, *tags: str, tier: str = "default") -> Rule:
    return Rule(
        code=code,
        slug=slug,
        title=slug,
        summary=slug,
        family=family,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        sections=EMPTY,
        tags=tags,
        tier=tier,
    )


RULES = (
    rule("BA201", "hardcoded-secret", "secrets", "security"),
    rule("BA101", "string-built-sql", "untrusted-input", "security", "sql"),
    rule("BA114", "log-injection", "untrusted-input", "security", tier="pedantic"),
    rule("BA501", "business-logic-in-controller", "architecture", "design"),
)


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        (Config(), "BA101 BA201 BA501"),
        (Config(pedantic=True), "BA101 BA114 BA201 BA501"),
        (Config(select=("BA1",)), "BA101"),
        (Config(select=("BA1",), pedantic=True), "BA101 BA114"),
        (Config(select=("BA114",)), "BA114"),
        (Config(extend_select=("log-injection",)), "BA101 BA114 BA201 BA501"),
        (Config(select=("BA11",), extend_select=("BA5",)), "BA501"),
        (Config(select=("security",)), "BA101 BA201"),
        (Config(select=("architecture",)), "BA501"),
        (Config(select=("BA",)), "BA101 BA201 BA501"),
        (Config(ignore=("BA1",)), "BA201 BA501"),
        (Config(select=("BA101",), ignore=("BA1",)), "BA101"),
        (Config(select=("BA1", "BA201"), ignore=("security",)), "BA201"),
        (Config(select=("BA",), ignore=("security",)), "BA501"),
        (Config(select=("BA101", "BA2"), ignore=("string-built-sql",)), "BA201"),
        (Config(select=("BA10",), ignore=("untrusted-input",)), "BA101"),
        (Config(ignore=("BA",), extend_select=("BA1",)), "BA101"),
    ],
)
def test_selection(config: Config, codes: str) -> None:
    assert [rule.code for rule in select_rules(RULES, config)] == codes.split()


def test_no_rule_left_is_an_error_and_not_a_clean_audit() -> None:
    with pytest.raises(UserError, match="leave no rule"):
        select_rules(RULES, Config(select=("BA101",), ignore=("BA101",)))
