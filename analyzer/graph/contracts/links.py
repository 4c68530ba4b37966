"""The import graph a contract speaks of: dotted module names, the statements between them, chains of statements."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from analyzer.facts.outline import Import
from analyzer.graph.imports import ImportEdge
from analyzer.graph.picture import Picture
from analyzer.model import Location, Span, Tier
from analyzer.model.contract import Contract


class Link(msgspec.Struct, frozen=True):
    """One import statement: the first between its two modules. ``imported`` may be a name in a library.

    ``passed_on`` are the modules through which a name reaches the importer; the statement names the first of them.
    """

    importer: str
    imported: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    lazy: bool
    name: str = ""
    passed_on: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        """Where the statement stands."""
        return Location(self.path, Span(self.line, self.column, self.end_line, self.end_column))


class Modules:
    """The modules of a picture by dotted name, and what they import of the project and of libraries."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        project = picture.project
        self.paths: dict[str, str] = {}
        for path in project.paths():
            self.paths.setdefault(project.module_name(path), path)
        self.known: set[str] = set()
        for name in self.paths:
            parts = name.split(".")
            self.known.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
        self._graphs: dict[tuple[bool, bool, bool, bool], Links] = {}
        self._libraries: set[str] | None = None

    def inside(self, name: str) -> Iterator[str]:
        """The modules at and below a package, sorted."""
        for module in sorted(self.paths):
            if within(module, name):
                yield module

    def children(self, name: str) -> set[str]:
        """The names directly below a package."""
        start = name + "."
        return {one for one in self.known if one.startswith(start) and "." not in one[len(start) :]}

    def libraries(self) -> set[str]:
        """Every dotted name of a library that some module imports, its packages included."""
        if self._libraries is None:
            self._libraries = set()
            for path in self._picture.project.paths():
                for item in self._foreign(path):
                    parts = item.module.split(".")
                    self._libraries.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
        return self._libraries

    def links(self, contract: Contract) -> Links:
        """The import graph under a contract's options, its exempted imports left out."""
        key = (contract.lazy, contract.type_checking, contract.tests, contract.through_re_exports)
        if key not in self._graphs:
            self._graphs[key] = self._link(*key)
        return self._graphs[key]

    def _link(self, lazy: bool, type_checking: bool, tests: bool, passed_on: bool) -> Links:
        links = Links()
        picture = self._picture
        for path in picture.project.paths():
            if picture.tier(path) is Tier.MIGRATION or (picture.tier(path) is Tier.TEST and not tests):
                continue
            name = picture.project.module_name(path)
            for edge in picture.imports_of(path):
                if (edge.lazy and not lazy) or (edge.type_only and not type_checking):
                    continue
                self._add(links, name, edge)
            for edge in picture.imports.attributes(path) if passed_on else ():
                if lazy or not edge.lazy:
                    self._add_behind(links, name, edge)
            for item in self._foreign(path):
                if (item.scope >= 0 and not lazy) or (item.guard == "type" and not type_checking):
                    continue
                named = item.module if item.name in (None, "*") else f"{item.module}.{item.name}"
                links.foreign.append(
                    Link(
                        name, named, path, item.line, item.column, item.end_line, item.end_column, item.scope >= 0,
                        item.module,
                    )
                )  # fmt: skip
        return links

    def _add(self, links: Links, name: str, edge: ImportEdge) -> None:
        project = self._picture.project
        target = project.module_name(edge.target)
        first = project.module_name(edge.first) if edge.name else target
        if first != name:
            links.add(Link(name, first, *_place(edge)))
        if target not in (first, name):
            self._add_behind(links, name, edge)

    def _add_behind(self, links: Links, name: str, edge: ImportEdge) -> None:
        target = self._picture.project.module_name(edge.target)
        passed_on = tuple(self._picture.project.module_name(path) for path in edge.through)
        links.behind.setdefault((name, target), Link(name, target, *_place(edge), passed_on))

    def _foreign(self, path: str) -> Iterator[Import]:
        """The imports of libraries in a file."""
        for item in self._picture.project.outline(path).imports:
            if not item.level and item.module and self._picture.imports.origin(path, item) is None:
                yield item


class Links:
    """Statements between modules: ``direct`` by pair; ``behind`` names taken through modules that pass them on."""

    def __init__(self) -> None:
        self.direct: dict[tuple[str, str], Link] = {}
        self.behind: dict[tuple[str, str], Link] = {}
        self.foreign: list[Link] = []
        self._into: dict[str, set[str]] | None = None

    def add(self, link: Link) -> None:
        """Remember a statement; the first between two modules counts, one at load time before a lazy one."""
        known = self.direct.get((link.importer, link.imported))
        if known is None or (known.lazy and not link.lazy):
            self.direct[link.importer, link.imported] = link

    def without(self, pairs: Collection[tuple[str, str]]) -> Links:
        """A copy that lacks some statements."""
        links = Links()
        links.direct = {pair: link for pair, link in self.direct.items() if pair not in pairs}
        links.behind = {pair: link for pair, link in self.behind.items() if pair not in pairs}
        links.foreign = [link for link in self.foreign if (link.importer, link.imported) not in pairs]
        return links

    def into(self, module: str) -> set[str]:
        """Who imports a module."""
        if self._into is None:
            self._into = {}
            for importer, imported in self.direct:
                self._into.setdefault(imported, set()).add(importer)
        return self._into.get(module, set())

    def chains(
        self, sources: Collection[str], targets: Collection[str], stops: Collection[str], contract: Contract
    ) -> Iterator[tuple[Link, ...]]:
        """A shortest chain for every module of ``sources`` and every import of it that leads to ``targets``.

        Chains run through modules that are neither sources nor targets nor ``stops``.
        """
        onward: dict[str, tuple[Link, ...]] = {}
        if not contract.direct_only:
            onward = self._onward(targets, {*sources, *stops})
        for importer, imported in sorted(self.direct):
            if importer in sources:
                link = self.direct[importer, imported]
                if imported in targets:
                    yield (link,)
                elif imported in onward and imported not in sources and imported not in stops:
                    yield (link, *onward[imported])
        if contract.through_re_exports:
            for importer, imported in sorted(self.behind):
                if importer in sources and imported in targets and (importer, imported) not in self.direct:
                    yield (self.behind[importer, imported],)

    def _onward(self, targets: Collection[str], stops: Collection[str]) -> dict[str, tuple[Link, ...]]:
        """The shortest chain to the targets for every module between, breadth first and backwards."""
        found: dict[str, tuple[Link, ...]] = {}
        front = sorted(targets)
        seen = set(targets)
        while front:
            reached: list[str] = []
            for module in front:
                for importer in sorted(self.into(module)):
                    if importer not in seen and importer not in stops:
                        seen.add(importer)
                        found[importer] = (self.direct[importer, module], *found.get(module, ()))
                        reached.append(importer)
            front = reached
        return found


def _place(edge: ImportEdge) -> tuple[str, int, int, int, int, bool, str]:
    return edge.source, edge.line, edge.column, edge.end_line, edge.end_column, edge.lazy, edge.name


def within(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(package + ".")
