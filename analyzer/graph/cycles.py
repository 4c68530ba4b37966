"""Groups of modules that import each other when loaded, and the fewest imports to cut."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec
import networkx as nx

from analyzer.graph.imports import ImportEdge, Imports
from analyzer.project import Project

EXACT = 12
"""Largest group whose cut is exact: the search visits 2^n subsets, 4,096 for twelve modules."""

_UNIT = 1000
"""Cost of one cut edge; the ``dearer`` of a caller (0–999) only breaks ties between cuts of equal size."""

Edges = dict[tuple[str, str], ImportEdge]


class Lateness(enum.Enum):
    """Whether an import stands below all that others take from its module: never, wherever a circle is entered there,
    or whoever is loaded first."""

    NEVER = enum.auto()
    HERE = enum.auto()
    ALWAYS = enum.auto()


class Cycle(msgspec.Struct, frozen=True):
    """A strongly connected component of modules at load time.

    ``edges`` are all imports inside it, one a pair of modules (the first line), ``cut`` those whose removal breaks
    every circle. ``exact`` says that no smaller cut exists. ``packaged`` is true when the circle exists only because
    names are taken from a package's ``__init__`` instead of the modules that define them. ``late`` are imports at the
    end of modules where these keep every circle from meeting something unfinished, else it is empty. ``shown`` is one
    shortest circle.
    """

    modules: tuple[str, ...]
    edges: tuple[ImportEdge, ...]
    cut: tuple[ImportEdge, ...]
    shown: tuple[ImportEdge, ...]
    exact: bool
    packaged: bool
    late: tuple[ImportEdge, ...] = ()


def load_edges(project: Project, imports: Imports, skip: Callable[[str], bool]) -> tuple[Edges, set[tuple[str, str]]]:
    """What loading a module executes: pairs of module files with the first import line that does it, and beside them
    the pairs there would be if every name were imported from the module that defines it.

    The harmless implicit import of parent packages is left out: ``import a.b`` depends on ``a/b.py`` only.
    """
    found: Edges = {}
    direct: set[tuple[str, str]] = set()
    for path in project.paths():
        if skip(path):
            continue
        for edge in imports.of(path):
            if not edge.at_load:
                continue
            reached = executed(edge)
            if reached and reached != path and not skip(reached):
                found.setdefault((path, reached), edge)
                direct.add((path, edge.target))
    return found, direct


def executed(edge: ImportEdge) -> str:
    """The module whose namespace the import reads: the package's ``__init__`` only when the name is bound there."""
    if not edge.name and not edge.through:
        return edge.target
    return edge.first


def cycles(
    edges: Mapping[tuple[str, str], ImportEdge],
    plain: Iterable[tuple[str, str]],
    dearer: Callable[[ImportEdge], int],
    lateness: Callable[[ImportEdge, Sequence[str]], Lateness] = lambda _edge, _members: Lateness.NEVER,
) -> list[Cycle]:
    """Every group, sorted by its first module; ``edges`` and ``plain`` as :func:`load_edges` gives them.

    ``dearer`` (0–999) prefers, among equal cuts, the cheapest edges. ``lateness`` tells imports at the end of a module.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(sorted(edges))
    direct: nx.DiGraph[str] = nx.DiGraph()
    direct.add_edges_from(sorted(plain))
    tangled = [group for group in nx.strongly_connected_components(direct) if len(group) > 1]
    found = []
    for component in nx.strongly_connected_components(graph):
        if len(component) < 2:
            continue
        modules = tuple(sorted(component))
        inside = {pair: edge for pair, edge in edges.items() if pair[0] in component and pair[1] in component}
        cost = {pair: _UNIT + min(_UNIT - 1, max(0, dearer(edge))) for pair, edge in inside.items()}
        exact = len(modules) <= EXACT
        cut = cutting(modules, cost)
        packaged = not any(len(group & component) > 1 for group in tangled)
        found.append(
            Cycle(
                modules,
                tuple(inside[pair] for pair in sorted(inside)),
                tuple(inside[pair] for pair in cut),
                tuple(inside[pair] for pair in _shortest(inside, cut[0])),
                exact,
                packaged,
                _late({pair: (edge, lateness(edge, modules)) for pair, edge in inside.items()}),
            )
        )
    return sorted(found, key=lambda cycle: cycle.modules)


def _late(inside: Mapping[tuple[str, str], tuple[ImportEdge, Lateness]]) -> tuple[ImportEdge, ...]:
    """The late imports of a group, where whoever is loaded first finds what it takes.

    An import that is late always breaks its circles. What is left does no harm when all of it is late: wherever such a
    circle is entered, that module has defined everything before it goes on.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(pair for pair, (_, late) in inside.items() if late is not Lateness.ALWAYS)
    for group in nx.strongly_connected_components(graph):
        around = [late for pair, (_, late) in inside.items() if pair[0] in group and pair[1] in group]
        if len(group) > 1 and Lateness.NEVER in around:
            return ()
    return tuple(edge for _, (edge, late) in sorted(inside.items()) if late is not Lateness.NEVER)


