"""Finds the cases under ``fixtures/`` and what each expects; see ``fixtures/README.md`` for the conventions."""

from __future__ import annotations

import dataclasses
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
APPS = FIXTURES / "apps"
SIDECAR = "expect.toml"

_CODES = rb"BA\d{3}(?:, ?BA\d{3})*"
_MARK = re.compile(rb"[ \t]*# (expect|todo): (" + _CODES + rb")(?=\r?$)", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Expectation:
    """One finding that must come: ``code`` at any one of ``places`` (none: anywhere in the case).

    A place is a file relative to the case's folder and a line from 1 (0: any line of it). A comment gives one place;
    a sidecar may allow several where one is as good as another.
    """

    code: str
    places: tuple[tuple[str, int], ...]

    def met_by(self, found: Place) -> bool:
        """Whether this finding is the expected one."""
        if found.code != self.code:
            return False
        return not self.places or (found.file, found.line) in self.places or (found.file, 0) in self.places


@dataclasses.dataclass(frozen=True, order=True)
class Place:
    """Where a rule reported: the file relative to the case's folder, the line from 1."""

    file: str
    line: int
    code: str


@dataclasses.dataclass(frozen=True)
class Case:
    """One project to audit: a file or a folder. ``code`` is the rule it belongs to, empty for an app."""

    code: str
    kind: str
    path: Path
    expected: tuple[Expectation, ...]
    todo: tuple[Place, ...]
    settings: Mapping[str, Any]
    provoke: Mapping[str, str]

    @property
    def name(self) -> str:
        """A readable, unique test id: ``BA101-bad-sqlite_reports``."""
        if not self.code:
            return f"{self.path.parent.name}-{self.path.name}"
        return f"{self.code}-{self.kind}-{self.path.stem}"

    @property
    def codes(self) -> frozenset[str]:
        """The rules under test here: the folder's own and every one the case's comments name."""
        named = {expectation.code for expectation in self.expected} | {place.code for place in self.todo}
        return frozenset(named | ({self.code} if self.code else set()))

    def sources(self) -> list[Path]:
        """Its Python files, sorted."""
        return [self.path] if self.path.is_file() else sorted(self.path.rglob("*.py"))

    def copy_to(self, folder: Path) -> Path:
        """Copy the case into a new folder, expectations blotted out, and return that folder.

        A detector must not read its answer from a comment, and a suppression's reason must not grow by one.
        """
        folder.mkdir(parents=True)
        if self.path.is_file():
            shutil.copyfile(self.path, folder / self.path.name)
        else:
            shutil.copytree(self.path, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / SIDECAR).unlink(missing_ok=True)
        for source in _written_by_people(folder):
            source.write_bytes(_MARK.sub(b"", source.read_bytes()))
        return folder


def _written_by_people(folder: Path) -> list[Path]:
    """Python and every other kind of file of a case in which a comment may stand, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def rule_folders() -> list[Path]:
    """One folder a rule, ``BA101-string-built-sql``, sorted."""
    return sorted(folder for folder in FIXTURES.glob("BA*") if folder.is_dir())


def rule_cases() -> list[Case]:
    """Every case of every rule, in stable order."""
    return [
        _read(folder.name.partition("-")[0], kind, path)
        for folder in rule_folders()
        for kind in ("bad", "good")
        for path in _projects(folder / kind)
    ]


def app_cases() -> list[Case]:
    """The example backends, each as a ``leaky`` and a ``sound`` twin."""
    return [
        _read("", twin, app / twin)
        for app in sorted(APPS.iterdir())
        for twin in ("leaky", "sound")
        if (app / twin).is_dir()
    ]


def compare(case: Case, found: set[Place]) -> list[str]:
    """What differs between expectation and findings, a line each, sorted by place; empty when all is well.

    Findings of rules the case does not speak of are not compared, except in an app. A known miss that is found
    after all is no difference.
    """
    relevant = {place for place in found if not case.code or place.code in case.codes} - set(case.todo)
    extra = set(relevant)
    lines = []
    for wanted in sorted(case.expected, key=lambda wanted: len(wanted.places) or sys.maxsize):
        met = min((place for place in extra if wanted.met_by(place)), default=None)
        if met is not None:
            extra.remove(met)
        else:
            file, line = wanted.places[0] if wanted.places else ("", 0)
            lines.append((file, line, f"not found   {wanted.code} at {_where(case, wanted)}"))
    lines += [(place.file, place.line, f"unexpected  {place.code} at {_shown(case, place)}") for place in extra]
    return [text for _, _, text in sorted(lines)]


def _projects(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__"):
                yield path


def _read(code: str, kind: str, path: Path) -> Case:
    sidecar = path / SIDECAR if path.is_dir() else path.with_suffix("." + SIDECAR)
    given = tomllib.loads(sidecar.read_text("utf-8")) if sidecar.exists() else {}
    expected = [
        Expectation(entry["code"], tuple(_place(text) for text in entry.get("any", ())))
        for entry in given.get("expect", ())
    ]
    todo: list[Place] = []
    sources = [path] if path.is_file() else _written_by_people(path)
    for source in sources:
        name = source.name if path.is_file() else source.relative_to(path).as_posix()
        for word, line, marked in _marks(source.read_bytes()):
            if word == "todo":
                todo.append(Place(name, line, marked))
            else:
                expected.append(Expectation(marked, ((name, line),)))
    return Case(code, kind, path, tuple(expected), tuple(todo), given.get("config", {}), given.get("provoke", {}))


def _marks(data: bytes) -> Iterator[tuple[str, int, str]]:
    """The expectations in a file's bytes (it need not be decodable): word, line, code."""
    for match in _MARK.finditer(data):
        line = data.count(b"\n", 0, match.start()) + 1
        for code in match[2].decode().split(","):
            yield match[1].decode(), line, code.strip()


def _place(text: str) -> tuple[str, int]:
    """``shop/orders.py:3`` or ``shop/orders.py``."""
    file, _, line = text.partition(":")
    return file, int(line or 0)


def _where(case: Case, wanted: Expectation) -> str:
    shown = [_shown(case, Place(file, line, wanted.code)) for file, line in wanted.places]
    return " or ".join(shown) or "any place"


def _shown(case: Case, place: Place) -> str:
    """A place with the text of its line, for a person who reads the difference."""
    source = case.path if case.path.is_file() else case.path / place.file
    lines = source.read_bytes().split(b"\n") if source.is_file() else []
    text = lines[place.line - 1].decode("utf-8", "replace").strip() if 0 < place.line <= len(lines) else ""
    return f"{place.file}:{place.line}  {text[:100]}".rstrip()
