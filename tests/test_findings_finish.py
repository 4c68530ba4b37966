"""Fingerprints, excerpts, masking, tiers and filters: what a finding carries when it reaches a reader."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.config import Config
from analyzer.findings import Outcome, finish
from analyzer.findings.excerpts import LONGEST_LINE, MOST_LINES
from analyzer.model import Confidence, Finding, Location, Related, Severity, Span, Tier
from analyzer.rulebook import load_rules
from tests.report_samples import FILES, raw_findings

RULES = load_rules()
PATH = "app/users.py"


def at(span: tuple[int, int, int, int], path: str = PATH, **more: object) -> Finding:
    base = Finding(
        rule="BA101",
        location=Location(path, Span(*span)),
        message="found",
        fix="mend",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
    )
    return msgspec.structs.replace(base, **more)


def audit(text: str | bytes, *findings: Finding, config: Config | None = None, **more: object) -> Outcome:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    arguments: dict[str, object] = {"comments": {}, "read": lambda _: data, **more}
    return finish(findings, rules=RULES, all_rules=RULES, config=config or Config(), **arguments)  # type: ignore[arg-type]


def fingerprints(text: str, *findings: Finding, **more: object) -> list[str]:
    return [found.fingerprint for found in audit(text, *findings, **more).findings]


CODE = "def run(name):\n    go('a' + name)\n"

blank_or_code = st.sampled_from(["", "# a remark", "import os", "x = 1", "def other(): ...", "    "])


@given(st.lists(blank_or_code, max_size=30))
def test_lines_inserted_above_do_not_change_a_fingerprint(above: list[str]) -> None:
    shift = len(above)
    moved = "".join(f"{line}\n" for line in above) + CODE
    before = fingerprints(CODE, at((2, 5, 2, 19), scope="app.run"))
    assert fingerprints(moved, at((2 + shift, 5, 2 + shift, 19), scope="app.run")) == before


def test_blanks_and_comments_do_not_change_a_fingerprint_but_code_path_scope_and_rule_do() -> None:
    (base,) = fingerprints(CODE, at((2, 5, 2, 19)))
    assert fingerprints(CODE.replace("go('a' + name)", "go('a'  +\tname)  # why"), at((2, 5, 2, 9))) == [base]
    assert fingerprints(CODE.replace("'a'", "'b'"), at((2, 5, 2, 19))) != [base]
    assert fingerprints(CODE.replace("'a'", "'# a'"), at((2, 5, 2, 19))) != [base]
    assert fingerprints(CODE, at((2, 5, 2, 19), "app/renamed.py")) != [base]
    assert fingerprints(CODE, at((2, 5, 2, 19), scope="app.run")) != [base]
    assert fingerprints(CODE, at((2, 5, 2, 19), rule="BA201")) != [base]


def test_equal_lines_differ_by_their_ordinal_even_when_one_is_suppressed() -> None:
    twice = "go(name)\ngo(name)\n"
    both = fingerprints(twice, at((1, 1, 1, 9)), at((2, 1, 2, 9)))
    assert len(set(both)) == 2
    comments = {PATH: [(1, 10, "# backend-audit: ignore[BA101] reason", False)]}
    assert fingerprints(twice, at((1, 1, 1, 9)), at((2, 1, 2, 9)), comments=comments) == both[1:]


def test_a_changed_secret_is_the_same_finding() -> None:
    secret = Span(1, 7, 1, 17)
    one = fingerprints('KEY = "aaaaaaaa"\n', at((1, 7, 1, 17), secrets=(secret,)))
    assert fingerprints('KEY = "bbbbbbbb"\n', at((1, 7, 1, 17), secrets=(secret,))) == one


def shown(outcome: Outcome) -> str:
    return msgspec.json.encode(outcome).decode()


def test_secrets_are_masked_whoever_named_them_and_wherever_they_stand_again() -> None:
    text = (
        'TOKEN = "tok-8842-secret-value"\n'
        'PEM = """-----BEGIN\n'
        "  AAAAB3NzaC1yc2EAAAADAQAB\n"
        '-----END"""\n'
        'again = call("tok-8842-secret-value")\n'
    )
    found = audit(
        text,
        at((5, 1, 5, 40), message="the value 'tok-8842-secret-value' is used", secrets=()),
        at((1, 1, 1, 5), related=(Related(Location(PATH, Span(1, 1, 1, 2)), 'like "tok-8842-secret-value"'),)),
        at((3, 1, 3, 5)),
        secrets={PATH: [Span(1, 9, 1, 32), Span(2, 7, 4, 12)]},
    )
    assert "8842" not in shown(found)
    assert "AAAAB3" not in shown(found)
    assert "BEGIN" not in shown(found)
    assert found.findings[0].excerpt is not None
    assert found.findings[0].excerpt.lines == ('TOKEN = "****"',)


def test_a_secret_that_is_an_ordinary_word_does_not_eat_the_message() -> None:
    found = audit(
        'password = "password"\n',
        at((1, 12, 1, 22), message="`password` is set to 'password'", secrets=(Span(1, 12, 1, 22),)),
    )
    assert found.findings[0].message == "`****` is set to '****'"
    assert found.findings[0].excerpt is not None
    assert found.findings[0].excerpt.lines == ('password = "****"',)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=700),
    st.integers(0, 700),
    st.integers(1, 60),
)
def test_a_secret_is_masked_wherever_it_stands_on_a_line(line: str, column: int, length: int) -> None:
    column = min(column, len(line))
    secret = "S3CR-" + "x" * length
    text = f'{line[:column]}"{secret}"{line[column:]}\nlast\n'
    start = column + 1 - text.startswith("\ufeff")
    span = Span(1, start, 1, start + len(secret) + 2)
    outcome = audit(text, at((1, 1, 1, 4)), at((2, 1, 2, 4)), secrets={PATH: [span]})
    assert "S3CR-" not in shown(outcome)


