"""Rules spread over copies of the process come to what one process comes to, whatever happens to a copy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from analyzer import checks
from analyzer.checks._spread import can_fork, spread
from analyzer.facts.store import Store
from tests.pictures import RULES, picture_of

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system does not copy processes")

TASKS = 40
WANTED = {number: b"answer %d" % number for number in range(TASKS)}
FILES = {
    "app.py": """
import os
import sqlite3
from flask import Flask, request

app = Flask(__name__)

@app.get("/find")
def find():
    os.system("ls " + request.args["folder"])
    return sqlite3.connect("x").execute("SELECT * FROM t WHERE a = '" + request.args["a"] + "'").fetchall()
"""
}


def answer(number: int) -> bytes:
    return b"answer %d" % number


def test_every_task_is_answered_once() -> None:
    answers = list(spread(answer, TASKS, 3, lambda: True))
    assert len(answers) == TASKS
    assert dict(answers) == WANTED


def test_a_copy_that_dies_or_declines_loses_nothing() -> None:
    here = os.getpid()

    def deadly(number: int) -> bytes:
        if os.getpid() != here:
            os._exit(9)
        return answer(number)

    def failing(number: int) -> bytes:
        if os.getpid() != here:
            raise ValueError("only in the copy")
        return answer(number)

    assert dict(spread(deadly, TASKS, 2, lambda: True)) == WANTED
    assert dict(spread(failing, TASKS, 2, lambda: True)) == WANTED
    assert dict(spread(answer, TASKS, 2, lambda: False)) == WANTED


def test_no_copy_is_left_behind_when_its_parent_stops_early() -> None:
    running = spread(answer, TASKS, 2, lambda: True)
    next(running)
    running.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_rules_find_the_same_in_one_process_and_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["analyzer.checks._run"], "_WORTH", 0)
    rules = [RULES[code] for code in sorted(RULES)]
    alone = checks.run(picture_of(FILES), rules)
    assert {"BA101", "BA102"} <= {finding.rule for finding in alone.findings}
    shared = checks.run(picture_of(FILES), rules, (), checks.Sharing(2, lambda: True))
    assert msgspec.json.encode(shared) == msgspec.json.encode(alone)


def test_the_store_is_read_anew_in_a_copy_and_only_where_it_is_a_file(tmp_path: Path) -> None:
    with Store(None) as private:
        assert not private.reopen()
    with Store(tmp_path / "facts.sqlite3") as store:
        store.put("kind", {"key": b"value"})
        found = dict(spread(lambda _: store.get("kind", ["key"])["key"], TASKS, 2, store.reopen))
        assert set(found.values()) == {b"value"}
