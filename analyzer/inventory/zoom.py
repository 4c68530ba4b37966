"""Pictures that stay readable: large graphs drawn as packages, or only what lies around a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from analyzer.inventory.graph_model import Graph, GraphNode, Link, counted

MOST_NODES = 60
"""Nodes in one picture: what a person can still find a name among. Provisional, by looking at drawn pictures."""
MOST_EDGES = 400
"""Mermaid refuses more than 500 edges by default (its ``maxEdges`` setting)."""


def around(graph: Graph, name: str) -> Graph | None:
    """The nodes of a name — itself, its package's or module's — and their neighbours; ``None`` when there is none."""
    inner = matching([node.name for node in graph.nodes], name)
    if not inner:
        return None
    edges = [edge for edge in graph.edges if edge.source in inner or edge.target in inner]
    kept = inner | {edge.source for edge in edges} | {edge.target for edge in edges}
    nodes = tuple(node for node in graph.nodes if node.name in kept)
    return msgspec.structs.replace(graph, nodes=nodes, edges=tuple(edges))


def matching(names: list[str], wanted: str) -> set[str]:
    """Names that are the wanted one, lie inside it, or end with it — the first of these ways that finds any."""
    ways: tuple[Callable[[str], bool], ...] = (
        lambda name: name == wanted,
        lambda name: name.startswith(wanted + "."),
        lambda name: name.endswith("." + wanted),
        lambda name: f".{wanted}." in f".{name}.",
    )
    for way in ways:
        found = {name for name in names if way(name)}
        if found:
            return found
    return set()


def readable(graph: Graph) -> Graph:
    """The graph, or its packages at the greatest depth at which there are few enough of them to read."""
    if len(graph.nodes) <= MOST_NODES and len(graph.edges) <= MOST_EDGES:
        return graph
    deepest = max(node.name.count(".") for node in graph.nodes) + 1
    for depth in range(deepest, 0, -1):
        drawn = _packages(graph, depth)
        if len(drawn.nodes) <= MOST_NODES and len(drawn.edges) <= MOST_EDGES:
            break
    else:
        drawn = _largest(drawn)
    what = f"{len(graph.nodes):,} {graph.level}s are drawn as {len(drawn.nodes):,} packages"
    return msgspec.structs.replace(
        drawn, notes=(*drawn.notes, f"{what}; --around NAME zooms in, --output json has all")
    )


def _packages(graph: Graph, depth: int) -> Graph:
    """Names cut after so many parts, and everything inside drawn as one."""
    names = {node.name: ".".join(node.name.split(".")[:depth]) for node in graph.nodes}
    groups: dict[str, Counter[str]] = {}
    sizes: Counter[str] = Counter()
    for node in graph.nodes:
        groups.setdefault(names[node.name], Counter())[node.group] += node.size
        sizes[names[node.name]] += node.size
    nodes = [
        GraphNode(name, min(found, key=lambda group: (-found[group], group)), sizes[name])
        for name, found in groups.items()
    ]
    links = []
    for edge in graph.edges:
        source, target = names[edge.source], names[edge.target]
        plain, wrong = edge.count - edge.violations, edge.violations
        links += [Link(source, target, edge.kinds[0], edge.violation, edge.file, edge.line)] * wrong
        links += [Link(source, target, edge.kinds[0], "", edge.file, edge.line)] * plain
    return msgspec.structs.replace(graph, nodes=tuple(sorted(nodes)), edges=counted(links))


def _largest(graph: Graph) -> Graph:
    """The packages with most in them, where even the top level has too many; violations are kept before others."""
    wrong = {name for edge in graph.edges if edge.violation for name in (edge.source, edge.target)}
    ranked = sorted(graph.nodes, key=lambda node: (node.name not in wrong, -node.size, node.name))[:MOST_NODES]
    kept = {node.name for node in ranked}
    edges = [edge for edge in graph.edges if edge.source in kept and edge.target in kept]
    edges = sorted(sorted(edges, key=lambda edge: (not edge.violation, -edge.count))[:MOST_EDGES])
    note = f"{len(graph.nodes) - len(ranked):,} small packages are left out"
    return msgspec.structs.replace(graph, nodes=tuple(sorted(ranked)), edges=tuple(edges), notes=(note,))
