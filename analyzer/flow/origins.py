"""Where a value comes from, as expressions: names, constants of other modules and conditions followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Conditional,
    Constant,
    Mapping,
    Name,
    Subscript,
    Walrus,
)
from analyzer.facts.visit import chain
from analyzer.flow.environment import Definition, Environment, key
from analyzer.project.target import Place

if TYPE_CHECKING:
    from analyzer.flow.engine import Flow

_DEPTH = 12


class Origin(msgspec.Struct, frozen=True):
    """An expression that is no plain name, with the place and state to read it in."""

    place: Place
    expression: AnyExpression
    environment: Environment


def origins(
    flow: Flow, place: Place, expression: AnyExpression, environment: Environment, depth: int = _DEPTH
) -> list[Origin]:
    """Every expression the value may come from; the expression itself where it leads nowhere further."""
    here = [Origin(place, expression, environment)]
    if depth <= 0:
        return here
    if isinstance(expression, Await | Walrus):
        return origins(flow, place, expression.value, environment, depth - 1)
    if isinstance(expression, Conditional):
        sides = (expression.then, expression.otherwise)
        return [found for side in sides for found in origins(flow, place, side, environment, depth - 1)]
    if isinstance(expression, Boolean):
        return [found for side in expression.values for found in origins(flow, place, side, environment, depth - 1)]
    if isinstance(expression, Name | Attribute | Subscript):
        known = environment.get(key(expression))
        if known:
            return _defined(flow, place, known, here, depth)
        if isinstance(expression, Subscript):
            return _item(flow, place, expression, environment, depth) or here
        found = constant(flow, place, expression)
        if found is not None:
            path, value = found
            return origins(flow, Place(path, -1), value, {}, depth - 1)
    return here


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
        for item in project.classes.order(place.path, index):
            if item.kind == "class":
                qualname = project.outline(item.path).classes[item.index].qualname
                found = project.variable(item.path, f"{qualname}.{rest}")
                if found is not None:
                    return found
        return None
    found = project.variable(place.path, name)
    if found is None and "." in name:
        target = project.resolve(place, name.rpartition(".")[0], expression.line)
        if target is not None and target.kind in {"class", "instance"} and target.index >= 0:
            for item in project.classes.order(target.path, target.index):
                if item.kind == "class":
                    qualname = project.outline(item.path).classes[item.index].qualname
                    found = project.variable(item.path, f"{qualname}.{name.rpartition('.')[2]}")
                    if found is not None:
                        return found
        if target is not None and target.kind == "module" and not target.path.endswith("/"):
            return project.variable(target.path, name.rpartition(".")[2])
    return found


def _defined(flow: Flow, place: Place, known: tuple[Definition, ...], here: list[Origin], depth: int) -> list[Origin]:
    found: list[Origin] = []
    for definition in known:
        if definition.how == "value" and definition.expression is not None:
            state = definition.environment or {}
            found.extend(origins(flow, place, definition.expression, state, depth - 1))
        elif definition.how == "checked":
            found.extend(_defined(flow, place, definition.previous, here, depth - 1) if depth else here)
        else:
            found.extend(here)
    return found[:24]


def _item(flow: Flow, place: Place, expression: Subscript, environment: Environment, depth: int) -> list[Origin]:
    """``MAPPING["key"]`` for a mapping display that has the key."""
    index = expression.index
    if not isinstance(index, Constant):
        return []
    for base in origins(flow, place, expression.value, environment, depth - 1):
        if isinstance(base.expression, Mapping):
            for name, value in zip(base.expression.keys, base.expression.values, strict=True):
                if isinstance(name, Constant) and name.value == index.value:
                    return origins(flow, base.place, value, base.environment, depth - 1)
    return []
