"""semgrep sees every file it must, whatever the audited tree says about that, and its places are exact."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines_support import ONLY_SEMGREP, SQL, MemoryStore, make_tree, places, run

from analyzer.config import Config
from analyzer.engines import session
from analyzer.engines.semgrep_install import Installed, find_semgrep
from analyzer.model import Confidence, Severity, Span

TOKEN = "ghp_" + "0aB1" * 9


def test_a_match_becomes_a_finding_of_ours(tmp_path: Path) -> None:
    (finding,) = run(make_tree(tmp_path, {"app.py": SQL}), ONLY_SEMGREP).findings
    assert (finding.rule, finding.engines) == ("BA101", ("semgrep",))
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.MEDIUM)
    assert finding.location.path == "app.py"
    assert finding.location.span == Span(2, 5, 2, 66)
    assert "SQL" in finding.message
    assert "bound parameters" in finding.fix


def test_nothing_in_the_tree_hides_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {
        "tests/test_app.py": SQL,
        "node_modules/package/app.py": SQL + "# 1\n",
        ".hidden/app.py": SQL + "# 2\n",
        "large.py": SQL + "# filler\n" * 150_000,
        "silenced.py": SQL.replace('")', '")  # nosem, nosemgrep'),
        "minified.min.py": SQL + "# 3\n",
    }
    tree = make_tree(tmp_path, hidden | {"other.py": "x = 1\n"})
    (tmp_path / ".semgrepignore").write_text("*.py\n")
    (tmp_path / ".gitignore").write_text("*.py\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMGREP_RULES", "/nonexistent")
    monkeypatch.setenv("SEMGREP_TIMEOUT", "0.0001")
    result = run(tree, ONLY_SEMGREP)
    assert places(result, "BA101") == {(name, 2) for name in hidden}
    assert result.degraded == ()


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    names = ["-rules.py", "--config=x.py", "a\nb.py", 'q"uote.py', "$(touch pwned).py", "ünï/cödé.py", "{}.py", "*.py"]
    tree = make_tree(tmp_path / "tree", {name: f"{SQL}# {name!r}\n" for name in names})
    result = run(tree, ONLY_SEMGREP)
    assert places(result, "BA101") == {(name, 2) for name in names}
    assert result.degraded == ()


@pytest.mark.parametrize(
    ("data", "span"),
    [
        (b"# -*- coding: latin-1 -*-\nx = '\xe9\xe9'; c.execute(f\"SELECT a FROM t WHERE b = {y}\")\n", (2, 11, 2, 54)),
        ('\ufeffc.execute(f"SELECT a FROM t WHERE b = {y}")\n'.encode(), (1, 1, 1, 44)),
        ("x = 1\r\nz = '日本𝔘'; c.execute(f\"SELECT a FROM t WHERE b = {y}\")\r\n".encode(), (2, 12, 2, 55)),
        ('if x:\n\tc.execute(\n\t\tf"SELECT a FROM é WHERE b = {y}"\n\t)\n'.encode(), (2, 2, 4, 3)),
    ],
)
def test_columns_are_code_points(tmp_path: Path, data: bytes, span: tuple[int, int, int, int]) -> None:
    (finding,) = run(make_tree(tmp_path, {"app.py": data}), ONLY_SEMGREP).findings
    assert finding.location.span == Span(*span)


def test_a_byte_order_mark_hides_nothing(tmp_path: Path) -> None:
    source = (
        "import os\n\n\ndef find(cursor, name):\n"
        "    cursor.execute(f\"SELECT id FROM users WHERE name = '{name}'\")\n"
        '    sql = "SELECT id FROM users WHERE name = " + name\n'
        "    cursor.execute(sql)\n"
        '    cursor.execute("DELETE FROM users WHERE name = %s" % name)\n'
        '    return os.getenv("DB_PASSWORD", "hunter2Zq81x")\n'
    )
    files = {"plain.py": source, "marked.py": "\ufeff" + source, "declared.py": "\ufeff# coding: utf-8\n" + source}
    found = run(make_tree(tmp_path, files), ONLY_SEMGREP).findings
    spans = {name: [(f.rule, f.location.span) for f in found if f.location.path == name] for name in files}
    assert len(spans["plain.py"]) == 4
    assert spans["marked.py"] == spans["plain.py"]
    assert [span.line for _, span in spans["declared.py"]] == [span.line + 1 for _, span in spans["plain.py"]]


@pytest.mark.parametrize(
    "codec", ["rot13", "hex", "zlib", "bz2", "base64", "uu", "quopri", "idna", "undefined", "punycode", "no-such-codec"]
)
def test_a_codec_that_reads_no_text_costs_no_audit(tmp_path: Path, codec: str) -> None:
    tree = make_tree(tmp_path, {"app.py": f"# -*- coding: {codec} -*-\n{SQL}", "other.py": SQL})
    assert places(run(tree, ONLY_SEMGREP), "BA101") == {("app.py", 3), ("other.py", 2)}


def test_a_file_parsed_in_part_is_named(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"whole.py": SQL, "half.py": SQL + "<<<<<<< HEAD\nx = (1\n>>>>>>> other\n"})
    result = run(tree, ONLY_SEMGREP)
    assert [(engine, path) for engine, path, _ in result.degraded] == [("semgrep", "half.py")]
    assert ("whole.py", 2) in places(result)


def test_a_secret_is_marked_to_be_masked(tmp_path: Path) -> None:
    source = f'URL = "postgresql://app:hunter22@db.internal/app"\nTOKEN = "{TOKEN}"\n'
    findings = run(make_tree(tmp_path, {"settings.py": source}), ONLY_SEMGREP).findings
    assert {finding.rule for finding in findings} == {"BA201"}
    lines = source.splitlines()
    masked = {lines[s.line - 1][s.column - 1 : s.end_column - 1] for f in findings for s in f.secrets}
    assert masked == {"hunter22", TOKEN}
    assert not any("hunter22" in f.message + f.fix or TOKEN in f.message + f.fix for f in findings)


def test_the_command_line_says_the_same_as_the_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_tree(
        tmp_path,
        {"tests/a.py": SQL, "b.py": f'TOKEN = "{TOKEN}"  # nosem\n', "broken.py": SQL + "x = )(\n", "-c.py": SQL + "#"},
    )
    direct = run(tree, ONLY_SEMGREP)
    assert {path for path, _ in places(direct)} >= {"tests/a.py", "b.py", "-c.py"}
    assert [path for _, path, _ in direct.degraded] == ["broken.py"]
    installed = find_semgrep()
    assert installed is not None
    monkeypatch.setattr(session, "find_semgrep", lambda: Installed(installed.version, None, installed.command))
    assert run(tree, ONLY_SEMGREP) == direct


def test_a_binary_that_refuses_its_orders_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = find_semgrep()
    assert installed is not None
    refusing = tmp_path / "core"
    refusing.write_text("#!/bin/sh\necho unknown option >&2\nexit 2\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(session, "find_semgrep", lambda: Installed("1", refusing, installed.command))
    result = run(make_tree(tmp_path / "tree", {"app.py": SQL}), ONLY_SEMGREP)
    assert places(result) == {("app.py", 2)}
    assert result.degraded == ()


def test_only_enabled_rules_speak(tmp_path: Path) -> None:
    from engines_support import RULES

    from analyzer import engines
    from analyzer.model import Silent

    tree = make_tree(tmp_path, {"app.py": SQL + f'TOKEN = "{TOKEN}"\n'})
    some = [rule for rule in RULES if rule.code == "BA201"]
    result = engines.run(tree, some, Config(jobs=1), MemoryStore(), Silent())
    assert {finding.rule for finding in result.findings} == {"BA201"}
    nothing = engines.run(
        tree, [rule for rule in RULES if rule.family == "architecture"], Config(), MemoryStore(), Silent()
    )
    assert nothing.findings == ()


def test_engines_switched_off_are_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_semgrep", lambda: None)
    result = run(make_tree(tmp_path, {"app.py": SQL}), Config(semgrep=False, bandit=False))
    assert result.findings == ()
    assert result.degraded == ()
