"""The private folder that copies of audited source lie in while engines read them. No ended run leaves one behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks: what a killed run leaves there stays
    fcntl = None  # type: ignore[assignment]

_PREFIX = "backend-audit-"
_LOCK = ".lock"


class Workplace:
    """A folder that only this user can enter. A lock says that its run lives; the system drops it with the process."""

    def __init__(self) -> None:
        """Make one, after those of killed runs are gone. Raises ``OSError``."""
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = _lock(self.path)

    def remove(self) -> None:
        """Delete all that is in it."""
        self._folder.cleanup()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Remove what killed runs of this user left. Never raises."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if (
                entry.name.startswith(_PREFIX)
                and entry.is_dir(follow_symlinks=False)
                and entry.stat(follow_symlinks=False).st_uid == os.getuid()
            ):
                _remove_abandoned(Path(entry.path))


def _lock(folder: Path) -> int | None:
    """Hold the folder's lock, which has its name only once it is held: nobody can find it free in between."""
    if fcntl is None:
        return None
    unnamed = folder / f"{_LOCK}.new"
    descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(folder / _LOCK)
    except OSError:  # a file system without locks
        os.close(descriptor)
        return None
    return descriptor


def _remove_abandoned(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
