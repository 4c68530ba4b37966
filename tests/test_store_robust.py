"""The cache never loses an audit: corruption, other writers, full disks and read-only folders."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analyzer.config import Config
from analyzer.facts.codec import encode
from analyzer.facts.recursion import roomy
from analyzer.facts.store import Store, cache_clear, cache_info, open_store
from analyzer.syntax import lower

FACTS = lower(b"def go(x):\n    return x\n")
ITEM = ("d1", encode(FACTS.outline), encode(FACTS.bodies))


def settings(folder: Path) -> Config:
    return Config(cache_dir=str(folder))


def the_file(folder: Path) -> Path:
    return next(folder.glob("facts-*.sqlite3"))


def test_what_is_put_is_found_by_the_next_run(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put_facts([ITEM])
        store.put("semgrep", {"k": b"v"})
    with open_store(settings(tmp_path)) as store:
        assert store.outlines(["d1", "d2"]).keys() == {"d1"}
        assert encode(store.bodies("d1")) == ITEM[2]
        assert store.bodies("d2") is None
        assert store.get("semgrep", ["k"]) == {"k": b"v"}
        assert store.notes == []


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    with open_store(settings(tmp_path / "new")) as store:
        store.put_facts([ITEM])
        assert the_file(tmp_path / "new").stat().st_mode & 0o077 == 0
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_without_a_cache_nothing_is_written(tmp_path: Path) -> None:
    with open_store(Config(cache=False, cache_dir=str(tmp_path))) as store:
        store.put_facts([ITEM])
        assert store.outlines(["d1"]).keys() == {"d1"}
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_garbage_is_said_and_replaced(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put_facts([ITEM])
    the_file(tmp_path).write_bytes(b"no database at all" * 1000)
    with open_store(settings(tmp_path)) as store:
        assert store.outlines(["d1"]) == {}
        store.put_facts([ITEM])
        assert store.outlines(["d1"]).keys() == {"d1"}
        assert [note.kind for note in store.notes] == ["cache"]
    with open_store(settings(tmp_path)) as store:
        assert store.notes == []


@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
def test_flipped_bytes_never_come_back_as_facts(tmp_path: Path, where: float) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put_facts([(f"d{number}", ITEM[1], ITEM[2]) for number in range(300)])
    file = the_file(tmp_path)
    data = bytearray(file.read_bytes())
    start = int(len(data) * where)
    data[start : start + 5000] = bytes(byte ^ 0x5A for byte in data[start : start + 5000])
    file.write_bytes(data)
    with open_store(settings(tmp_path)) as store:
        for outline in store.outlines([f"d{number}" for number in range(300)]).values():
            assert encode(outline) == ITEM[1]
        store.put_facts([ITEM])
        assert store.outlines(["d1"]).keys() == {"d1"}


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with open_store(settings(tmp_path / "file" / "cache")) as store:
        store.put_facts([ITEM])
        assert store.outlines(["d1"]).keys() == {"d1"}
        assert [note.kind for note in store.notes] == ["cache"]


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put_facts([ITEM])
        store._database._connection.execute("PRAGMA max_page_count = 20")
        store.put("blob", {"large": b"x" * 1_000_000})
        assert store.get("blob", ["large"]) == {"large": b"x" * 1_000_000}
        assert store.outlines(["d1"]).keys() == {"d1"}
        assert "full" in store.notes[0].message


def test_two_runs_write_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from analyzer.config import Config; from analyzer.facts.store import open_store\n"
        "with open_store(Config(cache_dir=sys.argv[1])) as store:\n"
        "    for number in range(200): store.put('k', {sys.argv[2] + str(number): b'v' * 1000})\n"
        "    print(len(store.notes))\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    assert [run.communicate()[0].strip() for run in runs] == ["0", "0"]
    with open_store(settings(tmp_path)) as store:
        keys = [f"{name}{number}" for name in "ab" for number in range(200)]
        assert store.get("k", keys).keys() == set(keys)


def test_a_killed_run_leaves_a_store_that_works(tmp_path: Path) -> None:
    program = (
        "import os, sys, signal; from analyzer.config import Config; from analyzer.facts.store import open_store\n"
        "store = open_store(Config(cache_dir=sys.argv[1]))\n"
        "store.put('k', {'done': b'1'})\n"
        "def entries():\n"
        "    for number in range(1000):\n"
        "        if number == 500: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        yield 'k', str(number), b'x' * 1000\n"
        "store._database._connection.execute('BEGIN IMMEDIATE')\n"
        "for kind, key, value in entries():\n"
        "    store._database._connection.execute('INSERT INTO entries VALUES (?,?,0,0,?)', (kind, key, value))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == -9
    with open_store(settings(tmp_path)) as store:
        assert store.get("k", ["done", "1", "2"]) == {"done": b"1"}
        assert store.notes == []


def test_old_entries_go_first_when_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.facts.database._DROPPED", 5)
    monkeypatch.setattr("analyzer.facts.store.LIMIT_BYTES", 1_500_000)
    old, new = ([f"{age}{number}" for number in range(50)] for age in ("old", "new"))
    with open_store(settings(tmp_path)) as store:
        store.put("k", dict.fromkeys(new, b"y" * 20_000))
        store.put("k", dict.fromkeys(old, b"x" * 20_000))
        store._database._connection.execute("UPDATE entries SET used = 1 WHERE key LIKE 'old%'")
    assert the_file(tmp_path).stat().st_size < 1_600_000
    with open_store(settings(tmp_path)) as store:
        assert store.get("k", new).keys() == set(new)
        assert 0 < len(store.get("k", old)) < 50


def test_what_other_versions_left_goes_when_there_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.facts.store.LIMIT_BYTES", 200_000)
    for number, name in enumerate(("facts-0-oldest.sqlite3", "facts-0-newer.sqlite3")):
        (tmp_path / name).write_bytes(b"x" * 100_000)
        os.utime(tmp_path / name, (number, number))
    with open_store(settings(tmp_path)) as store:
        store.put_facts([ITEM])
    left = {file.name for file in tmp_path.iterdir()}
    assert "facts-0-oldest.sqlite3" not in left
    assert "facts-0-newer.sqlite3" in left
    with open_store(settings(tmp_path)) as store:
        assert store.bodies("d1") is not None


def test_threads_share_a_store(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store, ThreadPoolExecutor(8) as pool:
        names = [f"k{number}" for number in range(400)]
        list(pool.map(lambda name: store.put("k", {name: name.encode()}), names))
        found = list(pool.map(lambda name: store.get("k", [name]), names))
        assert found == [{name: name.encode()} for name in names]
        assert store.notes == []


def test_nobody_has_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with open_store(Config()) as store:
        store.put_facts([ITEM])
        assert store.outlines(["d1"]).keys() == {"d1"}
        assert "home" in store.notes[0].message


def test_no_room_anywhere_but_in_memory(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put("k", {"before": b"1"})
        store._database._connection.execute("PRAGMA max_page_count = 5")
        store.put("k", {"first": b"x" * 500_000})
        store._spare._connection.execute("PRAGMA max_page_count = 5")
        store.put("k", {"large": b"x" * 500_000})
        assert store.get("k", ["before", "large"]) == {"before": b"1", "large": b"x" * 500_000}
        assert [note.kind for note in store.notes] == ["cache", "cache"]


def test_a_cache_that_takes_no_more_is_still_read(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put_facts([ITEM])
    with open_store(settings(tmp_path)) as store:
        store._database._connection.execute("PRAGMA query_only = ON")
        store.put("k", {"new": b"2"})
        assert store.outlines(["d1"]).keys() == {"d1"}
        assert store.get("k", ["new"]) == {"new": b"2"}
        assert "readonly" in store.notes[0].message


def test_deep_facts_are_stored_and_found(tmp_path: Path) -> None:
    facts = lower(b"x = " + b"f(" * 100 + b"1" + b")" * 100 + b"\n" + b"y = 1" + b" + a" * 200)
    assert facts.outline.problem is None
    with roomy():
        encoded = encode(facts.outline)
    with open_store(settings(tmp_path)) as store:
        store.put_facts([("deep", encoded, encode(facts.bodies))])
        with roomy():
            assert encode(store.outlines(["deep"])["deep"]) == encoded


def test_information_and_clearing(tmp_path: Path) -> None:
    with open_store(settings(tmp_path)) as store:
        store.put_facts([ITEM])
    info = cache_info(settings(tmp_path))
    assert info["folder"] == str(tmp_path)
    assert info["outline entries"] == 1
    (tmp_path / "other.txt").write_text("not ours")
    assert int(cache_clear(settings(tmp_path))["bytes freed"]) > 0
    assert [file.name for file in tmp_path.iterdir()] == ["other.txt"]


def test_a_store_that_is_locked_for_good_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.facts.database._WAIT_SECONDS", 0.1)
    with open_store(settings(tmp_path)) as store:
        store.put("k", {"a": b"1"})
    other = sqlite3.connect(the_file(tmp_path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with Store(the_file(tmp_path)) as store:
            store.put("k", {"b": b"2"})
            assert store.get("k", ["b"]) == {"b": b"2"}
            assert "locked" in store.notes[0].message
    finally:
        other.close()
    assert os.path.exists(the_file(tmp_path))  # noqa: PTH110
