"""The files under audit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from analyzer.model.scale import Tier


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file. ``path`` is relative to the tree's root, ``digest`` a hex digest of its bytes."""

    path: str
    digest: str
    size: int
    tier: Tier = Tier.MAIN


class SourceTree(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the audit looks at, sorted by path.

    ``root`` is the repository's root (absolute, resolved); ``files`` are Python; ``settings`` are the files beside them
    that hold settings (``.env``, YAML, TOML, JSON, INI, Dockerfiles), read as data; ``descriptions`` are those that
    describe an HTTP interface (OpenAPI, Swagger), some of them also settings; ``templates`` are those of pages that
    write a value unescaped; ``skipped`` pairs a path with the reason it is not analysed (``too large``, ``generated``,
    ``link out of the tree`` …); ``excluded`` counts the files and folders that ignore files and excludes leave out.
    """

    root: str
    files: tuple[SourceFile, ...]
    settings: tuple[SourceFile, ...] = ()
    descriptions: tuple[SourceFile, ...] = ()
    templates: tuple[SourceFile, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    excluded: int = 0

    def paths(self) -> tuple[str, ...]:
        """The paths of all files that are looked at, sorted."""
        return tuple(sorted(file.path for file in (*self.files, *self.settings)))

    def absolute(self, path: str) -> Path:
        """The path on disk of a path relative to the root."""
        return Path(self.root) / path

    def read(self, path: str) -> bytes:
        """The bytes of a file of the tree. Raises ``OSError`` when it vanished meanwhile."""
        return self.absolute(path).read_bytes()
