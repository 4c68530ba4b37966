"""The files under audit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from analyzer.model.scale import Tier


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One Python file. ``path`` is relative to the tree's root, ``digest`` a hex digest of its bytes."""

    path: str
    digest: str
    size: int
    tier: Tier = Tier.MAIN


class SourceTree(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the audit looks at, sorted by path.

    ``root`` is the repository's root (absolute, resolved); ``skipped`` pairs a path with the reason it is not
    analysed (``too large``, ``generated``, ``link out of the tree`` …); ``excluded`` counts the files and folders
    that ignore files and excludes leave out.
    """

    root: str
    files: tuple[SourceFile, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    excluded: int = 0

    def absolute(self, path: str) -> Path:
        """The path on disk of a path relative to the root."""
        return Path(self.root) / path

    def read(self, path: str) -> bytes:
        """The bytes of a file of the tree. Raises ``OSError`` when it vanished meanwhile."""
        return self.absolute(path).read_bytes()
