"""The graph as Mermaid, DOT and JSON."""

from __future__ import annotations

import json

import msgspec

from analyzer.inventory.graph_model import ORDER, Graph, GraphEdge, GraphNode
from analyzer.inventory.markup import dot, mermaid
from analyzer.model import visible


def as_json(graph: Graph) -> str:
    """Every node and edge with counts and places."""
    return json.dumps(msgspec.to_builtins(graph), indent=2, ensure_ascii=True) + "\n"


def as_mermaid(graph: Graph) -> str:
    """A flowchart; one box a layer, violations thick and red. Identifiers are numbers, names are labels only."""
    numbers = {node.name: f"n{index}" for index, node in enumerate(graph.nodes)}
    lines = ["flowchart TD", *(f"%% {_plain(note)}" for note in graph.notes)]
    for index, (group, nodes) in enumerate(_grouped(graph)):
        inside = [f'{numbers[node.name]}["{mermaid(_label(node))}"]' for node in nodes]
        if graph.level == "layer":
            lines += [f"  {item}" for item in inside]
        else:
            lines += [f'  subgraph g{index}["{mermaid(group)}"]', *(f"    {item}" for item in inside), "  end"]
    wrong = []
    for index, edge in enumerate(graph.edges):
        arrow = "==>" if edge.violation else "-->"
        text = f'|"{mermaid(_count(edge))}"|' if _count(edge) else ""
        lines.append(f"  {numbers[edge.source]} {arrow}{text} {numbers[edge.target]}")
        if edge.violation:
            wrong.append(str(index))
    if wrong:
        lines.append(f"  linkStyle {','.join(wrong)} stroke:#c62828,stroke-width:3px")
    return "\n".join(lines) + "\n"


def as_dot(graph: Graph) -> str:
    """A digraph for Graphviz; one cluster a layer, violations bold and red."""
    lines = ["digraph backend {", *(f"  // {_plain(note)}" for note in graph.notes)]
    lines += ["  rankdir=TB;", '  node [shape=box, fontname="sans-serif"];', '  edge [fontname="sans-serif"];']
    for index, (group, nodes) in enumerate(_grouped(graph)):
        inside = [f"{dot(node.name)} [label={dot(_label(node))}];" for node in nodes]
        if graph.level == "layer":
            lines += [f"  {item}" for item in inside]
        else:
            lines += [f"  subgraph cluster_{index} {{", f"    label={dot(group)};"]
            lines += [*(f"    {item}" for item in inside), "  }"]
    for edge in graph.edges:
        style = ", color=red, fontcolor=red, style=bold" if edge.violation else ""
        lines.append(f"  {dot(edge.source)} -> {dot(edge.target)} [label={dot(_count(edge))}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _grouped(graph: Graph) -> list[tuple[str, list[GraphNode]]]:
    groups: dict[str, list[GraphNode]] = {}
    for node in graph.nodes:
        groups.setdefault(node.group, []).append(node)
    known = {name: index for index, name in enumerate(ORDER)}
    return sorted(groups.items(), key=lambda item: (known.get(item[0], len(ORDER)), item[0]))


def _label(node: GraphNode) -> str:
    return f"{node.name} ({node.size} modules)" if node.size > 1 else node.name


def _count(edge: GraphEdge) -> str:
    """How many dependencies an edge stands for; of a violation also what it is."""
    if not edge.violation:
        return str(edge.count) if edge.count > 1 else ""
    return f"{edge.violations} {edge.violation}" + (f" of {edge.count}" if edge.count > edge.violations else "")


def _plain(note: str) -> str:
    return visible(note)
