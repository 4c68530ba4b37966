"""The audit on the command line: what it hands on, what it prints where, and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cli_stub import Audit, answering, pipeline, raising, report

import analyzer
from analyzer.cli.main import main
from analyzer.config import Config
from analyzer.model import NothingToAudit, Progress, Report, Severity, UserError

Use = Callable[[Audit], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Put an audit in place of the pipeline's."""

    def put(audit: Audit) -> None:
        monkeypatch.setitem(sys.modules, "analyzer.pipeline", pipeline(audit))
        monkeypatch.setattr(analyzer, "pipeline", pipeline(audit), raising=False)

    return put


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project that is the working folder, and an environment without surprises."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("severities", "options", "code"),
    [
        ((), [], 0),
        ((Severity.ERROR,), [], 1),
        ((Severity.WARNING,), [], 1),
        ((Severity.NOTE,), [], 0),
        ((Severity.NOTE,), ["--fail-on", "note"], 1),
        ((Severity.WARNING,), ["--fail-on", "error"], 0),
        ((Severity.WARNING, Severity.ERROR), ["--fail-on", "error"], 1),
        ((Severity.ERROR,), ["--fail-on", "never"], 0),
    ],
)
def test_exit_code_follows_the_worst_finding(
    severities: tuple[Severity, ...], options: list[str], code: int, use: Use
) -> None:
    use(answering(report(*severities)))
    assert main(["app", *options]) == code


