"""The architecture in numbers: layers and what is between them, violations, circles, packages, the fullest handlers."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import Subscript
from analyzer.facts.outline import Class
from analyzer.facts.visit import chain
from analyzer.graph.business import business
from analyzer.graph.contracts import Modules, broken
from analyzer.graph.dealings import application_handlers
from analyzer.graph.picture import Picture
from analyzer.inventory.graph_model import ORDER
from analyzer.inventory.graphs import graph_of, violations
from analyzer.project import Place

WORST = 10
"""Handlers listed: what a team can talk through in one meeting."""


class Layer(msgspec.Struct, frozen=True):
    """A layer, ring or role beside them: how many modules and lines."""

    name: str
    modules: int
    lines: int


class LayerEdge(msgspec.Struct, frozen=True):
    """The dependencies of one layer on another, and how many of them go against the architecture."""

    source: str
    target: str
    count: int
    violations: int


class Violation(msgspec.Struct, frozen=True):
    """``kind`` is ``upward``, ``jump`` (a handler past a layer) or ``contract``; ``target`` ends the chain."""

    kind: str
    source: str
    target: str
    file: str
    line: int


class Cut(msgspec.Struct, frozen=True):
    """An import whose removal helps to end a circle."""

    source: str
    target: str
    file: str
    line: int


class Circle(msgspec.Struct, frozen=True):
    """Modules that import each other when loaded, and the fewest imports to cut; ``exact`` when there are no fewer."""

    modules: tuple[str, ...]
    cut: tuple[Cut, ...]
    exact: bool


class Package(msgspec.Struct, frozen=True):
    """Martin's figures for the modules directly in a package (*OO Design Quality Metrics*, 1994), modules counted
    where he counts classes: ``afferent`` outside modules depend on it, its own depend on ``efferent`` outside ones.

    ``instability`` is Ce / (Ca + Ce), ``abstractness`` the share of abstract classes (Protocol, ABC), ``distance`` that
    from the main sequence, |A + I − 1|. Nothing is measured of a package that nothing connects.
    """

    name: str
    modules: int
    afferent: int
    efferent: int
    instability: float | None
    abstractness: float
    distance: float | None


class Evidence(msgspec.Struct, frozen=True):
    """One piece of work that a handler does itself."""

    line: int
    kind: str
    text: str


class Controller(msgspec.Struct, frozen=True):
    """A handler with the weighted sum of BA501 and what it is made of."""

    name: str
    route: str
    file: str
    line: int
    score: float
    evidence: tuple[Evidence, ...]


class Shape(msgspec.Struct, frozen=True):
    """The shape of one application and how sure that is; ``name`` is its first module."""

    name: str
    kind: str
    confidence: str


class Scorecard(msgspec.Struct, frozen=True):
    """Everything, in stable order."""

    shapes: tuple[Shape, ...]
    layers: tuple[Layer, ...]
    edges: tuple[LayerEdge, ...]
    violations: tuple[Violation, ...]
    circles: tuple[Circle, ...]
    packages: tuple[Package, ...]
    controllers: tuple[Controller, ...]


def scorecard(picture: Picture) -> Scorecard:
    """The scorecard of main code; tests, migrations and scripts beside the application are left aside."""
    graph = graph_of(picture, "layer")
    return Scorecard(
        shapes=tuple(_shapes(picture)),
        layers=tuple(_layers(picture)),
        edges=tuple(LayerEdge(edge.source, edge.target, edge.count, edge.violations) for edge in graph.edges),
        violations=(*_against(picture), *_breaches(picture)),
        circles=tuple(_circles(picture)),
        packages=tuple(_packages(picture)),
        controllers=_fullest(picture),
    )


def _main(picture: Picture) -> list[str]:
    project = picture.project
    return [path for path in project.paths() if picture.is_main(path)]


def _shapes(picture: Picture) -> Iterator[Shape]:
    seen = set()
    for handlers in application_handlers(picture):
        first = picture.application(handlers[0].path)[0]
        if first not in seen:
            seen.add(first)
            shape = picture.shape(first)
            yield Shape(picture.project.module_name(first), shape.kind, shape.confidence.label)


def _layers(picture: Picture) -> Iterator[Layer]:
    sizes: dict[str, list[int]] = {}
    for path in _main(picture):
        ring = picture.ring(path) if picture.shape(path).kind == "hexagonal" else ""
        size = sizes.setdefault(ring or picture.module_role(path).name, [0, 0])
        size[0] += 1
        size[1] += picture.project.outline(path).lines
    rank = {name: number for number, name in enumerate(ORDER)}
    for name in sorted(sizes, key=lambda name: (rank.get(name, len(rank)), name)):
        yield Layer(name, *sizes[name])


def _against(picture: Picture) -> Iterator[Violation]:
    for link in violations(picture):
        yield Violation(link.violation, link.source, link.target, link.file, link.line)


def _breaches(picture: Picture) -> Iterator[Violation]:
    for contract in picture.contracts:
        for item in broken(picture.shared(Modules), contract):
            if item.chain:
                first, last = item.chain[0], item.chain[-1]
                yield Violation("contract", first.importer, last.imported, first.path, first.line)
            else:
                yield Violation("contract", picture.project.module_name(item.place), "", item.place, 1)


def _circles(picture: Picture) -> Iterator[Circle]:
    name = picture.project.module_name
    for cycle in picture.cycles:
        cut = tuple(Cut(name(edge.source), name(edge.target), edge.source, edge.line) for edge in cycle.cut)
        yield Circle(tuple(map(name, cycle.modules)), cut, cycle.exact)


def _packages(picture: Picture) -> Iterator[Package]:
    paths = _main(picture)
    home = {path: path.rpartition("/")[0] for path in paths}
    into: dict[str, set[str]] = {}
    out: dict[str, set[str]] = {}
    for path in paths:
        for edge in picture.imports_of(path):
            if not edge.type_only and edge.target in home and home[edge.target] != home[path]:
                into.setdefault(home[edge.target], set()).add(path)
                out.setdefault(home[path], set()).add(edge.target)
    for folder in sorted(set(home.values())):
        inside = [path for path in paths if home[path] == folder]
        afferent, efferent = len(into.get(folder, ())), len(out.get(folder, ()))
        instability = efferent / (afferent + efferent) if afferent + efferent else None
        abstractness = _abstractness(picture, inside)
        distance = abs(abstractness + instability - 1) if instability is not None else None
        yield Package(
            _package_name(picture, inside[0]),
            len(inside),
            afferent,
            efferent,
            _rounded(instability),
            round(abstractness, 2),
            _rounded(distance),
        )


def _package_name(picture: Picture, path: str) -> str:
    """The package a module lies in; the module's own folder where it has no dotted name."""
    name = picture.project.module_name(path)
    if path.endswith("/__init__.py"):
        return name
    return name.rpartition(".")[0] or path.rpartition("/")[0] or "."


