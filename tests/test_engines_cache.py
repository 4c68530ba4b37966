"""What was found once is looked up by content, gives the same result and holds no source."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines_support import ONLY_SEMGREP, SQL, MemoryStore, make_tree, places, run

from analyzer.config import Config
from analyzer.engines.process import Children, Ended

SECRETS = 'PASSWORD = "correct-horse-battery"\nTOKEN = "ghp_' + "0aB1" * 9 + '"\n'
FILES = {"a.py": SQL, "b/settings.py": SECRETS, "c.py": "x = 1\n", "half.py": SQL + "x = )(\n", "twin.py": SQL}


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that were run."""
    seen: list[str] = []
    really = Children.run

    def run_and_note(self: Children, command: list[str], given: bytes = b"") -> Ended:
        seen.append(Path(command[0]).name)
        return really(self, command, given)

    monkeypatch.setattr(Children, "run", run_and_note)
    return seen


def test_a_second_run_starts_nothing_and_says_the_same(tmp_path: Path, commands: list[str]) -> None:
    store, tree = MemoryStore(), make_tree(tmp_path, FILES)
    cold = run(tree, Config(), store)
    assert len(commands) >= 2
    assert {"BA101", "BA201"} == {finding.rule for finding in cold.findings}
    assert any(path == "half.py" for _, path, _ in cold.degraded)
    commands.clear()
    assert run(tree, Config(), store) == cold
    assert run(tree, Config(jobs=1), store) == cold
    assert commands == []


def test_equal_files_are_looked_at_once_and_each_reported(tmp_path: Path) -> None:
    result = run(make_tree(tmp_path, FILES), ONLY_SEMGREP)
    assert {("a.py", 2), ("twin.py", 2)} <= places(result)


def test_a_renamed_file_is_known(tmp_path: Path, commands: list[str]) -> None:
    store = MemoryStore()
    run(make_tree(tmp_path / "one", {"a.py": SQL}), Config(), store)
    commands.clear()
    assert places(run(make_tree(tmp_path / "two", {"moved/a.py": SQL}), Config(), store)) == {("moved/a.py", 2)}
    assert commands == []


def test_only_the_changed_file_is_looked_at(tmp_path: Path) -> None:
    store = MemoryStore()
    run(make_tree(tmp_path, FILES), Config(), store)
    before = set(store.items)
    changed = make_tree(tmp_path, FILES | {"a.py": "\n" + SQL})
    assert ("a.py", 3) in places(run(changed, Config(), store))
    digest = next(file.digest for file in changed.files if file.path == "a.py")
    assert {key for _, key in set(store.items) - before} == {digest}


def test_nothing_of_the_source_is_kept(tmp_path: Path) -> None:
    store = MemoryStore()
    assert run(make_tree(tmp_path, FILES), Config(), store).findings
    kept = b"".join(value for (kind, _), value in store.items.items() if kind != "semgrep-rules")
    for text in (b"correct-horse", b"ghp_0aB1", b"SELECT", b"cursor"):
        assert text not in kept


def test_damaged_entries_are_asked_again(tmp_path: Path) -> None:
    store, tree = MemoryStore(), make_tree(tmp_path, FILES)
    cold = run(tree, Config(), store)
    for damage in (b"", b"\xc1", b"\x93\x01\x02\x03"):
        store.items = dict.fromkeys(store.items, damage)
        assert run(tree, Config(), store) == cold


def test_the_number_of_jobs_changes_nothing(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {f"{n}.py": f"{SQL}# {n}\n{SECRETS}" for n in range(30)})
    assert run(tree, Config(jobs=1)) == run(tree, Config(jobs=4))
