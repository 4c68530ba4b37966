"""``python -m benchmarks COMMAND``; the commands stand in ``benchmarks/README.md``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.applications import APPLICATIONS
from benchmarks.backends import BACKENDS, BenchmarkError, workspace
from benchmarks.calibrate import calibrate
from benchmarks.calibration_table import document, written
from benchmarks.comparison import EDGES, SECRETS, SUITES, write
from benchmarks.edges import measure_edges
from benchmarks.routes import Comparison, measure_application
from benchmarks.routes_table import Figures, figure, render_comparison
from benchmarks.secrets import measure_secrets
from benchmarks.speed import Outcome, Setting, measure_backend
from benchmarks.suites import commit_of, measure_suites
from benchmarks.table import render

CALIBRATION = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
THRESHOLDS = Path(__file__).resolve().parent.parent / "analyzer" / "knowledge" / "calibration.toml"
_MEASURED_WITH = ("backend-audit", "bandit", "semgrep", "libcst")


class Results(msgspec.Struct, frozen=True):
    """What ``--json`` writes: where and with what was measured, and the outcome a backend."""

    machine: dict[str, str]
    outcomes: list[Outcome]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when everything asked for was measured, 1 when something could not be."""
    options = _parser().parse_args(arguments)
    commands = {"routes": _routes, "speed": _speed, "calibrate": _calibrate}
    return commands.get(options.command, _compare)(options)


def _compare(options: argparse.Namespace) -> int:
    measures = {"edges": _edges, "secrets": _secrets, "suites": _suites}
    try:
        measures[options.command](options, partial(_say, options.command))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _edges(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    write(EDGES, measure_edges(workspace(), options.environment, say))


def _secrets(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    write(SECRETS, measure_secrets(workspace(), options.environment, options.labels, options.corpus, say))


def _suites(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    folders = {"CodeQL": options.codeql, "ruff": options.ruff, "bandit": options.bandit}
    checkouts = {name: (folder.resolve(), commit_of(folder)) for name, folder in folders.items()}
    write(SUITES, measure_suites(workspace(), options.environment, checkouts, say))


def _calibrate(options: argparse.Namespace) -> int:
    place = workspace()
    wheels = (options.wheels or place / "wheels").resolve()
    try:
        found = calibrate(date.today().isoformat(), place / "calibration", wheels, options.jobs, _say)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    THRESHOLDS.write_text(written(found), encoding="utf-8")
    CALIBRATION.write_text(document(found), encoding="utf-8")
    return 0


def _routes(options: argparse.Namespace) -> int:
    outcomes: list[Comparison] = []
    for application in APPLICATIONS:
        if options.only and application.name not in options.only:
            continue
        say = partial(_say, application.name)
        try:
            outcomes.append(measure_application(application, workspace(), options.environments, say))
        except BenchmarkError as error:
            say("failed")
            print(error, file=sys.stderr)
            return 1
        print(f"\n{render_comparison(outcomes[-1], options.list)}", flush=True)
    if options.json:
        machine = {"Python": platform.python_version(), "backend-audit": version("backend-audit")}
        figures = Figures(machine | {"date": date.today().isoformat()}, [figure(outcome) for outcome in outcomes])
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    return 0


def _speed(options: argparse.Namespace) -> int:
    place = workspace()
    setting = Setting(
        workspace=place,
        wheels=(options.wheels or place / "wheels").resolve(),
        jobs=options.jobs,
        repeat=options.repeat,
    )
    machine = _machine(setting)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    outcomes: list[Outcome] = []
    for backend in BACKENDS:
        if options.only and backend.name not in options.only:
            continue
        try:
            outcomes.append(measure_backend(backend, setting, partial(_say, backend.name)))
        except BenchmarkError as error:
            _say(backend.name, "failed")
            print(error, file=sys.stderr)
            return 1
        print(f"\n{render(outcomes[-1])}", flush=True)
    if options.json:
        encoded = msgspec.json.format(msgspec.json.encode(Results(machine, outcomes)), indent=2)
        options.json.write_bytes(encoded + b"\n")
    return 0


def _say(name: str, what: str) -> None:
    print(f"{name}: {what}", file=sys.stderr, flush=True)


def _machine(setting: Setting) -> dict[str, str]:
    """Versions and sizes that a reader needs to judge the figures; the median of how many runs."""
    versions = {name: version(name) for name in _MEASURED_WITH}
    return {
        "Python": platform.python_version(),
        **versions,
        "processes": str(setting.jobs),
        "runs": str(setting.repeat),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    speed = commands.add_parser("speed", help="time and memory on real backends, next to bandit, semgrep and the floor")
    names = [backend.name for backend in BACKENDS]
    speed.add_argument("--only", action="append", choices=names, help="this backend alone; may be repeated")
    speed.add_argument("--repeat", type=_positive, default=1, metavar="N", help="runs of which the median counts")
    speed.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes a contender")
    speed.add_argument("--wheels", type=Path, metavar="DIR", help="folder that holds the wheels, or is to hold them")
    speed.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    routes = commands.add_parser("routes", help="our route table next to the one real applications hold at run time")
    named = [application.name for application in APPLICATIONS]
    routes.add_argument("--only", action="append", choices=named, help="this application alone; may be repeated")
    routes.add_argument("--environments", type=Path, metavar="DIR", help="environments that are there already, by name")
    routes.add_argument("--list", action="store_true", help="also list what only one of the two tables holds")
    routes.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    edges = commands.add_parser("edges", help="which edges other architecture tools see; writes docs/comparison.md")
    secrets = commands.add_parser("secrets", help="which secrets other scanners tell; writes docs/comparison.md")
    secrets.add_argument("--labels", type=Path, required=True, metavar="FILE", help="judged lines, a list in YAML")
    secrets.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="the applications, a folder each")
    suites = commands.add_parser("suites", help="the tests of other scanners; writes docs/comparison.md")
    for name in ("codeql", "ruff", "bandit"):
        suites.add_argument(f"--{name}", type=Path, required=True, metavar="DIR", help=f"a checkout of {name}")
    for compared in (edges, secrets, suites):
        compared.add_argument("--environment", type=Path, metavar="DIR", help="an environment that has the other tools")
    measured = commands.add_parser(
        "calibrate", help="the rules' thresholds from real backends; writes data and document"
    )
    measured.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes")
    measured.add_argument("--wheels", type=Path, metavar="DIR", help="folder that holds the wheels, or is to hold them")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
