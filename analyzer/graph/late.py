"""Imports at the end of a package's ``__init__``: the idiom ``app = Flask(…)``, then ``from shop import routes``."""

from __future__ import annotations

from collections.abc import Collection

from analyzer.facts.expressions import Name
from analyzer.facts.statements import Assign
from analyzer.facts.visit import walk
from analyzer.graph.cycles import executed
from analyzer.graph.imports import ImportEdge, Imports
from analyzer.project import Project

_INIT = "__init__.py"


def is_late(project: Project, imports: Imports, edge: ImportEdge, members: Collection[str]) -> bool:
    """Whether a package imports a module of its own only after all that the members of a circle take from it.

    Python loads a package before its modules, whoever is imported first, so that this order always holds. It does not
    between modules that stand side by side.
    """
    package = edge.source
    if not package.endswith(_INIT) or not executed(edge).startswith(package.removesuffix(_INIT)):
        return False
    taken = {
        item.name
        for member in members
        if member != package
        for item in imports.of(member)
        if item.at_load and executed(item) == package
    }
    return bool(taken) and all(name not in {"", "*"} and _bound(project, package, name, edge.line) for name in taken)


def _bound(project: Project, path: str, name: str, line: int) -> bool:
    """Whether a module's own code gives a name a value above a line."""
    outline = project.outline(path)
    defined = [(item.qualname, item.end_line) for item in outline.functions]
    defined += [(item.qualname, item.end_line) for item in outline.classes]
    if any(known == name and end < line for known, end in defined):
        return True
    if any(
        item.bound == name and item.scope < 0 and item.guard != "type" and item.line < line for item in outline.imports
    ):
        return True
    return any(
        isinstance(node, Assign) and node.value is not None and node.end_line < line
        and any(isinstance(target, Name) and target.id == name for target in node.targets)
        for node in walk(outline.body)
    )  # fmt: skip
