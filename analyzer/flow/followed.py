"""The project's own functions followed inside: what they return, hand on and enter for what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Constant,
    Lambda,
    Mapping,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain
from analyzer.flow import sources
from analyzer.flow.callers import bound
from analyzer.flow.environment import Definition, Environment, bind, key
from analyzer.flow.named import method
from analyzer.flow.origins import Origin, holds_data
from analyzer.flow.parts import EMPTY, Value, concat, single, union
from analyzer.flow.pieces import ITEMS, Piece, grown, pieces
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation, Made


def by_value(run: Evaluation, call: Call, state: Environment) -> Value | None:
    """What a function gives that is kept in a variable or a table: a lambda, a function of the project."""
    if not isinstance(call.func, Name | Subscript | Attribute):
        return None
    found: list[Value] = []
    for origin in run.flow_origins(call.func, state):
        inner = _lambda(run, call, origin, state) if isinstance(origin.expression, Lambda) else None
        if inner is None and origin.expression is not call.func and isinstance(origin.expression, Name | Attribute):
            target = run.flow.project.resolve_expression(origin.place, origin.expression)
            if target is not None and target.kind == "function" and target.ours:
                at = call.line, call.column, call.end_line, call.end_column
                inner = followed(run, Call(*at, origin.expression, call.arguments), target, state)
        if inner is None:
            return None
        found.append(inner)
    return union(found) if found else None


def _lambda(run: Evaluation, call: Call, origin: Origin, state: Environment) -> Value | None:
    """The body of a lambda with its parameters filled by a call of the same function."""
    made = origin.expression
    if not isinstance(made, Lambda) or any(one.star for one in call.arguments) or origin.place != run.place:
        return None
    inside = origin.environment
    free = [one.name for one in made.parameters if one.kind not in _COLLECTING]
    for argument in call.arguments:
        name = argument.keyword or (free.pop(0) if free else "")
        if name:
            given = Definition("value", expression=argument.value, environment=state, line=call.line)
            inside = bind(inside, name, (given,))
    return run.value(made.body, inside)


def yielded(run: Evaluation, call: Call, state: Environment, depth: int) -> list[Piece] | None:
    """What a generator of the project hands on, one piece for each ``yield``; ``None`` for any other call."""
    inner = _generator(run, call, state)
    if inner is None or depth <= 0:
        return None
    found: list[Piece] = []
    for given, inside in run.flow.trace(inner.place).yields[:ITEMS]:
        if given.value is None:
            continue
        handed = pieces(inner, given.value, inside, depth - 1) if given.delegate else None
        found.extend(handed if handed is not None else [Piece(inner, given.value, inside)])
    return found or None


def _generator(run: Evaluation, call: Call, state: Environment) -> Evaluation | None:
    """The evaluation of a generator of the project for what it is called with."""
    from analyzer.flow.values import Evaluation

    target = run.flow.project.resolve_expression(run.place, call.func) if chain(call.func) else None
    if target is None or target.kind != "function" or not target.ours or not may_follow(run, target):
        return None
    function = run.flow.project.outline(target.path).functions[target.index]
    given = handed(run, function, call, target, state) if function.is_generator else None
    return Evaluation(run.flow, Place(target.path, target.index), given, run.stack) if given is not None else None


def entered(run: Evaluation, call: Call, state: Environment) -> Value | None:
    """What ``with`` gets from a context manager of the project; ``None`` for any other."""
    project = run.flow.project
    target = project.resolve_expression(run.place, call.func) if chain(call.func) else None
    if target is not None and target.kind == "class" and target.ours:
        place = dict(project.classes.methods(target.path, target.index)).get("__enter__")
        method_ = Target("function", "", place.path, place.index) if place is not None else None
        made = constructed(run, call, target, state)
        return returned(run, method_, {}, made) if method_ is not None and may_follow(run, method_) else None
    found = yielded(run, call, state, _DEPTH)
    return union(piece.value() for piece in found) if found else None


_DEPTH = 8
"""Containers in containers that are looked into."""


def property_of(run: Evaluation, expression: Attribute, state: Environment) -> Value | None:
    """What reading a property of a class of the project gives; ``None`` for any other attribute."""
    project = run.flow.project
    target = project.resolve_expression(run.place, expression.value)
    if target is None or target.kind not in {"class", "instance"} or not target.ours or target.index < 0:
        return None
    place = dict(project.classes.methods(target.path, target.index)).get(expression.attr)
    function = project.function(place) if place is not None else None
    if place is None or function is None or not any(chain(one) in _PROPERTIES for one in function.decorators):
        return None
    read = Target("function", "", place.path, place.index)
    made = made_of(run, expression.value, state)
    return returned(run, read, {}, made) if may_follow(run, read) else None


_PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property"})


def handed(
    run: Evaluation, function: Function, call: Call, target: Target, state: Environment
) -> dict[str, Value] | None:
    """The values of a function's parameters in a call, also of those that collect what is left over."""
    if not any(one.star for one in call.arguments) and all(one.kind not in _COLLECTING for one in function.parameters):
        arguments = bound(function, call, method(target, function, chain(call.func)))
        return {name: run.value(one.value, state) for name, one in arguments.items()} if arguments is not None else None
    free = [one for one in function.parameters if one.kind in {"positional", "normal"}]
    free = free[method(target, function, chain(call.func)) :]
    named = {one.name for one in function.parameters if one.kind not in _COLLECTING}
    found: dict[str, Value] = {}
    rest: dict[str, list[Value]] = {"args": [], "kwargs": []}
    for argument in call.arguments:
        given = run.value(argument.value, state)
        if argument.star == 2:
            _spread(run, argument.value, state, named - set(found), found, rest)
        elif argument.star:
            found.update((one.name, given) for one in free)
            free = []
            rest["args"].append(given)
        elif argument.keyword is not None:
            if argument.keyword in named:
                found[argument.keyword] = given
            else:
                rest["kwargs"].append(given)
        elif free:
            found[free.pop(0).name] = given
        else:
            rest["args"].append(given)
    for one in function.parameters:
        if one.kind in _COLLECTING:
            found[one.name] = concat(rest[one.kind]) if rest[one.kind] else EMPTY
    return found


