"""Imports that only a type checker executes because a flag of another module says so.

``if compat.TYPE_CHECKING:`` in one module hangs on what another one sets: that is known when all are together.
"""

from __future__ import annotations

import msgspec

from analyzer.facts.modules import Modules
from analyzer.facts.outline import Import
from analyzer.facts.visit import chain as chain_of
from analyzer.project.project import Project
from analyzer.project.target import Place

_FLAG = "TYPE_CHECKING"


def settled(project: Project) -> Modules | None:
    """The modules with the guards of such imports set; ``None`` when there is nothing to set."""
    flags = _Flags(project)
    changed = {}
    for path, outline in project.modules.outlines.items():
        if not any(item.when and item.guard != "type" for item in outline.imports):
            continue
        imports = [flags.guarded(path, item) for item in outline.imports]
        if imports != outline.imports:
            changed[path] = msgspec.structs.replace(outline, imports=imports)
    return project.modules.with_outlines(changed) if changed else None


class _Flags:
    """Which names mean "a type checker is reading", in whatever module they were set."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[tuple[str, str], bool] = {}

    def guarded(self, path: str, item: Import) -> Import:
        """The import itself, or one for type checkers only."""
        if item.guard == "type" or not any(self._is_flag(path, name) for name in item.when):
            return item
        return msgspec.structs.replace(item, guard="type")

    def _is_flag(self, path: str, chain: str) -> bool:
        holder, _, name = chain.rpartition(".")
        if not holder:
            return self._sets(path, name)
        found = self._project.resolve(Place(path, -1), holder)
        if found is None or found.kind not in ("module", "external"):
            return False
        return self._sets(found.path, name) if found.kind == "module" else name == _FLAG

    def _sets(self, path: str, name: str) -> bool:
        """Whether the name is a flag in this module: set, imported or copied there."""
        if path.endswith("/"):
            return False
        if name == _FLAG or name in self._project.outline(path).flags:
            return True
        key = (path, name)
        if key not in self._known:
            self._known[key] = False
            namespace = self._project.namespace(path)
            values = namespace.variables.get(name, ())
            self._known[key] = (
                any(self._imports(path, item, item.name or "") for item in namespace.imports.get(name, ()))
                or any(self._imports(path, item, name) for item in namespace.stars if not values)
                or (len(values) == 1 and bool(copied := chain_of(values[0])) and self._is_flag(path, copied))
            )
        return self._known[key]

    def _imports(self, path: str, item: Import, name: str) -> bool:
        origin = self._project.module_path(path, item)
        return bool(origin) and bool(name) and self._sets(origin or "", name)
