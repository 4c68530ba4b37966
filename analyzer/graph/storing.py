"""Whether what a function calls changes stored data in the end."""

from __future__ import annotations

import re

from analyzer.graph.access import CallSite
from analyzer.graph.picture import Picture
from analyzer.project import Place

_DEPTH = 2
"""Calls followed: a repository behind a service, and the class that the repository extends."""
_READING = re.compile(r"^_?(?:get|list|find|load|fetch|read|is|has|check|can)(?:_|$)", re.IGNORECASE)
"""What is called so and writes fills a cache on its way; it decides nothing about data."""


class Storing:
    """Answers about functions, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: dict[tuple[Place, int], bool] = {}

    def at(self, site: CallSite) -> bool:
        """Whether a call of a service or a repository ends in a write."""
        target = site.target
        if self.only_reads(site):
            return False
        if self._picture.target_role(target).name not in {"service", "repository"}:
            return False
        return target.kind == "function" and self._writes(Place(target.path, target.index), _DEPTH)

    def only_reads(self, site: CallSite) -> bool:
        """Whether what is called says of itself that it only reads."""
        return _READING.match(site.target.dotted.rpartition(".")[2]) is not None

    def _writes(self, place: Place, depth: int) -> bool:
        key = (place, depth)
        if key not in self._known:
            self._known[key] = False  # a function that calls itself
            self._known[key] = any(access.kind == "write" for access in self._picture.accesses_of(place)) or (
                depth > 0
                and any(
                    site.target.kind == "function"
                    and self._writes(Place(site.target.path, site.target.index), depth - 1)
                    for site in self._picture.calls_of(place)
                )
            )
            self._known[key] |= any(
                self._writes(one, depth) for one in self._picture.project.classes.implementations(place)
            )
        return self._known[key]
