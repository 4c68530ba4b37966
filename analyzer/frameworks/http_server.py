"""The standard library's ``http.server``: ``do_GET`` and its like, with the paths their bodies compare with."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Compare, Sequence
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Found, Route
from analyzer.frameworks.registry import imports_any
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_HANDLERS = frozenset(f"http.server.{name}RequestHandler" for name in ("BaseHTTP", "SimpleHTTP", "CGIHTTP"))
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
    """What a method compares the path with: whole paths, and beginnings with ``{path}`` behind them."""
    for node in walk(project.body(place)):
        if isinstance(node, Compare) and _is_path(node.left) and node.operators[0] in {"==", "in"}:
            given = node.comparators[0]
            for item in given.items if isinstance(given, Sequence) else [given]:
                value = text(project, place, item)
                if value is not None and value.startswith("/"):
                    yield value
        elif isinstance(node, Call) and chain_of(node.func).endswith("path.startswith"):
            value = text(project, place, argument(node, 0))
            if value is not None and value.startswith("/"):
                yield value + "{path}"


def _is_path(expression: AnyExpression) -> bool:
    return chain_of(expression).rpartition(".")[2] == "path"
