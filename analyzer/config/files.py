"""Which file holds the settings of an audit, read without ever leaving the audited tree."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import msgspec

from analyzer.config.text import shown, shown_path
from analyzer.model.errors import UserError

PYPROJECT = "pyproject.toml"
OWN_FILE = "backend-audit.toml"
TABLE = "backend-audit"
LARGEST_FILE = 1_000_000
"""Bytes; the largest pyproject.toml among a few thousand well-known projects is under a tenth of it."""


class SettingsFile(msgspec.Struct, frozen=True):
    """A settings file that was read: ``table`` its settings, ``prefix`` the keys that lead to them."""

    path: Path
    text: str
    table: dict[str, object]
    prefix: tuple[str, ...]


def find_settings(start: Path, root: Path) -> tuple[SettingsFile | None, tuple[str, ...]]:
    """The nearest settings at or above the folder ``start`` up to ``root``, and remarks worth telling the user.

    ``backend-audit.toml`` wins over ``pyproject.toml`` in the same folder; a pyproject.toml without a
    ``[tool.backend-audit]`` table is passed over.
    """
    for folder in (start, *start.parents):
        own = _read_if_inside(folder / OWN_FILE, root)
        project = _read_if_inside(folder / PYPROJECT, root)
        shared = _project_settings(folder / PYPROJECT, project) if project is not None and TABLE in project else None
        if own is not None:
            remarks: tuple[str, ...] = ()
            if shared is not None:
                remarks = (
                    f"{shown_path(folder / OWN_FILE)} is used; [tool.{TABLE}] in {shown_path(shared.path)} is not",
                )
            return SettingsFile(folder / OWN_FILE, own, _parse(folder / OWN_FILE, own), ()), remarks
        if shared is not None:
            return shared, ()
        if folder == root:
            break
    return None, ()


def read_settings(path: Path) -> SettingsFile:
    """The settings in a file the user named: either kind, told apart by the file's name. Raises ``UserError``."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserError(f"{shown(str(path))}: cannot read the configuration: {reason}") from error
    if path.name == PYPROJECT:
        found = _project_settings(path, text)
        if found is None:
            raise UserError(f"{shown(str(path))}: it has no [tool.{TABLE}] table")
        return found
    return SettingsFile(path, text, _parse(path, text), ())


def _read_if_inside(path: Path, root: Path) -> str | None:
    """The text of a regular file of the tree; ``None`` when there is none. A link out of the tree is none."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root):
            return None
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            data = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError) as error:
        raise UserError(f"{shown_path(path)}: cannot read it: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > LARGEST_FILE:
        raise UserError(f"{shown_path(path)}: larger than {LARGEST_FILE:,} bytes; use --isolated to audit without it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if TABLE.encode() not in data and path.name == PYPROJECT:
            return None
        raise UserError(f"{shown_path(path)}: it is not UTF-8 text; use --isolated to audit without it") from error


def _project_settings(path: Path, text: str) -> SettingsFile | None:
    """``[tool.backend-audit]`` of a pyproject.toml, or ``None`` when it has no such table."""
    tool = _parse(path, text).get("tool")
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UserError(f"{shown_path(path)}: [tool.{TABLE}] must be a table")
    return SettingsFile(path, text, table, ("tool", TABLE))


def _parse(path: Path, text: str) -> dict[str, object]:
    """TOML to values. Raises ``UserError`` with the line of the first syntax error."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        line = place.split(",")[0].removeprefix("line ").strip()
        where = f"{shown_path(path)}:{line}" if line.isdigit() else shown_path(path)
        if not line.isdigit():
            message = str(error)
        raise UserError(f"{where}: not valid TOML: {shown(message)}; use --isolated to audit without it") from error
    except (RecursionError, ValueError) as error:
        raise UserError(f"{shown_path(path)}: not valid TOML: nested too deeply or a number too long") from error
