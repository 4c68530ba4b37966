"""The dependency graph as values: nodes in groups, edges counted, violations marked."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

LEVELS = ("layer", "module", "symbol")
ORDER = (
    "entrypoint", "inbound", "controller", "application", "service", "domain", "outbound", "repository", "model",
    "database",
)  # fmt: skip
"""Groups from top to bottom; all others come after them by name."""


class GraphNode(msgspec.Struct, frozen=True, order=True):
    """``name`` is dotted and unique; ``group`` the layer, ring or role; ``size`` how many modules it stands for."""

    name: str
    group: str
    size: int = 1


class GraphEdge(msgspec.Struct, frozen=True, order=True):
    """All dependencies between two nodes. ``file`` and ``line`` are those of the first, a violation before others.

    ``violation`` is ``upward``, ``jump``, ``cycle`` or empty; ``violations`` counts the dependencies that are one.
    """

    source: str
    target: str
    kinds: tuple[str, ...]
    count: int
    violation: str
    violations: int
    file: str
    line: int


class Graph(msgspec.Struct, frozen=True):
    """``notes`` tell what is drawn together or left out."""

    level: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    notes: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, order=True):
    """One dependency before it is counted."""

    source: str
    target: str
    kind: str
    violation: str
    file: str
    line: int


_RANK = {"upward": 0, "jump": 1, "cycle": 2, "": 3}


def counted(links: Iterable[Link]) -> tuple[GraphEdge, ...]:
    """One edge a pair, sorted; what connects a node with itself is left out."""
    grouped: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        if link.source != link.target:
            grouped.setdefault((link.source, link.target), []).append(link)
    edges = []
    for (source, target), items in sorted(grouped.items()):
        first = min(items, key=lambda item: (_RANK[item.violation], item.file, item.line))
        edges.append(
            GraphEdge(
                source,
                target,
                tuple(sorted({item.kind for item in items})),
                len(items),
                first.violation,
                sum(1 for item in items if item.violation),
                first.file,
                first.line,
            )
        )
    return tuple(edges)
