"""Changes of source that keep its meaning, for properties of the rules that follow values.

Every statement carries a tag, a comment ``# @12`` at its end, through all changes: a finding is compared by the tag of
the statement it stands on, whatever line that is on afterwards. A change is a function ``(module, site) → files``; its
``…_sites`` says where in a module it may be made.
"""

from __future__ import annotations

import builtins
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from tests.names_in_code import functions, imported, names

MAIN = "app.py"
ELSEWHERE = "moved_helpers.py"
_TAG = re.compile(r"# @(\d+)$")
_REFLECTING = frozenset({"locals", "vars", "globals", "eval", "exec", "super"})
_BUILTIN = frozenset(dir(builtins))


def tagged(source: str) -> str:
    """The source with a tag in place of the comment at the end of every statement; other comments are dropped."""
    lines = source.splitlines()
    number = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row, column = token.start
        if token.type == tokenize.COMMENT:
            lines[row - 1] = lines[row - 1][:column].rstrip()
        elif token.type == tokenize.NEWLINE:
            lines[row - 1] = f"{lines[row - 1].rstrip()}  # @{number}"
            number += 1
    return "\n".join(lines) + "\n"


def tag_at(source: str, line: int) -> int:
    """The tag of the statement on a line: the first one from there on."""
    for text in source.splitlines()[line - 1 :]:
        found = _TAG.search(text)
        if found:
            return int(found[1])
    return -1


def _is_import(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Import | cst.ImportFrom)


# --- names of locals ------------------------------------------------------------------------------------


def rename_sites(module: cst.Module) -> list[tuple[cst.FunctionDef, str]]:
    """The locals of functions that are no parameter, and that nothing reaches by their name as a text."""
    found = []
    for *_, function in functions(module):
        inside = names(function)
        if inside.read & _REFLECTING or inside.odd:
            continue
        for name in sorted(inside.bound - inside.parameters - inside.outer):
            found.append((function, name))
    return found


def rename(module: cst.Module, site: tuple[cst.FunctionDef, str]) -> dict[str, str]:
    """One local of one function under another name."""
    function, old = site

    class Renaming(cst.CSTTransformer):
        def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
            return updated_node.with_changes(attr=original_node.attr)

        def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
            return updated_node.with_changes(keyword=original_node.keyword)

        def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
            return updated_node.with_changes(value="renamed_local") if original_node.value == old else updated_node

    changed = module.deep_replace(function, function.visit(Renaming()))  # type: ignore[arg-type]
    return {MAIN: changed.code}


# --- statements that do nothing --------------------------------------------------------------------------

NOTHING = ("pass", "...", "0", "'said in passing'", "unused_local = None", "if False:\n    pass", "del_me = []")


def idle_sites(module: cst.Module) -> list[tuple[cst.IndentedBlock, int]]:
    """Places between the statements of the blocks of functions; none before a docstring."""
    found: list[tuple[cst.IndentedBlock, int]] = []

    class Blocks(cst.CSTVisitor):
        depth = 0

        def visit_FunctionDef(self, _node: cst.FunctionDef) -> None:
            self.depth += 1

        def leave_FunctionDef(self, _node: cst.FunctionDef) -> None:
            self.depth -= 1

        def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
            if self.depth:
                found.extend((node, at) for at in range(len(node.body)) if at or not _documents(node.body[0]))

    module.visit(Blocks())
    return found


def _documents(statement: cst.CSTNode) -> bool:
    first = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)


def idle(module: cst.Module, site: tuple[cst.IndentedBlock, int], statement: str) -> dict[str, str]:
    """A statement that does nothing, put in at a place."""
    block, at = site
    added = cst.parse_statement(statement + "\n")
    changed = block.with_changes(body=[*block.body[:at], added, *block.body[at:]])
    return {MAIN: module.deep_replace(block, changed).code}  # type: ignore[arg-type]


# --- helpers ---------------------------------------------------------------------------------------------

Extraction = tuple[tuple[cst.FunctionDef, ...], cst.SimpleStatementLine]


def extract_sites(module: cst.Module) -> list[Extraction]:
    """Assignments whose right side can be a function of its own: nothing of ``self``, awaited, or bound inside it."""
    found: list[Extraction] = []
    for around in functions(module):
        own = around[-1]
        if names(own).read & _REFLECTING:
            continue

        class Lines(cst.CSTVisitor):
            def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
                return node is own  # noqa: B023

            def visit_Lambda(self, _node: cst.Lambda) -> bool:
                return False

            def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
                one = node.body[0]
                if len(node.body) != 1 or not isinstance(one, cst.Assign) or len(one.targets) != 1:
                    return
                inside = names(one.value)
                fit = isinstance(one.targets[0].target, cst.Name) and not isinstance(
                    one.value, cst.Name | cst.SimpleString | cst.Integer
                )
                if fit and not inside.odd and not inside.bound and not inside.read & {"self", "cls"}:
                    found.append((around, node))  # noqa: B023

        own.visit(Lines())
    return found