_COLLECTING = frozenset({"args", "kwargs"})


def _spread(
    run: Evaluation,
    given: AnyExpression,
    state: Environment,
    names: set[str],
    found: dict[str, Value],
    rest: dict[str, list[Value]],
) -> None:
    """``**options``: each entry where it is written out, else anything for every parameter that is left."""
    displays = [origin for origin in run.flow_origins(given, state) if isinstance(origin.expression, Mapping)]
    known = len(displays) == 1 and not grown(state, given)
    for origin in displays if known else []:
        inner = run if origin.place == run.place else run.flow.evaluation(origin.place)
        assert isinstance(origin.expression, Mapping)
        for name, value in zip(origin.expression.keys, origin.expression.values, strict=True):
            held = inner.value(value, origin.environment)
            if isinstance(name, Constant) and name.value in names:
                found[str(name.value)] = held
            else:
                rest["kwargs"].append(held)
    if not known:
        whole = run.value(given, state)
        found.update((name, whole) for name in sorted(names))
        rest["kwargs"].append(whole)


def followed(run: Evaluation, call: Call, target: Target, state: Environment) -> Value | None:
    """What a function of the project returns for these arguments; ``None`` when it cannot be followed."""
    if target.kind != "function" or not may_follow(run, target):
        return None
    function = run.flow.project.outline(target.path).functions[target.index]
    given = handed(run, function, call, target, state)
    if given is None:
        return None
    made = made_of(run, call.func.value, state) if isinstance(call.func, Attribute) and function.owner >= 0 else None
    found = [returned(run, one, given, made) for one in _meant(run, function, call, target, made)]
    known = [one for one in found if one is not None]
    return union(known) if known else None


def made_of(run: Evaluation, expression: AnyExpression, state: Environment) -> Made | None:
    """How the object before a dot was made; ``None`` where that is not known, or something of it was set since."""
    if isinstance(expression, Name) and expression.id in {"self", "cls"}:
        return run.made
    hung = f"{key(expression)}."
    found = run.flow_origins(expression, state)
    call = found[0].expression if len(found) == 1 else None
    if not isinstance(call, Call) or (len(hung) > 1 and any(name.startswith(hung) for name in state)):
        return None
    project = run.flow.project
    target = project.resolve_expression(found[0].place, call.func)
    if target is None or target.kind != "class" or not target.ours or target.index < 0:
        return None
    inner = run if found[0].place == run.place else run.flow.evaluation(found[0].place)
    return constructed(inner, call, target, found[0].environment)


def constructed(run: Evaluation, call: Call, target: Target, state: Environment) -> Made | None:
    """How a call makes an object of a class of the project; ``None`` where its arguments cannot be told."""
    from analyzer.flow.values import Made

    project = run.flow.project
    place = dict(project.classes.methods(target.path, target.index)).get("__init__")
    function = project.function(place) if place is not None else None
    given = handed(run, function, call, target, state) if function else given_fields(run, call, target, state) or {}
    return Made(target.path, target.index, tuple(sorted(given.items()))) if given is not None else None


