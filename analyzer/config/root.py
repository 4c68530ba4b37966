"""The root of the repository that paths belong to: every path in a report is relative to it."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonpath
from pathlib import Path

from analyzer.config.text import shown
from analyzer.model.errors import UserError

PROJECT_FILES = ("pyproject.toml", "setup.cfg", "manage.py")
"""Files that mark the top of a project which is not under version control."""

_TOP_FILES = (
    "requirements.txt", "setup.py", "Pipfile", "Dockerfile", "docker-compose.yml", ".gitignore", ".dockerignore",
    "README.md", "README.rst", "README", "Procfile", "Makefile",
)  # fmt: skip
"""Files that say so of the folder they lie in, and nothing of those below it."""


def resolve_paths(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths as absolute ones without symbolic links, each once, in the order given.

    Raises ``UserError`` naming every path that is neither a file nor a folder.
    """
    found: dict[Path, None] = {}
    wrong: list[str] = []
    for path in paths:
        try:
            real = path.resolve(strict=True)
            str(real).encode("utf-8")
        except UnicodeEncodeError:
            wrong.append(f"{shown(str(path))}: the path is not valid UTF-8")
        except (OSError, RuntimeError, ValueError):
            wrong.append(f"{shown(str(path))}: no such file or folder")
        else:
            if real.is_dir() or real.is_file():
                found[real] = None
            else:
                wrong.append(f"{shown(str(path))}: neither a file nor a folder")
    if wrong:
        raise UserError("\n".join(wrong))
    return tuple(found)


def common_folder(paths: Sequence[Path]) -> Path:
    """The deepest folder that holds all of the resolved ``paths``; a folder holds itself."""
    folders = [path if path.is_dir() else path.parent for path in paths]
    try:
        return Path(commonpath(folders))
    except ValueError as error:
        raise UserError("the paths have no folder in common; audit them one after another") from error


def find_root(paths: Sequence[Path]) -> Path:
    """The nearest folder at or above all resolved ``paths`` with ``.git``, else with a project file, else their own.

    Their own is no package (its modules call themselves by its name, so the root is above it), unless files lie there
    that lie at the top of projects alone.
    """
    common = common_folder(paths)
    upwards = (common, *common.parents)
    for folder in upwards:
        if _exists(folder / ".git"):
            return folder
    for folder in upwards:
        if any(_exists(folder / name) for name in PROJECT_FILES):
            return folder
    if any(_exists(common / name) for name in _TOP_FILES):
        return common
    return next((folder for folder in upwards if not _exists(folder / "__init__.py")), common)


def _exists(path: Path) -> bool:
    """Whether something lies there that we may look at."""
    try:
        return path.exists()
    except OSError:
        return False
