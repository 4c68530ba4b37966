"""Leaving out files that cannot match leaves out no finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines_support import RULES, SQL, MemoryStore, make_tree, places, run

from analyzer.config import Config
from analyzer.engines.needles import Sieve
from analyzer.engines.semgrep_rules import compile_rules

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def test_all_conditions_must_hold() -> None:
    sieve = Sieve({"one": [["select", "insert"], r"\bexecute\("], "two": [["other"]], "always": []})
    assert sieve.rules_for(b"cursor.Execute('SELECT')") == ("one", "always")
    assert sieve.rules_for(b"cursor.reexecute('SELECT')") == ("always",)
    assert sieve.rules_for(b"") == ("always",)


def test_an_expression_shared_with_a_pattern_is_searched_across_lines() -> None:
    sieve = Sieve({"one": ["(?is).*select.+from"]})
    assert sieve.rules_for(b"x = 1\nSELECT a\nFROM b") == ("one",)


@pytest.mark.parametrize("needle", [["Select"], [""]])
def test_a_needle_that_cannot_work_is_refused(needle: list[str]) -> None:
    with pytest.raises(ValueError, match="lower case"):
        Sieve({"one": [needle]})


def test_every_fixture_gives_the_same_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        path.relative_to(FIXTURES).as_posix(): path.read_bytes()
        for folder in FIXTURES.iterdir()
        # The deep nesting in there takes semgrep ten seconds and no rule of either engine.
        if folder.is_dir() and not folder.name.startswith("BA001")
        for path in folder.rglob("*.py")
    }
    tree = make_tree(tmp_path, files)
    sieved = run(tree, Config(jobs=2))
    assert len(sieved.findings) > 100
    every = {id(None): ()}
    original = Sieve.__init__

    def remember(self: Sieve, needles: dict[str, object]) -> None:
        original(self, needles)  # type: ignore[arg-type]
        every[id(self)] = tuple(needles)

    monkeypatch.setattr(Sieve, "__init__", remember)
    monkeypatch.setattr(Sieve, "rules_for", lambda self, _: every[id(self)])
    whole = run(tree, Config(jobs=2))
    assert whole.findings == sieved.findings


def test_every_pattern_of_ours_matches_in_a_fixture(tmp_path: Path) -> None:
    from analyzer.engines.outcome import decode_all

    store = MemoryStore()
    compiled = compile_rules(RULES, store)
    assert compiled is not None
    folders = [FIXTURES / f"{rule.code}-{rule.slug}" / "bad" for rule in RULES if rule.semgrep]
    files = {p.relative_to(FIXTURES).as_posix(): p.read_bytes() for folder in folders for p in folder.rglob("*.py")}
    run(make_tree(tmp_path, files | {"app.py": SQL}), Config(bandit=False, jobs=2), store)
    outcomes = decode_all({key: value for (kind, key), value in store.items.items() if kind.startswith("semgrep ")})
    matched = {match.check for outcome in outcomes.values() for match in outcome.matches}
    assert {pattern.id for pattern in compiled.patterns} - matched == set()


def test_files_without_needles_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analyzer.engines.process import Children

    monkeypatch.setattr(Children, "run", lambda *_: pytest.fail("nothing needs an engine here"))
    result = run(make_tree(tmp_path, {"a.py": "def add(a, b):\n    return a + b\n"}), Config())
    assert places(result) == set()
    assert result.degraded == ()
