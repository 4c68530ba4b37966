"""Recall and false alarms on the annotated tests of other scanners: CodeQL's, ruff's and bandit's.

A suite is a folder of a checkout; nothing of it is kept. A report meets an expected line when both lie in the same
statement, so that a tool may point at any line of a long call.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from benchmarks.backends import BenchmarkError
from benchmarks.peers import OURS, Told, environment, statements, told, version_of
from benchmarks.peers import run as run_program
from benchmarks.suites_map import CODEQL, COUNTERPARTS, ONLY_BANDIT, Family

TOOLS = (OURS, "bandit", "ruff")
_CODEQL = "python/ql/test/query-tests/Security"
_RUFF = "crates/ruff_linter/resources/test/fixtures/flake8_bandit"
_SNAPSHOTS = "crates/ruff_linter/src/rules/flake8_bandit/snapshots"
_ALERT = re.compile(r"\bAlert\b")
_SNAPPED = re.compile(r"^(S\d{3})\b.*\n(?:.*\n)?? *--> (S\S+?\.py):(\d+):", re.MULTILINE)
_EXAMPLE = re.compile(r'"SEVERITY": \{([^}]*)\}.*?check_example\(\s*"([^"]+)"', re.DOTALL)

Line = tuple[str, int]


class Score(msgspec.Struct, frozen=True):
    """``found`` of the expected lines; ``alarms`` are reports of the same kind on other lines of the same files.
    A tool without a rule for it has ``rules`` false."""

    rules: bool
    found: int
    alarms: int


class Row(msgspec.Struct, frozen=True):
    """One kind of defect in one suite; scores in the order of :data:`TOOLS`."""

    title: str
    codes: tuple[str, ...]
    expected: int
    scores: tuple[Score, ...]


class Suite(msgspec.Struct, frozen=True):
    """One suite, at the commit that was measured."""

    name: str
    commit: str
    rows: tuple[Row, ...]


class Suites(msgspec.Struct, frozen=True):
    """What ``suites.json`` holds."""

    date: str
    python: str
    versions: tuple[str, ...]
    suites: tuple[Suite, ...]


class Run(msgspec.Struct, frozen=True):
    """What a measurement needs: where it may write, the other tools, and how it says what it does."""

    workspace: Path
    home: Path
    say: Callable[[str], None]


def measure_suites(
    workspace: Path, home: Path | None, checkouts: dict[str, tuple[Path, str]], say: Callable[[str], None]
) -> Suites:
    """Every suite of which a checkout is given, by name with its commit. Raises :class:`BenchmarkError`."""
    programs = (home or environment(workspace / "suites-environment", TOOLS[1:], say)).resolve()
    run = Run(workspace / "suites", programs, say)
    measures = {"CodeQL": _codeql, "ruff": _ruff, "bandit": _bandit}
    suites = [
        Suite(name, checkouts[name][1], tuple(measure(run, checkouts[name][0])))
        for name, measure in measures.items()
        if name in checkouts
    ]
    pythons = [sys.executable, *(str(programs / "bin" / "python") for _ in TOOLS[1:])]
    return Suites(
        date.today().isoformat(),
        ".".join(map(str, sys.version_info[:3])),
        tuple(version_of(python, tool) for python, tool in zip(pythons, TOOLS, strict=True)),
        tuple(suites),
    )


def commit_of(folder: Path) -> str:
    """The commit of a checkout. Raises :class:`BenchmarkError` where it is none."""
    return run_program(["git", "rev-parse", "HEAD"], folder).strip()


# --- CodeQL -----------------------------------------------------------------------------------------------------------


def _codeql(run: Run, checkout: Path) -> Iterator[Row]:
    """A family of folders a row; each folder is audited as one project."""
    for family in CODEQL:
        expected: set[Line] = set()
        aside: set[Line] = set()
        reports: dict[str, set[Told]] = defaultdict(set)
        sources: dict[str, str] = {}
        for name in family.folders:
            place = run.workspace / name
            alerts, others = _copy_queries(checkout / _CODEQL / name, place, family.query)
            expected |= {(f"{name}/{path}", line) for path, line in alerts}
            aside |= {(f"{name}/{path}", line) for path, line in others}
            sources |= {f"{name}/{path}": text for path, text in _texts(place)}
            for tool, codes in _codes(family):
                reports[tool] |= {
                    msgspec.structs.replace(report, path=f"{name}/{report.path}")
                    for report in told(tool, run.home, place, codes)
                }
        yield _row(run, f"{family.title} ({', '.join(family.cwes)})", family, expected, reports, sources, aside)


def _copy_queries(folder: Path, place: Path, query: str) -> tuple[set[Line], set[Line]]:
    """Copy the Python files of a query's tests and return the lines with an alert, and those with one of another query.

    ``test.py`` gets another name, because a test is no backend to us. Python 2 is left as it is.
    """
    if not folder.is_dir():
        raise BenchmarkError(f"{folder} is not there")
    shutil.rmtree(place, ignore_errors=True)
    alerts: set[Line] = set()
    others: set[Line] = set()
    renamed = {}
    for source in sorted(folder.rglob("*.py")):
        inside = source.relative_to(folder)
        name = re.sub(r"(?<![a-z])tests?(?![a-z])", "case", inside.name)
        renamed[inside.as_posix()] = inside.with_name(name).as_posix()
        text = source.read_text(encoding="utf-8", errors="replace")
        target = place / inside.with_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if _is_alert(line):
                chosen = alerts if not query or f"Alert[{query}]" in line else others
                chosen.add((inside.with_name(name).as_posix(), number))
    return alerts or _selected(folder, renamed), others


def _is_alert(line: str) -> bool:
    """An alert that is right: ``# $ Alert``, or ``MISSING: Alert``, which CodeQL knows to miss; no ``SPURIOUS`` one."""
    comment = line.partition("# $")[2].partition("#")[0]
    parts = re.split(r"\b(SPURIOUS|MISSING):", comment)
    kinds = ["", *parts[1::2]]
    return any(kind != "SPURIOUS" and _ALERT.search(part) for kind, part in zip(kinds, parts[::2], strict=True))


