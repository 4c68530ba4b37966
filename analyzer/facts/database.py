"""One sqlite file of facts: safe for several runs at once, and told apart from a broken one."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_BATCH = 500
"""Keys asked for at a time: below sqlite's default limit of 999 variables in a statement."""
_DAY = 86_400
_WAIT_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, used INTEGER NOT NULL, sum INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class Database:
    """Entries by kind and key. Every method raises ``sqlite3.Error`` (or ``OSError``) when the file fails."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; ``None`` for a private temporary one that goes with the connection."""
        self.path = path
        self._today = int(time.time()) // _DAY
        name = "" if path is None else str(path)
        self._connection = sqlite3.connect(name, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        if path is not None:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            path.chmod(0o600)
        self._connection.execute(_SCHEMA)

    def read(self, kind: str, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The entries that exist and are whole; a damaged one counts as missing."""
        stale: list[str] = []
        for start in range(0, len(keys), _BATCH):
            some = keys[start : start + _BATCH]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT key, used, sum, value FROM entries WHERE kind = ? AND key IN ({marks})", (kind, *some)
            )
            for key, used, total, value in rows:
                if zlib.crc32(value) == total:
                    if used < self._today:
                        stale.append(key)
                    yield key, value
        if stale and self.path is not None:
            self._touch(kind, stale)

    def write(self, entries: Iterable[tuple[str, str, bytes]]) -> None:
        """Store ``(kind, key, value)`` entries, all or none."""
        rows = [(kind, key, self._today, zlib.crc32(value), value) for kind, key, value in entries]
        if not rows:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def keys(self, kind: str) -> list[str]:
        """The keys of all entries of a kind."""
        return [row[0] for row in self._connection.execute("SELECT key FROM entries WHERE kind = ?", (kind,))]

    def shrink(self, limit: int) -> None:
        """Drop the entries that nobody has used for longest, until the file holds at most ``limit`` bytes of data."""
        size = self._connection.execute("SELECT COALESCE(SUM(LENGTH(value)), 0) FROM entries").fetchone()[0]
        while size > limit:
            oldest = self._connection.execute("SELECT MIN(used) FROM entries").fetchone()[0]
            if oldest is None or oldest >= self._today:
                return
            self._connection.execute("DELETE FROM entries WHERE used = ?", (oldest,))
            size = self._connection.execute("SELECT COALESCE(SUM(LENGTH(value)), 0) FROM entries").fetchone()[0]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Number of entries and their bytes, by kind."""
        rows = self._connection.execute("SELECT kind, COUNT(*), SUM(LENGTH(value)) FROM entries GROUP BY kind")
        return {kind: (count, size) for kind, count, size in rows}

    def close(self) -> None:
        """Close the file; a temporary one is gone then."""
        self._connection.close()

    def _touch(self, kind: str, keys: Sequence[str]) -> None:
        try:
            for start in range(0, len(keys), _BATCH):
                some = keys[start : start + _BATCH]
                marks = ",".join("?" * len(some))
                self._connection.execute(
                    f"UPDATE entries SET used = ? WHERE kind = ? AND key IN ({marks})", (self._today, kind, *some)
                )
        except sqlite3.OperationalError:
            # Another run is writing: only the age of these entries is at stake.
            return
