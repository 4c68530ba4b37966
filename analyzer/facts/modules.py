"""All modules of an audit: outlines at hand, bodies on demand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol

from analyzer.facts.outline import Bodies, Outline
from analyzer.model import SourceTree

_BODIES_KEPT = 256
"""Decoded bodies kept at a time: a rule that visits a call's neighbours finds them, a million lines do not pile up."""


class BodySource(Protocol):
    """Where lowered bodies come from."""

    def bodies(self, digest: str) -> Bodies:
        """The bodies of the file with this digest."""


class Modules:
    """The lowered files of a tree. ``outlines`` maps the path of every file, sorted, to its outline."""

    def __init__(self, outlines: Mapping[str, Outline], digests: Mapping[str, str], source: BodySource) -> None:
        self.outlines = outlines
        self._digests = digests
        self._source = source
        self._kept: OrderedDict[str, Bodies] = OrderedDict()

    def as_read(self, tree: SourceTree) -> bool:
        """Whether the facts are those of the tree's bytes: no file changed after it was listed."""
        return all(self._digests.get(file.path) == file.digest for file in tree.files)

    def bodies(self, path: str) -> Bodies:
        """The bodies of a file's functions, by ``Outline.functions`` index."""
        kept = self._kept.get(path)
        if kept is None:
            kept = self._source.bodies(self._digests[path])
            self._kept[path] = kept
            if len(self._kept) > _BODIES_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(path)
        return kept
