"""The part of BA202 about passwords that are stored among other fields: ``User(**data.model_dump())``."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Call, Constant, Mapping, Name
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.dumped import METHODS, whole
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part
from analyzer.flow.passwords import clear_password, is_password_name
from analyzer.flow.questions import uses_of
from analyzer.frameworks.persistence import is_schema
from analyzer.project.target import Place, Target

_COPYING = frozenset({"model_validate", "from_orm", "parse_obj"})
"""Methods of a SQLModel class that make a row of another object."""
_WHOLE = METHODS | _COPYING | {"jsonable_encoder", "asdict", "vars"}


def hands_over(flow: Flow, place: Place, function: Function) -> bool:
    """Whether a function may hand over all fields of an object, one of which is a password; no body is opened."""
    if not any(use.kind == "call" and use.chain.rpartition(".")[2] in _WHOLE for use in function.uses):
        return False
    declared = (flow.project.annotated(place, one.annotation) for one in function.parameters if one.annotation)
    return any(
        target is not None and target.index >= 0 and any(map(is_password_name, _fields(flow, target)))
        for target in declared
    )


def spread(flow: Flow, point: Point, call: Call, model: Target) -> Iterator[tuple[AnyExpression, Part, str]]:
    """Passwords in the clear that a row is made of, with the column of each: every field of what a client sent."""
    columns = {name for name in _fields(flow, model) if is_password_name(name)}
    named = {one.keyword for one in call.arguments}
    for one in call.arguments if columns - named else ():
        held = taken(flow, point, one)
        for name in sorted(columns - named) if held is not None else ():
            if held is not None and _has(flow, point, held, name):
                field = Attribute(held.line, held.column, held.end_line, held.end_column, held, name)
                secret = clear_password(flow, Point(point.place, field, point.environment))
                if secret is not None:
                    yield one.value, secret, name


def dumped_passwords(flow: Flow, point: Point) -> Iterator[tuple[str, Part]]:
    """Passwords in the clear among the fields of an object that a call makes a mapping of, with their names."""
    call = point.expression
    if not isinstance(call, Call) or any(one.keyword in {"exclude", "include"} for one in call.arguments):
        return
    held = whole(call)
    target = flow.project.resolve_expression(point.place, held) if held is not None and chain(held) else None
    for name in _fields(flow, target) if target is not None else ():
        if held is not None and is_password_name(name) and _has(flow, point, held, name):
            field = Attribute(held.line, held.column, held.end_line, held.end_column, held, name)
            secret = clear_password(flow, Point(point.place, field, point.environment))
            if secret is not None:
                yield name, secret


def copied(flow: Flow, point: Point, call: Call) -> Target | None:
    """The class that ``User.model_validate(data)`` makes a row of, unless it is given a password of its own."""
    function = call.func
    if not isinstance(function, Attribute) or function.attr not in _COPYING:
        return None
    update = argument(call, -1, "update")
    keys = update.keys if isinstance(update, Mapping) else []
    if update is not None and not isinstance(update, Mapping):
        return None
    if any(isinstance(key, Constant) and isinstance(key.value, str) and "pass" in key.value for key in keys):
        return None
    target = flow.project.resolve_expression(point.place, function.value) if chain(function.value) else None
    return target if target is not None and target.kind == "class" else None


def columns_of(flow: Flow, point: Point, held: AnyExpression) -> list[str]:
    """The passwords among the fields of an object that a client sent."""
    target = flow.project.resolve_expression(point.place, held) if chain(held) else None
    if target is None or target.kind != "instance" or not is_schema(flow.project, target.path, target.index):
        return []
    return [name for name in _fields(flow, target) if is_password_name(name)]


def taken(flow: Flow, point: Point, given: Argument) -> AnyExpression | None:
    """The object all of whose fields an argument hands over; ``None`` where some are left out or put in before."""
    value = given.value
    if given.star != 2:
        return value if given.keyword is None and not given.star and isinstance(value, Name) else None
    if isinstance(value, Name):
        used = (
            use
            for use in uses_of(flow.project, point.place)
            if use.chain.startswith((value.id + ".", value.id + "[")) and use.chain != f"{value.id}.items"
        )
        found = [one.expression for one in flow.origins(Point(point.place, value, point.environment))]
        if any(used) or len(found) != 1:
            return None
        value = found[0]
    if not isinstance(value, Call) or any(one.keyword in {"exclude", "include"} for one in value.arguments):
        return None
    return whole(value)


def _has(flow: Flow, point: Point, held: AnyExpression, name: str) -> bool:
    target = flow.project.resolve_expression(point.place, held) if chain(held) else None
    if target is None or target.kind != "instance" or not is_schema(flow.project, target.path, target.index):
        return False
    return name in _fields(flow, target)


def _fields(flow: Flow, target: Target) -> list[str]:
    if target.kind not in {"class", "instance"}:
        return []
    return [name for name, _, _ in flow.project.classes.fields(target.path, target.index)]
