"""Imports that go the wrong way: up the layers, out of a ring, or from a shared base back to what is built on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from analyzer.graph.classes import is_value, owner_class
from analyzer.graph.imports import ImportEdge
from analyzer.graph.names import module_hint
from analyzer.graph.picture import Picture
from analyzer.graph.role import LAYERS, Evidence, Role
from analyzer.graph.roots import is_application
from analyzer.graph.upward_uses import hidden
from analyzer.model import Confidence, Tier
from analyzer.project import Place, Target

_WRONG_WAY = {
    ("domain", "application"), ("domain", "inbound"), ("domain", "outbound"), ("application", "inbound"),
    ("application", "outbound"), ("outbound", "inbound"),
}  # fmt: skip
_SIDE = {"schema", "session", "settings", "middleware", "client", "task", "command", "migration", "test"}
"""Roles that lie beside the layers: a symbol with one of them may be imported from anywhere."""
_PLAIN = ("builtins.", "os.")
_TESTING = re.compile(r"test|fixture|mock|fake|stub|debug", re.IGNORECASE)
"""Words in the path of a module that works for tests, wherever it lies."""
_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)conftest\.py$")
"""Where the tests of an application lie, which are left at home when it is installed."""
_HIGHER = frozenset({"service", "controller"})
_SERVICES = frozenset({"service_layer", "services", "service"})
_RINGS = frozenset({"application", "use_cases", "usecases", "usecase", "use_case", "interactors", "domain"})
_CLEAR, _LONE = 2, 5
"""A package is a base when it is imported this many times as often as it imports back, by several packages or by one;
provisional."""


_SLIPS = 3
"""Imports of a shared package that are still exceptions; provisional."""
_RARE = 10
"""So many imports of a package for one of its own are as good: provisional."""
_FEATURE = 5
"""A package with one service or repository among this many modules is a feature or a layer, no base."""


class Upward(msgspec.Struct, frozen=True):
    """An import against the direction. ``kind`` is ``layer``, ``ring``, ``base`` or ``test``; the phrases are for the
    message."""

    edge: ImportEdge
    kind: str
    source: str
    target: str
    source_why: str
    target_why: str
    confidence: Confidence
    detail: str = ""
    eased: bool = False
    """What is taken is a library's object that the application's module keeps, and so easily moved."""
    used: str = ""
    """The chain that goes up where no import does: ``container.orders``."""


class Unit(msgspec.Struct, frozen=True):
    """Two sibling packages (or modules) that an import connects, below their common folder."""

    folder: str
    source: str
    target: str


class Directions:
    """Finds the imports of a picture that go the wrong way."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._counts: dict[Unit, int] | None = None
        self._domains: dict[str, tuple[int, int]] = {}
        self._inner: dict[str, bool] = {}
        self._into: dict[tuple[str, str], dict[str, int]] = {}
        self._out: dict[tuple[str, str], int] = {}
        self._next: dict[str, dict[str, list[str]]] = {}
        self._ways: dict[Unit, tuple[str, ...]] = {}
        self._before: frozenset[Place] | None = None
        self._features: dict[str, bool] = {}

    def find(self) -> Iterator[Upward]:
        """Every import against the direction, by path and line."""
        picture = self._picture
        for path in picture.project.paths():
            if not picture.is_main(path):
                continue
            up: set[tuple[int, str]] = set()
            for edge in picture.imports_of(path):
                if edge.type_only or _gathers(edge):
                    continue
                tier = picture.tier(edge.target)
                found = self.judge(edge) if tier is Tier.MAIN else _tested(edge) if tier is Tier.TEST else None
                if found is not None:
                    up.add((edge.line, edge.target))
                    yield found
            yield from self._hidden(path, up)

    def _hidden(self, path: str, known: set[tuple[int, str]]) -> Iterator[Upward]:
        """Uses that go up beside the imports already found."""
        targets = {target for _, target in known}
        for edge, chain in hidden(self._picture, path):
            if edge.target in targets or self._picture.tier(edge.target) is not Tier.MAIN:
                continue
            hexagonal = self._picture.shape(path).kind == "hexagonal"
            found = None if hexagonal else self._layer(edge)
            if found is not None:
                yield msgspec.structs.replace(found, used=chain)

    def judge(self, edge: ImportEdge) -> Upward | None:
        """What is wrong with one import, ``None`` when nothing is."""
        if self._picture.is_root(edge.source):
            return self._base(edge, root=True)
        shape = self._picture.shape(edge.source)
        if shape.kind == "hexagonal":
            ring, other = self._picture.ring(edge.source), self._picture.ring(edge.target)
            if (ring, other) in _WRONG_WAY:
                return None if self._of_layers(edge) else self._ring(edge, ring, other, shape.confidence)
            if ring and other:
                return None
            return self._base(edge)
        return self._layer(edge) or self._inside_out(edge) or self._base(edge)

    # The three ways

    def _of_layers(self, edge: ImportEdge) -> bool:
        """Whether a service layer (no application ring by name) takes a repository of its own code base, which no port
        of the inner rings describes: that is how layers are stacked."""
        parts = set(edge.source.split("/"))
        if parts.isdisjoint(_SERVICES) or not parts.isdisjoint(_RINGS):
            return False
        symbol = edge.symbol
        if symbol is None or self._picture.target_role(symbol).name != "repository":
            return False
        if symbol.kind == "module":
            taken = list(range(len(self._picture.project.outline(symbol.path).classes)))
        elif symbol.kind == "class":
            taken = [symbol.index]
        else:
            return False
        bases = [base for index in taken for base in self._picture.project.classes.order(symbol.path, index)[1:]]
        return not any(
            one.kind == "class" and self._picture.ring(one.path) in {"domain", "application"} for one in bases
        )

    def _inside_out(self, edge: ImportEdge) -> Upward | None:
        """A domain that imports what is built on it, also where it keeps its own tables and so is no ring."""
        ring, other = self._picture.ring(edge.source), self._picture.ring(edge.target)
        if ring != "domain" or other not in {"application", "inbound"}:
            return None
        inward, outward = self._across(edge.source)
        if inward < _CLEAR * max(outward, 1):
            return None
        return Upward(
            edge, "ring", "domain", _ring_name(other), "", f"{inward} imports point the other way", Confidence.MEDIUM
        )

    def _across(self, path: str) -> tuple[int, int]:
        """How many imports of an application go into its domain, and how many out of it to what is built on it."""
        modules = self._picture.application(path)
        if modules[0] not in self._domains:
            inward = outward = 0
            for one in modules:
                inner = self._picture.ring(one) == "domain"
                for edge in self._picture.imports_of(one):
                    ring = self._picture.ring(edge.target)
                    inward += not inner and ring == "domain" and self._picture.ring(one) in {"application", "inbound"}
                    outward += inner and ring in {"application", "inbound"}
            self._domains[modules[0]] = (inward, outward)
        return self._domains[modules[0]]

    def _ring(self, edge: ImportEdge, ring: str, other: str, confidence: Confidence) -> Upward:
        why = "; ".join(item.text for item in self._picture.shape(edge.source).evidence[1:3])
        return Upward(edge, "ring", _ring_name(ring), _ring_name(other), "", why, confidence)

    def _layer(self, edge: ImportEdge) -> Upward | None:
        source = self._picture.module_role(edge.source)
        if source.name not in {"model", "repository", "service"} or source.confidence < Confidence.MEDIUM:
            return None
        target = self.reached(edge)
        if target is None:
            edge, target = self._on_the_way(edge)
        if target is None or target.height <= source.height or target.confidence < Confidence.MEDIUM:
            return None
        held = is_held(edge, target)
        confidence = min(source.confidence, Confidence.MEDIUM if held else target.confidence)
        return Upward(edge, "layer", source.name, target.name, source.why, target.why, confidence, eased=held)

    def _on_the_way(self, edge: ImportEdge) -> tuple[ImportEdge, Role | None]:
        """The service or controller that a statement names for something that lies elsewhere; packages that gather
        names are no such way."""
        for path in edge.through:
            role = self._picture.roles.own_role(path)
            if not path.endswith("__init__.py") and role.name in _HIGHER and role.confidence is Confidence.HIGH:
                return msgspec.structs.replace(edge, target=path, through=()), role
        return edge, None

    def _base(self, edge: ImportEdge, root: bool = False) -> Upward | None:
        """A shared package that imports back up: most edges go the other way."""
        unit = unit_of(edge)
        if unit is None:
            return None
        target = self.reached(edge)
        if target is None or target.confidence < Confidence.MEDIUM:
            return None
        source = self._picture.module_role(edge.source)
        if target.height < LAYERS["repository"]:
            # A table of a feature that has routes of its own; where tables are a layer, every package may know them.
            # Few such imports are a slip; where there are many, nobody meant the package to know nothing.
            few = not edge.lazy and self._is_slip(unit)
            if root or source.height > target.height or not (few and self._is_feature(unit.folder, unit.target)):
                return None
        elif is_held(edge, target) or (not root and not self._above(source, target, unit)):
            return None
        if "/" not in edge.source.removeprefix(unit.folder).strip("/"):
            return None  # a lone module is no base package
        if root and not (target.name == "controller" and self._picture.roles.creates(edge.source)):
            return None
        counts = self._units()
        way = self._way_back(unit)
        into, out = self._around(unit.folder, unit.source)
        built = sum(into.values())
        if not way or built < (_CLEAR if len(into) > 1 else _LONE) * out or self._is_layer(unit.folder, unit.source):
            return None
        back = counts[Unit(unit.folder, way[-2], way[-1])]
        through = f" through {', '.join(way[1:-1])}" if len(way) > 2 else ""
        detail = (
            f"{unit.target} imports {unit.source}{through}{'' if through else ' ' + _times(back)}, "
            f"{unit.source} imports {unit.target} {_times(counts[unit])}"
        )
        why = f"{len(into)} package{'s build' if len(into) > 1 else ' builds'} on it"
        return Upward(edge, "base", unit.source, target.name, why, target.why, Confidence.MEDIUM, detail)

    def _above(self, source: Role, target: Role, unit: Unit) -> bool:
        """Whether what an import reaches stands above a module; among equals, what belongs to a feature stands above
        the shared package that it builds on."""
        if source.height != target.height or target.name != "repository":
            return source.height < target.height
        return self._is_slip(unit) and self._is_feature(unit.folder, unit.target)

    def _is_slip(self, unit: Unit) -> bool:
        """Whether a package imports so little, for itself or beside what builds on it, that this is an exception."""
        into, out = self._around(unit.folder, unit.source)
        return out <= _SLIPS or _RARE * out <= sum(into.values())

    def reached(self, edge: ImportEdge) -> Role | None:
        """The role that an import reaches, ``None`` for what every layer may share (errors, schemas, settings …)."""
        picture = self._picture
        module = picture.module_role(edge.target)
        symbol = edge.symbol
        if symbol is None or not edge.name or symbol.kind == "module":
            return module if module.height else None
        if symbol.kind == "external":
            # Extensions (a database, a cache) are shared, unless they lie where all controllers are loaded; the
            # entrypoint's own values and the application itself are not.
            role = picture.target_role(symbol)
            own = module.name == "entrypoint" and (symbol.dotted.startswith(_PLAIN) or self._carries(edge, symbol))
            return role if role.height else module if own else None
        owner = owner_class(picture.roles, symbol)
        role = picture.target_role(symbol)
        if role.name in _SIDE or (owner is not None and is_value(picture.roles, *owner)):
            # What only describes data is shared; one that is written between handlers brings them along.
            around = picture.roles.own_role(edge.target)
            between = around.name == "controller" and role.name in {"schema", "utility"}
            return around if between and around.confidence is Confidence.HIGH else None
        if role.name == "guard" and symbol.kind == "function" and Place(symbol.path, symbol.index) in self._injected():
            return Role("controller", Confidence.MEDIUM, (Evidence("it is injected before handlers", edge.target, 1),))
        if role.height:
            # What lies among the models and only behaves like a repository is on the models' side of the border.
            return module if role.confidence < Confidence.HIGH and module.name == "model" else role
        if symbol.kind == "variable" and module.name != "entrypoint":
            return None
        # What is none of the layer's own pieces shares its module's role only where the module is nothing else.
        whole = module.name in {"controller", "entrypoint"} or module_hint(edge.target)[0] == module.name
        return module if module.height and whole else None

    def _carries(self, edge: ImportEdge, symbol: Target) -> bool:
        """Whether an object of the application's module brings the application: it is that itself, or the module loads
        the controllers when it is loaded."""
        if is_application(symbol.dotted):
            return True
        picture = self._picture
        return picture.roles.creates(edge.target) and any(
            one.at_load and picture.module_role(one.target).name == "controller"
            for one in picture.imports_of(edge.target)
        )

    def _injected(self) -> frozenset[Place]:
        if self._before is None:
            self._before = frozenset(place for route in self._picture.routes for place in route.dependencies)
        return self._before

    # Packages

    def _units(self) -> dict[Unit, int]:
        if self._counts is None:
            counts: dict[Unit, int] = {}
            picture = self._picture
            for path in picture.project.paths():
                if not picture.is_main(path):
                    continue
                lines = set()
                for edge in picture.imports_of(path):
                    if (
                        not edge.type_only
                        and picture.tier(edge.target) is Tier.MAIN
                        and (edge.line, edge.target) not in lines
                    ):
                        lines.add((edge.line, edge.target))
                        unit = unit_of(edge)
                        if unit is not None:
                            counts[unit] = counts.get(unit, 0) + 1
            self._counts = counts
            for unit, number in counts.items():
                self._into.setdefault((unit.folder, unit.target), {})[unit.source] = number
                self._next.setdefault(unit.folder, {}).setdefault(unit.source, []).append(unit.target)
                key = (unit.folder, unit.source)
                self._out[key] = self._out.get(key, 0) + number
        return self._counts

    def _way_back(self, unit: Unit) -> tuple[str, ...]:
        """The shortest chain of sibling packages by which the target builds on the source, both included."""
        if unit not in self._ways:
            self._units()
            following: dict[str, list[str]] = self._next.get(unit.folder, {})
            ways: dict[str, tuple[str, ...]] = {unit.target: (unit.target,)}
            front = [unit.target]
            while front and unit.source not in ways:
                reached = []
                for name in front:
                    for other in sorted(following.get(name, ())):
                        if other not in ways:
                            ways[other] = (*ways[name], other)
                            reached.append(other)
                front = reached
            self._ways[unit] = ways.get(unit.source, ())
        return self._ways[unit]

    def _around(self, folder: str, name: str) -> tuple[dict[str, int], int]:
        self._units()
        return self._into.get((folder, name), {}), self._out.get((folder, name), 0)

    def _is_layer(self, folder: str, name: str) -> bool:
        """Whether a package is itself a layer or a feature, so that the rule of the layers speaks for it."""
        start = f"{folder}/{name}" if folder else name
        if start not in self._inner:
            picture = self._picture
            members = [
                path
                for path in picture.project.paths()
                if (path.startswith(start + "/") or path == start + ".py") and picture.tier(path) is Tier.MAIN
            ]
            high = [path for path in members if picture.roles.own_role(path).height >= LAYERS["repository"]]
            answering = [path for path in members if picture.roles.own_role(path).name == "controller"]
            self._inner[start] = bool(answering) or _FEATURE * len(high) >= len(members)
        return self._inner[start]

    def _is_feature(self, folder: str, name: str) -> bool:
        """Whether a package answers requests and keeps tables: a feature of its own."""
        start = f"{folder}/{name}" if folder else name
        if start not in self._features:
            roles = self._picture.roles
            found = {
                roles.own_role(path).name for path in self._picture.project.paths() if path.startswith(start + "/")
            }
            self._features[start] = {"controller", "model"} <= found
        return self._features[start]


