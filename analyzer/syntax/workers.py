"""Files lowered on several cores, whatever happens to a worker.

Workers are spawned, not forked: a copy of a process that has threads (the engines run beside us) may deadlock, and
only spawned workers can be renewed. A worker that dies (out of memory, a crash in the parser) breaks its pool; what was
handed out then is tried again one file at a time, so that only the file at fault becomes a problem.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from hashlib import blake2b
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import NamedTuple

from analyzer.facts.codec import encode
from analyzer.facts.outline import ModuleFacts
from analyzer.facts.recursion import roomy
from analyzer.syntax.lowering import lower, refused
from analyzer.syntax.redaction import values_of, without

_WAITING = 2
"""Chunks handed out ahead for every worker."""

_RENEW = 40
"""Chunks after which a worker is replaced, so that its memory does not grow with the tree."""

Item = tuple[Path, str]
"""A file on disk, and its path in the tree."""


class Lowered(NamedTuple):
    """A file's facts, encoded. ``digest`` is that of the bytes read, ``""`` when there is nothing worth keeping."""

    path: str
    digest: str
    outline: bytes
    bodies: bytes


def lower_chunk(items: Sequence[Item]) -> list[Lowered]:
    """Lower some files, with the garbage collector off meanwhile (trees hold no cycles)."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return [lower_file(absolute, path) for absolute, path in items]
    finally:
        if collecting:
            gc.enable()


def lower_file(absolute: Path, path: str) -> Lowered:
    """Read and lower one file. A file that cannot be read has facts too: those of a problem."""
    try:
        data = absolute.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return _encoded(path, "", refused(1, 1, f"cannot be read: {reason}"))
    facts = lower(data)
    made = _encoded(path, blake2b(data, digest_size=16).hexdigest(), facts)
    values = values_of(data, facts.outline.secrets)
    if not values:
        return made
    return made._replace(outline=without(made.outline, values), bodies=without(made.bodies, values))


def _encoded(path: str, digest: str, facts: ModuleFacts) -> Lowered:
    try:
        with roomy():
            return Lowered(path, digest, encode(facts.outline), encode(facts.bodies))
    except (RecursionError, ValueError):
        return _encoded(path, digest, refused(1, 1, "its facts cannot be kept"))


def lower_everywhere(chunks: Sequence[list[Item]], jobs: int) -> Iterator[list[Lowered]]:
    """Lower chunks on ``jobs`` workers; results come as they are ready."""
    left = deque(chunks)
    while left:
        suspects: list[Item] = []
        yield from _until_broken(left, jobs, suspects)
        yield from _one_by_one(suspects)


def _until_broken(left: deque[list[Item]], jobs: int, suspects: list[Item]) -> Iterator[list[Lowered]]:
    """Take chunks from ``left`` until none is left or a worker dies; ``suspects`` gets what was handed out then."""
    with _pool(jobs) as pool:
        running: dict[Future[list[Lowered]], list[Item]] = {}
        broken = False
        while running or (left and not broken):
            while left and not broken and len(running) < jobs * _WAITING:
                chunk = left.popleft()
                try:
                    running[pool.submit(lower_chunk, chunk)] = chunk
                except BrokenProcessPool:
                    broken = True
                    suspects += chunk
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    broken = True
                    suspects += chunk
                else:
                    yield result


def _one_by_one(items: list[Item]) -> Iterator[list[Lowered]]:
    """Each file alone in the worker; the one that kills it is a problem and nothing worse."""
    left = deque(items)
    while left:
        with _pool(1) as pool:
            while left:
                item = left.popleft()
                try:
                    yield pool.submit(lower_chunk, [item]).result()
                except BrokenProcessPool:
                    yield [_encoded(item[1], "", refused(1, 1, "the parser crashed on it"))]
                    break


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    # A spawned interpreter would look for modules in the current folder first, which may be the audited tree.
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    context = multiprocessing.get_context("spawn")
    watched, kept = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(watched,), max_tasks_per_child=_RENEW)
    try:
        yield pool
    except BaseException:
        kept.close()  # nobody waits for what the workers have in hand
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        kept.close()
        watched.close()
        if before is None:
            os.environ.pop("PYTHONSAFEPATH", None)
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _begin(watched: Connection) -> None:
    """In a new worker: leave interruption to the parent, and go when it closes the other end or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(watched,), daemon=True).start()


def _follow(watched: Connection) -> None:
    wait_for([watched])
    os._exit(1)
