"""An audit in which nothing changed is answered from the last one, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer import findings, pipeline, syntax
from analyzer.config import Config
from analyzer.engines.session import EngineResult, Running
from analyzer.facts.store import open_store
from analyzer.model import Report
from analyzer.report import render

_HELD = 'import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={"verify_signature": False})\n'


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every audit that went through its stages."""
    seen: list[int] = []
    read = syntax.read_modules

    def counted(*arguments: Any) -> Any:
        seen.append(1)
        return read(*arguments)

    monkeypatch.setattr(pipeline.syntax, "read_modules", counted)
    return seen


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "tokens.py").write_text(_HELD)
    (folder / "broken.py").write_text("def (:\n")
    return folder


def _audit(tree: Path, **settings: Any) -> Report:
    return pipeline.audit([tree], Config(cache_dir=str(tree.parent / "cache"), semgrep=False, bandit=False, **settings))


def test_the_second_report_is_the_first_one_to_the_byte(tree: Path, runs: list[int]) -> None:
    first, second = _audit(tree), _audit(tree, jobs=1)
    assert len(runs) == 1
    assert {finding.rule for finding in first.findings} >= {"BA001", "BA301"}
    for style in ("json", "sarif", "text"):
        assert render(second, style) == render(first, style)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "tokens.py").write_text(_HELD.replace("False", "True")),
        lambda tree: (tree / "tokens.py").rename(tree / "other.py"),
        lambda tree: (tree / "more.py").write_text("x = 1\n"),
        lambda tree: (tree / ".gitignore").write_text("tokens.py\n"),
    ],
    ids=["content", "name", "more", "ignored"],
)
def test_what_changes_the_tree_is_audited(tree: Path, runs: list[int], change: Any) -> None:
    first = _audit(tree)
    change(tree)
    second = _audit(tree)
    assert len(runs) == 2
    assert second != first


def test_other_settings_are_another_audit(tree: Path, runs: list[int]) -> None:
    assert any(finding.rule == "BA301" for finding in _audit(tree).findings)
    assert not any(finding.rule == "BA301" for finding in _audit(tree, ignore=("BA301",)).findings)
    assert len(runs) == 2


def test_without_a_cache_every_audit_is_made(tree: Path, runs: list[int]) -> None:
    _audit(tree, cache=False)
    _audit(tree, cache=False)
    assert len(runs) == 2


def test_a_damaged_entry_is_no_report(tree: Path, runs: list[int]) -> None:
    first = _audit(tree)
    config = Config(cache_dir=str(tree.parent / "cache"))
    with open_store(config) as store:
        database = store._database
        assert database is not None
        keys = [row[0] for row in database._connection.execute("SELECT key FROM entries WHERE kind = 'report'")]
        assert len(keys) == 1
        store.put("report", {keys[0]: b"\x92\xa1x"})
    assert _audit(tree) == first
    assert len(runs) == 2


def test_an_engine_that_may_do_better_next_time_is_asked_again(
    tree: Path, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Running, "result", lambda _: EngineResult(lasting=False))
    _audit(tree)
    _audit(tree)
    assert len(runs) == 2


def test_a_file_that_changes_during_the_audit_is_audited_again(
    tree: Path, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = findings.finish

    def late(*arguments: Any, **named: Any) -> Any:
        (tree / "tokens.py").write_text("# later\n" + _HELD)
        return complete(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(findings, "finish", late)
        _audit(tree)
    (tree / "tokens.py").write_text(_HELD)
    [finding] = [finding for finding in _audit(tree).findings if finding.rule == "BA301"]
    assert len(runs) == 2
    assert finding.location.span.line == 5


def test_nothing_secret_is_in_the_file_of_the_cache(tree: Path) -> None:
    (tree / "settings.py").write_text('API_TOKEN = "q8Zr5vT2xW9yB4nM7kLpHs3D"\n')
    assert any(finding.rule == "BA201" for finding in _audit(tree).findings)
    kept = b"".join(file.read_bytes() for file in (tree.parent / "cache").iterdir())
    assert kept
    assert b"q8Zr5vT2xW9yB4nM7kLpHs3D" not in kept
