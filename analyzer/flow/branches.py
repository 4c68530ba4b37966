"""Branches of a function that a call does not come to, by the constants it hands in."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, If, Jump, Raise, Return
from analyzer.facts.visit import blocks, chain
from analyzer.flow.callers import bound
from analyzer.flow.decided import UNKNOWN
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import Definition, Environment
from analyzer.flow.named import method
from analyzer.project.target import Place


def comes_to(flow: Flow, place: Place, line: int, site: Point) -> bool:
    """Whether a call of a function, as it stands at ``site``, may come to a line of it: not to what stands below
    ``if shell:`` when it hands in ``shell=False``."""
    function = flow.project.function(place)
    if function is None:
        return True
    state: Environment | None = None
    for test, truth in _conditions(flow.project.body(place), line):
        state = _handed_in(flow, function, place, site) if state is None else state
        if flow.decided.truth(place, test, state) is (not truth):
            return False
    return True


def _conditions(body: list[AnyStatement], line: int) -> Iterator[tuple[AnyExpression, bool]]:
    """The conditions under which a line is reached, and how each has to come out."""
    for block in blocks(body):
        for one in block:
            if not isinstance(one, If):
                continue
            for branch, truth in ((one.then, True), (one.otherwise, False)):
                inside = bool(branch) and branch[0].line <= line <= branch[-1].end_line
                left = bool(branch) and isinstance(branch[-1], Return | Raise | Jump)
                if inside or (left and one.end_line < line <= block[-1].end_line):
                    yield one.test, truth is inside


def _handed_in(flow: Flow, function: Function, place: Place, site: Point) -> Environment:
    """What is known of a function's parameters in one call of it: constants that are handed in, or stand by default."""
    call = site.expression
    if not isinstance(call, Call):
        return {}
    target = flow.project.resolve_expression(site.place, call.func)
    given = bound(function, call, method(target, function, chain(call.func)))
    state: Environment = {}
    for one in function.parameters:
        if given is None or any(local.target == one.name for local in function.locals):
            continue
        argument = given.get(one.name)
        value = argument.value if argument is not None else one.default
        where = (site.place, site.environment) if argument is not None else (Place(place.path, -1), {})
        if value is not None and flow.decided.constant(where[0], value, where[1]) is not UNKNOWN:
            state[one.name] = (Definition("value", expression=value, environment=where[1], line=one.line),)
    return state
