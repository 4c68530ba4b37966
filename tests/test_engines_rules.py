"""Our semgrep files compile to one document, each entry says what a user needs, and mistakes are named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from engines_support import RULES, MemoryStore

from analyzer.engines import semgrep_rules
from analyzer.engines.positions import Positions
from analyzer.engines.semgrep_rules import compile_rules
from analyzer.model import Rule, Span

GOOD = """
rules:
  - id: ba101-example
    languages: [python]
    severity: ERROR
    message: Something is wrong.
    metadata: {rule: BA101, confidence: high, fix: Do it right., needles: [[execute]]}
    pattern: execute(...)
"""


def rule_in(folder: Path, text: str) -> Rule:
    (folder / "semgrep.yml").write_text(text)
    template = next(rule for rule in RULES if rule.code == "BA101")
    return msgspec.structs.replace(template, folder=str(folder))


def test_entries_keep_their_words_and_get_a_scope(tmp_path: Path) -> None:
    compiled = compile_rules([rule_in(tmp_path, GOOD)], MemoryStore())
    assert compiled is not None
    (pattern,) = compiled.patterns
    assert (pattern.id, pattern.message, pattern.metadata.fix) == (
        "ba101-example",
        "Something is wrong.",
        "Do it right.",
    )
    (entry,) = msgspec.json.decode(compiled.document)["rules"]
    assert entry["paths"]["include"] == [f"*{pattern.tag}*"]
    assert "metadata" not in entry


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("rule: BA101", "rule: BA102", "speak for BA101"),
        ("id: ba101-example", "id: example", "must begin with ba101-"),
        ("confidence: high", "confidence: sure", "'sure'"),
        ("fix: Do it right., ", "", "fix"),
        (", needles: [[execute]]", "", "needles"),
        ("confidence: high", "confidence: high, extra: 1", "extra"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match="example") as raised:
        compile_rules([rule_in(tmp_path, GOOD.replace(old, new))], MemoryStore())
    assert complaint in str(raised.value)


def test_the_document_is_compiled_once_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    rule = rule_in(tmp_path, GOOD)
    first = compile_rules([rule], store)
    changed = compile_rules([rule_in(tmp_path, GOOD.replace("wrong", "amiss"))], store)
    assert first is not None
    assert changed is not None
    assert first.digest != changed.digest
    monkeypatch.setattr(semgrep_rules, "_compile", lambda *_: pytest.fail("it is in the store"))
    assert compile_rules([rule_in(tmp_path, GOOD)], store) == first


def test_rules_without_patterns_compile_to_nothing() -> None:
    assert compile_rules([rule for rule in RULES if not rule.semgrep], MemoryStore()) is None


def test_every_entry_reads_well_and_cannot_quote_the_source() -> None:
    compiled = compile_rules(RULES, MemoryStore())
    assert compiled is not None
    for pattern in compiled.patterns:
        for text in (pattern.message, pattern.metadata.fix):
            assert text.endswith("."), pattern.id
            assert "$" not in text, "a metavariable would copy source, perhaps a secret"
        assert pattern.metadata.needles, pattern.id
        assert pattern.metadata.secret == (pattern.metadata.rule == "BA201")


@pytest.mark.parametrize(
    ("data", "start", "end", "span"),
    [
        (b"a = 1\nbb = 2\n", 6, 8, (2, 1, 2, 3)),
        ("é = '𝔘'; x\n".encode(), 13, 14, (1, 10, 1, 11)),
        (b"\xef\xbb\xbfab", 3, 5, (1, 1, 1, 3)),
        (b"a\rb\r\nc", 2, 6, (2, 1, 3, 2)),
        (b"x\n\x0cy = 1", 3, 4, (2, 2, 2, 3)),
        (b"# coding: latin-1\n\xe9\xe9x", 20, 21, (2, 3, 2, 4)),
        (b"# coding: unknown\nx", 18, 19, (2, 1, 2, 2)),
        (b"ab", 7, 9, (1, 3, 1, 4)),
        (b"", 0, 0, (1, 1, 1, 2)),
    ],
)
def test_offsets_become_lines_and_columns(data: bytes, start: int, end: int, span: tuple[int, int, int, int]) -> None:
    assert Positions(data).span(start, end) == Span(*span)
