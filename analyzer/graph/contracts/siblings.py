"""Circles between the children of a package, whatever lies inside each child."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

import networkx as nx

from analyzer.graph.contracts.links import Link, Links, Modules
from analyzer.graph.cycles import cutting

Circle = tuple[str, tuple[Link, ...], tuple[Link, ...]]


def circles(modules: Modules, links: Links, ancestor: str, depth: int, skipped: Collection[str]) -> Iterator[Circle]:
    """The package, one shortest circle among its children and the fewest dependencies to cut, a group of children.

    ``depth`` generations below the ancestor are looked at too; children of ``skipped`` packages are not.
    """
    if ancestor in skipped:
        return
    children = modules.children(ancestor)
    squashed: dict[tuple[str, str], list[Link]] = {}
    for (importer, imported), link in links.direct.items():
        one, other = _child(importer, ancestor), _child(imported, ancestor)
        if one and other and one != other:
            squashed.setdefault((one, other), []).append(link)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(sorted(squashed))
    for group in sorted(nx.strongly_connected_components(graph), key=min):
        if len(group) > 1:
            cost = {pair: len(found) for pair, found in squashed.items() if pair[0] in group and pair[1] in group}
            cut = cutting(tuple(sorted(group)), cost)
            way = _circle(cost, cut[0])
            yield (
                ancestor,
                tuple(_first(squashed[pair]) for pair in way),
                tuple(link for pair in cut for link in sorted(squashed[pair], key=_order)),
            )
    if depth > 0:
        for child in sorted(children):
            yield from circles(modules, links, child, depth - 1, skipped)


def _child(module: str, ancestor: str) -> str:
    start = ancestor + "."
    return start + module[len(start) :].partition(".")[0] if module.startswith(start) else ""


def _circle(pairs: Collection[tuple[str, str]], first: tuple[str, str]) -> list[tuple[str, str]]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(sorted(pairs))
    return [first, *pairwise(nx.shortest_path(graph, first[1], first[0]))]


def _first(links: list[Link]) -> Link:
    return min(links, key=_order)


def _order(link: Link) -> tuple[str, int, int]:
    return link.path, link.line, link.column
