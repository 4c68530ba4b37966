"""Start an engine so that nothing around it matters and nothing of it stays: clean environment, group, deadline."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV")
"""Variables a child may need to start at all; none of them is read by an engine as a setting."""


class TimedOut(Exception):
    """The child did not end before the deadline and was killed with its whole group."""


class Ended:
    """How a child ended: its exit code (negative: the signal that killed it) and what it wrote."""

    def __init__(self, code: int, output: bytes) -> None:
        """Keep both."""
        self.code = code
        self.output = output


class Children:
    """Runs children and can end them all at once from another thread."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """``folder`` is the children's private working folder and home; all must end within ``seconds``."""
        self._folder = folder
        self._deadline = time.monotonic() + seconds
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, command: Sequence[str], given: bytes = b"") -> Ended:
        """Run to the end and return what was written to standard output; standard error is dropped.

        Raises ``TimedOut`` after the deadline or ``stop``, and ``OSError`` when the program cannot be started.
        """
        with self._lock:
            if self._stopped or time.monotonic() >= self._deadline:
                raise TimedOut
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=self._environment(),
                start_new_session=True,
            )
            self._running.add(child)
        try:
            output, _ = child.communicate(given, timeout=max(self._deadline - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            raise TimedOut from None
        finally:
            _kill(child)
            with self._lock:
                self._running.discard(child)
        if self._stopped:
            raise TimedOut
        return Ended(child.returncode, output)

    def stop(self) -> None:
        """End every child now; later ones do not start."""
        with self._lock:
            self._stopped = True
            for child in self._running:
                _kill(child)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        home = str(self._folder)
        return kept | {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath)),
            "HOME": home,
            "USERPROFILE": home,
            "TMPDIR": home,
            "XDG_CONFIG_HOME": home,
            "XDG_CACHE_HOME": home,
            "SEMGREP_SEND_METRICS": "off",
            "SEMGREP_ENABLE_VERSION_CHECK": "0",
            "SEMGREP_SETTINGS_FILE": str(self._folder / "settings.yml"),
            "SEMGREP_LOG_FILE": str(self._folder / "semgrep.log"),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and all it started; harmless when they are gone."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        elif child.poll() is None:
            child.kill()
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        child.wait(timeout=5)
