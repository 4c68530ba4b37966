"""The part of BA303 about reads that nothing guards, where it shows that they were meant to be guarded."""

from __future__ import annotations

from analyzer.checks import _public
from analyzer.checks._doors import doors
from analyzer.graph.dealings import Dealings
from analyzer.graph.guards import Guards, Known
from analyzer.graph.picture import Picture
from analyzer.project import Place

_OTHERS, _READS = 5, 3
"""Guarded handlers of a file, and reads among them, beside which a single one that is not stands out. Provisional: of
seventy real backends one read stands so, and it had been forgotten."""


class Alone:
    """The handlers that stand alone in their files without a guard."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        guards = picture.shared(Guards)
        guarded: dict[str, int] = {}
        reads: dict[str, int] = {}
        bare: dict[str, set[Place]] = {}
        for handler, routes in doors(picture):
            known = [guards.of(route) for route in routes]
            if all(one.guards for one in known):
                guarded[handler.path] = guarded.get(handler.path, 0) + 1
                reads[handler.path] = reads.get(handler.path, 0) + any(route.method == "GET" for route in routes)
            elif handler.index < 0 or not _public.is_public(picture, handler, routes):
                bare.setdefault(handler.path, set()).add(handler)
        self._found = frozenset(
            handler
            for path, handlers in bare.items()
            for handler in handlers
            if len(handlers) == 1 and guarded.get(path, 0) >= _OTHERS and reads.get(path, 0) >= _READS
        )

    def forgotten(self, handler: Place, known: Known, beside: bool) -> bool:
        """Whether a read of what is stored was meant to be guarded: it demands a credential that nobody looks at, as
        handlers ``beside`` it do, or it is the only one of its file that demands nothing."""
        if not (handler in self._found or (known.meant and beside)):
            return False
        dealing = self._picture.shared(Dealings).of(handler)
        return bool(dealing.touches or dealing.repositories or dealing.services)
