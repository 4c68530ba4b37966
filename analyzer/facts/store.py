"""The content-addressed store of facts and engine results.

A key is a digest of all that a value depends on, so an entry is never out of date; the file's name carries a digest of
the code that makes facts, so another version never reads them. Whatever happens to the file — locked for long, full
disk, corrupted, read-only — the audit goes on with a private temporary file and says so in ``notes``.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Protocol

import msgspec

from analyzer import __version__
from analyzer.facts.codec import decode_bodies, decode_outline
from analyzer.facts.database import Database
from analyzer.facts.outline import Bodies, Outline
from analyzer.model import Note

LIMIT_BYTES = 1_000_000_000
"""Data kept in the store; about 6 million audited lines."""
_OUTLINE, _BODIES = "outline", "bodies"


class CacheSettings(Protocol):
    """What the store needs of the settings: whether to keep anything, and where (empty: the user's cache folder)."""

    @property
    def cache(self) -> bool:
        """Whether anything is kept between runs."""

    @property
    def cache_dir(self) -> str:
        """The folder the file is kept in."""


class Store:
    """Entries by kind and key. No method raises because of the file; ``notes`` says what went wrong."""

    def __init__(self, path: Path | None) -> None:
        self.notes: list[Note] = []
        self._database = self._open(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._database.path is not None:
                self._database.shrink(LIMIT_BYTES)
            self._database.close()
        except (sqlite3.Error, OSError):
            # Nothing that this run found depends on it any more.
            return

    def outlines(self, digests: Sequence[str]) -> dict[str, Outline]:
        """The outlines that are known, by digest."""
        found: dict[str, Outline] = {}
        for key, value in self.get(_OUTLINE, digests).items():
            try:
                found[key] = decode_outline(value)
            except (msgspec.DecodeError, RecursionError):
                continue
        return found

    def bodies(self, digest: str) -> Bodies | None:
        """The bodies of a file's functions, ``None`` when they are not known."""
        value = self.get(_BODIES, [digest]).get(digest)
        try:
            return None if value is None else decode_bodies(value)
        except (msgspec.DecodeError, RecursionError):
            return None

    def put_facts(self, items: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Keep ``(digest, encoded outline, encoded bodies)`` of files."""
        entries: list[tuple[str, str, bytes]] = []
        for digest, outline, bodies in items:
            # The outline comes last: a file counts as known only when its bodies are there too.
            entries += [(_BODIES, digest, bodies), (_OUTLINE, digest, outline)]
        self._write(entries)

    def get(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """The values that are known, by key."""
        try:
            return dict(self._database.read(kind, keys))
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            return {}

    def put(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Keep values by key."""
        self._write([(kind, key, value) for key, value in items.items()])

    def _write(self, entries: list[tuple[str, str, bytes]]) -> None:
        try:
            self._database.write(entries)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            self._database.write(entries)

    def _open(self, path: Path | None) -> Database:
        if path is None:
            return Database(None)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Database(path)
        except (sqlite3.Error, OSError) as error:
            self._tell(path, error)
            return Database(None)

    def _give_up(self, error: Exception) -> None:
        """Go on with a temporary file and what is still readable of the old one."""
        broken, self._database = self._database, Database(None)
        if broken.path is None:
            raise error
        self._tell(broken.path, error)
        try:
            for kind in (_BODIES, _OUTLINE):
                self._database.write((kind, key, value) for key, value in broken.read(kind, broken.keys(kind)))
        except (sqlite3.Error, OSError):
            pass
        finally:
            broken.close()

    def _tell(self, path: Path, error: Exception) -> None:
        self.notes.append(Note("cache", f"the cache was not used: {error} ({path.parent})"))
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                name.unlink(missing_ok=True)


def open_store(config: CacheSettings) -> Store:
    """The store an audit uses; private and temporary when the cache is off."""
    return Store(_file(config) if config.cache else None)


def cache_info(config: CacheSettings) -> dict[str, str | int]:
    """Where the cache is, how many files and results it holds, and its size in bytes."""
    folder = _folder(config)
    files = _files(folder)
    info: dict[str, str | int] = {"folder": str(folder), "bytes": sum(file.stat().st_size for file in files)}
    current = _file(config)
    if current.exists():
        try:
            database = Database(current)
            info.update({f"{kind} entries": count for kind, (count, _) in sorted(database.counts().items())})
            database.close()
        except (sqlite3.Error, OSError) as error:
            info["problem"] = str(error)
    return info


def cache_clear(config: CacheSettings) -> dict[str, str | int]:
    """Delete the cache's files; says where they were and how many bytes are free now."""
    folder, freed = _folder(config), 0
    for file in _files(folder):
        freed += file.stat().st_size
        file.unlink(missing_ok=True)
    return {"folder": str(folder), "bytes freed": freed}


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("facts-*.sqlite3*") if file.is_file())


def _file(config: CacheSettings) -> Path:
    return _folder(config) / f"facts-{__version__}-{_code_digest()}.sqlite3"


def _folder(config: CacheSettings) -> Path:
    if config.cache_dir:
        return Path(config.cache_dir).expanduser().absolute()
    given = os.environ.get("XDG_CACHE_HOME", "")
    if given and Path(given).is_absolute():
        return Path(given) / "backend-audit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "backend-audit"
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "backend-audit" / "cache"
    return Path.home() / ".cache" / "backend-audit"


@cache
def _code_digest() -> str:
    """A digest of the code that makes facts: a changed lowering never reads what an older one stored."""
    digest = hashlib.blake2b(digest_size=8)
    package = Path(__file__).parent.parent
    for folder in ("facts", "syntax"):
        for file in sorted((package / folder).glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
