"""Repositories as units: what one call of a method asks of the database, how it branches, which entities it serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import Call, Conditional
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, For, If, Match, Raise, Return, Try, While, With
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import persistence
from analyzer.graph.access import Access
from analyzer.graph.entities import entities
from analyzer.graph.picture import Picture
from analyzer.project import Place

_PART_OF_ANOTHER = {"add", "add_all", "refresh", "expunge", "merge", "fetchone", "fetchall", "fetchmany"}
"""Operations that belong to another one: what is added goes out with it, what is refreshed or fetched came by it."""
_GATHERING = {"append", "add", "extend"}


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
        if not picture.is_main(path):
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
    return Method(place, operations, _most(body, lines), branches(body), entities(picture, place) if operations else ())


def branches(body: Sequence[AnyStatement]) -> int:
    """McCabe's decisions of a body (*A Complexity Measure*, 1976), without the one that every function begins with.

    An ``if`` that only sets an optional field or adds an optional filter does not count: a row of twenty is long and
    easy.
    """
    found = 0
    for node in walk(body):
        if isinstance(node, If):
            found += not _is_option(node)
        elif isinstance(node, For | While | Conditional):
            found += 1
        elif isinstance(node, Try):
            found += len(node.handlers)
        elif isinstance(node, Match):
            found += len(node.cases)
    return found


def _is_option(statement: If) -> bool:
    if statement.otherwise or len(statement.then) != 1:
        return False
    only = statement.then[0]
    if isinstance(only, Evaluate) and isinstance(only.value, Call):
        return chain(only.value.func).rpartition(".")[2] in _GATHERING
    return isinstance(only, Assign) and not isinstance(only.value, Conditional)


def _asks(access: Access) -> bool:
    """Whether an operation asks the database something new, and does not go on with what another one gave."""
    if access.kind == "transaction" or access.shown.rpartition(".")[2] in _PART_OF_ANOTHER:
        return False
    made = access.dotted.split("()")
    earlier = ("()".join(made[: count + 1]) for count in range(len(made) - 1))
    return all(persistence.operation(dotted) in {"", "transaction"} for dotted in earlier)


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
