"""The loader tells precisely what is wrong with a rule's folder, and finds the rules where they are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.model import Confidence, Severity
from analyzer.rulebook import RulebookError, load_rules, rules_folder

FRONT = """\
code: BA101
slug: some-rule
title: A title
summary: One sentence.
family: untrusted-input
severity: error
confidence: low
cwe: [89]
owasp: ["A03:2021"]
tags: [security]
tier: pedantic
security-severity: "9.1"
engines: {semgrep: true, bandit: [B608], check: false}
"""
BODY = """
## What it finds

a
```python
## What it finds is only a comment here
```

## Why it matters

b

## Bad

c

## Good

d

## When not to fix it

e
"""


def write(folder: Path, front: str = FRONT, body: str = BODY, name: str = "BA101-some-rule") -> Path:
    target = folder / name
    target.mkdir(parents=True)
    (target / "README.md").write_text(f"---\n{front}---\n{body}")
    return folder


def test_a_folder_becomes_a_rule(tmp_path: Path) -> None:
    (rule,) = load_rules(write(tmp_path))
    assert (rule.code, rule.slug, rule.family, rule.tier) == ("BA101", "some-rule", "untrusted-input", "pedantic")
    assert (rule.severity, rule.confidence) == (Severity.ERROR, Confidence.LOW)
    assert (rule.cwe, rule.owasp, rule.bandit) == ((89,), ("A03:2021",), ("B608",))
    assert (rule.semgrep, rule.check, rule.security_severity) == (True, False, 9.1)
    assert rule.folder == str((tmp_path / "BA101-some-rule").resolve())
    assert rule.sections.bad == "c"
    assert "## What it finds is only a comment" in rule.sections.what_it_finds
    assert rule.markdown.startswith("## What it finds\n")
    assert "code: BA101" not in rule.markdown


def test_rules_come_sorted_by_code(tmp_path: Path) -> None:
    write(tmp_path)
    other = FRONT.replace("BA101", "BA100").replace("some-rule", "another")
    write(tmp_path, front=other, name="BA100-another")
    assert [rule.code for rule in load_rules(tmp_path)] == ["BA100", "BA101"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("code: BA101", "code: BA1", "not BA and three digits"),
        ("slug: some-rule", "slug: Some_Rule", "not kebab-case"),
        ("slug: some-rule", "slug: other", "folder must be named BA101-other"),
        ("title: A title", "title: ' '", "must not be empty"),
        ("One sentence.", "x" * 201, "at most 200 characters"),
        ("family: untrusted-input", "family: architecture", "must be 'untrusted-input'"),
        ("severity: error", "severity: fatal", "'fatal'"),
        ("cwe: [89]", "cwe: [CWE-89]", "cwe"),
        ('"A03:2021"', '"A3"', "'A3' is not like"),
        ("[B608]", "[608B]", "'608B' is not like"),
        ('"9.1"', '"11"', "'11' is not a score"),
        ("tier: pedantic", "tier: extra", "'extra'"),
        ("check: false", "flow: false", "flow"),
        ("title: A title\n", "", "title"),
        ("cwe: [89]", "cwe: [89", "front matter"),
    ],
)
def test_each_mistake_in_the_front_matter_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in FRONT
    with pytest.raises(RulebookError) as raised:
        load_rules(write(tmp_path, front=FRONT.replace(old, new)))
    assert complaint in str(raised.value)
    assert "BA101-some-rule/README.md" in str(raised.value)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (BODY.replace("## Bad", "## Worse"), "sections must be"),
        (BODY.replace("\nc\n", "\n"), "section 'Bad' is empty"),
        ("", "they are none"),
    ],
)
def test_each_mistake_in_the_sections_is_named(tmp_path: Path, body: str, complaint: str) -> None:
    with pytest.raises(RulebookError, match=complaint):
        load_rules(write(tmp_path, body=body))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, body="")
    (tmp_path / "BA102-bare").mkdir()
    (tmp_path / "BA102-bare" / "README.md").write_text("# no front matter\n")
    with pytest.raises(RulebookError) as raised:
        load_rules(tmp_path)
    assert "sections must be" in str(raised.value)
    assert "must begin with front matter" in str(raised.value)


def test_a_code_used_twice_is_an_error(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, front=FRONT.replace("some-rule", "twin"), name="BA101-twin")
    with pytest.raises(RulebookError, match="code BA101 is used 2 times"):
        load_rules(tmp_path)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="no rule in it"):
        load_rules(tmp_path)


def test_the_installed_rules_are_found() -> None:
    assert (rules_folder() / "BA101-string-built-sql" / "README.md").is_file()
