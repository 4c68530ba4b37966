"""Repositories as units: what one call of a method asks of the database, how it branches, which entities it serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import Conditional
from analyzer.facts.statements import AnyStatement, For, If, Match, Raise, Return, Try, While, With
from analyzer.facts.visit import walk
from analyzer.frameworks import persistence
from analyzer.graph.access import Access
from analyzer.graph.picture import Picture
from analyzer.model import Tier
from analyzer.project import Place

_UNIT_OF_WORK = {"add", "add_all", "refresh", "expunge", "merge"}
"""Operations that ask the database nothing of their own: the write they prepare is counted where it is sent, and a
record that is read back belongs to it."""


class Method(msgspec.Struct, frozen=True):
    """A function of a repository: the operations on its longest way, its branches and the entities it asks for.

    ``operations`` are those of the whole body; ``most`` of them can happen in one call.
    """

    place: Place
    operations: tuple[Access, ...]
    most: int
    branches: int
    entities: tuple[str, ...]


class Repository(msgspec.Struct, frozen=True):
    """A class (``index`` into the outline's classes), or the functions of a module (−1), that keep records."""

    path: str
    index: int
    methods: tuple[Method, ...]

    @property
    def entities(self) -> tuple[str, ...]:
        """The persisted classes its methods begin their queries with, by dotted name."""
        return tuple(sorted({method.entities[0] for method in self.methods if method.entities}))


def repositories(picture: Picture) -> Iterator[Repository]:
    """The repositories of main code, sorted; a class or module without a query of its own is none."""
    for path in picture.project.paths():
        if picture.tier(path) is not Tier.MAIN or picture.is_side(path):
            continue
        found: dict[int, list[Method]] = {}
        for index, function in enumerate(picture.project.outline(path).functions):
            place = Place(path, index)
            if function.parent < 0 and picture.role(place) == "repository":
                found.setdefault(function.owner, []).append(method(picture, place))
        for owner, methods in sorted(found.items()):
            if any(item.operations for item in methods):
                yield Repository(path, owner, tuple(methods))


def method(picture: Picture, place: Place) -> Method:
    """What one function asks of the database."""
    operations = tuple(access for access in picture.accesses_of(place) if _asks(access))
    body = picture.project.body(place)
    lines = [access.line for access in operations]
    return Method(place, operations, _most(body, lines), branches(body), tuple(_entities(picture, place, operations)))


def branches(body: Sequence[AnyStatement]) -> int:
    """McCabe's decisions of a body (*A Complexity Measure*, 1976), without the one that every function begins with."""
    found = 0
    for node in walk(body):
        if isinstance(node, If | For | While | Conditional):
            found += 1
        elif isinstance(node, Try):
            found += len(node.handlers)
        elif isinstance(node, Match):
            found += len(node.cases)
    return found


def _asks(access: Access) -> bool:
    return access.kind != "transaction" and access.shown.rpartition(".")[2] not in _UNIT_OF_WORK


def _most(body: Sequence[AnyStatement], lines: Sequence[int]) -> int:
    """The most operations that one run through a body can meet: of two branches the longer one counts."""
    so_far, longest = 0, 0
    for statement in body:
        if isinstance(statement, If):
            so_far += _between(lines, statement.line, _first(statement.then, statement.end_line))
            ways = []
            for branch in (statement.then, statement.otherwise):
                inside = _most(branch, lines)
                if branch and isinstance(branch[-1], Return | Raise):
                    longest = max(longest, so_far + inside)
                else:
                    ways.append(inside)
            if not ways:
                return max(longest, so_far)
            so_far += max(ways)
        elif isinstance(statement, Match):
            so_far += max((_most(case.body, lines) for case in statement.cases), default=0)
        elif isinstance(statement, Try):
            caught = max((_most(handler.body, lines) for handler in statement.handlers), default=0)
            tried = _most(statement.body, lines)
            so_far += max(tried + _most(statement.otherwise, lines), caught + tried) + _most(statement.final, lines)
        elif isinstance(statement, For | While | With):
            so_far += _between(lines, statement.line, _first(statement.body, statement.end_line))
            so_far += _most(statement.body, lines)
        else:
            so_far += _between(lines, statement.line, statement.end_line + 1)
    return max(longest, so_far)


def _first(body: Sequence[AnyStatement], otherwise: int) -> int:
    return body[0].line if body else otherwise + 1


def _between(lines: Sequence[int], start: int, end: int) -> int:
    return sum(1 for line in lines if start <= line < max(end, start + 1))


def _entities(picture: Picture, place: Place, operations: Sequence[Access]) -> Iterator[str]:
    """Persisted classes that a function with a query of its own names, in source order, each once."""
    function = picture.project.function(place)
    if function is None or not operations:
        return
    seen = set()
    for use in function.uses:
        if use.kind not in {"call", "read"} or use.line < function.line:
            continue
        parts = use.chain.replace("()", "").split(".")
        for depth in range(1, len(parts) + 1):
            target = picture.project.resolve(place, ".".join(parts[:depth]), use.line)
            if target is None:
                break
            if target.kind == "class" and target.ours:
                if target.dotted not in seen and persistence.is_model(picture.project, target.path, target.index):
                    seen.add(target.dotted)
                    yield target.dotted
                break