def _helper(around: Sequence[cst.FunctionDef], line: cst.SimpleStatementLine) -> tuple[cst.FunctionDef, list[str]]:
    """The function that gives the right side of an assignment, and the locals it must be given."""
    assign = line.body[0]
    assert isinstance(assign, cst.Assign)
    local: set[str] = set()
    for function in around:
        inside = names(function)
        local |= inside.bound | inside.parameters | inside.outer
    given = sorted(names(assign.value).read & local)
    tag = line.trailing_whitespace.comment
    text = cst.Module(body=[]).code_for_node(assign.value)
    made = cst.parse_statement(f"def extracted_helper({', '.join(given)}):\n    return (\n{text}\n)\n")
    assert isinstance(made, cst.FunctionDef)
    returned = made.body.body[0]
    assert isinstance(returned, cst.SimpleStatementLine)
    with_tag = returned.with_changes(trailing_whitespace=cst.TrailingWhitespace(cst.SimpleWhitespace("  "), tag))
    return made.with_changes(body=made.body.with_changes(body=[with_tag])), given


def _calling(
    module: cst.Module, around: Sequence[cst.FunctionDef], line: cst.SimpleStatementLine, given: Sequence[str]
) -> tuple[cst.Module, int]:
    """The module with the call in place of the right side, and the index of the top-level statement it is in."""
    assign = line.body[0]
    assert isinstance(assign, cst.Assign)
    call = cst.parse_expression(f"extracted_helper({', '.join(given)})")
    at = next(index for index, one in enumerate(module.body) if one is around[0] or _holds(one, around[0]))
    changed = module.deep_replace(assign, assign.with_changes(value=call))
    assert isinstance(changed, cst.Module)
    return changed, at


def _holds(statement: cst.CSTNode, wanted: cst.CSTNode) -> bool:
    return any(child is wanted or _holds(child, wanted) for child in statement.children)


def extract(module: cst.Module, site: Extraction) -> dict[str, str]:
    """The right side of an assignment as a function of the same module."""
    helper, given = _helper(*site)
    changed, at = _calling(module, *site, given)
    return {MAIN: changed.with_changes(body=[*changed.body[:at], helper, *changed.body[at:]]).code}


def move_sites(module: cst.Module) -> list[Extraction | cst.FunctionDef]:
    """What can stand in a module of its own: helpers to extract, and functions, that need nothing but imports."""
    available = _BUILTIN.union(*(_imported_by(one) for one in module.body))
    found: list[Extraction | cst.FunctionDef] = []
    for around, line in extract_sites(module):
        helper, given = _helper(around, line)
        if names(helper).read - set(given) - {"extracted_helper"} <= available:
            found.append((around, line))
    for one in module.body:
        if not isinstance(one, cst.FunctionDef) or one.decorators:
            continue
        inside = names(one)
        if inside.read - inside.bound - inside.parameters - inside.outer - {one.name.value} <= available:
            found.append(one)
    return found


def _imported_by(statement: cst.CSTNode) -> set[str]:
    one = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return imported(one) if isinstance(one, cst.Import | cst.ImportFrom) else set()


def move(module: cst.Module, site: Extraction | cst.FunctionDef) -> dict[str, str]:
    """A helper, extracted or as it was, in another module that is imported from."""
    imports = [one for one in module.body if _is_import(one)]
    if isinstance(site, cst.FunctionDef):
        helper = site
        body = [one for one in module.body if one is not site]
        changed = module.with_changes(body=body)
    else:
        helper, given = _helper(*site)
        changed, _ = _calling(module, *site, given)
    line = cst.parse_statement(f"from {ELSEWHERE.removesuffix('.py')} import {helper.name.value}\n")
    last = max((at for at, one in enumerate(changed.body) if _is_import(one)), default=-1)
    if last < 0 and changed.body and _documents(changed.body[0]):
        last = 0
    changed = changed.with_changes(body=[*changed.body[: last + 1], line, *changed.body[last + 1 :]])
    return {MAIN: changed.code, ELSEWHERE: cst.Module(body=[*imports, helper]).code}


# --- order of definitions --------------------------------------------------------------------------------

Run = tuple[cst.Module | cst.IndentedBlock, int, int]


def order_sites(module: cst.Module) -> list[Run]:
    """Runs of functions one after another, in a module or a class, that no decorator or default of theirs needs."""
    found: list[Run] = []
    bodies: list[cst.Module | cst.IndentedBlock] = [module]
    bodies += [one.body for one in _classes(module) if isinstance(one.body, cst.IndentedBlock)]
    for body in bodies:
        start = 0
        for at in range(len(body.body) + 1):
            if at < len(body.body) and isinstance(body.body[at], cst.FunctionDef):
                continue
            run = [one for one in body.body[start:at] if isinstance(one, cst.FunctionDef)]
            if len(run) > 1 and not _depend(run):
                found.append((body, start, at))
            start = at + 1
    return found


def _classes(module: cst.Module) -> Iterator[cst.ClassDef]:
    for one in module.body:
        if isinstance(one, cst.ClassDef):
            yield one


def _depend(run: Sequence[cst.FunctionDef]) -> bool:
    defined = [one.name.value for one in run]
    needed: set[str] = set()
    for one in run:
        for part in (*one.decorators, one.params, *([one.returns] if one.returns else [])):
            needed |= names(part).read
    return len(set(defined)) < len(defined) or not needed.isdisjoint(defined)


def reorder(module: cst.Module, site: Run, shuffled: Callable[[list[int]], list[int]]) -> dict[str, str]:
    """A run of definitions in another order."""
    body, start, end = site
    order = shuffled(list(range(start, end)))
    changed = body.with_changes(body=[*body.body[:start], *(body.body[at] for at in order), *body.body[end:]])
    whole = changed if body is module else module.deep_replace(body, changed)
    assert isinstance(whole, cst.Module)
    return {MAIN: whole.code}
