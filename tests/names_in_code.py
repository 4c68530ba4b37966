"""The functions of a module and the names in a piece of code, for changes of source in tests."""

from __future__ import annotations

import libcst as cst


class _Functions(cst.CSTVisitor):
    """The functions of a module, each with those around it."""

    def __init__(self) -> None:
        self.found: list[tuple[cst.FunctionDef, ...]] = []
        self._around: list[cst.FunctionDef] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._around.append(node)
        self.found.append(tuple(self._around))

    def leave_FunctionDef(self, _node: cst.FunctionDef) -> None:
        self._around.pop()


def functions(module: cst.Module) -> list[tuple[cst.FunctionDef, ...]]:
    """Every function of a module, last in a row of the functions around it."""
    visitor = _Functions()
    module.visit(visitor)
    return visitor.found


class _Names(cst.CSTVisitor):
    """The names that are read or bound in a piece of code: no attributes, no keywords of calls."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.bound: set[str] = set()
        self.outer: set[str] = set()
        self.parameters: set[str] = set()
        self.odd = False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.read.add(node.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._bind(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._bind(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._bind(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._bind(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._bind(node.name)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._bind(node.target)
        self.odd = True

    def visit_Param(self, node: cst.Param) -> None:
        self.parameters.add(node.name.value)

    def visit_Global(self, node: cst.Global) -> None:
        self.outer.update(item.name.value for item in node.names)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.outer.update(item.name.value for item in node.names)

    def visit_Import(self, node: cst.Import) -> None:
        self.outer.update(imported(node))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        self.outer.update(imported(node))

    def visit_Await(self, _node: cst.Await) -> None:
        self.odd = True

    def visit_Yield(self, _node: cst.Yield) -> None:
        self.odd = True

    def visit_MatchAs(self, _node: cst.MatchAs) -> None:
        self.odd = True

    def _bind(self, target: cst.CSTNode) -> None:
        if isinstance(target, cst.Name):
            self.bound.add(target.value)
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._bind(element.value)
        elif isinstance(target, cst.StarredElement):
            self._bind(target.value)


def names(node: cst.CSTNode) -> _Names:
    """The names in a piece of code."""
    visitor = _Names()
    node.visit(visitor)
    return visitor


def imported(node: cst.Import | cst.ImportFrom) -> set[str]:
    """The names that an import binds."""
    found = set()
    for alias in node.names if not isinstance(node.names, cst.ImportStar) else ():
        named = alias.asname.name if alias.asname is not None else alias.name
        while isinstance(named, cst.Attribute):
            named = named.value
        if isinstance(named, cst.Name):
            found.add(named.value)
    return found
