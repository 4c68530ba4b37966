"""Pictures that stay readable: large graphs drawn as packages, or only what lies around a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from analyzer.inventory.graph_model import Graph, GraphNode, Link, counted

MOST_NODES = 60
"""Nodes in one picture: what a person can still find a name among. Provisional, by looking at drawn pictures."""
_FEWEST = 10
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
    """The graph, or its packages: the largest opened first, as long as there are few enough nodes and edges to read."""
    if len(graph.nodes) <= MOST_NODES and len(graph.edges) <= MOST_EDGES:
        return graph
    most = MOST_NODES
    drawn = _packages(graph, most)
    while len(drawn.edges) > MOST_EDGES and most > _FEWEST:
        most -= _FEWEST
        drawn = _packages(graph, most)
    if len(drawn.nodes) > MOST_NODES or len(drawn.edges) > MOST_EDGES:
        drawn = _largest(drawn)
    what = f"{len(graph.nodes):,} {graph.level}s are drawn as {len(drawn.nodes):,} packages"
    return msgspec.structs.replace(
        drawn, notes=(*drawn.notes, f"{what}; --around NAME zooms in, --output json has all")
    )


def _opened(names: list[str], most: int) -> dict[str, str]:
    """Each name with the package that stands for it: at first the top one, then the largest part of the fullest."""
    shown = {name: name.split(".")[0] for name in names}
    while True:
        sizes = Counter(shown.values())
        if len(sizes) >= most:
            return shown
        for package in sorted(sizes, key=lambda package: (-sizes[package], package)):
            depth = package.count(".") + 2
            parts = Counter(
                ".".join(name.split(".")[:depth]) for name, at in shown.items() if at == package and name != package
            )
            if parts and sizes[package] > 1:
                part = min(parts, key=lambda part: (-parts[part], part))
                for name, at in shown.items():
                    if at == package and (name == part or name.startswith(part + ".")):
                        shown[name] = part
                break
        else:
            return shown


def _packages(graph: Graph, most: int) -> Graph:
    """At most so many packages, as far as there are not more at the top, and everything inside each drawn as one.

    A package of which parts are drawn on their own stands for the rest of it.
    """
    names = _opened([node.name for node in graph.nodes], most)
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
