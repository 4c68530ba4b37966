"""The standard library's ``http.server``: ``do_GET`` and its like, with the paths their bodies compare with."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Mapping, Name, Sequence, Subscript
from analyzer.facts.statements import Assign, Case, Match, Pattern
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Found, Route
from analyzer.frameworks.registry import imports_any
from analyzer.frameworks.text import text
from analyzer.project.project import Project
from analyzer.project.target import Place

_HANDLERS = frozenset(f"http.server.{name}RequestHandler" for name in ("BaseHTTP", "SimpleHTTP", "CGIHTTP"))
_DEPTH = 4
_ANY = "/{path}"
"""The path of a method that answers whatever is asked."""


def recognise(project: Project) -> Found | None:
    """The routes of request handlers; ``None`` when the project does not import the package."""
    if not imports_any(project, frozenset({"http"})):
        return None
    found = Found()
    for path in project.paths():
        for index in range(len(project.outline(path).classes)):
            if not project.classes.descends(path, index, _HANDLERS):
                continue
            for name, method in project.classes.methods(path, index):
                function = project.function(method)
                if function is None or not name.startswith("do_") or not name[3:].isupper():
                    continue
                for shown in list(dict.fromkeys(_paths(project, method))) or [_ANY]:
                    found.routes.append(
                        Route(shown, name[3:], method, "http.server", method.path, function.line, shown)
                    )
    return found


def _paths(project: Project, place: Place) -> Iterator[str]:
    """What a method compares the path with: whole paths, and beginnings with ``{path}`` behind them; the cases of a
    ``match``, and the keys of a table that the path is looked up in."""
    names = _names(project, place)
    for node in walk(project.body(place)):
        if isinstance(node, Compare) and _is_path(node.left, names) and node.operators[0] in {"==", "in"}:
            yield from _constants(project, place, node.comparators[0])
        elif isinstance(node, Compare) and node.operators[0] == "==" and _is_path(node.comparators[0], names):
            yield from _constants(project, place, node.left)
        elif isinstance(node, Match) and _is_path(node.subject, names):
            for case in node.cases:
                yield from _cases(project, place, case.pattern)
        elif isinstance(node, Subscript) and _is_path(node.index, names):
            yield from _constants(project, place, node.value)
        elif isinstance(node, Call) and isinstance(node.func, Attribute) and node.arguments:
            given = node.arguments[0].value
            if node.func.attr in {"get", "pop"} and _is_path(given, names):
                yield from _constants(project, place, node.func.value)
            elif node.func.attr == "startswith" and _is_path(node.func.value, names):
                for value in _constants(project, place, given):
                    yield value + "{path}"


def asks_path(project: Project, place: Place, test: AnyExpression, path: str) -> bool | None:
    """Whether a condition about the path holds for one of the paths that a method answers; ``None`` where it is about
    something else."""
    names = _names(project, place)
    if isinstance(test, Compare) and len(test.operators) == 1:
        left, right = test.left, test.comparators[0]
        if _is_path(right, names):
            left, right = right, left
        named = list(_constants(project, place, right)) if _is_path(left, names) else []
        if named and test.operators[0] in {"==", "in", "!=", "not in"}:
            return (path in named) is (test.operators[0] in {"==", "in"})
    elif isinstance(test, Call) and isinstance(test.func, Attribute) and test.func.attr == "startswith":
        named = list(_constants(project, place, test.arguments[0].value)) if test.arguments else []
        if named and _is_path(test.func.value, names):
            return any(path.startswith(one) for one in named)
    return None


def cases_of(project: Project, place: Place, match: Match, path: str) -> list[Case]:
    """The cases of a ``match`` about the path that one of the paths comes to; all of them of another."""
    if not _is_path(match.subject, _names(project, place)):
        return match.cases
    named = [case for case in match.cases if path in _cases(project, place, case.pattern)]
    return named or [case for case in match.cases if case.pattern.kind == "capture"]


def _names(project: Project, place: Place) -> set[str]:
    """The local variables that hold the path: ``wanted = urlparse(self.path).path``."""
    found: set[str] = set()
    for node in walk(project.body(place)):
        if isinstance(node, Assign) and node.value is not None:
            held = any(
                (isinstance(one, Attribute) and chain_of(one) == "self.path")
                or (isinstance(one, Name) and one.id in found)
                for one in walk(node.value)
            )
            found |= {one.id for one in node.targets if held and isinstance(one, Name)}
    return found


def _constants(project: Project, place: Place, given: AnyExpression, depth: int = 0) -> Iterator[str]:
    """The paths that an expression is, or that are the items or keys of the list or table it is."""
    if isinstance(given, Name | Attribute) and depth < _DEPTH:
        at, value = _held(project, place, chain_of(given))
        if value is not None:
            yield from _constants(project, at, value, depth + 1)
            return
    items = given.items if isinstance(given, Sequence) else given.keys if isinstance(given, Mapping) else [given]
    for item in items:
        path = text(project, place, item)
        if path is not None and path.startswith("/"):
            yield path


def _held(project: Project, place: Place, chain: str) -> tuple[Place, AnyExpression | None]:
    """What a variable holds that is written once, of the method, of its class or of the module."""
    local = [
        node.value
        for node in walk(project.body(place))
        if isinstance(node, Assign) and any(chain_of(target) == chain for target in node.targets)
    ]
    owner = project.owner_index(place)
    if local:
        return place, local[0] if len(local) == 1 else None
    found = project.variable(place.path, chain)
    if found is None and chain.startswith("self.") and owner >= 0:
        found = project.classes.variable(place.path, owner, chain.removeprefix("self."))
    return (Place(found[0], -1), found[1]) if found is not None else (place, None)


def _cases(project: Project, place: Place, pattern: Pattern) -> Iterator[str]:
    if pattern.kind == "value" and pattern.value is not None:
        yield from _constants(project, place, pattern.value)
    elif pattern.kind in {"or", "as"}:
        for one in pattern.patterns:
            yield from _cases(project, place, one)


def _is_path(expression: AnyExpression, names: set[str]) -> bool:
    return chain_of(expression).rpartition(".")[2] == "path" or (
        isinstance(expression, Name) and expression.id in names
    )
