"""Our route table beside the one that the framework holds at run time, for a real application."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.applications import Application
from benchmarks.backends import BenchmarkError

_ROOT = Path(__file__).resolve().parent.parent
_AUTOMATIC = frozenset({"HEAD", "OPTIONS"})
"""Frameworks answer these wherever something is registered."""
_ANY = "ANY"

Pair = tuple[str, str]
"""A method and the dotted name of what answers."""


class Row(msgspec.Struct, frozen=True):
    """One entry of the framework's table, as the programs in ``benchmarks/tables`` write it."""

    method: str
    path: str
    handler: str
    defined: str


class Ours(msgspec.Struct, frozen=True):
    """One entry of our table, as far as it is compared."""

    method: str
    path: str
    handler: str
    framework: str


class Inventory(msgspec.Struct, frozen=True):
    """What ``backend-audit routes --output json`` writes."""

    routes: list[Ours]
    unresolved: list[dict[str, object]]


class Comparison(msgspec.Struct, frozen=True):
    """An application's two tables in figures. Counts are of pairs of method and handler.

    ``framework`` are pairs that libraries bring whole, ``unlisted`` those that a class of the application inherits from
    a library and that we do not list: neither counts. ``dynamic`` are pairs set aside, by reason. ``missed`` and
    ``invented`` are the pairs in one table only.
    """

    application: str
    version: str
    framework_name: str
    expected: int
    found: int
    common: int
    framework: int
    unlisted: list[Pair]
    dynamic: dict[str, int]
    unresolved: int
    missed: list[Pair]
    invented: list[Pair]

    @property
    def recall(self) -> float:
        """The share of the framework's pairs that we list too."""
        return self.common / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """The share of our pairs that the framework lists too."""
        return self.common / self.found if self.found else 1.0


def measure_application(
    application: Application, workspace: Path, environments: Path | None, say: Callable[[str], None]
) -> Comparison:
    """Both tables of an application, compared. Raises ``BenchmarkError`` when either cannot be had.

    ``environments`` holds the applications' environments where the user has them already, by name."""
    place = workspace / "routes" / f"{application.name}-{application.version}"
    place.mkdir(parents=True, exist_ok=True)
    installed = environments / application.name / "bin" / "python" if environments else None
    python = installed or _environment(application, place, say)
    say("asking the framework")
    theirs = _theirs(application, place, python)
    say("reading the source")
    ours = _ours(application, place, python)
    return compare(application, theirs, ours)


def compare(application: Application, theirs: list[Row], ours: Inventory) -> Comparison:
    """The two tables as sets of pairs, by the rules in ``benchmarks/README.md``."""
    rows = [row for row in theirs if row.method not in _AUTOMATIC]
    brought = {(row.method, row.handler) for row in rows if row.defined == "elsewhere"}
    inherited = {(row.method, row.handler) for row in rows if row.defined == "inherited"}
    known = inherited | {(row.method, row.handler) for row in rows if row.defined == "here"}
    classes = {handler for _, handler in inherited}
    found = {_as_listed(pair, known, classes) for pair in _pairs(ours, application.framework)}
    unlisted = inherited - found
    expected = known - unlisted
    dynamic: dict[str, int] = {}
    for pair in sorted(expected ^ found):
        reason = next((why for start, why in application.dynamic.items() if pair[1].startswith(start)), None)
        if reason is not None:
            dynamic[reason] = dynamic.get(reason, 0) + 1
            expected.discard(pair)
            found.discard(pair)
    return Comparison(
        application=application.name,
        version=application.version,
        framework_name=application.framework,
        expected=len(expected),
        found=len(found),
        common=len(expected & found),
        framework=len(brought),
        unlisted=sorted(unlisted),
        dynamic=dynamic,
        unresolved=len(ours.unresolved),
        missed=sorted(expected - found),
        invented=sorted(found - expected),
    )


def _pairs(ours: Inventory, framework: str) -> set[Pair]:
    """Ours, without what other programs in the same package serve by another framework."""
    routes = [route for route in ours.routes if route.framework == framework and route.method not in _AUTOMATIC]
    return {(route.method, route.handler) for route in routes}


def _as_listed(pair: Pair, expected: set[Pair], classes: set[str]) -> Pair:
    """A pair of ours as the run-time table says the same: the class where a library's method answers for it, any method
    where a decorator, of which that table knows nothing, allows some only, and some method where we say any because the
    class is a library's."""
    method, handler = pair
    owner = handler.rpartition(".")[0]
    choices = [pair, (_ANY, handler)]
    choices += [(one, name) for name in (handler, owner) if name in classes for one in (method, _ANY)]
    if method == _ANY and owner in classes:
        choices += sorted(one for one in expected if one[1] == owner)
    return next((choice for choice in choices if choice in expected), pair)


def _environment(application: Application, place: Path, say: Callable[[str], None]) -> Path:
    """The interpreter of the application's own environment, made and filled when it is not there yet."""
    python = place / "venv" / "bin" / "python"
    done = place / "installed"
    if not done.exists():
        say("installing")
        venv.create(place / "venv", clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", application.requirement, *application.also]
        if subprocess.run(command, check=False).returncode:
            raise BenchmarkError(f"{application.requirement}: pip could not install it")
        done.touch()
    return python


def _theirs(application: Application, place: Path, python: Path) -> list[Row]:
    home = place / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    given = {name: value.replace("{folder}", str(home)) for name, value in application.environment.items()}
    variables = {**os.environ, **given, "PYTHONPATH": str(_ROOT), "PATH": f"{python.parent}:{os.environ['PATH']}"}
    for program in application.prepare:
        _run([str(python.parent / program[0]), *program[1:]], variables, home, application)
    target = place / "theirs.json"
    command = [str(python), "-m", f"benchmarks.tables.{application.table}", application.source, application.package]
    _run([*command, str(target)], variables, home, application)
    return msgspec.json.decode(target.read_bytes(), type=list[Row])


def _run(command: list[str], variables: dict[str, str], folder: Path, application: Application) -> None:
    done = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise BenchmarkError(f"{application.name}: {Path(command[0]).name} failed: {last}")


def _ours(application: Application, place: Path, python: Path) -> Inventory:
    """Our table of a copy of the package's ``.py`` files: no audit looks into the folder of installed ones."""
    asked = f"import importlib.util as u; print(u.find_spec({application.package!r}).origin)"
    origin = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=True, cwd=place)
    package = Path(origin.stdout.strip().splitlines()[-1]).parent
    tree = place / "source"
    shutil.rmtree(tree, ignore_errors=True)
    for file in sorted(package.rglob("*.py")):
        target = tree / application.package / file.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    command = [sys.executable, "-m", "analyzer", "routes", str(tree), "--output", "json"]
    done = subprocess.run(command, capture_output=True, cwd=_ROOT, check=False)
    if done.returncode:
        raise BenchmarkError(f"{application.name}: backend-audit routes ended with exit code {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Inventory)