def given_fields(run: Evaluation, call: Call, target: Target, state: Environment) -> dict[str, Value] | None:
    """The fields that a call gives an object of a class that only declares them, and the constants that the others are
    by default where nothing is spread into the call; ``None`` where its arguments cannot be told."""
    project = run.flow.project
    declared = list(project.classes.fields(target.path, target.index)) if holds_data(run.flow, target) else []
    names = list(dict.fromkeys(name for name, _, _ in declared))
    plain = [one for one in call.arguments if one.keyword is None]
    if not names or any(one.star == 1 for one in plain) or len(plain) > len(names):
        return None
    if any(not one.star for one in plain) and len({path for _, path, _ in declared}) > 1:
        return None  # which of the classes declares the first ones is not looked at
    found = {name: run.value(one.value, state) for name, one in zip(names, plain, strict=False) if not one.star}
    found |= {one.keyword: run.value(one.value, state) for one in call.arguments if one.keyword in names}
    if all(one.star != 2 for one in plain):
        defaults = {name: one.value for name, _, one in reversed(declared) if isinstance(one.value, Constant)}
        found = {name: run.value(one, {}) for name, one in defaults.items()} | found
    return found


def _meant(run: Evaluation, function: Function, call: Call, target: Target, made: Made | None) -> list[Target]:
    """The methods that a call may run: that of the object's class, or one of any class below."""
    held = call.func.value if isinstance(call.func, Attribute) else None
    if function.owner < 0:
        return [target]
    project = run.flow.project
    if made is not None:
        place = dict(project.classes.methods(made.path, made.index)).get(function.name)
        return [Target("function", "", place.path, place.index)] if place is not None else [target]
    itself = isinstance(held, Name) and held.id in {"self", "cls"}
    below = project.classes.overriding if itself else project.classes.implementations
    found = [Target("function", "", one.path, one.index) for one in below(Place(target.path, target.index))]
    return [target, *(one for one in found if len(found) <= _OVERRIDES and may_follow(run, one))]


_OVERRIDES = 4
"""Overridden methods followed for one call; with more a class is an interface, and its methods stay apart."""


def followed_item(run: Evaluation, call: Call, state: Environment, index: int) -> Value | None:
    """One item of the tuples that a function of the project returns; ``None`` when it returns anything else."""
    from analyzer.flow.values import Evaluation

    target = run.flow.project.resolve_expression(run.place, call.func)
    if target is None or target.kind != "function" or not may_follow(run, target):
        return None
    function = run.flow.project.outline(target.path).functions[target.index]
    arguments = bound(function, call, method(target, function, chain(call.func)))
    place = Place(target.path, target.index)
    returns = [(one, inside) for one, inside in run.flow.trace(place).returns if one is not None and not _nothing(one)]
    rows = [(one, inside) for one, inside in returns if isinstance(one, Sequence) and index < len(one.items)]
    if arguments is None or not rows or len(rows) != len(returns):
        return None
    given = {name: run.value(one.value, state) for name, one in arguments.items()}
    inner = Evaluation(run.flow, place, given, run.stack)
    return union(inner.value(one.items[index], inside) for one, inside in rows[:8])


def may_follow(run: Evaluation, target: Target) -> bool:
    """Whether a function may be entered: not yet on the way, and not too far out."""
    from analyzer.flow.values import CALLS

    return len(run.stack) <= CALLS and not run.flow.within(Place(target.path, target.index), run.stack)


def returned(run: Evaluation, target: Target, arguments: dict[str, Value], made: Made | None = None) -> Value | None:
    from analyzer.flow.values import Evaluation

    place = Place(target.path, target.index)
    function = run.flow.project.outline(target.path).functions[target.index]
    kind = sources.harmless_type(run.flow.project, place, function.returns)
    if kind:
        return single(kind, function.name, function.line)
    if function.is_generator:
        return None

    def find() -> Value:
        returns = [(one, state) for one, state in run.flow.trace(place).returns if one is not None]
        inner = Evaluation(run.flow, place, arguments, run.stack, made)
        return union(inner.value(one, state) for one, state in returns[:8] if not _nothing(one))

    found = run.flow.answered((place, tuple(arguments.items()), made), run.stack, find)
    return found if found.rows != ((),) else None


def _nothing(expression: AnyExpression) -> bool:
    return isinstance(expression, Constant) and expression.value is None
