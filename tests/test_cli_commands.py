"""The commands beside the audit, and what is common to all."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from analyzer import __version__
from analyzer.cli.main import main
from analyzer.report import formats
from analyzer.rulebook import load_rules

REPOSITORY = Path(__file__).resolve().parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals, pipes and terminals")


def command(*words: str, module: str = "analyzer") -> list[str]:
    return [sys.executable, "-m", module, *words]


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the repository importable and nothing that changes output."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    return {**kept, "PYTHONPATH": path, "PYTHONUTF8": "1", **more}


@pytest.mark.parametrize("words", [["--version"], ["--version", "--help"]])
def test_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert __version__ in capsys.readouterr().out or "--help" in words


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    for rule in load_rules():
        assert f"{rule.code}  {rule.slug}" in out
    assert "\x1b" not in out


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--output", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["rules"]
    assert [entry["code"] for entry in listed] == [rule.code for rule in load_rules()]
    sql = next(entry for entry in listed if entry["code"] == "BA101")
    assert (sql["slug"], sql["severity"], sql["cwe"]) == ("string-built-sql", "error", [89])
    assert sql["engines"] == ["backend-audit", "semgrep", "bandit B608"]


def test_rules_as_json_are_what_reports_say_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--output", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["rules"]
    for entry in listed:
        del entry["engines"]
    schema = json.loads((REPOSITORY / "schema" / "report.schema.json").read_text("utf-8"))
    jsonschema.validate(listed, {"type": "array", "items": {"$ref": "#/$defs/rule"}, "$defs": schema["$defs"]})


def test_rules_in_an_unknown_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--output", "xml"]) == 2
    assert capsys.readouterr() == ("", '--output: expected text or json, got "xml"\n')


@pytest.mark.parametrize("name", ["BA101", "ba101", "string-built-sql"])
def test_explain_renders_the_documentation(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith("BA101 string-built-sql: ")
    for heading in ("What it finds", "Why it matters", "Bad", "Good", "When not to fix it"):
        assert f"\n{heading}\n" in out
    assert "CWE-89" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sting-built-sql", 'no rule is called "sting-built-sql"; did you mean "string-built-sql"?'),
        ("zzz\x1b[2J", 'no rule is called "zzz\\x1b[2J"; see backend-audit rules'),
    ],
)
def test_explain_an_unknown_rule(name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 2
    assert capsys.readouterr() == ("", message + "\n")


def test_help_of_everything_is_one_page() -> None:
    page = subprocess.run(command("--help"), env=environment(COLUMNS="120"), capture_output=True, check=True).stdout
    for word in (b"--select", b"--fail-on", b"Which rules", b"explain", b"cache", b"Exit codes", b"PATH... | COMMAND"):
        assert word in page


def test_help_names_every_format() -> None:
    done = subprocess.run(command("--help"), env=environment(COLUMNS="200"), capture_output=True, check=True)
    page = done.stdout.decode()
    assert [name for name in formats() if not re.search(rf"[ ,]{name}[ ,]", page)] == []


def test_completion_offers_commands_options_and_rules() -> None:
    def offered(line: str) -> str:
        variables = {"_BACKEND_AUDIT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "1"}
        variables["COMP_CWORD"] = str(len(line.split(" ")) - 1)
        done = subprocess.run(command(), env=environment(**variables), capture_output=True, text=True, check=False)
        return done.stdout

    assert {"explain", "rules"} <= set(offered("backend-audit ").split())
    assert "--select" in offered("backend-audit --sel")
    assert "BA101" in offered("backend-audit explain BA10")


@pytest.mark.parametrize("words", [["--version"], ["rules"], ["explain", "BA101"], ["--help"], ["gone"]])
def test_nothing_heavy_is_imported_for_small_questions(words: list[str]) -> None:
    script = (
        "import sys\nfrom analyzer.cli.main import main\n"
        f"main({words!r})\n"
        "heavy = {'libcst', 'semgrep', 'bandit', 'networkx', 'analyzer.pipeline'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@posix
@pytest.mark.parametrize("behaviour", ["many", "findings"])
def test_reader_that_goes_away_is_no_error(behaviour: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    words = command(behaviour, str(tmp_path), "--output", "json", module="cli_stub")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(words, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@posix
@pytest.mark.parametrize("words", [["--help"], ["rules"], ["check", "--help"], ["explain", "BA101"]])
def test_help_page_nobody_reads_is_no_error(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command(*words), env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
def test_interrupt_from_the_keyboard(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    words = command("slow", str(tmp_path), module="cli_stub")

    def heed() -> None:  # what a shell starts in the background ignores the keyboard, and so would its children
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    running = subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed
    )
    assert running.stdout is not None
    assert running.stdout.readline() == b"begun\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (130, b"", b"backend-audit: interrupted\n")


def copies(folder: Path) -> list[Path]:
    """The copies of audited source that a run's engines have before them."""
    return list(folder.glob("backend-audit-*/*.py"))


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_copy_of_audited_source(number: signal.Signals, tmp_path: Path) -> None:
    source, temporary = tmp_path / "app", tmp_path / "temporary"
    source.mkdir()
    temporary.mkdir()
    (source / "users.py").write_text(
        "def find(cursor, name):\n    cursor.execute(f'SELECT 1 FROM t WHERE a = {name}')\n"
    )
    running = subprocess.Popen(
        command(str(source), "--no-cache"),
        env=environment(TMPDIR=str(temporary)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # the tests may be run under ``nohup``
    )
    while running.poll() is None and not copies(temporary):
        time.sleep(0.01)
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (128 + number, b"", b"backend-audit: interrupted\n")
    assert list(temporary.iterdir()) == []


@posix
def test_a_hang_up_that_is_ignored_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")

    def ignore() -> None:  # as nohup does
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    running = subprocess.Popen(
        command("slow", str(tmp_path), module="cli_stub"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=ignore,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == b"begun\n"
    running.send_signal(signal.SIGHUP)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)
    assert running.returncode == 128 + signal.SIGTERM


@posix
@pytest.mark.parametrize(("options", "shown"), [([], True), (["--quiet"], False)])
def test_progress_is_shown_on_a_terminal_only_and_on_standard_error(
    options: list[str], shown: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    words = command("clean", str(tmp_path), "--output", "json", *options, module="cli_stub")
    plain = subprocess.run(words, env=environment(), capture_output=True, check=True)
    assert plain.stderr == b""
    ours, theirs = os.openpty()
    done = subprocess.run(words, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert (b"files" in seen and b"graph" in seen) is shown
    assert done.stdout == plain.stdout
    assert json.loads(done.stdout)["findings"] == []


def test_crash_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    done = subprocess.run(
        command("crash", str(tmp_path), module="cli_stub"), env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 4
    assert b"ValueError: boom" in done.stderr


def shell(line: str, folder: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    """A line for bash in which ``$AUDIT`` is the command on the stub's one finding."""
    words = " ".join(command("findings", "a.py", module="cli_stub"))
    (folder / "a.py").write_text("x = 1\n")
    kept = environment(AUDIT=words, **more)
    return subprocess.run(["bash", "-c", line], env=kept, cwd=folder, capture_output=True, check=False, timeout=60)


bash = pytest.mark.skipif(
    shutil.which("bash") is None or not os.path.exists("/dev/full"),  # noqa: PTH110
    reason="needs bash and the devices of Linux",
)


@bash
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("$AUDIT --output json > /dev/full", "standard output: cannot write to it: No space left on device"),
        ("$AUDIT --output json >&-", "standard output: cannot write to it: it is closed"),
        ("$AUDIT --output json=/dev/full", "/dev/full: cannot write it: No space left on device"),
        (f"{sys.executable} -m analyzer --version >&-", "standard output: cannot write to it: it is closed"),
        (
            f"{sys.executable} -m analyzer --help > /dev/full",
            "backend-audit: could not be completed: No space left on device",
        ),
        (f"{sys.executable} -m analyzer --help >&-", "standard output: cannot write to it: it is closed"),
        (
            f"{sys.executable} -m analyzer rules > /dev/full",
            "standard output: cannot write to it: No space left on device",
        ),
    ],
)
def test_what_the_system_refuses_is_one_line_and_exit_4(line: str, told: str, tmp_path: Path) -> None:
    done = shell(line, tmp_path)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (4, b"", f"{told}\n")


@bash
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("$AUDIT --output json=/dev/stdout | cat; exit ${PIPESTATUS[0]}", 1),
        ("$AUDIT --output json=/dev/fd/1 | cat; exit ${PIPESTATUS[0]}", 1),
        ("{ $AUDIT -q --output json=>(cat >&3); } 3>&1 | cat", 0),
        ("$AUDIT --output json=/dev/stdout > report.json; cat report.json", 0),
        ("$AUDIT --output json=/dev/stderr -q 2>&1", 1),
        ("$AUDIT --output json=/dev/fd/7 -q 7> report.json; cat report.json", 0),
        ("mkfifo pipe; cat pipe & $AUDIT -q --output json=pipe; code=$?; wait; exit $code", 1),
        ("$AUDIT --output json 2>&-", 1),
        ("$AUDIT --output json <&-", 1),
        ("$AUDIT -q --output json=report.json <&- >&- 2>&-; cat report.json", 0),
    ],
)
def test_a_report_reaches_whatever_is_open(line: str, code: int, tmp_path: Path) -> None:
    done = shell(line, tmp_path)
    assert done.returncode == code
    assert len(json.loads(done.stdout)["findings"]) == 1


@bash
def test_standard_error_gets_the_report_beside_what_else_is_told(tmp_path: Path) -> None:
    shell("echo before > log; $AUDIT --output json=/dev/stderr 2>> log", tmp_path)
    told = (tmp_path / "log").read_text()
    assert told.startswith("before\n{")
    assert told.endswith("}\nbackend-audit: 1 finding; wrote json to /dev/stderr\n")


def test_a_cache_that_cannot_be_emptied_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "facts-1.sqlite3"
    kept.write_bytes(b"")

    def refuse(path: Path, **_: bool) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    assert main(["cache", "clear", "--cache-dir", str(tmp_path)]) == 4
    assert capsys.readouterr() == ("", f"backend-audit: could not be completed: Permission denied ({kept})\n")
    assert main(["cache", "info", "--cache-dir", "~nobody-of-this-name/cache"]) == 2
    assert "--cache-dir" in capsys.readouterr().err


def test_cache_is_told_of_and_emptied_in_the_folder_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import analyzer.facts

    store = SimpleNamespace(
        cache_info=lambda config: {"folder": config.cache_dir, "size_in_bytes": 12345},
        cache_clear=lambda config: f"emptied {config.cache_dir}",
    )
    monkeypatch.setitem(sys.modules, "analyzer.facts.store", store)
    monkeypatch.setattr(analyzer.facts, "store", store, raising=False)
    assert main(["cache", "info", "--cache-dir", "kept\x1b[2J"]) == 0
    assert capsys.readouterr().out == "folder: kept\\x1b[2J\nsize in bytes: 12,345\n"
    assert main(["cache", "clear", "--cache-dir", "kept"]) == 0
    assert capsys.readouterr().out == "emptied kept\n"
    assert main(["cache", "polish"]) == 2
    capsys.readouterr()
    assert main(["cache"]) == 2
    assert capsys.readouterr().err == ""
