"""Scanners of source beside ours (bandit, ruff, detect-secrets): how each is installed, run and read."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.backends import BenchmarkError

SCANNERS = ("bandit", "ruff", "detect-secrets")
OURS = "backend-audit"
_ROOT = Path(__file__).resolve().parent.parent
_SECONDS = 600


class Told(msgspec.Struct, frozen=True, order=True):
    """One report: ``path`` relative to the scanned folder, ``line`` to ``last`` from 1, and the tool's own ``code``."""

    path: str
    line: int
    last: int
    code: str


def environment(folder: Path, packages: Sequence[str], say: Callable[[str], None]) -> Path:
    """The newest releases of packages in an environment of their own. Raises :class:`BenchmarkError`."""
    say("an environment for " + ", ".join(packages))
    venv.create(folder, with_pip=True, clear=True)
    run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--upgrade", *packages], folder)
    return folder


def version_of(python: str, package: str) -> str:
    """The version of a package in an interpreter's environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, encoding="utf-8", check=False)
    return done.stdout.strip() or "unknown"


def told(tool: str, home: Path, folder: Path, codes: Sequence[str], projects: Sequence[Path] = ()) -> set[Told]:
    """What a tool reports of a folder, ``codes`` (or prefixes of them) alone where it has codes.

    ``home`` is the environment of the other tools; ``projects`` are folders inside of which each is one to ours, which
    looks at what lies beside a file. Raises :class:`BenchmarkError`.
    """
    if not codes:
        return set()
    programs = home / "bin"
    if tool == "bandit":
        words = [str(programs / "bandit"), "-q", "-r", ".", "-f", "json", "--exit-zero", "-t", ",".join(codes)]
        return {_of_bandit(item) for item in json.loads(run(words, folder))["results"]}
    if tool == "ruff":
        words = [str(programs / "ruff"), "check", ".", "--isolated", "--no-cache", "--no-respect-gitignore"]
        words += ["--select", ",".join(codes), "--output-format", "json", "--exit-zero", "--quiet"]
        return {_of_ruff(item, folder) for item in json.loads(run(words, folder))}
    if tool == "detect-secrets":
        found = json.loads(run([str(programs / tool), "scan", "--all-files", "--no-verify", "."], folder))["results"]
        return {
            Told(_plain(path), item["line_number"], item["line_number"], item["type"])
            for path, items in found.items()
            for item in items
        }
    inside = [str(project) for project in projects] or ["."]
    words = [sys.executable, "-m", "analyzer", *inside, "--no-cache", "--isolated", "--select", ",".join(codes)]
    report = json.loads(run([*words, "--output", "json", "--fail-on", "never"], folder))
    return {_of_ours(item, folder.resolve()) for item in report["findings"]}


def run(command: list[str], folder: Path) -> str:
    """What a program printed. Raises :class:`BenchmarkError` when it leaves with anything but 0."""
    surroundings = {**os.environ, "PYTHONPATH": str(_ROOT) if command[0] == sys.executable else "", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)} left with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def statements(source: str) -> dict[int, int]:
    """The first line of the innermost statement a line belongs to; of a compound one, its head counts alone.

    A call over several lines is one statement, so that a tool may point at any line of it. Empty where the text is
    no Python of today.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    begins: dict[int, int] = {}
    for node in ast.walk(tree):  # outer statements come first, inner ones overwrite them
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = body[0].lineno - 1 if body and hasattr(body[0], "lineno") else node.end_lineno or node.lineno
            begins.update(dict.fromkeys(range(node.lineno, max(last, node.lineno) + 1), node.lineno))
    return begins


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, the first column to the left and the others in the middle."""
    lines = [head, ["---", *(":-:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _of_bandit(item: dict[str, Any]) -> Told:
    return Told(
        _plain(item["filename"]), item["line_number"], max(item["line_range"] or [item["line_number"]]), item["test_id"]
    )


def _of_ruff(item: dict[str, Any], folder: Path) -> Told:
    path = os.path.relpath(item["filename"], os.path.realpath(folder))
    return Told(path, item["location"]["row"], item["end_location"]["row"], item["code"] or "")


def _of_ours(item: dict[str, Any], folder: Path) -> Told:
    """Paths are relative to a root, which lies above the folder where that is a package."""
    span = item["location"]
    root = next((above for above in (folder, *folder.parents) if (above / span["path"]).is_file()), folder)
    path = os.path.relpath(root / span["path"], folder)
    return Told(path, span["line"], span.get("end_line") or span["line"], item["rule"])


def _plain(path: str) -> str:
    return os.path.normpath(path)
