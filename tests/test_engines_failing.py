"""Whatever an engine does wrong, the audit goes on, says so, names the files and leaves no process behind."""

from __future__ import annotations

import errno
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engines_support import ONLY_BANDIT, ONLY_SEMGREP, RULES, SQL, MemoryStore, fake_core, make_tree, places, run

from analyzer import engines
from analyzer.config import Config
from analyzer.engines import bandit_run, session
from analyzer.engines.semgrep_install import Installed
from analyzer.engines.workplace import Workplace
from analyzer.model import Note, Silent

Install = Callable[[str], None]
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX processes and locks")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a program of ours in the place of semgrep's binary."""

    def put(body: str) -> None:
        folder = tmp_path / "fake"
        folder.mkdir(exist_ok=True)
        core = fake_core(folder, body)
        monkeypatch.setattr(session, "find_semgrep", lambda: core)

    return put


ANSWER = """
targets = [entry[1]["path"]["fpath"] for entry in json.load(open("targets.json"))[1]]
def answer(scanned, results=(), errors=()):
    print(json.dumps({"paths": {"scanned": scanned}, "results": list(results), "errors": list(errors)}))
"""


def test_missing_engines_are_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_semgrep", lambda: None)
    monkeypatch.setattr(bandit_run, "find_bandit", lambda: None)
    result = run(make_tree(tmp_path, {"app.py": SQL}), Config())
    assert [(engine, path) for engine, path, _ in result.degraded] == [("bandit", ""), ("semgrep", "")]
    assert all("not installed" in reason for _, _, reason in result.degraded)
    assert Note("engine", f"semgrep {session.MISSING}") in result.notes


@pytest.mark.parametrize(
    "body",
    [
        "sys.exit(2)",
        "print('this is no JSON')",
        "print('{}')",
        "print('[1, 2]')",
        """print('{"results": [{"path": 1}], "errors": [], "paths": {"scanned": []}}')""",
        ANSWER + "answer([], errors=[{'error_type': 'RuleParseError', 'message': 'x'}])",
        "os.kill(os.getpid(), 9)",
    ],
)
def test_an_answer_that_is_none_is_a_failure(tmp_path: Path, install: Install, body: str) -> None:
    install(body)
    result = run(make_tree(tmp_path / "tree", {"a.py": SQL, "b.py": SQL + "#"}), ONLY_SEMGREP)
    assert result.findings == ()
    assert ("semgrep", "") in {(engine, path) for engine, path, _ in result.degraded}
    assert "failed" in result.notes[0].message


def test_an_engine_that_cannot_start_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "core"
    broken.write_bytes(b"\0not a program")
    broken.chmod(0o755)
    monkeypatch.setattr(session, "find_semgrep", lambda: Installed("1", broken, ()))
    result = run(make_tree(tmp_path / "tree", {"a.py": SQL}), ONLY_SEMGREP)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("semgrep", "")]


def test_a_file_that_kills_the_engine_is_cornered(tmp_path: Path, install: Install) -> None:
    install(
        ANSWER
        + """
if any("# killer" in open(name).read() for name in targets):
    os.kill(os.getpid(), 11)
answer(targets)
"""
    )
    files = {f"{number}.py": f"{SQL}# {number}\n" for number in range(9)} | {"bad.py": SQL + "# killer\n"}
    result = run(make_tree(tmp_path / "tree", files), ONLY_SEMGREP)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("semgrep", "bad.py")]


def test_a_file_passed_over_is_named(tmp_path: Path, install: Install) -> None:
    install(ANSWER + "answer(targets[1:])")
    result = run(make_tree(tmp_path / "tree", {"a.py": SQL, "b.py": SQL + "#"}), ONLY_SEMGREP)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("semgrep", "a.py")]


def test_an_unknown_kind_of_error_names_the_file_and_quotes_nothing(tmp_path: Path, install: Install) -> None:
    install(
        ANSWER
        + "answer(targets, errors=[{'error_type': 'Novelty', 'message': 'hunter2', 'location': {'path': targets[0]}}])"
    )
    result = run(make_tree(tmp_path / "tree", {"a.py": SQL}), ONLY_SEMGREP)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("semgrep", "a.py")]
    assert "hunter2" not in repr(result)