def test_incomplete_audit_is_never_clean(use: Use) -> None:
    use(answering(report(complete=False)))
    assert main(["app", "--fail-on", "never"]) == 4


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(0), RecursionError(), MemoryError()])
def test_crash_is_told_and_never_clean(error: BaseException, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(raising(error))
    assert main(["app"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("backend-audit: the audit could not be completed")


@pytest.mark.parametrize(
    ("error", "code"), [(UserError("a: wrong\nb: wrong"), 2), (NothingToAudit("nothing in app"), 3)]
)
def test_users_errors_are_plain_lines(
    error: UserError, code: int, use: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    use(raising(error))
    assert main(["app"]) == code
    assert capsys.readouterr() == ("", f"{error}\n")


def test_interruption_is_one_line(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(raising(KeyboardInterrupt()))
    assert main(["app"]) == 130
    assert capsys.readouterr() == ("", "backend-audit: interrupted\n")


@pytest.mark.parametrize("words", [["check", "app"], ["app"], ["--quiet", "app"], ["--", "app"], ["./app"]])
def test_audit_needs_no_command(words: list[str], use: Use) -> None:
    use(answering(report(Severity.ERROR)))
    assert main(words) == 1


def test_folder_called_like_a_command(folder: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[list[Path]] = []

    def audit(paths: Sequence[Path], config: Config, progress: Progress) -> Report:
        del config, progress
        seen.append(list(paths))
        return report()

    (folder / "rules").mkdir()
    use(audit)
    assert main(["./rules"]) == main(["check", "rules"]) == 0
    assert seen == [[Path("rules")], [Path("rules")]]
    capsys.readouterr()
    assert main(["rules", "--output", "json"]) == 0
    assert "rules" in json.loads(capsys.readouterr().out)


def test_options_become_settings(folder: Path, use: Use) -> None:
    seen: list[Config] = []

    def audit(paths: Sequence[Path], config: Config, progress: Progress) -> Report:
        del paths, progress
        seen.append(config)
        return report()

    use(audit)
    (folder / "pyproject.toml").write_text("[tool.backend-audit]\nmax-file-size = 7\njobs = 1\n")
    words = (
        "app --select BA1,sql --select ba201 --ignore BA202 --extend-select BA5 --pedantic --min-severity warning "
        "--min-confidence high --fail-on error --jobs 3 --no-semgrep --no-bandit --no-cache --cache-dir kept"
    )
    assert main(words.split()) == 0
    from analyzer.model import Confidence

    assert seen == [
        Config(
            select=("BA1", "sql", "BA201"),
            ignore=("BA202",),
            extend_select=("BA5",),
            pedantic=True,
            min_severity=Severity.WARNING,
            min_confidence=Confidence.HIGH,
            fail_on=Severity.ERROR,
            jobs=3,
            semgrep=False,
            bandit=False,
            cache=False,
            cache_dir="kept",
            max_file_size=7,
        )
    ]


def test_every_wrong_use_is_told_at_once_and_before_the_audit(
    folder: Path, use: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    use(raising(AssertionError("the audit must not begin")))
    (folder / "pyproject.toml").write_text("[tool.backend-audit]\n\nselct = 1\n")
    words = "app --color blue -v -q --output sarf --output json --output text --output sarif=gone/x --select Q7"
    assert main(words.split()) == 2
    assert capsys.readouterr() == (
        "",
        '--color: expected auto, always or never, got "blue"\n'
        "--verbose and --quiet exclude each other\n"
        '--output: no format is called "sarf" (there are github, github-summary, json, sarif, text); '
        'did you mean "sarif"?\n'
        f"--output: cannot write gone/x: there is no folder {folder}/gone\n"
        "--output: only one format can go to standard output, not json and text; write text=FILE for the others\n"
        '--select: no rule, prefix, tag or family is called "Q7"\n'
        'pyproject.toml:3: unknown key "selct"; did you mean "select"?\n',
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["app", "--nope"], "--nope"),
        (["app", "--jobs", "many"], "'--jobs'"),
        (["app", "--x\x1b[2J"], "--x\\x1b[2J"),
        (["app", "--jobs", "9999"], "--jobs: expected a whole number from 0 to 256"),
        (["gone"], "gone: no such file or folder"),
        (["explan", "BA101"], 'explan: no such file, folder or command; did you mean "explain"?'),
        (["--quiet"], "name a path to audit"),
        (["app", "--output", "json="], 'names no file after "="'),
        (["app", "--output", "json=app"], "cannot write app: it is a folder"),
        (["app", "--output", "json=a.out", "--output", "sarif=./a.out"], "named twice"),
        (["app", "--select", ""], "expected a rule's code"),
        (["app", "--select", "BA101", "--ignore", "BA101"], "leave no rule to run"),
        (["gone\n::error::x\x1b[2J"], "gone\\n::error::x\\x1b[2J: no such file or folder"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(
    words: list[str], message: str, use: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    use(raising(AssertionError("the audit must not begin")))
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_no_words_at_all_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "PATH" in err


def test_formats_go_where_they_are_sent(folder: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(answering(report(Severity.ERROR)))
    (folder / "old.json").write_text("old")
    (folder / "old.json").chmod(0o640)
    assert main(["app", "--output", "github", "--output", "json=old.json", "--output", "sarif=ä b.sarif"]) == 1
    assert capsys.readouterr().out.startswith("::error ")
    assert len(json.loads((folder / "old.json").read_text())["findings"]) == 1
    assert (folder / "old.json").stat().st_mode & 0o777 == 0o640
    assert json.loads((folder / "ä b.sarif").read_text())["version"] == "2.1.0"
    assert sorted(path.name for path in folder.iterdir()) == [".git", "app", "old.json", "ä b.sarif"]


def test_files_alone_leave_standard_output_empty(folder: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(answering(report(Severity.ERROR)))
    assert main(["app", "--output", "json=a.json"]) == 1
    assert capsys.readouterr() == ("", "backend-audit: 1 finding; wrote json to a.json\n")
    assert main(["app", "--output", "json=a.json", "--quiet"]) == 1
    assert capsys.readouterr() == ("", "")
    assert (folder / "a.json").exists()


def test_output_through_a_link_keeps_the_link(folder: Path, use: Use) -> None:
    use(answering(report()))
    (folder / "kept").mkdir()
    (folder / "latest.json").symlink_to("kept/today.json")
    assert main(["app", "--output", "json=latest.json"]) == 0
    assert (folder / "latest.json").is_symlink()
    assert json.loads((folder / "kept" / "today.json").read_text())["findings"] == []


def test_step_summary_is_added_to(
    folder: Path, use: Use, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(answering(report(Severity.ERROR)))
    (folder / "summary.md").write_text("# earlier\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    assert main(["app"]) == 1
    assert (folder / "summary.md").read_text() == "# earlier\n"
    assert main(["app", "--output", "github"]) == 1
    summary = (folder / "summary.md").read_text()
    assert summary.startswith("# earlier\n")
    assert "BA101" in summary
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "gone" / "summary.md"))
    capsys.readouterr()
    assert main(["app", "--output", "github"]) == 1
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["a\n::error::owned.py", "\x1b[2Jowned.py", "a%0A::error.py"])
@pytest.mark.parametrize("form", ["text", "github"])
def test_hostile_file_name_does_not_reach_the_terminal_raw(
    path: str, form: str, use: Use, capsys: pytest.CaptureFixture[str]
) -> None:
    use(answering(report(Severity.ERROR, path=path)))
    assert main(["app", "--output", form]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert sum(line.startswith("::error") for line in out.splitlines()) == (form == "github")


@pytest.mark.parametrize(
    ("variables", "options", "coloured"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
    ],
)
def test_colour(
    variables: dict[str, str],
    options: list[str],
    coloured: bool,
    use: Use,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use(answering(report(Severity.ERROR)))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    main(["app", *options])
    assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_settings_are_shown_with_their_origin(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import tomllib

    (folder / "pyproject.toml").write_text(
        '[tool.backend-audit]\nfail-on = "never"\nignore = ["BA2"]\n\n[tool.backend-audit.per-file-ignores]\n'
        '"app/*" = ["BA101"]\n'
    )
    assert main(["app", "--show-settings", "--jobs", "2"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert 'fail-on = "never"  # pyproject.toml:2' in lines
    assert "jobs = 2  # command line" in lines
    assert "semgrep = true  # default" in lines
    assert not any(line.startswith("# rules:") and "BA201" in line for line in lines)
    (folder / "again.toml").write_text(out.replace("[tool.backend-audit]", ""))
    assert tomllib.loads(out)["tool"]["backend-audit"]["per-file-ignores"] == {"app/*": ["BA101"]}
    assert main(["app", "--config", "again.toml", "--show-settings"]) == 0


def test_two_settings_files_are_remarked(folder: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(answering(report()))
    (folder / "pyproject.toml").write_text("[tool.backend-audit]\npedantic = true\n")
    (folder / "backend-audit.toml").write_text("pedantic = false\n")
    assert main(["app"]) == 0
    remark = "backend-audit: backend-audit.toml is used; [tool.backend-audit] in pyproject.toml is not\n"
    assert capsys.readouterr().err == remark
    assert main(["app", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
