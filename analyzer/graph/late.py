"""Imports at the end of a module, as in the idiom ``app = Flask(…)``, then ``from shop import routes``."""

from __future__ import annotations

from collections.abc import Collection

from analyzer.facts.expressions import Name
from analyzer.facts.statements import Assign
from analyzer.facts.visit import walk
from analyzer.graph.cycles import Lateness, executed
from analyzer.graph.imports import ImportEdge, Imports
from analyzer.project import Project

_INIT = "__init__.py"


def lateness(project: Project, imports: Imports, edge: ImportEdge, members: Collection[str]) -> Lateness:
    """Whether a module imports another only after all that the members of a circle take from itself.

    That always holds (``ALWAYS``) for a package with none but its own modules in the circle: Python loads a package
    before its modules, whoever is imported first. Else it holds when the circle is entered there (``HERE``).
    """
    source = edge.source
    taken = {
        item.name
        for member in members
        if member != source
        for item in imports.of(member)
        if item.at_load and executed(item) == source
    }
    if not taken or not all(name not in {"", "*"} and _bound(project, source, name, edge.line) for name in taken):
        return Lateness.NEVER
    inside = source.endswith(_INIT) and all(member.startswith(source.removesuffix(_INIT)) for member in members)
    return Lateness.ALWAYS if inside else Lateness.HERE


def below_code(project: Project, edge: ImportEdge) -> bool:
    """Whether an import stands below functions and classes of its module."""
    outline = project.outline(edge.source)
    ends = [one.end_line for one in outline.functions] + [one.end_line for one in outline.classes]
    return any(end < edge.line for end in ends)


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
