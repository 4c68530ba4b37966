"""Checks are found by their rule's slug, fail alone, and weigh what engines reported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import msgspec
import pytest

from analyzer import checks
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Severity, Span
from tests.pictures import RULES, picture_of

RUNNER = sys.modules["analyzer.checks._run"]


def report(rule: Rule, line: int, engine: str = "semgrep") -> Finding:
    return Finding(
        rule=rule.code,
        location=Location("app.py", Span(line, 1, line, 2)),
        message="seen",
        fix="mend it",
        severity=Severity.WARNING,
        confidence=Confidence.LOW,
        engines=(engine,),
    )


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("import_cycle")
    monkeypatch.setattr(RUNNER, "_modules", lambda: {"import_cycle": module})
    return module


def test_every_rule_with_a_check_has_one() -> None:
    found = RUNNER._modules()
    for code in ("BA501", "BA502", "BA503", "BA504"):
        assert RULES[code].check
        assert hasattr(found[RULES[code].slug.replace("-", "_")], "check")


def test_a_failing_check_loses_its_own_findings_only(fake: ModuleType) -> None:
    def check(_: Picture, rule: Rule) -> Iterator[Finding]:
        yield report(rule, 1)
        raise ValueError("no such thing")

    fake.check = check
    evidence = [report(RULES["BA504"], 3), report(RULES["BA101"], 4)]
    result = checks.run(picture_of({"app.py": ""}), [RULES["BA504"]], evidence)
    assert not result.complete
    assert [note.message for note in result.notes] == ["rule BA504 failed: ValueError: no such thing"]
    assert set(result.findings) == set(evidence)


def test_a_judge_confirms_refutes_doubts_or_lets_stand(fake: ModuleType) -> None:
    verdicts = {1: "confirm", 2: "refute", 3: "doubt", 4: "stand"}
    fake.judge = lambda finding, _: verdicts[finding.location.span.line]
    seen = [report(RULES["BA504"], line) for line in (1, 2, 3, 4)]
    result = checks.run(picture_of({"app.py": ""}), [RULES["BA504"]], seen)
    assert result.refuted == 1
    surer = msgspec.structs.replace(seen[0], confidence=Confidence.MEDIUM)
    doubted = msgspec.structs.replace(seen[2], confidence=Confidence.LOW)
    assert result.findings == (surer, doubted, seen[3])


def test_what_our_own_check_saw_too_is_not_judged(fake: ModuleType) -> None:
    fake.check = lambda _, rule: iter([report(rule, 1, "backend-audit")])
    fake.judge = lambda *_: "refute"
    result = checks.run(picture_of({"app.py": ""}), [RULES["BA504"]], [report(RULES["BA504"], 1)])
    assert len(result.findings) == 2
    assert result.refuted == 0
