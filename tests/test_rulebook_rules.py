"""Every rule is one place to look: documentation complete, fixtures and detectors where they are looked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.model import Rule
from analyzer.rulebook import load_rules

ROOT = Path(__file__).resolve().parent.parent
RULES = load_rules()

AUDIT_TRUST = "audit-trust"
"""The family about the audit itself: found by the stage it speaks of, not by a check."""


def rule_id(rule: Rule) -> str:
    return rule.code


def test_every_folder_with_something_in_it_is_a_rule() -> None:
    folders = {path.name for path in (ROOT / "rules").iterdir() if path.is_dir()}
    assert folders == {f"{rule.code}-{rule.slug}" for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_documentation_can_be_read(rule: Rule) -> None:
    lines = rule.markdown.splitlines()
    assert 35 <= len(lines) <= 100
    assert rule.summary.endswith(".")
    assert max(len(line) for line in lines if "](" not in line) <= 125, "wrap the text"
    if rule.family != AUDIT_TRUST:
        assert "```python" in rule.sections.bad
        assert "```python" in rule.sections.good
        assert f"backend-audit: ignore[{rule.code}] " in rule.sections.when_not_to_fix_it


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_security_rules_say_how_severe(rule: Rule) -> None:
    assert (rule.security_severity is not None) == ("security" in rule.tags)
    assert bool(rule.owasp) == ("security" in rule.tags)
    if "security" in rule.tags:
        assert rule.cwe


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_the_examples_are_python(rule: Rule) -> None:
    if rule.code == "BA001":
        return
    for text in (rule.sections.bad, rule.sections.good):
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            compile(block, f"{rule.code}/README.md", "exec", flags=0, dont_inherit=True)


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_fixtures_exist(rule: Rule) -> None:
    folder = ROOT / "fixtures" / f"{rule.code}-{rule.slug}"
    assert any((folder / "bad").rglob("*.py")), f"{folder}/bad holds no Python file"
    assert any((folder / "good").rglob("*.py")), f"{folder}/good holds no Python file"


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_declared_engines_are_there(rule: Rule) -> None:
    assert (Path(rule.folder) / "semgrep.yml").is_file() == rule.semgrep
    check = ROOT / "analyzer" / "checks" / f"{rule.slug.replace('-', '_')}.py"
    assert check.is_file() == rule.check
    assert rule.semgrep or rule.check or rule.bandit or rule.family == AUDIT_TRUST, "nothing looks for this rule"
