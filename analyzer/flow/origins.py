"""Where a value comes from, as expressions: names, constants of other modules and conditions followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Call,
    Conditional,
    Constant,
    Mapping,
    Name,
    Subscript,
    Walrus,
)
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain
from analyzer.flow.environment import Definition, Environment, key
from analyzer.frameworks.persistence import is_model, is_schema
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.engine import Flow

_DEPTH = 12
_FOUND = 24
"""Origins of one value looked at."""


_SHORT = 12
"""Lines of a function with one end, that returns what it makes."""


class Origin(msgspec.Struct, frozen=True):
    """An expression that is no plain name, with the place and state to read it in."""

    place: Place
    expression: AnyExpression
    environment: Environment


def origins(flow: Flow, place: Place, expression: AnyExpression, environment: Environment) -> list[Origin]:
    """Every expression the value may come from; the expression itself where it leads nowhere further."""
    return _Search(flow).follow(place, expression, environment, _DEPTH)


class _Search:
    """One look for origins. Each definition is entered once, so that long chains of branches stay cheap."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._entered: set[Definition] = set()

    def follow(self, place: Place, expression: AnyExpression, environment: Environment, depth: int) -> list[Origin]:
        """The origins of an expression read in a state; none for what was looked at before."""
        here = [Origin(place, expression, environment)]
        if depth <= 0:
            return here
        if isinstance(expression, Await | Walrus):
            return self.follow(place, expression.value, environment, depth - 1)
        if isinstance(expression, Call):
            return self._returned(place, expression, depth) or here
        if isinstance(expression, Conditional | Boolean):
            sides = (
                [expression.then, expression.otherwise] if isinstance(expression, Conditional) else expression.values
            )
            return [found for side in sides for found in self.follow(place, side, environment, depth - 1)]
        if isinstance(expression, Name | Attribute | Subscript):
            known = environment.get(key(expression))
            if known:
                return self._defined(place, known, here, depth)
            if isinstance(expression, Subscript):
                return self._item(place, expression, environment, depth) or here
            found = constant(self._flow, place, expression)
            if found is not None:
                path, value = found
                return self.follow(Place(path, -1), value, {}, depth - 1)
        return here

    def _defined(self, place: Place, known: tuple[Definition, ...], here: list[Origin], depth: int) -> list[Origin]:
        found: list[Origin] = []
        for definition in known:
            if definition in self._entered:
                continue
            self._entered.add(definition)
            if definition.how == "value" and definition.expression is not None:
                state = definition.environment or {}
                found.extend(self.follow(place, definition.expression, state, depth - 1))
            elif definition.how in {"checked", "append", "dropped"}:
                found.extend(self._defined(place, definition.previous, here, depth - 1) if depth else here)
            else:
                found.extend(here)
        return found[:_FOUND]

    def _returned(self, place: Place, call: Call, depth: int) -> list[Origin]:
        """What a function of the project makes of nothing that it is given, where it has one end and returns it."""
        project = self._flow.project
        target = project.resolve_expression(place, call.func) if chain(call.func) else None
        if target is None or target.kind != "function" or not target.ours:
            return []
        made = Place(target.path, target.index)
        function = project.function(made)
        if function is None or any(one.name not in {"self", "cls"} for one in function.parameters):
            return []
        if function.end_line - function.line > _SHORT:
            return []
        body = project.body(made)
        returns = self._flow.trace(made).returns if body and isinstance(body[-1], Return) else []
        value, state = returns[0] if len(returns) == 1 else (None, {})
        return self.follow(made, value, state, depth - 1) if value is not None else []

    def _item(self, place: Place, expression: Subscript, environment: Environment, depth: int) -> list[Origin]:
        """``MAPPING["key"]`` for a mapping display that has the key."""
        index = expression.index
        if not isinstance(index, Constant):
            return []
        for base in self.follow(place, expression.value, environment, depth - 1):
            if isinstance(base.expression, Mapping):
                for name, value in zip(base.expression.keys, base.expression.values, strict=True):
                    if isinstance(name, Constant) and name.value == index.value:
                        return self.follow(base.place, value, base.environment, depth - 1)
        return []


def constant(flow: Flow, place: Place, expression: AnyExpression) -> tuple[str, AnyExpression] | None:
    """The value of a module- or class-level constant that an expression names, with the file it stands in."""
    project = flow.project
    name = chain(expression)
    if not name or "(" in name or "[" in name:
        return None
    head, _, rest = name.partition(".")
    function = project.function(place)
    if function is not None and head in {"self", "cls"} and rest and "." not in rest:
        index = project.owner_index(place)
        if index < 0:
            return None
        return project.classes.variable(place.path, index, rest)
    found = project.variable(place.path, name)
    if found is None and "." in name:
        target = project.resolve(place, name.rpartition(".")[0], expression.line)
        if target is not None and target.kind == "instance" and holds_data(flow, target):
            return None
        if target is not None and target.kind in {"class", "instance"} and target.index >= 0:
            found = project.classes.variable(target.path, target.index, name.rpartition(".")[2])
        if target is not None and target.kind == "module" and not target.path.endswith("/"):
            return project.variable(target.path, name.rpartition(".")[2])
    return found


def holds_data(flow: Flow, target: Target) -> bool:
    """Whether objects of a class are filled from outside: what it declares is a field, at most with a default."""
    project, path, index = flow.project, target.path, target.index
    if is_schema(project, path, index) or is_model(project, path, index):
        return True
    decorators = project.outline(path).classes[index].decorators
    return any("dataclass" in chain(one) or chain(one).split(".")[0] in {"attr", "attrs"} for one in decorators)