def _abstractness(picture: Picture, paths: list[str]) -> float:
    number = abstract = 0
    for path in paths:
        outline = picture.project.outline(path)
        promising = {
            function.owner
            for function in outline.functions
            if any(chain(item).endswith("abstractmethod") for item in function.decorators)
        }
        for index, item in enumerate(outline.classes):
            number += 1
            abstract += index in promising or _declares(item)
    return abstract / number if number else 0.0


def _declares(item: Class) -> bool:
    """Whether a class says itself that it only promises; what keeps the promise inherits the same base."""
    bases = [base.value if isinstance(base, Subscript) else base for base in item.bases]
    named = {chain(base).rpartition(".")[2] for base in (*bases, *(value for _, value in item.keywords))}
    return not named.isdisjoint({"ABC", "ABCMeta", "Protocol"})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _fullest(picture: Picture) -> tuple[Controller, ...]:
    found = []
    for handlers in application_handlers(picture):
        for handler in handlers:
            measured = business(picture, handler)
            if measured.score > 0:
                found.append((handler, measured))
    found.sort(key=lambda pair: (-pair[1].score, pair[0]))
    return tuple(
        Controller(
            picture.project.qualified(handler),
            picture.handlers()[handler][0].label,
            handler.path,
            _line(picture, handler),
            round(measured.score, 2),
            tuple(Evidence(piece.line, piece.kind, piece.text) for piece in measured.pieces),
        )
        for handler, measured in found[:WORST]
    )


def _line(picture: Picture, handler: Place) -> int:
    return picture.project.outline(handler.path).functions[handler.index].line
