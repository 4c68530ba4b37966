"""bandit runs only the tests that speak for our rules, by our terms."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager
from bandit.core.node_visitor import BanditNodeVisitor
from engines_support import ONLY_BANDIT, SQL, make_tree, places, run

from analyzer.engines import bandit_run, bandit_worker
from analyzer.model import Confidence, Span
from analyzer.rulebook import load_rules


def test_a_report_becomes_a_finding_of_ours(tmp_path: Path) -> None:
    (finding,) = run(make_tree(tmp_path, {"app.py": SQL}), ONLY_BANDIT).findings
    assert (finding.rule, finding.engines, finding.confidence) == ("BA101", ("bandit",), Confidence.MEDIUM)
    assert finding.location.span == Span(2, 5, 2, 66)
    assert "SQL" in finding.message
    assert "bound parameters" in finding.fix


def test_a_query_is_reported_at_the_call(tmp_path: Path) -> None:
    source = 'def f(cursor, é):\n    x = "日本"; cursor.execute(\n        f"SELECT a FROM t WHERE b = {é}",\n    )\n'
    (finding,) = run(make_tree(tmp_path, {"app.py": source}), ONLY_BANDIT).findings
    assert finding.location.span == Span(2, 15, 4, 6)


def test_a_codec_that_decodes_only_strictly_is_read(tmp_path: Path) -> None:
    result = run(make_tree(tmp_path, {"app.py": f"# coding: idna\n{SQL}"}), ONLY_BANDIT)
    assert (places(result), result.degraded) == ({("app.py", 3)}, ())


def test_its_own_switches_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_tree(
        tmp_path,
        {"tests/test_app.py": SQL.replace('")', '")  # nosec'), "app.py": SQL.replace('")', '")  # nosec B608')},
    )
    (tmp_path / ".bandit").write_text("[bandit]\nskips = B608\nexclude = *.py\n")
    (tmp_path / "pyproject.toml").write_text('[tool.bandit]\nskips = ["B608"]\nexclude_dirs = ["tests"]\n')
    (tmp_path / "bandit.py").write_text("raise SystemExit('the tree must not be imported')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = run(tree, ONLY_BANDIT)
    assert places(result) == {("app.py", 2), ("tests/test_app.py", 2)}
    assert result.degraded == ()


def test_other_tests_are_not_run(tmp_path: Path) -> None:
    source = "import pickle, os\npickle.loads(data)\nos.system(command)\nassert command\npassword = 'hunter2x'\n"
    assert places(run(make_tree(tmp_path, {"app.py": source}), ONLY_BANDIT)) == {("app.py", 5)}


@pytest.mark.parametrize(
    ("source", "secret"),
    [
        ("password = 'hunter2x'\n", "'hunter2x'"),
        ("connect('ünïcode', password='hunter2x')\n", "'hunter2x'"),
        ("def f(é='é', token: str = 'hunter2x'): pass\n", "'hunter2x'"),
        ("if user.password == 'hunter2x': pass\n", "'hunter2x'"),
    ],
)
def test_the_literal_is_marked_to_be_masked(tmp_path: Path, source: str, secret: str) -> None:
    (finding,) = run(make_tree(tmp_path, {"app.py": source}), ONLY_BANDIT).findings
    (span,) = finding.secrets
    assert source.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1] == secret
    assert "hunter2x" not in finding.message + finding.fix
    assert finding.confidence is Confidence.LOW


def test_syntax_it_cannot_parse_is_named(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"new.py": SQL + "def f(:\n", "fine.py": SQL})
    result = run(tree, ONLY_BANDIT)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("bandit", "new.py")]
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in result.degraded[0][2]
    assert places(result) == {("fine.py", 2)}


def test_deep_nesting_ends_in_a_note(tmp_path: Path) -> None:
    deep = SQL + "x = " + "(" * 3000 + "1" + ")" * 3000 + "\n" + "y = " + "-" * 50_000 + "1\n"
    result = run(make_tree(tmp_path, {"deep.py": deep, "fine.py": SQL}), ONLY_BANDIT)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("bandit", "deep.py")]
    assert ("fine.py", 2) in places(result)


def test_what_is_passed_over_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "import os, hashlib as h\nfrom os import system as run\nclass A:\n    password = 'hunter22'\n"
        "    async def f(self, token='s3cret', *rest: int, **more) -> 'A':\n"
        "        global x\n"
        "        x = [f'select {a} from t where b = {a!r:>{w}}' for a in rest if a > 1 and not a % 2]\n"
        "        run(self.f(*rest, secret='abcdef', **more)[1:2].y, shell=True)\n"
        "        match x:\n"
        "            case {'password': 'qwerty', **others}: return h.md5(b'x' + x[0], usedforsecurity=True)\n"
        "        return (lambda password='letmein': exec(password))() if (y := {'token': 'abc'}) else -1.5j\n"
    )
    (tmp_path / "app.py").write_text(source)

    def reports() -> list[tuple[object, ...]]:
        manager = BanditManager(BanditConfig(), "file", ignore_nosec=True)
        manager.files_list = [str(tmp_path / "app.py")]
        manager.run_tests()
        return [(one.test_id, one.lineno, one.linerange, one.col_offset, one.text) for one in manager.results]

    plainly = reports()
    monkeypatch.setattr(BanditNodeVisitor, "generic_visit", BanditNodeVisitor.generic_visit)
    bandit_worker._hasten()
    assert len(plainly) >= 8
    assert reports() == plainly


def test_a_digest_without_a_password_is_no_password_hash(tmp_path: Path) -> None:
    source = (
        "import hashlib\ndef f(path, password):\n    a = hashlib.md5(path)\n\n\n\n    return hashlib.md5(password)\n"
    )
    assert places(run(make_tree(tmp_path, {"app.py": source}), ONLY_BANDIT), "BA203") == {("app.py", 7)}


def test_every_test_a_rule_names_is_described() -> None:
    named = {test for rule in load_rules() for test in rule.bandit}
    assert set(bandit_run.tests_for(load_rules())) == named
    assert named == set(bandit_run.known_tests())


def test_every_test_exists_in_bandit() -> None:
    from bandit.core.extension_loader import MANAGER

    assert all(MANAGER.check_id(test) for test in bandit_run.known_tests())
