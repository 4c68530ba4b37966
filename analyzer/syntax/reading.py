"""All files of a tree to facts: from the store where they are known, else lowered on every core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from analyzer.facts.codec import decode_bodies, decode_outline
from analyzer.facts.modules import Modules
from analyzer.facts.outline import Bodies, Outline
from analyzer.facts.recursion import roomy
from analyzer.facts.store import Store
from analyzer.model import Progress, SourceFile, SourceTree

if TYPE_CHECKING:
    from analyzer.syntax.workers import Item, Lowered

_SMALL = 300_000
"""Bytes of source that one process lowers in about the time it takes to start two more (0.8 s)."""

_CHUNK = 200_000
"""Bytes of source a worker gets at a time: half a second's work, and some megabytes of facts in flight."""


class _Stored:
    """Bodies from the store; a file that left it meanwhile is read and lowered again."""

    def __init__(self, tree: SourceTree, store: Store, paths: Mapping[str, str]) -> None:
        self._tree, self._store, self._paths = tree, store, paths

    def holds(self, digest: str, text: bytes) -> bool:
        """Whether the bodies of the file with this digest may hold a text of ASCII in lower case."""
        return digest in self._paths and self._store.holds(digest, text)

    def bodies(self, digest: str) -> Bodies:
        """The bodies of the file with this digest; none for a file that could not be analysed."""
        path = self._paths.get(digest)
        if path is None:
            return Bodies([])
        found = self._store.bodies(digest)
        if found is not None:
            return found
        from analyzer.syntax.workers import lower_file

        again = lower_file(self._tree.absolute(path), path)
        if again.digest != digest:
            return Bodies([])
        self._store.put_facts([again[1:]])
        with roomy():
            return decode_bodies(again.bodies)


def read_modules(tree: SourceTree, store: Store, jobs: int, progress: Progress) -> Modules:
    """The facts of every file of a tree, in the order of its paths whatever order the workers finish in.

    A file that cannot be read or lowered has an outline with a problem. ``jobs`` of 1 or less, or little to do, stays
    in this process.
    """
    progress.start("facts", len(tree.files))
    known = store.outlines(list(dict.fromkeys(file.digest for file in tree.files)))
    missing: list[SourceFile] = []
    outlines: dict[str, Outline] = {}
    digests: dict[str, str] = {}
    for file in tree.files:
        if file.digest in known:
            outlines[file.path], digests[file.path] = known[file.digest], file.digest
        else:
            missing.append(file)
    progress.advance("facts", len(outlines))
    for results in _lower_all(tree, missing, jobs):
        store.put_facts(result[1:] for result in results if result.digest)
        for result in results:
            with roomy():
                outlines[result.path], digests[result.path] = decode_outline(result.outline), result.digest
        progress.advance("facts", len(results))
    progress.finish("facts")
    ordered = {file.path: outlines[file.path] for file in tree.files}
    sources = {digest: path for path, digest in digests.items() if digest}
    return Modules(ordered, digests, _Stored(tree, store, sources))


def _lower_all(tree: SourceTree, files: Sequence[SourceFile], jobs: int) -> Iterator[list[Lowered]]:
    if not files:
        return
    from analyzer.syntax.workers import lower_chunk, lower_everywhere

    chunks = list(_chunks(tree, files))
    if jobs <= 1 or sum(file.size for file in files) < _SMALL:
        yield from map(lower_chunk, chunks)
    else:
        yield from lower_everywhere(chunks, min(jobs, len(chunks)))


def _chunks(tree: SourceTree, files: Iterable[SourceFile]) -> Iterator[list[Item]]:
    """The big files first, so that no worker is left with one at the end; small ones together."""
    chunk: list[Item] = []
    size = 0
    for file in sorted(files, key=lambda file: (-file.size, file.path)):
        chunk.append((tree.absolute(file.path), file.path))
        size += file.size
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
