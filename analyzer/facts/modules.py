"""All modules of an audit: outlines at hand, bodies on demand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol
from weakref import WeakValueDictionary

from analyzer.facts.outline import Bodies, Outline
from analyzer.model import SourceTree

_LINES_KEPT = 150_000
"""Lines of the files whose decoded bodies are kept at a time (150 MB): a rule that visits a call's neighbours finds
them, a million lines do not pile up."""


class BodySource(Protocol):
    """Where lowered bodies come from."""

    def bodies(self, digest: str) -> Bodies:
        """The bodies of the file with this digest."""

    def holds(self, digest: str, text: bytes) -> bool:
        """Whether those bodies may hold a text of ASCII in lower case, in whatever case they hold it."""


class Modules:
    """The lowered files of a tree. ``outlines`` maps the path of every file, sorted, to its outline."""

    def __init__(self, outlines: Mapping[str, Outline], digests: Mapping[str, str], source: BodySource) -> None:
        self.outlines = outlines
        self._digests = digests
        self._source = source
        self._kept: OrderedDict[str, Bodies] = OrderedDict()
        self._lines = 0
        self._alive: WeakValueDictionary[str, Bodies] = WeakValueDictionary()
        """Bodies that somebody still holds: what was found out about their nodes holds for these nodes only."""

    def with_outlines(self, outlines: Mapping[str, Outline]) -> Modules:
        """The same files, these outlines in the place of theirs."""
        return Modules(
            {path: outlines.get(path, outline) for path, outline in self.outlines.items()}, self._digests, self._source
        )

    def as_read(self, tree: SourceTree) -> bool:
        """Whether the facts are those of the tree's bytes: no file changed after it was listed."""
        return all(self._digests.get(file.path) == file.digest for file in tree.files)

    def holds(self, path: str, text: str) -> bool:
        """Whether the functions of a file may hold a text of ASCII in lower case: told without decoding them."""
        return self._source.holds(self._digests[path], text.encode())

    def bodies(self, path: str) -> Bodies:
        """The bodies of a file's functions, by ``Outline.functions`` index."""
        kept = self._kept.get(path)
        if kept is None:
            kept = self._alive.get(path)
            if kept is None:
                kept = self._alive[path] = self._source.bodies(self._digests[path])
            self._kept[path] = kept
            self._lines += self.outlines[path].lines
            while self._lines > _LINES_KEPT and len(self._kept) > 1:
                dropped, _ = self._kept.popitem(last=False)
                self._lines -= self.outlines[dropped].lines
        else:
            self._kept.move_to_end(path)
        return kept
