"""Conditions that always come out the same: what no run of the code reaches is not looked at."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cached_property
from typing import Any

from analyzer.facts.expressions import (
    AnyExpression,
    Binary,
    Boolean,
    Call,
    Compare,
    Conditional,
    Constant,
    Name,
    Sequence,
    Unary,
)
from analyzer.flow.environment import Environment
from analyzer.project.project import Project
from analyzer.project.target import Place

_DEPTH = 8
_LONGEST = 1_000
"""Items or code points of what is worked out; more than any condition is about."""


class _Unknown:
    """Stands for a value that is not known before the code runs."""


UNKNOWN = _Unknown()

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda one, other: one in other,
    "not in": lambda one, other: one not in other,
}
_WORKED: dict[str, Callable[[Any, Any], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "//": operator.floordiv,
    "%": operator.mod,
    "/": operator.truediv,
    "*": operator.mul,
}
_PLAIN: dict[str, Callable[[Any], object]] = {"len": len, "bool": bool, "int": int, "str": str}


class Decided:
    """Works conditions out from constants: those that are written, and names that nothing ever gives another value."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def truth(self, place: Place, test: AnyExpression, state: Environment) -> bool | None:
        """Whether a condition always holds, or never; ``None`` when that depends on the run."""
        found = self.constant(place, test, state)
        return None if isinstance(found, _Unknown) else bool(found)

    def constant(self, place: Place, expression: AnyExpression, state: Environment, depth: int = _DEPTH) -> object:
        """The value of an expression that is the same in every run, else :data:`UNKNOWN`."""
        step = _STEPS.get(type(expression))
        if isinstance(expression, Constant):
            return expression.value
        if step is None or depth <= 0:
            return UNKNOWN
        try:
            return step(self, place, expression, state, depth - 1)
        except (TypeError, ValueError, ArithmeticError):
            return UNKNOWN

    def _name(self, place: Place, expression: Name, state: Environment, depth: int) -> object:
        known = state.get(expression.id)
        if known is not None:
            one = known[0] if len(known) == 1 and known[0].how == "value" else None
            if one is None or one.expression is None:
                return UNKNOWN
            return self.constant(place, one.expression, one.environment or {}, depth)
        functions, index = self._project.outline(place.path).functions, place.index
        while index >= 0:
            if any(one.target == expression.id for one in functions[index].locals):
                return UNKNOWN
            if any(one.name == expression.id for one in functions[index].parameters):
                return UNKNOWN
            index = functions[index].parent
        found = self._project.variable(place.path, expression.id)
        if found is None or expression.id in self._rewritten:
            return UNKNOWN
        return self.constant(Place(found[0], -1), found[1], {}, depth)

    @cached_property
    def _rewritten(self) -> frozenset[str]:
        """Last names of all that functions assign, and of all attributes that anything assigns."""
        found: set[str] = set()
        for outline in self._project.modules.outlines.values():
            for uses, inside in ((outline.uses, False), *((one.uses, True) for one in outline.functions)):
                for use in uses:
                    if use.kind in {"write", "delete"} and (inside or "." in use.chain):
                        found.add(use.chain.rpartition(".")[2])
        return frozenset(found)

    def _compare(self, place: Place, expression: Compare, state: Environment, depth: int) -> object:
        left = self.constant(place, expression.left, state, depth)
        for sign, side in zip(expression.operators, expression.comparators, strict=True):
            right = self.constant(place, side, state, depth)
            if isinstance(left, _Unknown) or isinstance(right, _Unknown) or sign not in _COMPARED:
                return UNKNOWN
            if not _COMPARED[sign](left, right):
                return False
            left = right
        return True

    def _boolean(self, place: Place, expression: Boolean, state: Environment, depth: int) -> object:
        sides = [self.constant(place, one, state, depth) for one in expression.values]
        stops = expression.op == "or"
        for side in sides:
            if not isinstance(side, _Unknown) and bool(side) == stops:
                # Whatever stands before it: the whole is as true or false as this one.
                return side if side is sides[0] else stops
        return UNKNOWN if any(isinstance(side, _Unknown) for side in sides) else sides[-1]

    def _unary(self, place: Place, expression: Unary, state: Environment, depth: int) -> object:
        inner = self.constant(place, expression.operand, state, depth)
        if isinstance(inner, _Unknown):
            return UNKNOWN
        if expression.op == "not":
            return not inner
        return -inner if expression.op == "-" and isinstance(inner, int | float) else UNKNOWN

    def _binary(self, place: Place, expression: Binary, state: Environment, depth: int) -> object:
        left = self.constant(place, expression.left, state, depth)
        right = self.constant(place, expression.right, state, depth)
        if isinstance(left, _Unknown) or isinstance(right, _Unknown) or expression.op not in _WORKED:
            return UNKNOWN
        if expression.op in {"*", "%"} and not (isinstance(left, int | float) and isinstance(right, int | float)):
            return UNKNOWN
        found = _WORKED[expression.op](left, right)
        return UNKNOWN if isinstance(found, str | tuple) and len(found) > _LONGEST else found

    def _conditional(self, place: Place, expression: Conditional, state: Environment, depth: int) -> object:
        chosen = self.constant(place, expression.test, state, depth)
        if isinstance(chosen, _Unknown):
            return UNKNOWN
        return self.constant(place, expression.then if chosen else expression.otherwise, state, depth)

    def _sequence(self, place: Place, expression: Sequence, state: Environment, depth: int) -> object:
        if expression.kind == "list" or len(expression.items) > _LONGEST:
            return UNKNOWN  # it may be changed
        items = tuple(self.constant(place, one, state, depth) for one in expression.items)
        return UNKNOWN if any(isinstance(one, _Unknown) for one in items) else items

    def _call(self, place: Place, expression: Call, state: Environment, depth: int) -> object:
        name = expression.func.id if isinstance(expression.func, Name) else ""
        plain = len(expression.arguments) == 1 and not expression.arguments[0].star
        if not plain or expression.arguments[0].keyword is not None or name not in _PLAIN or name in state:
            return UNKNOWN
        given = self.constant(place, expression.arguments[0].value, state, depth)
        return UNKNOWN if isinstance(given, _Unknown) else _PLAIN[name](given)


_STEPS: dict[type, Callable[..., object]] = {
    Name: Decided._name,
    Compare: Decided._compare,
    Boolean: Decided._boolean,
    Unary: Decided._unary,
    Binary: Decided._binary,
    Conditional: Decided._conditional,
    Sequence: Decided._sequence,
    Call: Decided._call,
}
