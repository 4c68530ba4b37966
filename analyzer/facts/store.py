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
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Protocol

import msgspec

from analyzer import __version__
from analyzer.facts.codec import decode_bodies, decode_outline
from analyzer.facts.database import Database
from analyzer.facts.outline import Bodies, Outline
from analyzer.facts.recursion import roomy
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
    """Entries by kind and key, for any thread. No method raises because of the file; ``notes`` says what went wrong."""

    def __init__(self, path: Path | None) -> None:
        self.notes: list[Note] = []
        self._lock = threading.RLock()
        self._spare: Database | None = None
        self._inherited: Database | None = None
        """Another process's connection: neither used nor closed here."""
        self._database = self._open(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            for database in (self._database, self._spare):
                if database is None:
                    continue
                try:
                    if database.path is not None:
                        database.shrink(LIMIT_BYTES)
                        _drop_other_versions(database.path)
                    database.close()
                except (sqlite3.Error, OSError):
                    # Nothing that this run found depends on it any more.
                    continue

    def reopen(self) -> bool:
        """In a copy of the process that opened it: read through a connection of its own, as sqlite demands.

        False when that cannot be: what lies in a private temporary file is the first process's alone.
        """
        if self._spare is not None or self._database is None or self._database.path is None:
            return False
        self._inherited = self._database
        try:
            self._database = Database(self._inherited.path)
        except (sqlite3.Error, OSError):
            return False
        return True

    def outlines(self, digests: Sequence[str]) -> dict[str, Outline]:
        """The outlines that are known, by digest."""
        found: dict[str, Outline] = {}
        with roomy():
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
            with roomy():
                return None if value is None else decode_bodies(value)
        except (msgspec.DecodeError, RecursionError):
            return None

    def holds(self, digest: str, text: bytes) -> bool:
        """Whether the bodies of a file hold a text of ASCII in lower case, in whatever case; true when not known."""
        value = self.get(_BODIES, [digest]).get(digest)
        return value is None or text in value.lower()

    def put_facts(self, items: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Keep ``(digest, encoded outline, encoded bodies)`` of files."""
        entries: list[tuple[str, str, bytes]] = []
        for digest, outline, bodies in items:
            entries += [(_BODIES, digest, bodies), (_OUTLINE, digest, outline)]
        self._write(entries)

    def get(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """The values that are known, by key."""
        found: dict[str, bytes] = {}
        with self._lock:
            if self._database is not None:
                try:
                    found.update(self._database.read(kind, keys))
                except (sqlite3.Error, OSError) as error:
                    self._give_up(error)
            if self._spare is not None:
                try:
                    found.update(self._spare.read(kind, keys))
                except (sqlite3.Error, OSError) as error:
                    self._to_memory(error)
        return found

    def put(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Keep values by key."""
        self._write([(kind, key, value) for key, value in items.items()])

    def _write(self, entries: list[tuple[str, str, bytes]]) -> None:
        with self._lock:
            if self._spare is None and self._database is not None:
                try:
                    self._database.write(entries)
                except (sqlite3.Error, OSError) as error:
                    self._give_up(error)
                else:
                    return
            try:
                self._replacement().write(entries)
            except (sqlite3.Error, OSError) as error:
                self._to_memory(error).write(entries)

    def _replacement(self) -> Database:
        """Where entries go when the cache does not take them: a temporary file, or memory where there is no room."""
        if self._spare is None:
            try:
                self._spare = Database(None)
            except (sqlite3.Error, OSError):
                self._spare = Database(None, memory=True)
        return self._spare

    def _to_memory(self, error: Exception) -> Database:
        self.notes.append(Note("cache", f"no temporary file could be used, everything is kept in memory: {error}"))
        self._spare = Database(None, memory=True)
        return self._spare

    def _open(self, path: Path | None) -> Database | None:
        if path is None:
            return None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Database(path)
        except (sqlite3.Error, OSError) as error:
            self._tell(path, error)
            return None

    def _give_up(self, error: Exception) -> None:
        """Go on with a temporary file. A cache that only takes no more is still read; one that is damaged is not."""
        broken = self._database
        if broken is None or broken.path is None:
            return
        self._tell(broken.path, error)
        self._replacement()
        if _is_damaged(error) or not _takes_no_more(error):
            self._database = None
            with suppress(sqlite3.Error):
                broken.close()

    def _tell(self, path: Path, error: Exception) -> None:
        self.notes.append(Note("cache", f"the cache was not used: {error} ({path.parent})"))
        if _is_damaged(error):
            for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                with suppress(OSError):
                    name.unlink(missing_ok=True)


def _is_damaged(error: Exception) -> bool:
    """sqlite says so of a file that is none of its own or whose pages contradict each other."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _takes_no_more(error: Exception) -> bool:
    return any(word in str(error) for word in ("full", "locked", "readonly", "read-only"))


def _drop_other_versions(path: Path) -> None:
    """Delete what other versions of the product left, oldest first, as far as all together is more than the limit."""
    others = [file for file in _files(path.parent) if not file.name.startswith(path.name)]
    sizes = sorted((status.st_mtime, file, status.st_size) for file in others for status in [file.stat()])
    total = path.stat().st_size + sum(size for _, _, size in sizes)
    for _, file, size in sizes:
        if total > LIMIT_BYTES:
            file.unlink(missing_ok=True)
            total -= size


def open_store(config: CacheSettings) -> Store:
    """The store an audit uses; private and temporary when the cache is off."""
    if not config.cache:
        return Store(None)
    try:
        return Store(_file(config))
    except RuntimeError as error:  # nobody's home
        store = Store(None)
        store.notes.append(Note("cache", f"the cache was not used: {error}"))
        return store


def cache_info(config: CacheSettings) -> dict[str, str | int]:
    """Where the cache is, how many files and results it holds, and its size in bytes."""
    folder = _folder(config)
    info: dict[str, str | int] = {"folder": str(folder), "bytes": sum(map(_size, _files(folder)))}
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
    """Delete the cache's files; says where they were and how many bytes are free now. Raises ``OSError``."""
    folder, freed = _folder(config), 0
    for file in _files(folder):
        freed += _size(file)
        file.unlink(missing_ok=True)
    return {"folder": str(folder), "bytes freed": freed}


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # another run has just removed it
        return 0


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("facts-*.sqlite3*") if file.is_file())


def _file(config: CacheSettings) -> Path:
    return _folder(config) / f"facts-{__version__}-{_code_digest()}.sqlite3"


def _folder(config: CacheSettings) -> Path:
    """Raises ``RuntimeError`` when the user has no home."""
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
    """A digest of all that makes facts: a changed lowering, parser or Python never reads what another one stored."""
    digest = hashlib.blake2b(f"{sys.version_info[:2]} {_parser_version()}".encode(), digest_size=8)
    package = Path(__file__).parent.parent
    for folder in ("facts", "syntax"):
        for file in sorted((package / folder).glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _parser_version() -> str:
    try:
        return version("libcst")
    except PackageNotFoundError:
        return ""
