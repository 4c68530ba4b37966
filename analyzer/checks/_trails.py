"""What a walk of a handler comes to: the records it loads, and what it says about who is asking."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression
from analyzer.project import Place

Mark = str | int
Marks = frozenset[Mark]
NONE: Marks = frozenset()


State = tuple[str, bool, bool, bool, str]
"""What is known of a load: its resource, whether it is keyed, scoped and somebody's, and how it is used."""


class Load(msgspec.Struct):
    """Records that are asked for. ``used`` is ``""``, ``read``, ``changed``, or ``counted`` while it is open what that
    comes to (``stock -= 1``); ``shown`` is how the code asks."""

    resource: str
    place: Place
    node: AnyExpression
    shown: str
    keyed: bool = False
    scoped: bool = False
    whose: bool = False
    """Chosen by a column that says whose it is, whoever that is."""
    used: str = ""
    given: frozenset[tuple[str, Marks]] = frozenset()
    """The marks of the parameters of the function that loads: a helper that looks up whoever it is told to loads the
    caller for one of its callers, and anybody for another."""

    idle: tuple[Place, AnyExpression] | None = None
    """A check of whose it is that keeps nobody out."""
    apart: bool = False
    """The marks in ``given`` are in the numbers of a trail of its own."""

    @property
    def state(self) -> State:
        """All that decides what comes of the records."""
        return self.resource, self.keyed, self.scoped, self.whose, self.used

    def add(self, other: Load) -> None:
        """What another walk found out about the same load."""
        self.keyed = self.keyed or other.keyed
        self.scoped = self.scoped or other.scoped
        self.whose = self.whose or other.whose
        self.idle = self.idle or other.idle
        if other.used == "changed" or not self.used:
            self.used = other.used

    def same(self, other: Load) -> bool:
        """Whether two loads are of one place, asked for in one way."""
        return self.node is other.node and self.resource == other.resource and self.given == other.given


class Trail(msgspec.Struct):
    """What a handler does: its loads, and what it makes in the caller's name (resource and column)."""

    loads: list[Load]
    made: set[tuple[str, str]]
    role: bool = False
    """Something on the way asks for the caller's role."""
    decides: bool = False
    """Something is called that decides who may, of whatever."""
    named: set[tuple[str, str]] = msgspec.field(default_factory=set)
    """What it makes in the name of whoever the client says (resource and column)."""
    spoken: set[str] = msgspec.field(default_factory=set)
    """Keys under which the caller is handed on: ``{"author": request.user}``."""
    caller: bool = False
    """The code knows who is asking, and not only that somebody may."""

    def take(self, leg: Leg, handed: Sequence[int] = ()) -> Marks:
        """Go a leg that was walked before: its loads become ours. What it gives back, in our numbers.

        ``handed`` are our numbers of the loads that the leg begins with.
        """
        numbers: dict[Mark, Mark] = dict(enumerate(handed))
        for at, load in enumerate(leg.trail.loads):
            if at < len(handed):
                self.loads[handed[at]].add(load)
            elif not handed:
                numbers[at] = self._taken(msgspec.structs.replace(load, apart=True))
            elif load.apart:
                numbers[at] = self._taken(msgspec.structs.replace(load))
            else:
                given = frozenset((name, _renumbered(marks, numbers)) for name, marks in load.given)
                numbers[at] = self._taken(msgspec.structs.replace(load, given=given))
        self.made |= leg.trail.made
        self.named |= leg.trail.named
        self.spoken |= leg.trail.spoken
        self.role = self.role or leg.trail.role
        self.decides = self.decides or leg.trail.decides
        self.caller = self.caller or leg.trail.caller
        return _renumbered(leg.marks, numbers)

    def _taken(self, load: Load) -> int:
        for at, own in enumerate(self.loads):
            if own.same(load):
                own.add(load)
                return at
        self.loads.append(load)
        return len(self.loads) - 1


def _renumbered(marks: Marks, numbers: Map[Mark, Mark]) -> Marks:
    return frozenset(numbers.get(mark, mark) for mark in marks)


class Leg(msgspec.Struct, frozen=True):
    """The part of a trail that a function adds, after the records that are given to it, and the marks of what it gives
    back."""

    trail: Trail
    marks: Marks