@given(st.text(max_size=900), st.integers(1, 12), st.integers(1, 900), st.integers(1, 12), st.integers(1, 900))
def test_excerpts_of_anything_are_short_printable_and_marked_inside(
    text: str, line: int, column: int, end_line: int, end_column: int
) -> None:
    span = (line, column, max(line, end_line), end_column)
    (found,) = audit(text, at(span)).findings
    if found.excerpt is None:
        return
    assert len(found.excerpt.lines) <= MOST_LINES
    assert len(found.excerpt.marks) == len(found.excerpt.lines)
    for shown_line, (begin, end) in zip(found.excerpt.lines, found.excerpt.marks, strict=True):
        assert len(shown_line) <= LONGEST_LINE + 1
        assert not any(ord(character) < 32 and character != "\t" for character in shown_line)
        assert 0 <= begin <= end <= len(shown_line)
    assert found.context is not None
    assert set(found.excerpt.lines) <= set(found.context.lines)


def test_the_mark_stands_on_the_span_behind_escapes_and_masks_and_in_a_long_line() -> None:
    (found,) = audit("\x1b[31m\u202eok; run(name)\n", at((1, 11, 1, 20))).findings
    assert found.excerpt is not None
    ((begin, end),) = found.excerpt.marks
    assert found.excerpt.lines[0][begin:end] == "run(name)"
    assert found.excerpt.lines[0].startswith("\\x1b[31m\\u202eok")
    (found,) = audit("x" * 5000 + "run(name)" + "y" * 5000 + "\n", at((1, 5001, 1, 5010))).findings
    assert found.excerpt is not None
    ((begin, end),) = found.excerpt.marks
    assert found.excerpt.lines[0][begin:end] == "run(name)"
    assert len(found.excerpt.lines[0]) <= LONGEST_LINE + 1


def test_context_has_two_lines_more_on_either_side_and_stops_at_the_ends() -> None:
    text = "".join(f"line{number}\n" for number in range(1, 8))
    middle, end = audit(text, at((4, 1, 4, 5)), at((7, 1, 7, 5))).findings
    assert middle.context is not None
    assert (middle.context.first_line, len(middle.context.lines)) == (2, 5)
    assert end.context is not None
    assert end.context.lines == ("line5", "line6", "line7")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"\xef\xbb\xbfx = 1\r\nrun(name)\r\n", "run(name)"),
        (b"# -*- coding: latin-1 -*-\nrun('\xe9')\n", "run('é')"),
        (b"# coding: no-such-codec\nrun(1)\n", "run(1)"),
        (b"# coding: rot13\nrun(1)\n", "run(1)"),
        (b"x = '\x0c'\rrun(2)\r", "run(2)"),
    ],
)
def test_lines_are_those_of_python_whatever_the_encoding(data: bytes, line: str) -> None:
    (found,) = audit(data, at((2, 1, 2, 4))).findings
    assert found.excerpt is not None
    assert found.excerpt.lines == (line,)


def test_a_file_that_vanished_keeps_its_finding_without_an_excerpt() -> None:
    def gone(path: str) -> bytes:
        raise FileNotFoundError(path)

    (found,) = audit("", at((3, 1, 3, 4)), read=gone).findings
    assert found.excerpt is None
    assert found.fingerprint


def test_tests_and_migrations_speak_only_where_certain() -> None:
    findings = [at((1, 1, 1, 2)), at((2, 1, 2, 2), confidence=Confidence.MEDIUM)]
    outcome = audit("a\nb\n", *findings, tiers={PATH: Tier.TEST})
    assert [(found.confidence, found.tier) for found in outcome.findings] == [(Confidence.MEDIUM, Tier.TEST)]
    assert outcome.below == 1
    unreadable = at((1, 1, 1, 2), rule="BA001")
    assert audit("a\n", unreadable, tiers={PATH: Tier.MIGRATION}).findings[0].confidence is Confidence.HIGH


def test_findings_under_the_asked_severity_or_confidence_are_counted() -> None:
    config = Config(min_severity=Severity.WARNING, min_confidence=Confidence.HIGH)
    findings = [
        at((1, 1, 1, 2)),
        at((2, 1, 2, 2), severity=Severity.NOTE),
        at((3, 1, 3, 2), confidence=Confidence.MEDIUM),
    ]
    outcome = audit("a\nb\nc\n", *findings, config=config)
    assert [found.location.span.line for found in outcome.findings] == [1]
    assert outcome.below == 2


def test_rules_that_are_not_enabled_are_dropped() -> None:
    outcome = audit("a\n", at((1, 1, 1, 2), rule="BA999"))
    assert outcome == Outcome(findings=(), suppressed=(), below=0)


def test_the_order_of_the_detectors_does_not_matter() -> None:
    def run(findings: list[Finding]) -> Outcome:
        return audit("", *findings, read=lambda path: FILES[path].encode())

    findings = raw_findings() * 2
    expected = run(findings)
    for seed in range(10):
        random.Random(seed).shuffle(findings)
        assert run(findings) == expected
