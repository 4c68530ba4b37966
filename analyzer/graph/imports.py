"""Import edges: which module an import statement really depends on, seen through re-exports."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import Compare, Constant, Name
from analyzer.facts.outline import Import
from analyzer.facts.statements import If
from analyzer.project import Project, Target

_HOPS = 12
"""Re-exports followed from one import; real packages stay under five, only cycles go on."""


class ImportEdge(msgspec.Struct, frozen=True):
    """One imported name, from the module that imports to the one that defines.

    ``first`` is the module the statement names (whose code runs first), ``target`` the one that defines the name,
    ``through`` the re-exporting modules between them, ``first`` included. ``symbol`` is what the name denotes, where
    that is known; ``name`` is empty when the module itself is imported, ``*`` for a star import.
    """

    source: str
    first: str
    target: str
    name: str
    symbol: Target | None
    through: tuple[str, ...]
    line: int
    column: int
    end_line: int
    end_column: int
    lazy: bool
    type_only: bool

    @property
    def at_load(self) -> bool:
        """Whether loading the source executes this import."""
        return not self.lazy and not self.type_only


class Imports:
    """The import edges of a project, a module at a time."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._edges: dict[str, tuple[ImportEdge, ...]] = {}
        self._defined: dict[tuple[str, str], tuple[str, tuple[str, ...]] | None] = {}
        self._incoming: dict[str, tuple[ImportEdge, ...]] | None = None

    def of(self, path: str) -> tuple[ImportEdge, ...]:
        """The edges out of a module into other modules of the project, in source order."""
        if path not in self._edges:
            guarded = main_guards(self._project, path)
            found = []
            for item in self._project.outline(path).imports:
                edge = self._edge(path, item, any(start <= item.line <= end for start, end in guarded))
                if edge is not None and edge.target != path:
                    found.append(edge)
            self._edges[path] = tuple(found)
        return self._edges[path]

    def attributes(self, path: str) -> tuple[ImportEdge, ...]:
        """Names taken as attributes of an imported module that passes them on: ``kit.orders`` after ``import kit``.

        The first use of each, in source order. They are no imports, so :meth:`of` does not have them.
        """
        modules: dict[str, tuple[str, bool]] = {}
        lines = {(edge.line, edge.column): edge for edge in self.of(path) if not edge.name and not edge.type_only}
        outline = self._project.outline(path)
        for item in outline.imports:
            edge = lines.get((item.line, item.column))
            if edge is not None and item.bound and (item.name is not None or item.aliased):
                modules.setdefault(item.bound, (edge.target, edge.lazy))
        if not modules:
            return ()
        found: dict[tuple[str, str], ImportEdge] = {}
        uses = [*outline.uses, *(use for item in outline.classes for use in item.uses)]
        uses += [use for item in outline.functions for use in item.uses]
        for use in sorted(uses, key=lambda use: (use.line, use.column)):
            head, _, rest = use.chain.partition(".")
            name = re.split(r"[.(\[]", rest, maxsplit=1)[0]
            module, lazy = modules.get(head, ("", False))
            origin = self._named(module, name) if module and name.isidentifier() and use.kind != "annotate" else None
            if origin is not None and origin[0] not in (module, path):
                edge = ImportEdge(
                    path, module, origin[0], name, self._project.member(module, name), origin[1],
                    use.line, use.column, use.end_line, use.end_column, lazy, False,
                )  # fmt: skip
                found.setdefault((module, name), edge)
        return tuple(found.values())

    def into(self, path: str) -> tuple[ImportEdge, ...]:
        """The edges into a module, sorted by source and line."""
        if self._incoming is None:
            incoming: dict[str, list[ImportEdge]] = {}
            for source in self._project.paths():
                for edge in self.of(source):
                    incoming.setdefault(edge.target, []).append(edge)
            self._incoming = {target: tuple(edges) for target, edges in incoming.items()}
        return self._incoming.get(path, ())

    def _edge(self, path: str, item: Import, in_main: bool) -> ImportEdge | None:
        first = self.origin(path, item)
        if first is None:
            return None
        target, name, symbol = first, "", None
        through: tuple[str, ...] = ()
        if item.name == "*":
            name = "*"
        elif item.name is not None:
            found = self._named(first, item.name)
            if found is None:
                return None
            target, through = found
            symbol = self._project.member(first, item.name) if not first.endswith("/") else None
            name = "" if symbol is not None and symbol.kind == "module" and symbol.path == target else item.name
        if first.endswith("/"):
            first = target
        if target.endswith("/"):
            return None
        return ImportEdge(
            path, first, target, name, symbol, through, item.line, item.column, item.end_line, item.end_column,
            item.scope >= 0 or in_main, item.guard == "type",
        )  # fmt: skip

    def origin(self, path: str, item: Import) -> str | None:
        """The module an import statement names; a folder ends in a slash, ``None`` for what is not ours."""
        return self._project.module_path(path, item)

    def _named(self, module: str, name: str) -> tuple[str, tuple[str, ...]] | None:
        """The module that defines ``name`` as seen from ``module``, and the re-exporting modules on the way."""
        key = (module, name)
        if key not in self._defined:
            self._defined[key] = None
            self._defined[key] = self._define(module, name, 0)
        return self._defined[key]

    def _define(self, module: str, name: str, hops: int) -> tuple[str, tuple[str, ...]] | None:
        project = self._project
        if hops > _HOPS:
            return module, ()
        if not module.endswith("/"):
            namespace = project.namespace(module)
            if name in namespace.classes or name in namespace.functions:
                return module, ()
            for item in namespace.imports.get(name, ()):
                if item.guard == "type":
                    continue
                found = self._hop(module, item, hops)
                if found is not None:
                    return found
            if name in namespace.variables:
                return module, ()
            for item in namespace.stars:
                origin = self.origin(module, item)
                if origin and not origin.endswith("/") and project.member(origin, name) is not None:
                    found = self._define(origin, name, hops + 1)
                    if found is not None:
                        return found[0], (module, *found[1])
        folder = module.removesuffix("/__init__.py").rstrip("/") if module.endswith(("/", "__init__.py")) else None
        folder = "" if folder == "__init__.py" else folder
        inner = project.layout.module(folder, name) if folder is not None else None
        if inner and inner != module:
            return inner, ()
        return None if module.endswith("/") else (module, ())

    def _hop(self, module: str, item: Import, hops: int) -> tuple[str, tuple[str, ...]] | None:
        origin = self.origin(module, item)
        if origin is None or origin == module:  # ``from . import child`` in the package's own ``__init__``
            return None
        if item.name is None:
            return (origin, (module,)) if not origin.endswith("/") else None
        found = self._define(origin, item.name, hops + 1)
        return (found[0], (module, *found[1])) if found is not None else None


def main_guards(project: Project, path: str) -> list[tuple[int, int]]:
    """Line ranges of ``if __name__ == "__main__":`` blocks: not executed when the module is imported."""
    found = []
    for statement in project.outline(path).body:
        if isinstance(statement, If) and isinstance(statement.test, Compare):
            sides = [statement.test.left, *statement.test.comparators]
            if any(isinstance(side, Name) and side.id == "__name__" for side in sides) and any(
                isinstance(side, Constant) and side.value == "__main__" for side in sides
            ):
                found.append((statement.line, statement.end_line))
    return found
