"""BA504: modules that import each other when they are loaded; one finding a group, at the import to cut."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.cycles import EXACT, Cycle
from analyzer.graph.imports import ImportEdge
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Related, Rule, Severity, Span

_MOST_MODULES = 5
_MOST_EDGES = 20
"""Modules and imports spelt out; larger groups are counted, for nobody reads a list of three hundred lines."""
_MOST_SPELT, _MOST_UNCOUNTED = 3, 10
"""Imports that do not count: spelt out in the message, and shown as places."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a strongly connected group of modules."""
    for cycle in picture.cycles:
        first = cycle.cut[0]
        yield Finding(
            rule=rule.code,
            location=Location(first.source, Span(first.line, first.column, first.end_line, first.end_column)),
            message=_message(picture, cycle),
            fix=_fix(picture, cycle),
            severity=Severity.NOTE if cycle.packaged or cycle.late else rule.severity,
            confidence=Confidence.LOW if cycle.packaged or cycle.late else rule.confidence,
            related=tuple(_related(picture, cycle)),
        )


def _message(picture: Picture, cycle: Cycle) -> str:
    name = picture.project.module_name
    if len(cycle.modules) <= _MOST_MODULES:
        who = ", ".join(f"`{name(path)}`" for path in cycle.modules[:-1]) + f" and `{name(cycle.modules[-1])}`"
    else:
        who = f"{len(cycle.modules)} modules"
    around = " → ".join(f"`{name(edge.source)}`" for edge in cycle.shown[:_MOST_MODULES])
    around += f" → `{name(cycle.shown[0].source)}`" if len(cycle.shown) <= _MOST_MODULES else " → …"
    note = " Only the package's `__init__`, which gathers names, closes the circle." if cycle.packaged else ""
    if cycle.late and not cycle.packaged:
        ends = _spots(sorted(cycle.late, key=lambda edge: (edge.source, edge.line)))
        note += f" It works in this order: all that is taken is defined above the imports at {ends}."
    note += _uncounted(_harmless(picture, cycle))
    return f"{who} import each other when loaded: {around}.{note}"


def _uncounted(harmless: list[ImportEdge]) -> str:
    """What is said of imports that would close the circle if they were executed on loading."""
    if not harmless:
        return ""
    if len(harmless) == 1:
        return f" One more import between them is {_kind(harmless[0])} and does not count ({_spots(harmless)})."
    return f" {len(harmless)} more imports between them are lazy or type-only and do not count ({_spots(harmless)})."


def _spots(edges: list[ImportEdge]) -> str:
    spots = list(dict.fromkeys(f"{edge.source}:{edge.line}" for edge in edges))
    return ", ".join(spots[:_MOST_SPELT]) + (" …" if len(spots) > _MOST_SPELT else "")


def _kind(edge: ImportEdge) -> str:
    return "type-only" if edge.type_only else "lazy"


def _fix(picture: Picture, cycle: Cycle) -> str:
    count = len(cycle.cut)
    how = "this is" if count == 1 else f"these {count} are"
    bound = "the fewest imports that can be cut" if cycle.exact else f"an approximation (more than {EXACT} modules)"
    listed = "; ".join(_spelt(picture, edge) for edge in cycle.cut[:_MOST_EDGES])
    more = f"; and {count - _MOST_EDGES} more" if count > _MOST_EDGES else ""
    if cycle.late and not cycle.packaged:
        return (
            "Leave the import where it is, with a word on why, or build the object in a function that imports the "
            "modules inside it, or define it in a module of its own that both import."
        )
    if cycle.packaged:
        return f"Import the name from the module that defines it instead of from the package: {listed}{more}."
    return (
        f"Cut {listed}{more} ({how} {bound}): move what is shared into a module below both, pass it in as an argument, "
        "or import it under `if TYPE_CHECKING:` where only annotations need it."
    )


def _spelt(picture: Picture, edge: ImportEdge) -> str:
    what = f"`{edge.name}` of " if edge.name and edge.name != "*" else ""
    return f"{what}`{picture.project.module_name(edge.first)}` in {edge.source}:{edge.line}"


def _related(picture: Picture, cycle: Cycle) -> Iterator[Related]:
    cut = set(cycle.cut)
    others = [edge for edge in cycle.edges if edge is not cycle.cut[0]]
    others.sort(key=lambda edge: (edge not in cut, edge.source, edge.line))
    for edge in others[:_MOST_EDGES]:
        verb = "cut this too: imports" if edge in cut else "imports"
        span = Span(edge.line, edge.column, edge.end_line, edge.end_column)
        yield Related(Location(edge.source, span), f"{verb} {picture.project.module_name(edge.first)}")
    for edge in _harmless(picture, cycle)[:_MOST_UNCOUNTED]:
        span = Span(edge.line, edge.column, edge.end_line, edge.end_column)
        where = "for the type checker only" if edge.type_only else "inside a function"
        text = f"imports {picture.project.module_name(edge.target)} {where}, which does not count"
        yield Related(Location(edge.source, span), text)


def _harmless(picture: Picture, cycle: Cycle) -> list[ImportEdge]:
    """Lazy and type-only imports between members that are in no circle as they stand, one a line."""
    members = set(cycle.modules)
    lines = {
        (path, edge.line): edge
        for path in cycle.modules
        for edge in picture.imports_of(path)
        if not edge.at_load and edge.target in members
    }
    return [lines[key] for key in sorted(lines)]
