"""Which edges of one application each tool sees: ours, import-linter, tach, deply and pytest-archon.

The application is ``fixtures/edges/market``. Each module of ``market/api/edges`` reaches the store past the services in
a way of its own; the modules of ``market/api/controls`` and the ordinary ones do not. A tool sees an edge when it
reports the module.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from benchmarks import peers
from benchmarks.backends import BenchmarkError

APPLICATION = Path(__file__).resolve().parent.parent / "fixtures" / "edges" / "market"
PACKAGES = ("import-linter", "tach", "deply", "pytest-archon")
_SECONDS = 300
"""A tool that takes longer on fifty small modules hangs."""


class Column(msgspec.Struct, frozen=True):
    """One tool, configured one way: ``seen`` are the modules below ``market.api`` that it reports, sorted."""

    tool: str
    version: str
    how: str
    seen: tuple[str, ...]


class Edges(msgspec.Struct, frozen=True):
    """What ``edges.json`` holds: when it was measured, with which Python, and a column a configuration."""

    date: str
    python: str
    columns: tuple[Column, ...]


class Contender(msgspec.Struct, frozen=True):
    """``files`` are written beside the application, ``command`` runs there (its first word is a program of the
    environment), ``modules`` reads the reported modules from what it printed."""

    tool: str
    how: str
    files: dict[str, str]
    command: tuple[str, ...]
    modules: Callable[[str], set[str]]


# --- how each is configured -------------------------------------------------------------------------------------------

_LINTER = """[importlinter]
root_package = market
exclude_type_checking_imports = True

[importlinter:contract:store]
name = The API reaches the store through the services
type = forbidden
source_modules =
    market.api.**
forbidden_modules =
    market.store
"""
_TACH = """source_roots = ["."]

[[modules]]
path = "market.api"
cannot_depend_on = ["market.store"]

[[modules]]
path = "market.store"
"""
_DEPLY = """deply:
  paths:
    - ./market
  layers:
    - name: api
      collectors:
        - type: directory
          directories: ["api"]
    - name: services
      collectors:
        - type: directory
          directories: ["services"]
    - name: store
      collectors:
        - type: directory
          directories: ["store"]
  ruleset:
    api:
      disallow_layer_dependencies:
        - store
"""
_ARCHON = """from pytest_archon import archrule


def test_api_reaches_the_store_through_the_services():
    rule = archrule("store").match("market.api*").should_not_import("market.store*")
    rule.check("market", skip_type_checking=True{more})
