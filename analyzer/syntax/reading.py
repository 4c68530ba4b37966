"""All files of a tree to facts: from the store where they are known, else parsed on every core."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from hashlib import blake2b
from pathlib import Path

from analyzer.facts.codec import encode
from analyzer.facts.modules import Modules
from analyzer.facts.outline import Bodies, Outline
from analyzer.facts.store import Store
from analyzer.model import Progress, SourceFile, SourceTree
from analyzer.syntax.lowering import lower, refused

_SMALL = 300_000
"""Bytes of source that one process lowers in about the time it takes to start two more."""
_CHUNK = 200_000
"""Bytes of source a worker gets at a time: half a second's work, and some ten megabytes of facts in flight."""
_WAITING = 4
"""Chunks handed out ahead for every worker."""
_RENEW = 40
"""Chunks after which a worker is replaced, so that its memory does not grow with the tree."""

Lowered = tuple[str, str, bytes, bytes]
"""Path, digest of the bytes read, encoded outline, encoded bodies."""


class _Stored:
    """Bodies from the store; a file that left it meanwhile is read and lowered again."""

    def __init__(self, tree: SourceTree, store: Store, paths: dict[str, str]) -> None:
        self._tree, self._store, self._paths = tree, store, paths

    def bodies(self, digest: str) -> Bodies:
        found = self._store.bodies(digest)
        if found is None:
            _, _, _, encoded = lowered(self._tree.absolute(self._paths[digest]), self._paths[digest])
            self._store.put("bodies", {digest: encoded})
            found = self._store.bodies(digest)
        return found if found is not None else Bodies([])


def read_modules(tree: SourceTree, store: Store, jobs: int, progress: Progress) -> Modules:
    """The facts of every file of a tree, in the order of its paths whatever order the workers finish in."""
    progress.start("facts", len(tree.files))
    known = store.outlines([file.digest for file in tree.files])
    outlines: dict[str, Outline] = {}
    digests: dict[str, str] = {}
    missing: list[SourceFile] = []
    for file in tree.files:
        if file.digest in known:
            outlines[file.path], digests[file.path] = known[file.digest], file.digest
        else:
            missing.append(file)
    progress.advance("facts", len(outlines))
    for results in _lower_all(tree, missing, jobs):
        store.put_facts((digest, outline, bodies) for _, digest, outline, bodies in results)
        fresh = store.outlines([digest for _, digest, _, _ in results])
        for path, digest, _, _ in results:
            outlines[path], digests[path] = fresh[digest], digest
        progress.advance("facts", len(results))
    progress.finish("facts")
    ordered = {file.path: outlines[file.path] for file in tree.files}
    return Modules(ordered, digests, _Stored(tree, store, {digest: path for path, digest in digests.items()}))


def lowered(absolute: Path, path: str) -> Lowered:
    """Read and lower one file. A file that cannot be read has facts too: those of a problem."""
    try:
        data = absolute.read_bytes()
    except OSError as error:
        reason = f"cannot be read: {error.strerror or type(error).__name__}"
        facts, digest = refused(1, 1, reason), blake2b(f"{path}\0{reason}".encode(), digest_size=16).hexdigest()
    else:
        facts, digest = lower(data), blake2b(data, digest_size=16).hexdigest()
    return path, digest, encode(facts.outline), encode(facts.bodies)


def lower_chunk(files: Sequence[tuple[Path, str]]) -> list[Lowered]:
    """What a worker does: lower some files, with the garbage collector off meanwhile (trees hold no cycles)."""
    gc.disable()
    try:
        return [lowered(absolute, path) for absolute, path in files]
    finally:
        gc.enable()


def _lower_all(tree: SourceTree, files: Sequence[SourceFile], jobs: int) -> Iterator[list[Lowered]]:
    if jobs <= 1 or sum(file.size for file in files) < _SMALL:
        for chunk in _chunks(tree, files):
            yield lower_chunk(chunk)
        return
    lost: list[tuple[Path, str]] = []
    yield from _on_workers(list(_chunks(tree, files)), jobs, lost.extend)
    for item in lost:
        yield from _alone(item)


def _on_workers(
    chunks: list[list[tuple[Path, str]]], jobs: int, lose: Callable[[list[tuple[Path, str]]], None]
) -> Iterator[list[Lowered]]:
    """Hand out chunks; those of a worker that died are handed to ``lose``."""
    with _pool(jobs) as pool:
        waiting: dict[Future[list[Lowered]], list[tuple[Path, str]]] = {}
        todo = iter(chunks)
        broken = False
        try:
            while True:
                while not broken and len(waiting) < jobs * _WAITING and (chunk := next(todo, None)) is not None:
                    try:
                        waiting[pool.submit(lower_chunk, chunk)] = chunk
                    except BrokenProcessPool:
                        broken = True
                        lose(chunk)
                if not waiting:
                    break
                done, _ = wait(waiting, return_when="FIRST_COMPLETED")
                for future in done:
                    chunk = waiting.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        broken = True
                        lose(chunk)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        for rest in todo:
            lose(rest)


def _alone(item: tuple[Path, str]) -> Iterator[list[Lowered]]:
    """One file in a process of its own; the one that kills its process is a problem and nothing worse."""
    with _pool(1) as pool:
        try:
            yield pool.submit(lower_chunk, [item]).result()
        except BrokenProcessPool:
            facts = refused(1, 1, "the parser crashed on it")
            digest = blake2b(f"{item[1]}\0crash".encode(), digest_size=16).hexdigest()
            yield [(item[1], digest, encode(facts.outline), encode(facts.bodies))]


def _pool(jobs: int) -> ProcessPoolExecutor:
    # "spawn" never copies a process that has threads (the engines run beside us), and lets workers be renewed.
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=_RENEW)


def _chunks(tree: SourceTree, files: Iterable[SourceFile]) -> Iterator[list[tuple[Path, str]]]:
    """The big files first, so that no worker is left with one at the end; small ones together."""
    chunk: list[tuple[Path, str]] = []
    size = 0
    for file in sorted(files, key=lambda file: (-file.size, file.path)):
        chunk.append((tree.absolute(file.path), file.path))
        size += file.size
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