def _selected(folder: Path, renamed: dict[str, str]) -> set[Line]:
    """The rows of ``#select`` in the files of expected results, where no line is annotated."""
    found = set()
    for path in sorted(folder.glob("*.expected")):
        _, _, rows = path.read_text(encoding="utf-8", errors="replace").partition("#select")
        found |= {(file, int(line)) for file, line in re.findall(r"^\| ([\w./-]+\.py):(\d+):", rows, re.MULTILINE)}
    return {(renamed[file], line) for file, line in found if file in renamed}


# --- ruff and bandit --------------------------------------------------------------------------------------------------


def _ruff(run: Run, checkout: Path) -> Iterator[Row]:
    """What ruff's snapshots hold; its fixture of a rule is audited alone."""
    place = _copy(checkout / _RUFF, run.workspace / "ruff")
    expected: dict[str, set[Line]] = defaultdict(set)
    for snapshot in sorted((checkout / _SNAPSHOTS).glob("*__tests__S*.py.snap")):
        for code, file, line in _SNAPPED.findall(snapshot.read_text(encoding="utf-8")):
            expected[code].add((file, int(line)))
    yield from _by_number(run, place, {code[1:]: lines for code, lines in expected.items()})


def _bandit(run: Run, checkout: Path) -> Iterator[Row]:
    """What bandit reports of its own examples, where its functional test says that it reports so many."""
    place = _copy(checkout / "examples", run.workspace / "bandit")
    text = (checkout / "tests" / "functional" / "test_functional.py").read_text(encoding="utf-8")
    promised = {file: sum(map(int, re.findall(r": *(\d+)", counts))) for counts, file in _EXAMPLE.findall(text)}
    reports = told("bandit", run.home, place, _every("B"))
    expected: dict[str, set[Line]] = defaultdict(set)
    for report in reports:
        if promised.get(report.path):
            expected[report.code[1:]].add((report.path, report.line))
    yield from _by_number(run, place, expected)


def _by_number(run: Run, place: Path, expected: dict[str, set[Line]]) -> Iterator[Row]:
    """A row a kind of defect; the numbers of bandit's tests and of ruff's rules are the same."""
    reports = {
        OURS: told(OURS, run.home, place, tuple(sorted({code for family in COUNTERPARTS for code in family.ours}))),
        "bandit": told("bandit", run.home, place, _every("B")),
        "ruff": told("ruff", run.home, place, _every("S")),
    }
    sources = dict(_texts(place))
    for family in COUNTERPARTS:
        lines = {line for number in family.numbers for line in expected.get(number, ())}
        files = {file for file, _ in lines}
        if not lines:
            continue
        chosen = {
            tool: {report for report in reports[tool] if report.code in codes and report.path in files}
            for tool, codes in _codes(family)
        }
        yield _row(run, family.title, family, lines, chosen, sources)


def _every(letter: str) -> tuple[str, ...]:
    return tuple(
        sorted(
            letter + number
            for family in COUNTERPARTS
            for number in family.numbers
            if letter == "B" or number not in ONLY_BANDIT
        )
    )


def _copy(folder: Path, place: Path) -> Path:
    if not folder.is_dir():
        raise BenchmarkError(f"{folder} is not there")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place, ignore=lambda _, names: [name for name in names if name.endswith(".pyi")])
    return place


# --- all of them ------------------------------------------------------------------------------------------------------


def _codes(family: Family) -> list[tuple[str, tuple[str, ...]]]:
    numbers = family.numbers
    return [
        (OURS, family.ours),
        ("bandit", tuple(f"B{number}" for number in numbers)),
        ("ruff", tuple(f"S{number}" for number in numbers if number not in ONLY_BANDIT)),
    ]


def _texts(place: Path) -> Iterable[tuple[str, str]]:
    for path in sorted(place.rglob("*.py")):
        yield path.relative_to(place).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def _row(
    run: Run,
    title: str,
    family: Family,
    expected: set[Line],
    reports: dict[str, set[Told]],
    sources: dict[str, str],
    aside: Iterable[Line] = (),
) -> Row:
    begins = {path: statements(text) for path, text in sources.items()}

    def place(path: str, line: int) -> Line:
        return path, begins.get(path, {}).get(line, line)

    wanted = {place(*line) for line in expected}
    elsewhere = wanted | {place(*line) for line in aside}
    scores = []
    for tool, codes in _codes(family):
        met = {place(report.path, report.line) for report in reports[tool]}
        scores.append(Score(bool(codes), len(wanted & met), len(met - elsewhere)))
        if tool == OURS:
            for path, line in sorted(wanted - met):
                run.say(f"missed   {'/'.join(family.ours)} {path}:{line}")
            for path, line in sorted(met - elsewhere):
                run.say(f"reported {'/'.join(family.ours)} {path}:{line}")
    return Row(title, family.ours, len(wanted), tuple(scores))
