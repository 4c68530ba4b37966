"""What the class of an object lets through in its fields: patterns it declares, and validators of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain
from analyzer.flow import sources
from analyzer.flow.followed import may_follow, returned
from analyzer.flow.parts import Value, harmless
from analyzer.flow.paths import last_part
from analyzer.flow.proofs import proof
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

_OF_FIELDS = frozenset({"validator", "field_validator", "validates"})
_OF_OBJECTS = frozenset({"model_validator", "root_validator"})
_AFTERWARDS = frozenset({"__post_init__", "model_post_init", "__attrs_post_init__"})
"""Methods that run once an object is filled."""


def sifted(run: Evaluation, target: Target, name: str, value: Value) -> Value:
    """A value of a field once its class has let it through: a check it did not stand raised."""
    declared = _declared(run, target, name)
    if declared is None or not value.sources():
        return value
    path, annotation, default = declared
    line = value.sources()[0].line
    kind = sources.harmless_type(run.flow.project, Place(path, -1), annotation) or sources.shaped(annotation, default)
    if kind:
        return harmless(value, kind, name, line)
    for validator, by in _validators(run, target, name):
        value = _through(run, validator, by, value)
        if not value.sources():
            break
    return value


def _declared(
    run: Evaluation, target: Target, name: str
) -> tuple[str, AnyExpression | None, AnyExpression | None] | None:
    if target.kind not in {"class", "instance"} or target.index < 0:
        return None
    for field, path, statement in run.flow.project.classes.fields(target.path, target.index):
        if field == name:
            return path, statement.annotation, statement.value
    return None


def _validators(run: Evaluation, target: Target, name: str) -> Iterator[tuple[Place, str]]:
    """The methods of a class that look at a field, in order, each with what the field is called in it."""
    for place in _looking(run, target):
        function = run.flow.project.function(place)
        names = [one.name for one in function.parameters] if function is not None else []
        if function is None or not names:
            continue
        if function.name in _AFTERWARDS:
            yield place, f"{names[0]}.{name}"
        elif function.name == f"validate_{name}" and not function.decorators:
            yield place, names[-1]
        for one in function.decorators:
            words = _words(one)
            last = chain(one.func if isinstance(one, Call) else one).rpartition(".")[2]
            if last in _OF_OBJECTS and "after" in words:
                yield place, f"{names[0]}.{name}"
            elif last in _OF_OBJECTS:
                yield place, f"{names[min(1, len(names) - 1)]}[{name!r}]"
            elif (last in _OF_FIELDS and (name in words or "*" in words)) or chain(one) == f"{name}.validator":
                yield place, _handed(names)


def _words(decorator: AnyExpression) -> set[object]:
    given = decorator.arguments if isinstance(decorator, Call) else ()
    return {one.value.value for one in given if isinstance(one.value, Constant)}


def _handed(names: list[str]) -> str:
    """The parameter that is handed the value: behind the object and the name of the field in SQLAlchemy and attrs."""
    behind = next((at + 1 for at, one in enumerate(names[:-1]) if one in _NAMING), 1)
    return names[min(behind, len(names) - 1)]


_NAMING = frozenset({"key", "attribute", "attr"})


def _looking(run: Evaluation, target: Target) -> tuple[Place, ...]:
    """The methods of a class, own and inherited, that look at what its objects are filled with."""
    known = run.flow.sieves
    at = target.path, target.index
    if at not in known:
        project = run.flow.project
        serializer = any(one.startswith("rest_framework.") for one in project.classes.externals(*at))
        known[at] = tuple(
            place
            for name, place in project.classes.methods(*at)
            if name in _AFTERWARDS
            or (serializer and name.startswith("validate_"))
            or _decorated(project.function(place))
        )
    return known[at]


def _decorated(function: Function | None) -> bool:
    named = [chain(one.func if isinstance(one, Call) else one) for one in function.decorators] if function else []
    return any(one.rpartition(".")[2] in _OF_FIELDS | _OF_OBJECTS or one.endswith(".validator") for one in named)


def _through(run: Evaluation, place: Place, called: str, value: Value) -> Value:
    """What a validator leaves of a value that it knows as ``called``."""
    validator = Target("function", "", place.path, place.index)
    if not may_follow(run, validator):
        return value
    proven = [proof(state, called) for state in run.flow.trace(place).exits]
    if proven and all(proven):
        line = value.sources()[0].line
        return last_part(value) if "inside" in proven else harmless(value, proven[0], called, line)
    if not called.isidentifier():
        return value
    given = returned(run, validator, {called: value})
    return value if given is None else given
