"""What a walk of a handler comes to: the records it loads, and what it says about who is asking."""

from __future__ import annotations

import msgspec

from analyzer.facts.expressions import AnyExpression
from analyzer.project import Place

Mark = str | int
Marks = frozenset[Mark]
NONE: Marks = frozenset()


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
    spoken: set[str] = msgspec.field(default_factory=set)
    """Keys under which the caller is handed on: ``{"author": request.user}``."""
    caller: bool = False
    """The code knows who is asking, and not only that somebody may."""

    def take(self, leg: Leg) -> Marks:
        """Go a leg that was walked before: its loads become ours. What it gives back, in our numbers."""
        numbers: dict[int, int] = {}
        for at, load in enumerate(leg.trail.loads):
            numbers[at] = self._taken(load)
        self.made |= leg.trail.made
        self.spoken |= leg.trail.spoken
        self.role = self.role or leg.trail.role
        self.decides = self.decides or leg.trail.decides
        self.caller = self.caller or leg.trail.caller
        return frozenset(numbers[mark] if isinstance(mark, int) else mark for mark in leg.marks)

    def _taken(self, load: Load) -> int:
        for at, own in enumerate(self.loads):
            if own.same(load):
                own.keyed, own.scoped, own.whose = (
                    own.keyed or load.keyed,
                    own.scoped or load.scoped,
                    own.whose or load.whose,
                )
                own.used = own.used if load.used != "changed" and own.used else load.used
                return at
        self.loads.append(msgspec.structs.replace(load))
        return len(self.loads) - 1


class Leg(msgspec.Struct, frozen=True):
    """The part of a trail that a function adds when no record is given to it, and the marks of what it gives back."""

    trail: Trail
    marks: Marks