def is_held(edge: ImportEdge, target: Role) -> bool:
    """Whether an import takes a library's object that the application's module keeps: easily moved."""
    symbol = edge.symbol
    kept = symbol is not None and symbol.kind == "external" and not symbol.dotted.startswith(_PLAIN)
    return target.name == "entrypoint" and kept


def _tested(edge: ImportEdge) -> Upward | None:
    """The application that needs its tests; a helper of tests beside it may, and so may a command of developers."""
    if _TESTING.search(edge.source) or not _TESTS.search(edge.target):
        return None
    confidence = Confidence.LOW if edge.lazy else Confidence.MEDIUM
    return Upward(edge, "test", "application", "test", "", "", confidence, eased=True)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _ring_name(ring: str) -> str:
    return {"inbound": "inbound adapter", "outbound": "outbound adapter"}.get(ring, ring)


def _gathers(edge: ImportEdge) -> bool:
    """An ``__init__`` that gathers names of its own package."""
    folder = edge.source.removesuffix("__init__.py")
    return folder != edge.source and edge.target.startswith(folder)


def unit_of(edge: ImportEdge) -> Unit | None:
    """The sibling packages an import connects; ``None`` inside one package or between a package and its own content."""
    return _unit(edge.source, edge.target)


@lru_cache(maxsize=1 << 16)
def _unit(source: str, target: str) -> Unit | None:
    one, other = source.removesuffix(".py").split("/"), target.removesuffix(".py").split("/")
    depth = 0
    while depth < min(len(one), len(other)) and one[depth] == other[depth]:
        depth += 1
    if depth >= min(len(one), len(other)) or "__init__" in (one[depth], other[depth]):
        return None
    return Unit("/".join(one[:depth]), one[depth], other[depth])
