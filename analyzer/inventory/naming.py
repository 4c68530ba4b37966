"""Names as people give them: ``POST /login``, ``app.users.UserService.add``, ``UserService.add``, ``app/users.py``."""

from __future__ import annotations

import difflib
from functools import cached_property

import msgspec

from analyzer.graph.picture import Picture
from analyzer.inventory.addresses import answers, parameters
from analyzer.project import Place, Target

_NEAR = 3
"""Spellings offered for a name nobody has."""


class Node(msgspec.Struct, frozen=True, order=True):
    """A function, a class, or a module's own code (``kind`` ``module``, index −1)."""

    path: str
    kind: str
    index: int


class Names:
    """Every name of a picture and what it stands for."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project

    def find(self, wanted: str) -> tuple[frozenset[Node], tuple[str, ...]]:
        """The nodes a name stands for, and what else could have been meant when it is none or several.

        A module stands for all in it, a class for its methods, a route for its handler; a path without a method for
        the handlers of all its methods, an address (``/users/42``) for the route that answers there. A name without its
        first parts is enough where only one thing ends with it.
        """
        routes = self._routes.get(_route(wanted)) or self._answering(wanted)
        if routes:
            return frozenset(routes), ()
        names = self._symbols
        if wanted in names:
            return self._inside(names[wanted]), ()
        ends = sorted(name for name in names if name.endswith("." + wanted))
        if len(ends) == 1:
            return self._inside(names[ends[0]]), ()
        if ends:
            return frozenset(), tuple(ends[:_NEAR])
        return frozenset(), self._nearest(wanted)

    def node(self, target: Target) -> Node | None:
        """The node of what an edge leads to, ``None`` for variables and what is not ours."""
        if target.kind == "function":
            return Node(target.path, "function", target.index)
        if target.kind in {"class", "instance"}:
            return Node(target.path, "class", target.index)
        if target.kind in {"module", "variable"} and target.path in self._project.modules.outlines:
            return Node(target.path, "module", -1)
        return None

    def shown(self, node: Node) -> str:
        """The dotted name of a node."""
        if node.kind == "class":
            module = self._project.module_name(node.path)
            return f"{module}.{self._project.outline(node.path).classes[node.index].qualname}"
        return self._project.qualified(Place(node.path, node.index))

    @cached_property
    def _routes(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for route in self._picture.routes:
            node = Node(route.handler.path, "function", route.handler.index)
            found.setdefault(_route(route.label), []).append(node)
        return found

    def _answering(self, wanted: str) -> list[Node]:
        """The handlers of the routes that answer at an address, with or without its method."""
        method, _, address = _route(wanted).rpartition(" ")
        if not address.startswith("/"):
            return []
        routes = [
            route
            for route in self._picture.routes
            if method in {"", route.method} or route.method == "ANY"
            if answers(route.path, address, route.pattern)
        ]
        same = [route for route in routes if _route(route.path) == _route(address)]
        fewest = min((parameters(route.path) for route in routes), default=0)
        meant = same or [route for route in routes if parameters(route.path) == fewest]
        return [Node(route.handler.path, "function", route.handler.index) for route in meant]

    @cached_property
    def _symbols(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for path in self._project.paths():
            module = Node(path, "module", -1)
            for name in {self._project.module_name(path), path}:
                found.setdefault(name, []).append(module)
            outline = self._project.outline(path)
            nodes = [Node(path, "class", index) for index in range(len(outline.classes))]
            nodes += [Node(path, "function", index) for index in range(len(outline.functions))]
            for node in nodes:
                found.setdefault(self.shown(node), []).append(node)
        return found

    def _inside(self, nodes: list[Node]) -> frozenset[Node]:
        found = set(nodes)
        for node in nodes:
            outline = self._project.outline(node.path)
            for index, function in enumerate(outline.functions):
                if node.kind == "module" or (node.kind == "class" and function.owner == node.index):
                    found.add(Node(node.path, "function", index))
            if node.kind == "module":
                found.update(Node(node.path, "class", index) for index in range(len(outline.classes)))
        return frozenset(found)

    def _nearest(self, wanted: str) -> tuple[str, ...]:
        """The most alike routes and dotted names; for a bare word the names that end like it."""
        if " " in wanted or wanted.startswith("/"):
            labels = sorted({route.label for route in self._picture.routes})
            return tuple(difflib.get_close_matches(wanted, labels, n=_NEAR))
        last = wanted.rpartition(".")[2]
        ends: dict[str, list[str]] = {}
        for name in sorted(self._symbols):
            ends.setdefault(name.rpartition(".")[2], []).append(name)
        close = difflib.get_close_matches(last, list(ends), n=_NEAR)
        found = [name for end in close for name in ends[end]]
        found.sort(key=lambda name: -difflib.SequenceMatcher(None, wanted, name).ratio())
        return tuple(found[:_NEAR])


def _route(label: str) -> str:
    """``post  /login/`` and ``POST /login`` are one; ``/login/`` and ``/login`` are."""
    method, _, path = label.strip().rpartition(" ")
    if not path.startswith("/"):
        return label
    return f"{method.strip().upper()} {path.rstrip('/') or '/'}".strip()
