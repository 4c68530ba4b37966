"""Files beside the code that say how it is run: read as data, with limits, never from outside the tree."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

LARGEST = 262_144
"""Bytes; files of these kinds written by people stay far below."""
MOST_FOLDERS = 5_000
DEEPEST = 4
"""Folders below an audited path that are looked into: services of a repository lie that near."""
_SKIPPED = {"node_modules", "venv", ".venv", "env", "site-packages", "dist", "build", "__pycache__", "migrations"}
_NAMES = re.compile(
    r"(?:Dockerfile(?:[.-][\w.-]+)?|[\w.-]+\.Dockerfile|(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml|Procfile|pyproject\.toml"
    r"|requirements[\w.-]*\.(?:txt|in)|Pipfile|runtime\.txt|\.python-version|vercel\.json|serverless\.ya?ml|app\.yaml"
    r"|fly\.toml|render\.yaml|netlify\.toml|zappa_settings\.json|[\w-]+\.service|Chart\.yaml|template\.yaml)"
)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)")


class DataFile(msgspec.Struct, frozen=True, order=True):
    """A file by its path relative to the repository's root, with its text."""

    path: str
    text: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def line_of(self, word: str) -> int:
        """The first line that holds a word, 1 when none does."""
        lowered = word.lower()
        lines = self.text.splitlines()
        return next((number for number, line in enumerate(lines, 1) if lowered in line.lower()), 1)


class Dependency(msgspec.Struct, frozen=True, order=True):
    """A package that the project asks for, its name in normal form (PEP 503)."""

    name: str
    path: str
    line: int


def read_files(root: Path, paths: Sequence[Path]) -> tuple[DataFile, ...]:
    """Every such file in the audited folders and directly in the root. A link is followed only inside the root."""
    root = root.resolve()
    found: dict[str, DataFile] = {}
    for place in (*_walk(root, 0), *(item for path in paths for item in _walk(path, DEEPEST))):
        file = _read(root, place)
        if file is not None:
            found[file.path] = file
    return tuple(sorted(found.values(), key=lambda file: (file.path.count("/"), file.path)))


def _walk(start: Path, deepest: int) -> Iterator[Path]:
    start = start.resolve()
    if not start.is_dir():
        return
    for count, (folder, inner, names) in enumerate(os.walk(start, followlinks=False)):
        depth = len(Path(folder).relative_to(start).parts)
        keep = sorted(name for name in inner if name not in _SKIPPED and not name.startswith("."))
        inner[:] = keep if depth < deepest else []
        if count > MOST_FOLDERS:
            return
        for name in sorted(names):
            if _NAMES.fullmatch(name):
                yield Path(folder) / name


def _read(root: Path, place: Path) -> DataFile | None:
    try:
        real = place.resolve(strict=True)
        if not real.is_relative_to(root) or not real.is_file() or real.stat().st_size > LARGEST:
            return None
        with real.open("rb") as stream:
            data = stream.read(LARGEST)
        return DataFile(place.relative_to(root).as_posix(), data.decode("utf-8", "replace"))
    except (OSError, ValueError, RuntimeError):
        return None


def dependencies(files: Sequence[DataFile]) -> tuple[Dependency, ...]:
    """What the files ask for, sorted; a broken file asks for nothing."""
    found = []
    for file in files:
        if file.name.startswith("requirements"):
            for number, line in enumerate(file.text.splitlines(), 1):
                match = _REQUIREMENT.match(line.split("#")[0])
                if match:
                    found.append(Dependency(_normal(match[1]), file.path, number))
        elif file.name in {"pyproject.toml", "Pipfile"}:
            for text in _asked(toml(file)):
                match = _REQUIREMENT.match(text)
                if match and match[1] != "python":
                    found.append(Dependency(_normal(match[1]), file.path, file.line_of(match[1])))
    return tuple(sorted(set(found)))


def toml(file: DataFile) -> dict[str, Any]:
    """A TOML file's tables, empty when it is broken."""
    try:
        return tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _asked(tables: dict[str, Any]) -> Iterator[str]:
    project, poetry = _table(tables, "project"), _table(_table(tables, "tool"), "poetry")
    lists = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    for item in lists:
        yield from (text for text in item if isinstance(text, str)) if isinstance(item, list) else ()
    for table in (_table(poetry, "dependencies"), _table(tables, "packages")):
        yield from table


def _table(tables: dict[str, Any], name: str) -> dict[str, Any]:
    found = tables.get(name)
    return found if isinstance(found, dict) else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