"""
_OURS = """[contracts.store]
kind = "forbidden"
title = "the API reaches the store through the services"
from = "market.api"
to = "market.store"
direct-only = true
through-re-exports = true
"""


def _dotted(pattern: str) -> Callable[[str], set[str]]:
    """Reads modules by a pattern whose group is a dotted name or a path."""

    def modules(printed: str) -> set[str]:
        return {found.removesuffix(".py").replace("/", ".") for found in re.findall(pattern, printed, re.MULTILINE)}

    return modules


def _deply(printed: str) -> set[str]:
    found = json.loads(printed[printed.index("{") :])["violations"]
    return {item["file"].removesuffix(".py").replace("/", ".") for item in found}


def _audit(printed: str) -> set[str]:
    paths = {finding["location"]["path"] for finding in json.loads(printed)["findings"]}
    return {path.removesuffix(".py").replace("/", ".") for path in paths}


_BROKEN = _dotted(r"module '(market\.api\S*)' has FORBIDDEN")
_LINES = _dotted(r"^[-&]\s+(market\.api\S*) -> ")
_AUDIT = (".", "--no-semgrep", "--no-bandit", "--no-cache", "--output", "json", "--fail-on", "never")
CONTENDERS = (
    Contender("backend-audit", "no configuration", {}, ("", *_AUDIT, "--isolated", "--select", "BA5"), _audit),
    Contender(
        "backend-audit", "contract", {"backend-audit.toml": _OURS}, ("", *_AUDIT, "--select", "BA511"), _audit
    ),
    Contender(
        "import-linter", "imports", {".importlinter": _LINTER + "allow_indirect_imports = True\n"}, ("lint-imports",),
        _LINES,
    ),
    Contender(
        "import-linter", "chains",
        {".importlinter": _LINTER + "ignore_imports =\n    market.services.** -> market.store.**\n"}, ("lint-imports",),
        _LINES,
    ),
    Contender("tach", "imports", {"tach.toml": _TACH}, ("tach", "check"), _dotted(r"(market/api/\S+?\.py):\d+")),
    Contender(
        "deply", "layers", {"deply.yaml": _DEPLY}, ("deply", "analyze", "--report-format", "json"), _deply
    ),
    Contender(
        "pytest-archon", "imports", {"test_store.py": _ARCHON.format(more=", only_direct_imports=True")},
        ("pytest", "-q", "-p", "no:cacheprovider", "test_store.py"), _BROKEN,
    ),
    Contender(
        "pytest-archon", "chains", {"test_store.py": _ARCHON.format(more="")},
        ("pytest", "-q", "-p", "no:cacheprovider", "test_store.py"), _BROKEN,
    ),
)  # fmt: skip


# --- the run ----------------------------------------------------------------------------------------------------------


def names(folder: str) -> tuple[str, ...]:
    """The modules of ``market/api/FOLDER`` (or, for ``""``, the ordinary ones), sorted."""
    place = APPLICATION / "api" / folder
    return tuple(sorted(path.stem for path in place.glob("*.py") if path.stem != "__init__"))


def measure_edges(workspace: Path, environment: Path | None, say: Callable[[str], None]) -> Edges:
    """Run every contender. ``environment`` holds the other tools; without one it is made anew in the workspace.

    Raises :class:`BenchmarkError` when a tool cannot be installed or breaks.
    """
    home = (environment or peers.environment(workspace / "edges-environment", PACKAGES, say)).resolve()
    columns = []
    for contender in CONTENDERS:
        say(f"{contender.tool}, {contender.how}")
        columns.append(measure_contender(contender, workspace / "edges", home))
    return Edges(date.today().isoformat(), ".".join(map(str, sys.version_info[:3])), tuple(columns))


def measure_contender(contender: Contender, workspace: Path, home: Path | None) -> Column:
    """One column; ``home`` is the environment of the other tools. Raises :class:`BenchmarkError`."""
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(APPLICATION, workspace / "market", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in contender.files.items():
        (workspace / name).write_text(text, encoding="utf-8")
    program, *words = contender.command
    if program and home is None:
        raise BenchmarkError(f"{contender.tool} needs an environment")
    command = (
        [str((home or Path()) / "bin" / program), *words] if program else [sys.executable, "-m", "analyzer", *words]
    )
    printed = _run(command, workspace)
    try:
        modules = contender.modules(printed)
    except (ValueError, KeyError) as error:
        raise BenchmarkError(f"{contender.tool} printed what nobody understands:\n{printed[-2000:]}") from error
    seen = {name.removeprefix("market.api.") for name in modules if name.startswith("market.api.")}
    python = str(home / "bin" / "python") if program and home else sys.executable
    return Column(
        contender.tool, peers.version_of(python, contender.tool), contender.how, tuple(sorted(seen & set(_every())))
    )


def _every() -> list[str]:
    """The modules that count: packages themselves stand for none."""
    return [
        *(f"edges.{name}" for name in names("edges")),
        *(f"controls.{name}" for name in names("controls")),
        *names(""),
    ]


def _run(command: list[str], folder: Path) -> str:
    root = str(Path(__file__).resolve().parent.parent)
    paths = root if command[0] == sys.executable else str(folder)
    environment = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "300", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
    )
    if done.returncode not in (0, 1):
        raise BenchmarkError(f"{' '.join(command)} left with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout + (done.stderr if "tach" in command[0] else "")
