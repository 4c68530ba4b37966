"""Symbol-level edges: what a function, class or module uses of the rest of the project, and how."""

from __future__ import annotations

import msgspec

from analyzer.facts.outline import Use
from analyzer.graph.imports import Imports
from analyzer.project import Place, Project, Target

_KINDS = {"annotate": "annotate", "base": "inherit", "default": "inject", "decorate": "call", "read": "attribute"}


class Edge(msgspec.Struct, frozen=True):
    """``kind`` is import, call, construct, inherit, annotate, inject or attribute."""

    source: Place
    target: Target
    kind: str
    line: int
    column: int
    end_column: int
    lazy: bool = False
    type_only: bool = False


def edges_of(project: Project, imports: Imports, place: Place) -> tuple[Edge, ...]:
    """The edges from a function, or from a module's top level with its class bodies and imports, in source order."""
    found: list[Edge] = []
    outline = project.outline(place.path)
    if place.index < 0:
        for item in imports.of(place.path):
            symbol = item.symbol or project.module_target(item.target)
            found.append(
                Edge(place, symbol, "import", item.line, item.column, item.end_column, item.lazy, item.type_only)
            )
        uses = [*outline.uses, *(use for item in outline.classes for use in item.uses)]
    else:
        uses = outline.functions[place.index].uses
    for use in uses:
        edge = _edge(project, place, use)
        if edge is not None:
            found.append(edge)
    return tuple(sorted(found, key=lambda edge: (edge.line, edge.column, edge.kind)))


def _edge(project: Project, place: Place, use: Use) -> Edge | None:
    target = project.resolve(place, use.chain, use.line)
    if target is None or target.kind in {"external", "module"}:
        return None
    kind = _KINDS.get(use.kind, "")
    if use.kind == "call":
        kind = "construct" if target.kind == "class" else "call"
    if not kind or (target.kind == "variable" and target.path == place.path):
        return None
    return Edge(place, target, kind, use.line, use.column, use.end_column, type_only=use.kind == "annotate")