def cutting(modules: Sequence[str], cost: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """The cheapest edges to cut among modules that reach each other; exact up to :data:`EXACT` modules."""
    return _exact(modules, cost) if len(modules) <= EXACT else _greedy(modules, cost)


def _exact(modules: Sequence[str], cost: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """The cheapest set of edges whose removal leaves no circle: dynamic programming over sets of modules.

    Lawler, *A comment on minimum feedback arc sets* (1964): order the modules so that the edges that point backwards
    cost least; the best order of a set ends in one of its members.
    """
    size = len(modules)
    number = {module: index for index, module in enumerate(modules)}
    into = [[0] * size for _ in range(size)]
    for (source, target), price in cost.items():
        into[number[source]][number[target]] = price
    best = [0] * (1 << size)
    last = [0] * (1 << size)
    for group in range(1, 1 << size):
        choice = -1
        for index in range(size):
            if group >> index & 1:
                rest = group ^ (1 << index)
                # ``index`` is loaded last of the group: what the others import from it points backwards.
                price = best[rest] + sum(into[other][index] for other in range(size) if rest >> other & 1)
                if choice < 0 or price < best[group]:
                    best[group], choice = price, index
        last[group] = choice
    order = []
    group = (1 << size) - 1
    while group:
        order.append(modules[last[group]])
        group ^= 1 << last[group]
    return _backward(order[::-1], cost)


def _greedy(modules: Sequence[str], cost: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """An approximate cut: the order of Eades, Lin and Smyth (1993), then only edges that still close a circle."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(modules)
    graph.add_edges_from(sorted(cost))
    head: list[str] = []
    tail: list[str] = []
    left = set(modules)
    outward = {module: graph.out_degree(module) for module in modules}
    inward = {module: graph.in_degree(module) for module in modules}
    while left:
        # Loaded first: what imports nothing that is left.
        bottom = min((module for module in left if not outward[module]), default=None)
        top = min((module for module in left if not inward[module]), default=None)
        if bottom is not None:
            chosen = bottom
            head.append(chosen)
        elif top is not None:
            chosen = top
            tail.append(chosen)
        else:
            chosen = min(left, key=lambda module: (outward[module] - inward[module], module))
            head.append(chosen)
        left.discard(chosen)
        for other in graph.successors(chosen):
            inward[other] -= 1
        for other in graph.predecessors(chosen):
            outward[other] -= 1
    return _needed(_backward([*head, *tail[::-1]], cost), cost)


def _backward(order: Sequence[str], cost: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Edges from a module to one that is loaded after it."""
    position = {module: index for index, module in enumerate(order)}
    return sorted(pair for pair in cost if position[pair[0]] < position[pair[1]])


def _needed(cut: list[tuple[str, str]], cost: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Give back the edges that close no circle once the others are gone."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from({module for pair in cost for module in pair})
    graph.add_edges_from(sorted(set(cost) - set(cut)))
    kept = []
    for source, target in sorted(cut, key=lambda pair: (-cost[pair], pair)):
        if nx.has_path(graph, target, source):
            kept.append((source, target))
        else:
            graph.add_edge(source, target)
    return sorted(kept)


def _shortest(edges: Mapping[tuple[str, str], ImportEdge], first: tuple[str, str]) -> list[tuple[str, str]]:
    """The pairs of one shortest circle through an edge, starting with it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(sorted(edges))
    try:
        nodes = nx.shortest_path(graph, first[1], first[0])
    except nx.NetworkXNoPath:
        return [first]
    return [first, *pairwise(nodes)]
