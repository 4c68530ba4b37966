"""Ignore files as git reads them, without git: every ``.gitignore`` from the root down, and ``.git/info/exclude``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from analyzer.config.patterns import PatternList

IGNORE_FILE = ".gitignore"
LARGEST_IGNORE_FILE = 1_000_000
"""Bytes; a longer ignore file is cut here. The longest we have seen in a repository has 40,000."""


class IgnoreFile(msgspec.Struct, frozen=True):
    """One ignore file; ``folder`` is where its patterns hold, relative to the root, ``""`` or ending in a slash."""

    folder: str
    patterns: PatternList


Ignores = tuple[IgnoreFile, ...]
"""The ignore files that hold somewhere, those further down later: the last one with an opinion decides."""


def ignored(ignores: Ignores, path: str, folder: bool) -> bool:
    """Whether git ignores the entry ``path`` (relative to the root), given that it ignores no folder above it."""
    for ignore in reversed(ignores):
        decision = ignore.patterns.decide(path[len(ignore.folder) :], folder)
        if decision is not None:
            return decision
    return False


def ignores_above(root: Path, folder: Path) -> Ignores:
    """The ignore files at the root and on the way down to ``folder``, without those of ``folder`` itself.

    When ``folder``, or a folder above it, is itself ignored, none of them holds: who names it wants it audited.
    """
    exclude = root.resolve() / ".git" / "info" / "exclude"
    found = with_file((), exclude, "") if exclude.resolve() == exclude else ()
    below = folder.relative_to(root).parts
    for depth, name in enumerate(below):
        here = "".join(f"{part}/" for part in below[:depth])
        found = with_file(found, root / here / IGNORE_FILE, here)
        if ignored(found, here + name, True):
            return ()
    return found


def with_file(ignores: Ignores, path: Path | str, folder: str) -> Ignores:
    """``ignores`` and the file at ``path``, when that is a regular file. As in git, a link to one is not read."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return ignores
        with Path(path).open("rb") as file:
            text = file.read(LARGEST_IGNORE_FILE).decode("utf-8-sig", "surrogateescape")
    except OSError:
        return ignores
    patterns = PatternList.parse(text.split("\n"))
    return (*ignores, IgnoreFile(folder, patterns)) if patterns.patterns else ignores
