"""What is left of a function for one route: ``if request.path in OPEN: return`` is all that a hook does for those."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Conditional,
    Constant,
    Name,
    Subscript,
    Unary,
)
from analyzer.facts.statements import (
    AnyStatement,
    Assign,
    For,
    If,
    Jump,
    Match,
    Raise,
    Return,
    Try,
    While,
    With,
)
from analyzer.facts.visit import chain, walk
from analyzer.graph.asked import Asked, Reading
from analyzer.project import Place, Project

_TELLING = frozenset(
    {
        "path", "path_info", "method", "command", "endpoint", "url_rule", "blueprint", "action", "scope", "environ",
        "env", "url_name", "view_name", "resolver_match",
    }
)  # fmt: skip
"""Where code reads which route is asked for."""


def tells_routes_apart(body: Sequence[AnyStatement]) -> bool:
    """Whether a function reads which route is asked for at all."""
    return any(
        (isinstance(node, Attribute) and node.attr in _TELLING)
        or (isinstance(node, Subscript) and chain(node.value).rpartition(".")[2] in _TELLING)
        for node in walk(body)
    )


class Narrowed(msgspec.Struct, frozen=True):
    """``body`` is what may run for the route; ``matched``: the function names the route on the way; ``decisions`` are
    those that were taken, in their order: for two routes with the same the same is left."""

    body: list[AnyStatement]
    matched: bool
    decisions: tuple[bool | None, ...]


class _Deciding(Reading):
    """A reading that keeps what it was asked."""

    def __init__(self, project: Project, place: Place, asked: Asked) -> None:
        super().__init__(project, place, asked)
        self.decisions: list[bool | None] = []

    def decides(self, test: AnyExpression) -> bool | None:
        """Whether a condition holds for the route (:meth:`truth`), kept as a decision."""
        holds = self.truth(test)
        self.decisions.append(holds)
        return holds


def narrowed(project: Project, place: Place, body: Sequence[AnyStatement], asked: Asked) -> Narrowed:
    """The statements of a function that a request for a route can come to."""
    reading = _Deciding(project, place, asked)
    left, _ = _block(body, reading)
    return Narrowed(left, reading.matched, tuple(reading.decisions))


def _block(body: Sequence[AnyStatement], reading: _Deciding) -> tuple[list[AnyStatement], bool]:
    """What is left of a block, and whether nothing behind it runs."""
    left: list[AnyStatement] = []
    for statement in body:
        found, ends = _statement(statement, reading)
        left += found
        if ends:
            return left, True
    return left, False


def _statement(statement: AnyStatement, reading: _Deciding) -> tuple[list[AnyStatement], bool]:
    if isinstance(statement, If):
        return _branch(statement, reading)
    if isinstance(statement, Match):
        return _matched(statement, reading)
    if isinstance(statement, Assign):
        if len(statement.targets) == 1 and isinstance(statement.targets[0], Name):
            reading.known[statement.targets[0].id] = reading.value(statement.value)
        value = _simpler(statement.value, reading) if statement.value is not None else None
        return [msgspec.structs.replace(statement, value=value)], False
    if isinstance(statement, Return):
        value = _simpler(statement.value, reading) if statement.value is not None else None
        return [msgspec.structs.replace(statement, value=value)], True
    if isinstance(statement, Raise | Jump):
        return [statement], isinstance(statement, Raise) or statement.kind in {"break", "continue"}
    if isinstance(statement, With):
        body, ends = _block(statement.body, reading)
        return [msgspec.structs.replace(statement, body=body)], ends
    if isinstance(statement, For | While):
        for one in walk(statement.target) if isinstance(statement, For) else ():
            if isinstance(one, Name):
                reading.known[one.id] = None
        body, _ = _block(statement.body, reading)
        return [msgspec.structs.replace(statement, body=body)], False
    if isinstance(statement, Try):
        body, _ = _block(statement.body, reading)
        handlers = [msgspec.structs.replace(one, body=_block(one.body, reading)[0]) for one in statement.handlers]
        otherwise, final = _block(statement.otherwise, reading)[0], _block(statement.final, reading)[0]
        changed = msgspec.structs.replace(statement, body=body, handlers=handlers, otherwise=otherwise, final=final)
        return [changed], bool(body) and isinstance(body[-1], Return) and not handlers
    return [statement], False


def _branch(statement: If, reading: _Deciding) -> tuple[list[AnyStatement], bool]:
    holds = reading.decides(statement.test)
    if holds is not None:
        return _block(statement.then if holds else statement.otherwise, reading)
    before = dict(reading.known)
    then, ends = _block(statement.then, reading)
    after, reading.known = reading.known, dict(before)
    otherwise, ends_too = _block(statement.otherwise, reading)
    reading.known = {
        name: value for name, value in reading.known.items() if ends or (name in after and after[name] == value)
    }
    changed = msgspec.structs.replace(statement, test=_simpler(statement.test, reading), then=then, otherwise=otherwise)
    return [changed], ends and ends_too and bool(statement.otherwise)


def _matched(statement: Match, reading: _Deciding) -> tuple[list[AnyStatement], bool]:
    """``match self.path:`` comes to one case where the cases before it are no question."""
    for case in statement.cases:
        pattern = case.pattern
        values = [one.value for one in pattern.patterns] if pattern.kind == "or" else [pattern.value]
        holds: list[bool | None] = [reading.same(statement.subject, one) if one is not None else None for one in values]
        if pattern.kind in {"capture", "as"} and reading.value(statement.subject) is not None:
            holds = [True]
        reading.decisions += holds
        if case.guard is not None or (True not in holds and None in holds):
            break
        if True in holds:
            return _block(case.body, reading)
    cases = [msgspec.structs.replace(one, body=_block(one.body, reading)[0]) for one in statement.cases]
    return [msgspec.structs.replace(statement, cases=cases)], False


def _simpler(node: AnyExpression, reading: _Deciding) -> AnyExpression:
    """An expression without what the route decides: of ``public or signed_in`` the second, of two answers the one."""
    if isinstance(node, Conditional):
        holds = reading.decides(node.test)
        return node if holds is None else _simpler(node.then if holds else node.otherwise, reading)
    if isinstance(node, Unary) and node.op == "not":
        holds = reading.decides(node.operand)
        at = (node.line, node.column, node.end_line, node.end_column)
        return Constant(*at, not holds) if holds is not None else node
    if not isinstance(node, Boolean):
        holds = reading.decides(node) if not isinstance(node, Constant | Name) else None
        at = (node.line, node.column, node.end_line, node.end_column)
        return Constant(*at, holds) if holds is not None else node
    ends = node.op == "or"
    at = (node.line, node.column, node.end_line, node.end_column)
    left: list[AnyExpression] = []
    for one in node.values:
        holds = reading.decides(one)
        if holds is ends:
            left.append(Constant(*at, ends))
            break
        if holds is None:
            left.append(_simpler(one, reading))
    if any(isinstance(one, Constant) and one.value is ends for one in left[-1:]) and len(left) == 1:
        return left[0]
    if not left:
        return Constant(*at, not ends)
    return left[0] if len(left) == 1 else msgspec.structs.replace(node, values=left)
