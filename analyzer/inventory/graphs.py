"""The graph of a picture at one of three levels, whole or around a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from analyzer.graph.dealings import Dealings, application_handlers
from analyzer.graph.direction import Directions
from analyzer.graph.picture import Picture
from analyzer.inventory.graph_model import Graph, GraphNode, Link, counted
from analyzer.project import Place, Target

_DATABASE = "database"


def graph_of(picture: Picture, level: str) -> Graph:
    """All of main code: layers, modules or symbols; tests, migrations and scripts beside the application left out."""
    maker = _Maker(picture)
    if level == "layer":
        return _layers(maker)
    if level == "module":
        links = list(maker.module_links())
        nodes = [GraphNode(maker.name(path), maker.group(path)) for path in maker.paths]
    else:
        links = list(maker.symbol_links())
        used = {name for link in links for name in (link.source, link.target)}
        nodes = [GraphNode(name, maker.symbol_groups[name]) for name in sorted(used)]
    return Graph(level, tuple(sorted(nodes)), counted(links))


def violations(picture: Picture) -> tuple[Link, ...]:
    """Every import that goes up, and for every handler that goes past a layer its first step there; by place."""
    maker = _Maker(picture)
    found: dict[tuple[str, ...], Link] = {}
    for up in picture.shared(Directions).find():
        edge = up.edge
        link = Link(maker.name(edge.source), maker.name(edge.target), "import", "upward", edge.source, edge.line)
        found.setdefault(("upward", edge.source, edge.target, str(edge.line)), link)
    for handler, target, line in maker.jumps():
        name = target.dotted if target is not None else _DATABASE
        link = Link(picture.project.qualified(handler), name, "call", "jump", handler.path, line)
        found.setdefault(("jump", handler.path, str(handler.index)), link)
    return tuple(sorted(found.values(), key=lambda link: (link.violation != "upward", link.file, link.line, link)))


def _layers(maker: _Maker) -> Graph:
    """Modules drawn together by layer or ring; the database below them."""
    links = list(maker.layer_links())
    sizes: dict[str, int] = {}
    for path in maker.paths:
        sizes[maker.group(path)] = sizes.get(maker.group(path), 0) + 1
    nodes = [GraphNode(group, group, size) for group, size in sizes.items()]
    if any(link.target == _DATABASE for link in links):
        nodes.append(GraphNode(_DATABASE, _DATABASE, 0))
    return Graph("layer", tuple(sorted(nodes)), counted(links))


class _Maker:
    """Turns edges of the picture into links between names."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self.paths = [path for path in picture.project.paths() if picture.is_main(path)]
        self._main = set(self.paths)
        names = {path: picture.project.module_name(path) for path in picture.project.paths()}
        counts = Counter(names.values())
        self._names = {path: path if counts[name] > 1 or not name else name for path, name in names.items()}
        self.symbol_groups: dict[str, str] = {}
        self._upward = {
            (found.edge.source, found.edge.target, found.edge.line) for found in picture.shared(Directions).find()
        }
        self._cuts = {(edge.source, edge.target) for cycle in picture.cycles for edge in cycle.cut}

    def name(self, path: str) -> str:
        """A module's dotted name; two files of one name are told apart by their paths."""
        return self._names[path]

    def group(self, path: str) -> str:
        """The ring where the shape is hexagonal, else the role."""
        picture = self._picture
        ring = picture.ring(path) if picture.shape(path).kind == "hexagonal" else ""
        return ring or picture.module_role(path).name

    # Links

    def module_links(self) -> Iterator[Link]:
        """Imports at run time between modules, and handlers that go past a layer."""
        for path in self.paths:
            for edge in self._picture.imports_of(path):
                if edge.target in self._main and not edge.type_only:
                    violation = self._violation(path, edge.target, edge.line)
                    yield Link(self.name(path), self.name(edge.target), "import", violation, path, edge.line)
        for handler, target, line in self.jumps():
            if target is not None and target.path in self._main:
                yield Link(self.name(handler.path), self.name(target.path), "call", "jump", handler.path, line)

    def layer_links(self) -> Iterator[Link]:
        """The same between layers; a cycle inside the code says nothing about layers."""
        for path in self.paths:
            for edge in self._picture.imports_of(path):
                if edge.target in self._main and not edge.type_only:
                    upward = (path, edge.target, edge.line) in self._upward
                    violation = "upward" if upward else ""
                    yield Link(self.group(path), self.group(edge.target), "import", violation, path, edge.line)
        jumps = {(handler, line): target for handler, target, line in self.jumps()}
        for (handler, line), target in jumps.items():
            below = self.group(target.path) if target is not None else _DATABASE
            yield Link(self.group(handler.path), below, "call", "jump", handler.path, line)
        for path in self.paths:
            for index in range(-1, len(self._project.outline(path).functions)):
                for access in self._picture.accesses_of(Place(path, index)):
                    if (Place(path, index), access.line) not in jumps:
                        yield Link(self.group(path), _DATABASE, access.kind, "", path, access.line)

    def symbol_links(self) -> Iterator[Link]:
        """What functions, classes and modules use of each other."""
        jumps = {(handler, line) for handler, target, line in self.jumps() if target is not None}
        for path in self.paths:
            for index in range(-1, len(self._project.outline(path).functions)):
                place = Place(path, index)
                source = self._symbol(path, self._project.qualified(place))
                for edge in self._picture.edges(place):
                    target = edge.target
                    if target.path not in self._main or edge.kind == "annotate" or not target.ours:
                        continue
                    violation = "jump" if (place, edge.line) in jumps else ""
                    violation = self._violation(path, target.path, edge.line) or violation
                    below = self._symbol(target.path, target.dotted or self.name(target.path))
                    yield Link(source, below, edge.kind, violation, path, edge.line)

    def _symbol(self, path: str, name: str) -> str:
        self.symbol_groups.setdefault(name, self.group(path))
        return name

    def _violation(self, source: str, target: str, line: int) -> str:
        if (source, target, line) in self._upward:
            return "upward"
        return "cycle" if (source, target) in self._cuts else ""

    def jumps(self) -> Iterator[tuple[Place, Target | None, int]]:
        """Handlers that call a repository past the services, or (``None``) work on the database themselves."""
        dealings = self._picture.shared(Dealings)
        for handlers in application_handlers(self._picture):
            habit = dealings.habit(handlers)
            if not habit.kind:
                continue
            closed = dealings.closed(habit, handlers)
            for handler in handlers:
                dealing = dealings.of(handler)
                for access in dealing.own:
                    yield handler, None, access.line
                for site in dealing.repositories if closed and not dealing.own else ():
                    yield handler, site.target, site.line
