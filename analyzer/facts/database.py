"""One sqlite file of entries: safe for several runs at once, and told apart from a broken one."""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_BATCH = 500
"""Keys asked for at a time: below sqlite's oldest default limit of 999 variables in a statement."""
_DAY = 86_400
"""Seconds: how finely the last use of an entry is noted, so that most runs that only read write nothing."""
_WAIT_SECONDS = 10.0
_DROPPED = 200
"""Entries dropped at a time when there are too many."""
_PRIVATE = 0o600
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, used INTEGER NOT NULL, sum INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
)
"""


class Database:
    """Entries by kind and key. Every method raises ``sqlite3.Error`` (or ``OSError``) when the file fails."""

    def __init__(self, path: Path | None, *, memory: bool = False) -> None:
        """Open or create the file; ``None`` for a private temporary one, or one in memory, gone with the connection."""
        self.path = path
        self._today = int(time.time()) // _DAY
        name = (":memory:" if memory else "") if path is None else str(path)
        if path is not None:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE))
        self._connection = sqlite3.connect(name, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        # The file may have come from anywhere: nothing in its schema may run functions.
        self._connection.execute("PRAGMA trusted_schema=OFF")
        if self.path is not None:
            self._connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            mode = self._patiently("PRAGMA journal_mode=WAL")
            # A network file system may refuse the write-ahead log; the rollback journal needs the full guarantee.
            self._connection.execute(f"PRAGMA synchronous={'NORMAL' if mode == 'wal' else 'FULL'}")
        self._patiently(_SCHEMA)

    def _patiently(self, statement: str) -> object:
        """Run a statement that sqlite does not wait for by itself while another process opens the file."""
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                row = self._connection.execute(statement).fetchone()
                return row and row[0]
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.02)

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
                if isinstance(value, bytes) and zlib.crc32(value) == total:
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

    def shrink(self, limit: int) -> None:
        """Drop the entries that nobody has used for longest, until the file holds at most ``limit`` bytes."""
        if self._bytes() <= limit:
            return
        while self._bytes() > limit:
            oldest = "SELECT rowid FROM entries ORDER BY used, rowid LIMIT ?"
            if not self._connection.execute(f"DELETE FROM entries WHERE rowid IN ({oldest})", (_DROPPED,)).rowcount:
                break
        # A script is run to its end; a single statement without rows would free one page.
        self._connection.executescript("PRAGMA incremental_vacuum")

    def _bytes(self) -> int:
        """Bytes of the pages in use."""
        size, pages, free = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
        return size * (pages - free)

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
