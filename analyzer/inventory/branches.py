"""What of a handler's body runs for one of its routes: the branches for its method and its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Boolean, Call, Compare, Constant, Unary
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import (
    AnyStatement,
    Case,
    Evaluate,
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
from analyzer.facts.visit import chain
from analyzer.frameworks import Route
from analyzer.frameworks.http_server import asks_path, cases_of
from analyzer.project import Project

Decide = Callable[[AnyExpression], bool | None]
"""Whether a condition holds, ``None`` where that is not known."""
_METHODS = ("request.method", "req.method", "self.command", "request.httprequest.method")
_SENDING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that Flask-WTF takes a form of (``Form.is_submitted``)."""


def running(project: Project, route: Route) -> list[AnyStatement]:
    """The statements of a route's handler that its method and path come to; all of them where nothing tells."""
    body = project.body(route.handler)
    serving = route.framework == "http.server"
    if not serving and route.method == "ANY":
        return body

    def decide(test: AnyExpression) -> bool | None:
        found = _of_method(test, route.method)
        return asks_path(project, route.handler, test, route.path) if found is None and serving else found

    def answer(one: Match) -> Sequence[Case]:
        if serving:
            return cases_of(project, route.handler, one, route.path)
        return _cases(one, route.method)

    return _living(body, decide, answer)[0]


def _living(
    body: Sequence[AnyStatement], decide: Decide, answer: Callable[[Match], Sequence[Case]]
) -> tuple[list[AnyStatement], bool]:
    """The statements that may run, and whether what follows them never does."""
    found: list[AnyStatement] = []
    for one in body:
        if isinstance(one, If):
            holds = _held(one.test, decide)
            found += [Evaluate(one.line, one.column, one.line, asked) for asked in _asked(one.test, decide)]
            ways = [_living(branch, decide, answer) for branch in (one.then, one.otherwise)]
            taken = ways if holds is None else ways[:1] if holds else ways[1:]
            if len(taken) == 1:
                found += taken[0][0]
            else:
                found.append(msgspec.structs.replace(one, then=ways[0][0], otherwise=ways[1][0]))
            if all(ended for _, ended in taken):
                return found, True
        elif isinstance(one, Match):
            cases = [msgspec.structs.replace(case, body=_living(case.body, decide, answer)[0]) for case in answer(one)]
            found.append(msgspec.structs.replace(one, cases=cases))
        elif isinstance(one, With):
            inner, ended = _living(one.body, decide, answer)
            found.append(msgspec.structs.replace(one, body=inner))
            if ended:
                return found, True
        elif isinstance(one, For | While):
            found.append(msgspec.structs.replace(one, body=_living(one.body, decide, answer)[0]))
        elif isinstance(one, Try):
            parts = {name: _living(getattr(one, name), decide, answer) for name in ("body", "otherwise", "final")}
            found.append(msgspec.structs.replace(one, **{name: inner for name, (inner, _) in parts.items()}))
        else:
            found.append(one)
            if isinstance(one, Return | Raise) or (isinstance(one, Jump) and one.kind != "pass"):
                return found, True
    return found, False


def _held(test: AnyExpression, decide: Decide) -> bool | None:
    if isinstance(test, Unary) and test.op == "not":
        inner = _held(test.operand, decide)
        return None if inner is None else not inner
    if isinstance(test, Boolean):
        known = [_held(one, decide) for one in test.values]
        ending = test.op == "or"
        if ending in known:
            return ending
        return None if None in known else not ending
    return decide(test)


def _asked(test: AnyExpression, decide: Decide) -> list[AnyExpression]:
    """The parts of a condition that are looked at: none behind the one that settles it."""
    if not isinstance(test, Boolean):
        return [test]
    found: list[AnyExpression] = []
    for one in test.values:
        found.append(one)
        if _held(one, decide) is (test.op == "or"):
            break
    return found


def _of_method(test: AnyExpression, method: str) -> bool | None:
    """What ``request.method == "POST"`` comes to for a method."""
    if isinstance(test, Call):
        sent = chain(test.func).rpartition(".")[2] in {"validate_on_submit", "is_submitted"}
        return False if sent and method not in _SENDING else None
    if not isinstance(test, Compare) or len(test.operators) != 1:
        return None
    left, right = test.left, test.comparators[0]
    if _is_method(right) and test.operators[0] in {"==", "!="}:
        left, right = right, left
    if not _is_method(left):
        return None
    names = _texts(right)
    if names is None or test.operators[0] not in {"==", "!=", "in", "not in"}:
        return None
    return (method in names) is (test.operators[0] in {"==", "in"})


def _is_method(expression: AnyExpression) -> bool:
    found = chain(expression).removesuffix(".lower()").removesuffix(".upper()")
    return found.endswith(_METHODS) and (found in _METHODS or found.endswith(tuple(f".{one}" for one in _METHODS)))


def _texts(expression: AnyExpression) -> set[str] | None:
    items = expression.items if isinstance(expression, Display) else [expression]
    found = {one.value.upper() for one in items if isinstance(one, Constant) and isinstance(one.value, str)}
    return found if len(found) == len(items) else None


def _cases(one: Match, method: str) -> Sequence[Case]:
    """The cases of ``match request.method`` for a method."""
    if not _is_method(one.subject):
        return one.cases
    named = [case for case in one.cases if case.pattern.value is not None and _texts(case.pattern.value) == {method}]
    return named or [case for case in one.cases if case.pattern.value is None]
