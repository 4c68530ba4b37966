"""The shortest chain from one symbol, module or route to another, edge by edge."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.graph.picture import Picture
from analyzer.inventory.naming import Names, Node
from analyzer.project import Place

_VERBS = {
    "call": "calls", "construct": "creates", "import": "imports", "inherit": "inherits from", "inject": "is given",
    "attribute": "uses", "annotate": "names as a type",
}  # fmt: skip


class Step(msgspec.Struct, frozen=True):
    """One edge: what ``source`` does with ``target``, and the line that does it."""

    source: str
    verb: str
    target: str
    file: str
    line: int


class _Arc(msgspec.Struct, frozen=True):
    target: Node
    verb: str
    file: str
    line: int


def chain(picture: Picture, start: frozenset[Node], goal: frozenset[Node]) -> tuple[Step, ...] | None:
    """The shortest chain of uses between two sets of nodes; ``None`` when there is none, ``()`` when they share one.

    Mere type annotations count only where nothing else connects the two. Of equally short chains the one whose uses
    come first in the code is taken.
    """
    arcs = _Arcs(picture)
    found = _search(arcs, start, goal, types=False)
    return _search(arcs, start, goal, types=True) if found is None else found


def _search(arcs: _Arcs, start: frozenset[Node], goal: frozenset[Node], types: bool) -> tuple[Step, ...] | None:
    if start & goal:
        return ()
    before: dict[Node, tuple[Node, _Arc] | None] = dict.fromkeys(sorted(start, key=_first))
    front = list(before)
    while front:
        reached = []
        for node in front:
            for arc in arcs.of(node, types):
                if arc.target in before:
                    continue
                before[arc.target] = (node, arc)
                if arc.target in goal:
                    return tuple(_back(arcs, before, arc.target))
                reached.append(arc.target)
        front = reached
    return None


def _first(node: Node) -> tuple[bool, Node]:
    """A module's own code before what is inside it: an import says more of a module than a function's use."""
    return node.kind != "module", node


def _back(arcs: _Arcs, before: dict[Node, tuple[Node, _Arc] | None], end: Node) -> list[Step]:
    steps: list[Step] = []
    node = end
    while (link := before[node]) is not None:
        source, arc = link
        steps.append(Step(arcs.names.shown(source), arc.verb, arcs.names.shown(node), arc.file, arc.line))
        node = source
    return steps[::-1]


class _Arcs:
    """What leads from a node to others, in source order."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self.names = Names(picture)
        self._injected = {
            route.handler: route for route in sorted(picture.routes, key=lambda route: len(route.dependencies))
        }

    def of(self, node: Node, types: bool) -> Iterator[_Arc]:
        """The arcs out of a node; with ``types`` annotations too."""
        if node.kind == "class":
            yield from self._of_class(node)
            return
        place = Place(node.path, node.index)
        if node.kind == "module":
            for item in self._picture.imports_of(node.path):
                if types or not item.type_only:
                    yield _Arc(Node(item.target, "module", -1), "imports", node.path, item.line)
        for edge in self._picture.edges(place):
            if edge.kind == "annotate" and not types:
                continue
            target = self.names.node(edge.target)
            if target is not None:
                yield _Arc(target, _VERBS.get(edge.kind, edge.kind), node.path, edge.line)
        route = self._injected.get(place)
        for dependency in route.dependencies if route is not None else ():
            yield _Arc(Node(dependency.path, "function", dependency.index), "depends on", node.path, self._line(place))
        if node.kind == "function":
            yield from self._overriding(place)

    def _of_class(self, node: Node) -> Iterator[_Arc]:
        """Creating a class runs its ``__init__``; it is made of its bases."""
        item = self._project.outline(node.path).classes[node.index]
        for name, method in self._project.classes.methods(node.path, node.index):
            if name in {"__init__", "__post_init__", "__new__", "__call__"}:
                yield _Arc(Node(method.path, "function", method.index), "runs", method.path, self._line(method))
        for base in self._project.classes.order(node.path, node.index)[1:2]:
            if base.kind == "class":
                yield _Arc(Node(base.path, "class", base.index), "inherits from", node.path, item.line)

    def _overriding(self, place: Place) -> Iterator[_Arc]:
        """A call of an abstract method is answered by what implements it."""
        for other in self._project.classes.overriding(place):
            if other != place:
                yield _Arc(
                    Node(other.path, "function", other.index), "is implemented by", other.path, self._line(other)
                )

    def _line(self, place: Place) -> int:
        function = self._project.function(place)
        return function.line if function is not None else 1