def test_an_engine_that_hangs_is_ended_with_all_it_started(tmp_path: Path, install: Install) -> None:
    mark = tmp_path / "grandchild"
    install(
        f"""
if os.fork() == 0:
    open({str(mark)!r}, "w").write(str(os.getpid()))
time.sleep(600)
"""
    )
    store = MemoryStore()
    tree = make_tree(tmp_path / "tree", {"a.py": SQL})
    result = run(tree, Config(bandit=False, semgrep_timeout=1), store)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("semgrep", "")]
    assert "1 file was not searched" in result.notes[0].message
    assert not _alive(int(mark.read_text()))
    install(ANSWER + "answer(targets)")
    assert run(tree, ONLY_SEMGREP, store).degraded == (), "a time-out must not be remembered"


def test_leaving_early_ends_the_engines(tmp_path: Path, install: Install) -> None:
    mark = tmp_path / "started"
    install(f'open({str(mark)!r}, "w").write(str(os.getpid())); time.sleep(600)')
    tree = make_tree(tmp_path / "tree", {"a.py": SQL})
    with engines.start(tree, RULES, ONLY_SEMGREP, MemoryStore(), Silent()):
        while not (mark.exists() and mark.read_text()):
            time.sleep(0.01)
    assert not _alive(int(mark.read_text()))


@posix
def test_what_a_killed_run_left_is_removed_by_the_next(
    tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    install("time.sleep(600)")
    tree = make_tree(tmp_path / "tree", {"a.py": SQL})
    killed = os.fork()
    if killed == 0:
        with engines.start(tree, RULES, ONLY_SEMGREP, MemoryStore(), Silent()):
            time.sleep(600)
    while not list(temporary.glob("backend-audit-*/*.py")):
        time.sleep(0.01)
    (kept,) = temporary.iterdir()
    install(ANSWER + "answer(targets)")
    run(tree, ONLY_SEMGREP)
    assert list(temporary.iterdir()) == [kept], "its run still lives"
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)
    (temporary / "backend-audit-notes").mkdir()
    run(tree, Config(semgrep=False, bandit=False))
    assert [path.name for path in temporary.iterdir()] == ["backend-audit-notes"], "and that is nobody's"


def test_no_room_for_copies_takes_the_engines_and_not_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    def none() -> Workplace:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    tree = make_tree(tmp_path, {"a.py": SQL})
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        result = run(tree, Config())
    assert {(engine, path) for engine, path, _ in result.degraded} == {("semgrep", ""), ("bandit", "")}
    assert all("No space left on device" in reason for _, _, reason in result.degraded)
    assert not result.lasting
    with monkeypatch.context() as patch:
        patch.setattr(session, "Workplace", none)
        assert "No usable temporary directory" in run(tree, Config()).degraded[0][2]


def test_a_file_that_changed_since_it_was_listed_is_named(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"a.py": SQL, "gone.py": SQL + "#1", "changed.py": SQL + "#2"})
    (tmp_path / "gone.py").unlink()
    (tmp_path / "changed.py").write_text("x = 1\n")
    result = run(tree, ONLY_SEMGREP)
    assert {(engine, path) for engine, path, _ in result.degraded} == {
        ("semgrep", "gone.py"),
        ("semgrep", "changed.py"),
    }
    assert places(result) == {("a.py", 2)}


def test_a_worker_of_bandit_that_dies_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import json, os, sys\n"
        "for name in json.load(sys.stdin)['files']:\n"
        "    if '# killer' in open(name).read(): os.kill(os.getpid(), 11)\n"
        "    print(json.dumps([name, [], []]), flush=True)\n"
    )
    monkeypatch.setattr(bandit_run, "_WORKER", worker)
    monkeypatch.setattr(bandit_run, "kind", lambda *_: "other")
    files = {"a.py": SQL, "b.py": SQL + "# killer\n", "c.py": SQL + "#"}
    result = run(make_tree(tmp_path / "tree", files), ONLY_BANDIT)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("bandit", "b.py")]


@pytest.mark.parametrize("text", ["raise SystemExit(1)\n", "print('nonsense')\n", "print('[1, 2, 3]')\n"])
def test_a_bandit_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(text)
    monkeypatch.setattr(bandit_run, "_WORKER", worker)
    monkeypatch.setattr(bandit_run, "kind", lambda *_: "other")
    files = {f"{number}.py": f"{SQL}# {number}\n" for number in range(20)}
    result = run(make_tree(tmp_path / "tree", files), ONLY_BANDIT)
    assert ("bandit", "") in {(engine, path) for engine, path, _ in result.degraded}
    assert result.findings == ()


def _alive(process: int) -> bool:
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        if Path(f"/proc/{process}/stat").exists() and " Z " in Path(f"/proc/{process}/stat").read_text():
            return False
        time.sleep(0.01)
    return True
