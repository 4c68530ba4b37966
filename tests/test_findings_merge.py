"""One defect, one finding, whoever saw it."""

from __future__ import annotations

from itertools import permutations

import msgspec

from analyzer.findings import merge
from analyzer.model import Confidence, Finding, Location, Severity, Span, Step


def seen(
    span: tuple[int, int, int, int],
    engine: str = "backend-audit",
    confidence: Confidence = Confidence.MEDIUM,
    **more: object,
) -> Finding:
    base = Finding(
        rule="BA101",
        location=Location("app/users.py", Span(*span)),
        message=f"said by {engine}",
        fix=f"fix of {engine}",
        severity=Severity.ERROR,
        confidence=confidence,
        engines=(engine,),
    )
    return msgspec.structs.replace(base, **more)


def test_three_engines_on_one_call_of_several_lines_are_one_finding() -> None:
    findings = [
        seen((12, 5, 15, 6), "semgrep"),
        seen((13, 9, 13, 40), "bandit", Confidence.LOW),
        seen((12, 20, 14, 30)),
    ]
    for order in permutations(findings):
        (merged,) = merge(order)
        assert merged.engines == ("backend-audit", "semgrep", "bandit")
        assert (merged.message, merged.fix) == ("said by backend-audit", "fix of backend-audit")
        assert merged.location.span == Span(12, 20, 14, 30)
        assert merged.confidence is Confidence.MEDIUM


def test_what_we_followed_is_as_sure_as_we_are_whoever_sees_the_text_again() -> None:
    for ours in (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH):
        (merged,) = merge([seen((3, 1, 3, 9), confidence=ours), seen((3, 1, 3, 9), "semgrep", Confidence.HIGH)])
        assert merged.confidence is ours


def test_agreement_of_engines_raises_confidence_one_step_from_the_highest() -> None:
    (merged,) = merge([seen((3, 1, 3, 9), "semgrep", Confidence.LOW), seen((3, 1, 3, 9), "bandit", Confidence.LOW)])
    assert merged.confidence is Confidence.MEDIUM
    assert merged.message == "said by semgrep"


def test_one_engine_twice_on_a_defect_gains_no_confidence() -> None:
    (merged,) = merge([seen((3, 1, 3, 9), "semgrep"), seen((3, 5, 4, 9), "semgrep")])
    assert merged.confidence is Confidence.MEDIUM
    assert merged.location.span == Span(3, 1, 3, 9)


def test_neighbouring_lines_and_other_files_or_rules_stay_apart() -> None:
    findings = [
        seen((3, 1, 3, 9)),
        seen((4, 1, 4, 9), "semgrep"),
        seen((3, 1, 3, 9), rule="BA201"),
        seen((3, 1, 3, 9), location=Location("app/other.py", Span(3, 1, 3, 9))),
    ]
    assert len(merge(findings)) == 4


def test_different_keys_on_one_line_stay_apart_and_an_engine_joins_the_one_it_stands_on() -> None:
    findings = [
        seen((3, 10, 3, 20), key="user"),
        seen((3, 30, 3, 40), key="password"),
        seen((3, 31, 3, 40), "bandit"),
    ]
    for order in permutations(findings):
        user, password = merge(order)
        assert user.engines == ("backend-audit",)
        assert password.engines == ("backend-audit", "bandit")


def test_one_engine_on_two_lines_of_a_call_saw_two_defects() -> None:
    assert len(merge([seen((3, 5, 3, 9), "semgrep"), seen((4, 5, 4, 9), "semgrep")])) == 2


def test_evidence_and_secrets_of_all_are_kept() -> None:
    step = Step(Location("app/users.py", Span(1, 1, 1, 5)), "comes in")
    (merged,) = merge(
        [
            seen((3, 1, 3, 9), secrets=(Span(3, 1, 3, 9),)),
            seen((3, 1, 3, 9), "semgrep", steps=(step,), scope="app.users", secrets=(Span(3, 4, 3, 8),)),
        ]
    )
    assert merged.steps == (step,)
    assert merged.scope == "app.users"
    assert merged.secrets == (Span(3, 1, 3, 9), Span(3, 4, 3, 8))


def test_order_is_path_line_column_rule() -> None:
    findings = [seen((9, 1, 9, 2)), seen((2, 8, 2, 9), key="b"), seen((2, 1, 2, 2), rule="BA501"), seen((2, 1, 2, 2))]
    assert [(found.location.span.line, found.location.span.column, found.rule) for found in merge(findings)] == [
        (2, 1, "BA101"),
        (2, 1, "BA501"),
        (2, 8, "BA101"),
        (9, 1, "BA101"),
    ]
