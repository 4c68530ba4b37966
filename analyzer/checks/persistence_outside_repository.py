"""BA507: a service that runs queries itself although the application has repositories for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import Attribute, Await, Call, Name
from analyzer.facts.statements import Assign, Return
from analyzer.facts.visit import chain, statements, walk
from analyzer.graph.access import Access
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Related, Rule, Severity, Span, Tier
from analyzer.project import Place

_REPOSITORIES = 2
"""Modules of repositories that make a habit: one may be an experiment."""
_THROUGH = 2
"""How many times as many service functions go through repositories as do not, where that is the rule of the house."""
_MOST = 12
_QUERY = 2
"""Statements of a function that is one query: a docstring, and what it returns."""
_MAPPED = re.compile(r"session|objects|query|select|\bdb\b", re.IGNORECASE)


class Worker(msgspec.Struct, frozen=True):
    """A service's function with what it does to the database itself, and whether it calls repositories."""

    place: Place
    own: tuple[Access, ...]
    through: bool
    why: str


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a function of a service, in order of places."""
    for modules in sorted({picture.application(handler.path) for handler in picture.handlers()}):
        repositories = [path for path in modules if _runs_queries(picture, path)]
        if len(repositories) < _REPOSITORIES:
            continue
        workers = [one for path in modules for one in _workers(picture, path)]
        direct = [one for one in workers if one.own]
        through = sum(one.through and not one.own for one in workers)
        if through < _THROUGH * len(direct):
            continue
        for one in direct:
            yield _finding(picture, rule, one, repositories)


def _runs_queries(picture: Picture, path: str) -> bool:
    """Whether a module is one of repositories by what it does."""
    if picture.tier(path) is not Tier.MAIN or picture.module_role(path).name != "repository":
        return False
    functions = picture.project.outline(path).functions
    return any(picture.accesses_of(Place(path, index)) for index in range(len(functions)))


def _workers(picture: Picture, path: str) -> Iterator[Worker]:
    if not picture.is_main(path) or picture.is_root(path):
        return
    for index, function in enumerate(picture.project.outline(path).functions):
        place = Place(path, index)
        role = picture.role_of(place)
        if role.name != "service" or role.confidence is Confidence.LOW or place in picture.handlers():
            continue
        own = _queries(picture, place)
        through = any(picture.target_role(site.target).name == "repository" for site in picture.calls_of(place))
        if function.name != "__init__" and (own or through):
            yield Worker(place, own, through, role.why)


_UNIT_OF_WORK = (".flush", ".refresh", ".begin", ".commit", ".rollback", ".expunge", ".close")
"""What a unit of work does with records that repositories gave it."""


def _queries(picture: Picture, place: Place) -> tuple[Access, ...]:
    """What a function asks of the database itself; a function that is one named query, and no more, asks for others."""
    asked = [one for one in picture.accesses_of(place) if one.kind in {"read", "write"} and one.sure]
    body = picture.project.body(place) if asked else []
    if 0 < len(body) <= _QUERY and isinstance(body[-1], Return) and isinstance(body[-1].value, Call | Await):
        return ()
    known = _known_objects(picture, place) if asked else set()
    return tuple(
        access
        for access in asked
        if not access.shown.endswith(_UNIT_OF_WORK) and (access.line, access.column) not in known
    )


def _known_objects(picture: Picture, place: Place) -> set[tuple[int, int]]:
    """Where a record that is at hand already is added to the session again, or read again: ``query(type(order))``."""
    made = {
        target.id
        for node in statements(picture.project.body(place))
        if isinstance(node, Assign) and isinstance(node.value, Call) and _makes(picture, place, node.value)
        for target in node.targets
        if isinstance(target, Name)
    }
    found = set()
    for node in walk(picture.project.body(place)):
        if not isinstance(node, Call) or not isinstance(node.func, Attribute) or not node.arguments:
            continue
        given = node.arguments[0].value
        if node.func.attr == "add" and isinstance(given, Name) and given.id not in made:
            found.add((node.line, node.column))
        if node.func.attr in {"query", "get"} and isinstance(given, Call) and chain(given.func) == "type":
            found.add((node.line, node.column))
    return found


def _makes(picture: Picture, place: Place, call: Call) -> bool:
    target = picture.project.resolve_expression(place, call.func)
    return target is not None and target.kind == "class"


def _finding(picture: Picture, rule: Rule, worker: Worker, repositories: Sequence[str]) -> Finding:
    project = picture.project
    function = project.outline(worker.place.path).functions[worker.place.index]
    shown = list(dict.fromkeys(f"`{access.shown}`" for access in worker.own))
    folder = worker.place.path.rpartition("/")[0]
    example = min(repositories, key=lambda path: (not path.startswith(folder.rpartition("/")[0]), path))
    writes = any(access.kind == "write" for access in worker.own)
    first = worker.own[0]
    mapped = any(_MAPPED.search(access.shown) for access in worker.own)
    return Finding(
        rule=rule.code,
        location=Location(worker.place.path, Span(first.line, 1, first.line, 1)),
        message=(
            f"`{function.qualname}`, a service ({worker.why}), works on the database itself: "
            f"{', '.join(shown[:3])}{f' and {len(shown) - 3} more' if len(shown) > 3 else ''}, although this "
            f"application keeps its queries in {len(repositories)} modules such as `{project.module_name(example)}`"
        ),
        fix="Give the query a name as a method of the repository, and call that",
        severity=rule.severity if writes else Severity.NOTE,
        # A bare connection may well lead to somebody else's database.
        confidence=Confidence.MEDIUM if mapped else Confidence.LOW,
        related=tuple(
            Related(Location(worker.place.path, Span(access.line, 1, access.line, 1)), f"`{access.shown}` runs here")
            for access in worker.own[:_MOST]
        ),
    )
