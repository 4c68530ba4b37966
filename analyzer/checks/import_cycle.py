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


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a strongly connected group of modules."""
    for cycle in picture.cycles:
        first = cycle.cut[0]
        yield Finding(
            rule=rule.code,
            location=Location(first.source, Span(first.line, first.column, first.end_line, first.end_column)),
            message=_message(picture, cycle),
            fix=_fix(picture, cycle),
            severity=Severity.NOTE if cycle.packaged else rule.severity,
            confidence=Confidence.LOW if cycle.packaged else rule.confidence,
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
    harmless = _harmless(picture, cycle)
    if harmless == 1:
        note += " One more import between them is lazy or type-only and does not count."
    elif harmless:
        note += f" {harmless} more imports between them are lazy or type-only and do not count."
    return f"{who} import each other when loaded: {around}.{note}"


def _fix(picture: Picture, cycle: Cycle) -> str:
    count = len(cycle.cut)
    how = "this is" if count == 1 else f"these {count} are"
    bound = "the fewest imports that can be cut" if cycle.exact else f"an approximation (more than {EXACT} modules)"
    listed = "; ".join(_spelt(picture, edge) for edge in cycle.cut[:_MOST_EDGES])
    more = f"; and {count - _MOST_EDGES} more" if count > _MOST_EDGES else ""
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


def _harmless(picture: Picture, cycle: Cycle) -> int:
    members = set(cycle.modules)
    lines = {
        (path, edge.line)
        for path in cycle.modules
        for edge in picture.imports_of(path)
        if not edge.at_load and edge.target in members
    }
    return len(lines)
