"""Import statements."""

from __future__ import annotations

from typing import Any

import libcst as cst

from analyzer.facts.outline import Import
from analyzer.facts.statements import AnyStatement, ImportHere
from analyzer.syntax.suites import head
from analyzer.syntax.work import Work

_TYPING = frozenset({"typing", "typing_extensions"})


def dotted(node: cst.BaseExpression | None) -> str:
    """The text of a dotted module name."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def plain(work: Work, node: Any) -> AnyStatement:
    """``import a.b, c as d``."""
    indices: list[int] = []
    for alias in node.names:
        module = dotted(alias.name)
        bound = _bound(alias)
        indices.append(len(work.imports))
        _note(work, alias, module, 0, None, bound or module.partition(".")[0], aliased=bool(bound))
        if module in _TYPING:
            work.typing.add(bound or module)
        elif module == "importlib" or (module.startswith("importlib.") and not bound):
            work.importlib.add(bound or "importlib")
    return ImportHere(*head(work, node), indices)


def names(work: Work, node: Any) -> AnyStatement:
    """``from ..a import b as c, d`` and ``from a import *``."""
    module = dotted(node.module)
    level = len(node.relative)
    first = len(work.imports)
    if isinstance(node.names, cst.ImportStar):
        start, end = work.positions.start(node.names), work.positions.end(node.names)
        place = work.positions.between(start, end)
        work.imports.append(Import(module, level, "*", "", False, work.function, work.guard, False, *place, work.when))
        return ImportHere(*head(work, node), [first])
    for alias in node.names:
        name = dotted(alias.name)
        bound = _bound(alias)
        _note(work, alias, module, level, name, bound or name, aliased=bool(bound))
        if name == "TYPE_CHECKING":
            work.flags.add(bound or name)
        elif name == "import_module" and module == "importlib":
            work.importers.add(bound or name)
        elif name in _TYPING and not level:
            work.typing.add(bound or name)
    return ImportHere(*head(work, node), list(range(first, len(work.imports))))


def _bound(alias: cst.ImportAlias) -> str:
    return dotted(alias.asname.name) if alias.asname is not None else ""


def _note(
    work: Work, alias: cst.ImportAlias, module: str, level: int, name: str | None, bound: str, *, aliased: bool
) -> None:
    last = alias.name if alias.asname is None else alias.asname.name
    place = work.positions.between(work.positions.start(alias), work.positions.end(last))
    work.imports.append(
        Import(module, level, name, bound, aliased, work.function, work.guard, False, *place, work.when)
    )
