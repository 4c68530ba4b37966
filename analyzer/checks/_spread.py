"""Numbered tasks spread over copies of this process, where the system can copy it.

A copy (``fork``) has all that has been worked out so far and pays only for the pages it changes; handing the picture
to a new process would take longer than most rules do. Tasks are handed out one by one, each to whoever is free, so no
cost of a task needs to be known. A copy that dies loses nothing: what it did not answer is done here.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

Task = Callable[[int], bytes]
"""Does the task of a number and gives its answer, encoded. Raises nothing."""


def can_fork() -> bool:
    """Whether copies of this process are safe here: macOS's own libraries do not survive it, Windows cannot."""
    return sys.platform == "linux"


def spread(task: Task, count: int, jobs: int, begin: Callable[[], bool]) -> Iterator[tuple[int, bytes]]:
    """The answers of tasks 0 to ``count`` − 1 in no order. ``begin`` runs in each copy first and may decline."""
    queue, filled = os.pipe()
    with suppress(BlockingIOError):
        os.write(filled, b"".join(number.to_bytes(2, "big") for number in range(count)))
    os.close(filled)
    copies: list[tuple[int, int]] = []
    gc.freeze()  # a collection in a copy would touch, and so copy, every page
    try:
        for _ in range(jobs - 1):
            copies.append(_copy(task, queue, begin))
        answered = set()
        for number in _taken(queue):
            answered.add(number)
            yield number, task(number)
        for _, answers in copies:
            for number, answer in _received(answers):
                answered.add(number)
                yield number, answer
        for number in sorted(set(range(count)) - answered):
            yield number, task(number)
    finally:
        gc.unfreeze()
        os.close(queue)
        for process, answers in copies:
            os.close(answers)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(process, 0)


def _copy(task: Task, queue: int, begin: Callable[[], bool]) -> tuple[int, int]:
    """Start a copy that takes tasks from the queue; its process number and where its answers can be read."""
    answers, told = os.pipe()
    with warnings.catch_warnings():
        # Python warns of threads. The display's is the only one left now, and a copy shows nothing.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        os.close(told)
        return process, answers
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(answers)
        if begin():
            done = [(number, task(number)) for number in _taken(queue)]
            with os.fdopen(told, "wb") as out:
                out.write(msgspec.msgpack.encode(done))
    finally:
        # Nothing of the parent's may be flushed, closed or removed here.
        os._exit(0)


def _taken(queue: int) -> Iterator[int]:
    while number := os.read(queue, 2):
        yield int.from_bytes(number, "big")


def _received(answers: int) -> list[tuple[int, bytes]]:
    with os.fdopen(answers, "rb", closefd=False) as read:
        told = read.read()
    try:
        return msgspec.msgpack.decode(told, type=list[tuple[int, bytes]])
    except msgspec.DecodeError:  # it died before it had told everything
        return []
