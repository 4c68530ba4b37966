"""The part of BA407 about accounts that are locked: by code that counts attempts, or only ever by an administrator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from analyzer.facts.codec import encode
from analyzer.facts.outline import Use
from analyzer.flow.questions import uses_of
from analyzer.graph.picture import Picture
from analyzer.model import Tier
from analyzer.project import Place

_LOCKED = re.compile(r"(?<!b)(?<!skip_)locked", re.IGNORECASE)
"""Names of the state of being locked: it says nothing about who locks."""
_COUNTED = re.compile(
    r"lock_?out|lock(?:ed)?_(?:at|till|until|count|time|duration|after)"
    r"|(?:fail|failed|failures?|bad|wrong|invalid|login|password)_(?:log_?ins?|attempts?|count|tries|passwords?)\b"
    r"|_attempts?\b|\battempts?_",
    re.IGNORECASE,
)
"""Names of what is counted before an account is locked, and of how long it stays so."""
_ALONE = re.compile(r"\battempts?\b|(?:failed|login)(?:Login|Attempt)")
_KEY = rb"|\xa8attempts"  # a text of nothing else, as bodies are encoded
_COUNTED_IN_BYTES = re.compile(_COUNTED.pattern.encode() + _KEY, re.IGNORECASE)


class Lockouts:
    """What locks accounts in a project, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def stop(self, places: Iterable[Place]) -> bool:
        """Whether functions on the way of a login ask whether the account is locked, and code does lock it: they
        themselves, a library, or whatever counts attempts anywhere. Else only an administrator does, and nobody who
        tries again and again is stopped."""
        hints = [
            (place, use)
            for place in places
            for use in uses_of(self._picture.project, place)
            if _LOCKED.search(use.chain)
        ]
        return bool(hints) and (any(self._locks(place, use) for place, use in hints) or self._counts)

    def _locks(self, place: Place, use: Use) -> bool:
        if use.kind == "write":
            return True
        target = self._picture.project.resolve(place, use.chain, use.line) if use.kind == "call" else None
        return target is not None and not target.ours

    @cached_property
    def _counts(self) -> bool:
        return any(self._speaking())

    def _speaking(self) -> Iterator[bool]:
        """Whether any name, then any text, of the project's own code speaks of attempts or of a time to be locked."""
        project = self._picture.project
        paths = [path for path in project.paths() if self._picture.tier(path) is Tier.MAIN]
        for path in paths:
            outline = project.outline(path)
            yield any(map(_counted, (use.chain for use in outline.uses)))
            for function in outline.functions:
                yield any(map(_counted, (use.chain for use in function.uses)))
            for index in range(len(outline.classes)):
                yield any(map(_counted, (name for name, _, _ in project.classes.fields(path, index))))
        for path in paths:
            for index in range(-1, len(project.outline(path).functions)):
                yield _COUNTED_IN_BYTES.search(encode(project.body(Place(path, index)))) is not None


def _counted(name: str) -> bool:
    return _COUNTED.search(name) is not None or _ALONE.search(name) is not None
