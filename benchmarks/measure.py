"""Wall time of a command and the peak memory of its processes, read from ``/proc`` (Linux)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from benchmarks.backends import BenchmarkError

_PROC = Path("/proc")
_INTERVAL = 0.02
"""Seconds between two looks at the processes. The kernel keeps each one's high-water mark, so a peak between two
looks is not lost; only a process that lives shorter than this is."""
_ERROR_LINES = 15


class Measurement(msgspec.Struct, frozen=True):
    """What one run of a command took: wall time in seconds and the peak resident memory, in bytes, of its largest
    process (0 where ``/proc`` is missing)."""

    seconds: float
    peak: int


def is_semgrep(command: Sequence[str]) -> bool:
    """Whether a process's command line is semgrep's launcher or its core."""
    names = [os.path.basename(word) for word in command[:4]]  # noqa: PTH119  (words, not paths)
    return any(name.startswith(("semgrep", "pysemgrep", "osemgrep")) for name in names)


def measure(
    command: Sequence[str],
    *,
    cwd: Path,
    allowed: Sequence[int] = (0,),
    environment: Mapping[str, str] | None = None,
    foreign: Callable[[Sequence[str]], bool] = lambda _: False,
) -> Measurement:
    """Run ``command`` to its end. Processes whose command line is ``foreign``, and all they start, count for the time
    and not for the memory. Raises ``BenchmarkError`` with the end of its error output on an exit code not allowed."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        over = threading.Event()
        watch = _Watch(process.pid, foreign)
        watcher = threading.Thread(target=watch.until, args=(over,), daemon=True)
        watcher.start()
        errors = process.communicate()[1]
        seconds = time.perf_counter() - started
        over.set()
        watcher.join()
    if process.returncode not in allowed:
        tail = "\n".join(errors.splitlines()[-_ERROR_LINES:])
        raise BenchmarkError(f"{' '.join(command)}: exit code {process.returncode}\n{tail}")
    return Measurement(seconds=seconds, peak=watch.peak)


class _Watch:
    """Follows a process and its descendants; ``peak`` is the largest high-water mark seen, in bytes."""

    def __init__(self, pid: int, foreign: Callable[[Sequence[str]], bool]) -> None:
        self.pid = pid
        self.foreign = foreign
        self.peak = 0

    def until(self, over: threading.Event) -> None:
        """Look at the processes until told that the command is over."""
        while not over.wait(_INTERVAL):
            waiting = [self.pid]
            while waiting:
                pid = waiting.pop()
                if self.foreign(_command_line(pid)):
                    continue
                self.peak = max(self.peak, _high_water(pid))
                waiting += _children(pid)


def _command_line(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _high_water(pid: int) -> int:
    """``VmHWM`` in bytes; 0 for a process that is gone."""
    try:
        status = (_PROC / str(pid) / "status").read_bytes()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _children(pid: int) -> list[int]:
    """Processes that any thread of ``pid`` started."""
    found: list[int] = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        pass
    return found
