"""The picture of a backend: what every rule asks its questions of."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TypeVar, cast

from analyzer.frameworks import Backend, EntryPoint, Route
from analyzer.graph.access import Access, Accesses, CallSite
from analyzer.graph.cycles import Cycle, cycles, load_edges
from analyzer.graph.edges import Edge, edges_of
from analyzer.graph.groups import groups
from analyzer.graph.imports import ImportEdge, Imports
from analyzer.graph.late import below_code, lateness
from analyzer.graph.reach import Reach
from analyzer.graph.role import Role
from analyzer.graph.roles import Roles, is_side_module
from analyzer.graph.shape import Shape, Shapes
from analyzer.model import Tier
from analyzer.model.contract import Contract
from analyzer.project import Place, Project, Target

Answers = TypeVar("Answers")


class Picture:
    """A linked backend with routes, roles, layers, edges and reach. Everything is found on demand and remembered."""

    def __init__(
        self,
        backend: Backend,
        tiers: Mapping[str, Tier],
        overrides: Sequence[tuple[str, str]],
        contracts: Sequence[Contract] = (),
    ) -> None:
        self.backend = backend
        self.contracts = tuple(contracts)
        self.project: Project = backend.project
        self.routes: tuple[Route, ...] = backend.routes
        self._tiers = tiers
        self.accesses = Accesses(backend.project)
        self.imports = Imports(backend.project)
        self.roles = Roles(backend, tiers, overrides, self.accesses)
        self.reach = Reach(backend)
        self._shared: dict[object, object] = {}

    def tier(self, path: str) -> Tier:
        """What kind of code a file holds."""
        return self._tiers.get(path, Tier.MAIN)

    def handlers(self) -> Mapping[Place, Sequence[Route]]:
        """Routes by the function that answers them, sorted."""
        return self._handlers

    def doors(self) -> Mapping[Place, EntryPoint]:
        """What is called without a route, by the function that runs."""
        return self._doors

    @cached_property
    def _doors(self) -> Mapping[Place, EntryPoint]:
        return self.backend.doors()

    @cached_property
    def _above(self) -> int:
        """Code points of the folder all files share: where the audited folder lies says nothing about its code."""
        folders = {path.rpartition("/")[0] for path in self.project.paths()}
        return len(posixpath.commonpath(folders)) if "" not in folders else 0

    @cached_property
    def _handlers(self) -> Mapping[Place, Sequence[Route]]:
        found = self.backend.handlers()
        return {place: found[place] for place in sorted(found)}

    def shared(self, kind: Callable[[Picture], Answers]) -> Answers:
        """One object of a kind that answers questions about this picture, made once and kept for all rules."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        return cast("Answers", self._shared[kind])

    # Roles and shape

    def role(self, place: Place) -> str:
        """The role of a function (or of a module for index −1) by name."""
        return self.roles.of(place).name

    def role_of(self, place: Place) -> Role:
        """The role of a function or module with evidence and confidence."""
        return self.roles.of(place)

    def class_role(self, path: str, index: int) -> Role:
        """The role of a class."""
        return self.roles.of_class(path, index)

    def module_role(self, path: str) -> Role:
        """The role of a module."""
        return self.roles.of_module(path)

    def target_role(self, target: Target | None) -> Role:
        """The role of what a chain leads to."""
        return self.roles.of_target(target)

    def is_root(self, path: str) -> bool:
        """Whether a module wires the application and may import every layer."""
        return self.roles.is_root(path)

    def is_side(self, path: str) -> bool:
        """Whether a module is a script, tool or example beside the application."""
        return is_side_module(self.inside(path))

    def is_main(self, path: str) -> bool:
        """Whether a module is the application's own code: no test, no migration, and nothing beside it."""
        return self.tier(path) is Tier.MAIN and not self.is_side(path)

    def inside(self, path: str) -> str:
        """A path below the folder that all audited files share."""
        return path[self._above :]

    def shape(self, path: str) -> Shape:
        """The shape of the application a module belongs to."""
        return self._shapes.of(path)

    def ring(self, path: str) -> str:
        """The ring of a module where the shape is hexagonal: domain, application, inbound, outbound or ``""``."""
        return self._shapes.ring(path)

    def application(self, path: str) -> tuple[str, ...]:
        """All modules of the application that a module belongs to."""
        return self._groups[path]

    @cached_property
    def _groups(self) -> dict[str, tuple[str, ...]]:
        return groups(self.project, self.imports, self._tiers)

    @cached_property
    def _shapes(self) -> Shapes:
        return Shapes(self.project, self.roles, self.imports, self._groups)

    # Edges

    def edges(self, place: Place) -> tuple[Edge, ...]:
        """What a function (or a module's own code) depends on, symbol by symbol."""
        return edges_of(self.project, self.imports, place)

    def imports_of(self, path: str) -> tuple[ImportEdge, ...]:
        """The imports of a module, each to the module that defines the name."""
        return self.imports.of(path)

    def accesses_of(self, place: Place) -> tuple[Access, ...]:
        """The database operations a function performs itself."""
        return self.accesses.of(place)

    def calls_of(self, place: Place) -> tuple[CallSite, ...]:
        """The calls of the project's own symbols in a function."""
        return self.accesses.calls(place)

    @cached_property
    def cycles(self) -> tuple[Cycle, ...]:
        """The groups of modules that import each other when loaded; tests and migrations left aside."""
        edges, plain = load_edges(self.project, self.imports, lambda path: self.tier(path) is not Tier.MAIN)
        late = partial(lateness, self.project, self.imports)
        return tuple(cycles(edges, plain, self._dearer, late))

    def _dearer(self, edge: ImportEdge) -> int:
        """Cutting an import that goes up a layer is the better cut, then one that was moved below the module's code
        because it closes the circle; one that does nothing but re-export comes last."""
        source, target = self.module_role(edge.source), self.module_role(edge.target)
        if source.height and target.height > source.height:
            return 0
        if below_code(self.project, edge):
            return 50
        if target.name == "entrypoint" or edge.target.endswith("__init__.py"):
            return 100
        return 300 if edge.source.endswith("__init__.py") else 200

    # Reach

    def chain_to(self, place: Place) -> tuple[Route, tuple[tuple[Place, int, int], ...]] | None:
        """The route that reaches a function by the shortest chain, with the calls on the way: caller, line, column."""
        found = self.reach.chain(place)
        if found is None:
            return None
        return found[0], tuple((hop.caller, hop.line, hop.column) for hop in found[1])


def build(
    backend: Backend,
    tiers: Mapping[str, Tier],
    config_roles: Sequence[tuple[str, str]] = (),
    contracts: Sequence[Contract] = (),
) -> Picture:
    """The picture of a backend. ``tiers`` by path; ``config_roles`` pairs globs of paths or dotted names with roles;
    ``contracts`` are what the project says about its imports."""
    return Picture(backend, tiers, config_roles, contracts)
