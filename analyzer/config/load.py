"""The settings of an audit: defaults, then the configuration file, then the command line; all mistakes at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from analyzer.config.files import TABLE, SettingsFile, find_settings, read_settings
from analyzer.config.keys import SETTINGS, field_of
from analyzer.config.positions import KeyPath, key_lines
from analyzer.config.root import find_root, resolve_paths
from analyzer.config.settings import Config
from analyzer.config.text import nearest, shown, shown_path
from analyzer.model.errors import UserError

COMMAND_LINE = "command line"
DEFAULT = "default"
ADDING = ("ignore", "extend-select")
"""Settings that the command line adds to, rather than replaces."""
SELECTING = ("select", "extend-select", "ignore")
"""Settings of a file that ``--select`` sets aside: it starts the selection afresh."""


class Origins(msgspec.Struct, frozen=True, kw_only=True):
    """Where the settings come from. ``settings`` maps every key to ``default``, ``file:line`` or ``command line``."""

    root: str
    file: str = ""
    settings: dict[str, str] = {}
    remarks: tuple[str, ...] = ()


class _Reading:
    """One source of settings while it is read: its name for messages, the lines of its keys, its mistakes."""

    def __init__(self, label: str, known: Collection[str], base: str, lines: Mapping[KeyPath, int] | None) -> None:
        self.label = label
        self.known = known
        self.base = base
        self.lines = lines
        self.mistakes: list[tuple[int, str]] = []

    def line(self, at: KeyPath) -> int:
        """The line of a path of keys, or of the nearest thing around it."""
        lines = self.lines or {}
        return next((lines[at[:length]] for length in range(len(at), 0, -1) if at[:length] in lines), 0)

    def where(self, at: KeyPath) -> str:
        """``file:line`` or the option's name."""
        if self.lines is None:
            return f"--{at[0]}"
        line = self.line(at)
        return f"{self.label}:{line}" if line else self.label

    def complain(self, at: KeyPath, message: str) -> None:
        """Remember a mistake in the user's words."""
        name = f"{shown(str(at[0]))}: " if self.lines is not None else ""
        self.mistakes.append((self.line(at), f"{self.where(at)}: {name}{message}"))


def load_config(
    paths: Sequence[Path],
    overrides: Mapping[str, object] | None = None,
    config_file: Path | None = None,
    isolated: bool = False,
    known: Collection[str] = (),
) -> tuple[Config, Origins]:
    """Settings for auditing ``paths``, and where each comes from.

    ``overrides`` holds the command line's values by the names used in files (``{"min-severity": "error"}``; a value
    of ``None`` is not given); ``known`` every code, slug, tag and family, against which selectors are checked.
    Raises ``UserError`` with one line for every mistake in the file and on the command line together.
    """
    resolved = resolve_paths(paths)
    root = find_root(resolved)
    found, remarks = _settings_file(resolved, root, config_file, isolated)
    settings: dict[str, object] = {}
    origins = dict.fromkeys(SETTINGS, DEFAULT)
    mistakes: list[tuple[int, str]] = []
    if found is not None:
        reading = _reading_of(found, root, known)
        settings.update(_read(reading, found.table, origins))
        mistakes += reading.mistakes
        if isinstance(jobs := settings.get("jobs"), int):
            settings["jobs"] = min(jobs, os.cpu_count() or 1)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    reading = _Reading(COMMAND_LINE, known, "", None)
    _apply(settings, _read(reading, given, origins), origins)
    mistakes += reading.mistakes
    if mistakes:
        raise UserError("\n".join(message for _, message in sorted(mistakes, key=lambda mistake: mistake[0])))
    config = Config(**{field_of(key): value for key, value in settings.items()})  # type: ignore[arg-type]
    label = shown_path(found.path) if found is not None else ""
    return config, Origins(root=str(root), file=label, settings=origins, remarks=remarks)


def _settings_file(
    paths: tuple[Path, ...], root: Path, config_file: Path | None, isolated: bool
) -> tuple[SettingsFile | None, tuple[str, ...]]:
    """The file the user named, else the one that rules all paths, else none. Raises ``UserError``.

    What one project ignores must not go unseen in another one: paths that different files rule are no one audit.
    """
    if config_file is not None and isolated:
        raise UserError("--config and --isolated exclude each other")
    if config_file is not None:
        return read_settings(config_file), ()
    if isolated or not paths:
        return None, ()
    starts = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    ruled = [(start, *find_settings(start, root)) for start in starts]
    first, found, remarks = ruled[0]
    for start, other, _ in ruled[1:]:
        if (other and other.path) != (found and found.path):
            raise UserError(
                f"{_rules(first, found)}, {_rules(start, other)}: audit them one after another, or choose for all with "
                "--config FILE or --isolated"
            )
    return found, remarks


def _rules(folder: Path, found: SettingsFile | None) -> str:
    """Which settings hold in a folder, for a message."""
    return f"{shown_path(folder)} is ruled by {shown_path(found.path) if found else 'no settings'}"


def _reading_of(found: SettingsFile, root: Path, known: Collection[str]) -> _Reading:
    """A reading whose keys are relative to the settings' table and whose patterns belong to the file's folder."""
    depth = len(found.prefix)
    lines = {at[depth:]: line for at, line in key_lines(found.text).items() if at[:depth] == found.prefix}
    folder = found.path.resolve().parent
    base = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else ""
    return _Reading(shown_path(found.path), known, "" if base == "." else base, lines)


def _read(reading: _Reading, table: Mapping[str, object], origins: dict[str, str]) -> dict[str, object]:
    """Every setting of one source, parsed; notes where each comes from."""
    settings: dict[str, object] = {}
    for key, value in table.items():
        setting = SETTINGS.get(key)
        if setting is None and _is_heading(reading, key, value):
            reading.complain((key,), f"this file holds settings without the heading [{key}.{TABLE}]; remove it")
        elif setting is None:
            spelt = nearest(key, SETTINGS)
            reading.mistakes.append(
                (reading.line((key,)), f'{reading.where((key,))}: unknown key "{shown(key)}"{spelt}')
            )
        elif setting.private and reading.lines is not None:
            reading.complain((key,), f"only the command line may set it (--{key}); a file belongs to the audited code")
        else:
            settings[key] = setting.parse(value, (key,), reading)
            origins[key] = reading.label if reading.lines is None else reading.where((key,))
    return settings


def _is_heading(reading: _Reading, key: str, value: object) -> bool:
    """``[tool.backend-audit]``, as in pyproject.toml, in a file that is all ours."""
    return reading.lines is not None and key == "tool" and isinstance(value, dict) and TABLE in value


def _apply(settings: dict[str, object], given: dict[str, object], origins: dict[str, str]) -> None:
    """Put the command line's settings over those of the file; see ``ADDING`` and ``SELECTING``."""
    if "select" in given:
        for key in SELECTING:
            settings.pop(key, None)
            if key not in given:
                origins[key] = DEFAULT
    for key, value in given.items():
        if key in ADDING and key in settings:
            value = (*cast("tuple[str, ...]", settings[key]), *cast("tuple[str, ...]", value))
        settings[key] = value
