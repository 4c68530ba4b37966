"""Which secrets in source each tool tells: ours, bandit, ruff and detect-secrets, on the same trees.

The first tree are the fixtures of BA201, where a comment marks each line that must be reported. The second are lines of
public applications that a person has judged, as a YAML list of ``{app, file, line, family, verdict}``.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import msgspec

from benchmarks.backends import BenchmarkError
from benchmarks.peers import OURS, SCANNERS, Told, environment, told, version_of

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "BA201-hardcoded-secret"
FAMILY = "hardcoded-secret"
CODES = {
    OURS: ("BA201",),
    "bandit": ("B105", "B106", "B107"),
    "ruff": ("S105", "S106", "S107"),
    "detect-secrets": ("every plugin",),
}
SLACK = 2
"""Lines a report may lie beside a judged line: a person judged the secret, and not the line of its name."""
_MARK = re.compile(rb"[ \t]*# expect: (BA\d{3}(?:, ?BA\d{3})*)(?=\r?$)", re.MULTILINE)

Place = tuple[str, int]


class Judged(msgspec.Struct, frozen=True):
    """One line of an application that a person has judged."""

    app: str
    file: str
    line: int
    family: str
    verdict: str
    note: str = ""


class Score(msgspec.Struct, frozen=True):
    """``found`` of ``expected`` lines, and lines reported although nothing is wrong (``alarms``)."""

    found: int
    expected: int
    alarms: int


class Teller(msgspec.Struct, frozen=True):
    """One tool: its score on our fixtures, Python and settings files apart, and on the judged lines."""

    tool: str
    version: str
    codes: tuple[str, ...]
    python: Score
    settings: Score
    judged: Score


class Secrets(msgspec.Struct, frozen=True):
    """What ``secrets.json`` holds. ``innocent`` counts the judged lines that hold no secret, ``lines`` those of our
    fixtures."""

    date: str
    python: str
    applications: tuple[str, ...]
    innocent: int
    lines: int
    tellers: tuple[Teller, ...]


def measure_secrets(
    workspace: Path, home: Path | None, labels: Path, corpus: Path, say: Callable[[str], None]
) -> Secrets:
    """Run every tool. ``home`` has the other tools; ``corpus`` a checkout an application. Raises ``BenchmarkError``."""
    programs = (home or environment(workspace / "secrets-environment", SCANNERS, say)).resolve()
    judged = [label for label in _labels(labels) if label.family == FAMILY]
    absent = sorted({label.app for label in judged if not (corpus / label.app).is_dir()})
    if absent:
        raise BenchmarkError(f"{corpus} has no {', '.join(absent)}")
    cases, expected, lines = _cases(workspace / "secrets")
    tellers = []
    for tool in (OURS, *SCANNERS):
        say(tool)
        python = sys.executable if tool == OURS else str(programs / "bin" / "python")
        reports = told(tool, programs, workspace / "secrets", CODES[tool], cases)
        tellers.append(
            Teller(
                tool,
                version_of(python, tool),
                CODES[tool],
                _marked(reports, expected, python=True),
                _marked(reports, expected, python=False),
                _scored(tool, programs, corpus, judged, say),
            )
        )
    return Secrets(
        date.today().isoformat(),
        ".".join(map(str, sys.version_info[:3])),
        tuple(sorted({label.app for label in judged})),
        sum(label.verdict == "ok" for label in judged),
        lines,
        tuple(tellers),
    )


def _labels(path: Path) -> list[Judged]:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=list[Judged])
    except (OSError, msgspec.DecodeError, ImportError) as error:
        raise BenchmarkError(f"{path}: {error}") from error


def _cases(folder: Path) -> tuple[list[Path], list[tuple[Place, ...]], int]:
    """Copies of our cases without their marks; what each expectation allows, as places below ``folder``; the lines."""
    shutil.rmtree(folder, ignore_errors=True)
    cases, expected, lines = [], [], 0
    for kind in ("bad", "good"):
        for case in sorted((FIXTURES / kind).iterdir()):
            if case.suffix == ".toml" or case.name == "__pycache__":
                continue
            place = folder / kind / case.stem
            place.mkdir(parents=True)
            if case.is_dir():
                shutil.copytree(case, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
                (place / "expect.toml").unlink(missing_ok=True)
            else:
                shutil.copy(case, place)
            aside = case / "expect.toml" if case.is_dir() else case.with_suffix(".expect.toml")
            prefix = f"{kind}/{case.stem}"
            expected += _aside(aside, prefix)
            for file in sorted(path for path in place.rglob("*") if path.is_file()):
                data = file.read_bytes()
                inside = f"{prefix}/{file.relative_to(place).as_posix()}"
                for mark in _MARK.finditer(data):
                    if b"BA201" in mark[1]:
                        expected.append(((inside, data.count(b"\n", 0, mark.start()) + 1),))
                file.write_bytes(_MARK.sub(b"", data))
                lines += data.count(b"\n")
            cases.append(place)
    return cases, expected, lines


def _aside(path: Path, prefix: str) -> list[tuple[Place, ...]]:
    if not path.exists():
        return []
    entries = [item for item in tomllib.loads(path.read_text("utf-8")).get("expect", ()) if item["code"] == "BA201"]
    places = [[text.rpartition(":") for text in item["any"]] for item in entries]
    return [tuple((f"{prefix}/{file}", int(line)) for file, _, line in texts) for texts in places]


def _marked(reports: set[Told], expected: list[tuple[Place, ...]], *, python: bool) -> Score:
    of_kind = {report for report in reports if report.path.endswith(".py") == python}
    wanted = [places for places in expected if places[0][0].endswith(".py") == python]
    met = [places for places in wanted if any(_on(report, place) for report in of_kind for place in places)]
    every = {place for places in wanted for place in places}
    wrong = {(report.path, report.line) for report in of_kind if not any(_on(report, place) for place in every)}
    return Score(len(met), len(wanted), len(wrong))


def _on(report: Told, place: Place) -> bool:
    return report.path == place[0] and report.line <= place[1] <= report.last


def _scored(tool: str, home: Path, corpus: Path, judged: list[Judged], say: Callable[[str], None]) -> Score:
    """A judged secret is found by a report within two lines; a line without one must have no report at all."""
    reports: Mapping[str, set[Told]] = {
        app: told(tool, home, corpus / app, CODES[tool]) for app in sorted({label.app for label in judged})
    }
    met: dict[str, list[Judged]] = defaultdict(list)
    for label in judged:
        slack = SLACK if label.verdict == "bad" else 0
        if any(
            report.path == label.file and report.line - slack <= label.line <= report.last + slack
            for report in reports[label.app]
        ):
            met[label.verdict].append(label)
    for label in judged:
        if (label.verdict == "bad") != (label in met[label.verdict]):
            say(f"{tool} {'misses' if label.verdict == 'bad' else 'reports'} {label.app}/{label.file}:{label.line}")
    return Score(len(met["bad"]), sum(label.verdict == "bad" for label in judged), len(met["ok"]))
