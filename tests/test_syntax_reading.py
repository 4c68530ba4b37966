"""A whole tree to facts, on one core or several, whatever happens to a worker."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

import pytest

from analyzer.config import Config
from analyzer.facts.codec import encode
from analyzer.facts.modules import Modules
from analyzer.facts.store import open_store
from analyzer.model import Silent, SourceFile, SourceTree
from analyzer.syntax import read_modules, reading, workers
from analyzer.syntax.lowering import refused


def tree_of(folder: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        (folder / name).write_text(text)
    return SourceTree(
        root=str(folder),
        files=tuple(
            SourceFile(path=name, digest=blake2b(text.encode(), digest_size=16).hexdigest(), size=len(text))
            for name, text in sorted(files.items())
        ),
    )


def read(tree: SourceTree, cache: Path, jobs: int) -> tuple[Modules, list[bytes]]:
    with open_store(Config(cache_dir=str(cache))) as store:
        modules = read_modules(tree, store, jobs, Silent())
        return modules, [encode(modules.outlines[p]) + encode(modules.bodies(p)) for p in modules.outlines]


FILES = {f"m{number}.py": f"def f{number}(x):\n    return x + {number}\n" for number in range(40)}


def test_one_worker_or_several_cold_or_warm_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_SMALL", 0)
    monkeypatch.setattr(reading, "_CHUNK", 100)
    (tmp_path / "src").mkdir()
    tree = tree_of(tmp_path / "src", FILES)
    alone = read(tree, tmp_path / "one", 1)
    several = read(tree, tmp_path / "two", 2)
    warm = read(tree, tmp_path / "two", 2)
    assert alone[1] == several[1] == warm[1]
    assert list(several[0].outlines) == sorted(FILES)


def test_equal_files_are_two_modules_of_one_content(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a.py": "x = 1\n", "b.py": "x = 1\n"})
    modules, _ = read(tree, tmp_path / "cache", 1)
    assert [outline.lines for outline in modules.outlines.values()] == [1, 1]


def test_a_file_that_vanished_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a.py": "x = 1\n", "b.py": "y = 1\n"})
    (tmp_path / "a.py").unlink()
    modules, _ = read(tree, tmp_path / "cache", 1)
    problem = modules.outlines["a.py"].problem
    assert problem is not None
    assert "cannot be read" in problem.message
    assert modules.outlines["b.py"].problem is None


def _die_on_it(data: bytes) -> object:
    if b"kill" in data:
        os._exit(9)
    return refused(1, 1, "never lowered for real")


def die_in_worker(files: list[tuple[Path, str]]) -> list[workers.Lowered]:
    workers.lower = _die_on_it  # type: ignore[assignment]
    return workers.lower_chunk(files)


@pytest.mark.parametrize("killers", [["bad.py"], ["a.py", "m7_.py"]])
def test_files_that_kill_their_worker_cost_those_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killers: list[str]
) -> None:
    monkeypatch.setattr(reading, "_SMALL", 0)
    monkeypatch.setattr(reading, "_CHUNK", 60)
    real = workers.ProcessPoolExecutor.submit
    monkeypatch.setattr(workers.ProcessPoolExecutor, "submit", lambda pool, _, chunk: real(pool, die_in_worker, chunk))
    tree = tree_of(tmp_path, FILES | dict.fromkeys(killers, "kill = 1\n"))
    modules, _ = read(tree, tmp_path / "cache", 2)
    messages = {path: outline.problem.message for path, outline in modules.outlines.items() if outline.problem}
    assert {messages.pop(path) for path in killers} == {"the parser crashed on it"}
    assert set(messages.values()) == {"never lowered for real"}
    assert list(modules.outlines) == sorted([*FILES, *killers])


def test_a_problem_of_the_moment_is_not_kept(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a.py": "x = 1\n"})
    (tmp_path / "a.py").rename(tmp_path / "away")
    assert read(tree, tmp_path / "cache", 1)[0].outlines["a.py"].problem is not None
    (tmp_path / "away").rename(tmp_path / "a.py")
    assert read(tree, tmp_path / "cache", 1)[0].outlines["a.py"].problem is None


def test_what_changed_meanwhile_is_kept_under_what_it_is(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a.py": "x = 1\n"})
    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    changed, _ = read(tree, tmp_path / "cache", 1)
    assert [function.name for function in changed.outlines["a.py"].functions] == ["f"]
    (tmp_path / "a.py").write_text("x = 1\n")
    restored, _ = read(tree, tmp_path / "cache", 1)
    assert restored.outlines["a.py"].functions == []


def test_bodies_that_left_the_store_are_lowered_again(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"a.py": "def f():\n    return 1\n"})
    read(tree, tmp_path / "cache", 1)
    with open_store(Config(cache_dir=str(tmp_path / "cache"))) as store:
        modules = read_modules(tree, store, 1, Silent())
        store._database._connection.execute("DELETE FROM entries WHERE kind = 'bodies'")
        assert len(modules.bodies("a.py").functions[0]) == 1


def test_modules_of_the_audited_folder_are_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "src"
    source.mkdir()
    trap = "import sys\nsys.stderr.write('executed')\nimport os\nos._exit(1)\n"
    names = ("multiprocessing", "pickle", "signal", "libcst", "msgspec", "analyzer")
    tree = tree_of(source, {f"{name}.py": trap for name in names})
    monkeypatch.setattr(reading, "_SMALL", 0)
    monkeypatch.chdir(source)
    modules, _ = read(tree, tmp_path / "cache", 2)
    assert "executed" not in capfd.readouterr().err
    assert all(outline.problem is None for outline in modules.outlines.values())
