"""Fields of objects of the project's classes: what stands there since the object was made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name, Subscript
from analyzer.facts.visit import chain
from analyzer.flow.arrivals import given_at_calls
from analyzer.flow.callers import SITES
from analyzer.flow.environment import Environment, key
from analyzer.flow.followed import constructed, given_fields
from analyzer.flow.named import summed_up
from analyzer.flow.origins import Origin, holds_data
from analyzer.flow.parts import Value, single, union
from analyzer.flow.sieves import sifted
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

_FILLING = frozenset(
    {
        "model_validate", "model_validate_json", "model_construct", "parse_obj", "parse_raw", "from_dict", "from_json",
        "validate_python", "validate_json",
    }
)  # fmt: skip
"""Methods of a class (or of pydantic's ``TypeAdapter`` for it) that fill an object from a mapping or its text."""

_STRUCTURING = frozenset(
    {
        "msgspec.convert", "msgspec.json.decode", "dacite.from_dict", "dacite.core.from_dict", "cattrs.structure",
        "cattr.structure",
    }
)  # fmt: skip
"""Functions that fill an object of a class they are given from a mapping or its text."""

_CLASSES = frozenset({"type", "data_class", "cl"})
"""Keywords by which these are given the class."""


def field(run: Evaluation, expression: Attribute, state: Environment) -> Value | None:
    """What stands in a field of an object that this function or its callers made of a class of the project; ``None``
    for any other attribute."""
    found: list[Value] = []
    for origin in run.flow_origins(expression.value, state):
        one = _since_made(run, expression, origin)
        if one is None:
            return None
        found.append(one)
    whole = union(found) if found else None
    return None if whole is None or (not whole.sources() and _shared(run, expression.value)) else whole


def _shared(run: Evaluation, held: AnyExpression) -> bool:
    """Whether an object is handed to others, who may put something else into its fields."""
    function = run.flow.project.function(run.place)
    uses = function.uses if function is not None else run.flow.project.outline(run.place.path).uses
    name = chain(held)
    return any(use.kind == "read" and use.chain == name for use in uses)


def filled(run: Evaluation, call: Call, state: Environment) -> Value | None:
    """What an object is made of that is filled with a whole request: ``Order(**request.json)``,
    ``Order.model_validate(data)``; ``None`` for what any other call makes."""
    target, given = _filling(run, call)
    if target is None and call.arguments and all(one.star == 2 for one in call.arguments):
        target, given = _class(run, call.func), call.arguments[0].value
    if target is None or given is None or not holds_data(run.flow, target) or _constructor(run, target) is not None:
        return None
    sent = [part for part in run.value(given, state).sources() if part.kind == "request" and part.type != "object"]
    return Value(((msgspec.structs.replace(sent[0], line=call.line),),)) if sent else None


def _since_made(run: Evaluation, expression: Attribute, origin: Origin) -> Value | None:
    made = origin.expression
    inner = run if origin.place == run.place else run.flow.evaluation(origin.place)
    if isinstance(made, Name):
        known = origin.environment.get(made.id, ())
        handed = len(known) == 1 and known[0].how == "parameter"
        return _passed(inner, made.id, expression) if handed else None
    if not isinstance(made, Call):
        return None
    target, given = _filling(inner, made)
    if target is not None and given is not None:
        found = _entry(inner, given, expression, origin.environment)
        return sifted(inner, target, expression.attr, found) if found is not None else None
    target = _class(inner, made.func)
    if target is None:
        return None
    constructor = _constructor(inner, target)
    if constructor is not None:
        return _kept(inner, made, target, constructor, expression, origin.environment)
    found = _given(inner, made, target, expression, origin.environment)
    return sifted(inner, target, expression.attr, found) if found is not None else None


def _filling(run: Evaluation, call: Call) -> tuple[Target | None, AnyExpression | None]:
    """The class that a call fills an object of, and what with."""
    plain = [one.value for one in call.arguments if one.keyword is None and not one.star]
    if isinstance(call.func, Attribute) and call.func.attr in _FILLING and call.arguments:
        held = call.func.value
        if isinstance(held, Call) and chain(held.func).rpartition(".")[2] == "TypeAdapter" and held.arguments:
            held = held.arguments[0].value
        target = _class(run, held)
        ours = target is not None and call.func.attr in dict(
            run.flow.project.classes.methods(target.path, target.index)
        )
        return (None, None) if ours else (target, call.arguments[0].value)
    if chain(call.func).rpartition(".")[2] not in _LAST:
        return None, None
    called = run.flow.project.resolve_expression(run.place, call.func)
    if called is None or called.dotted not in _STRUCTURING:
        return None, None
    named = [one.value for one in call.arguments if one.keyword in _CLASSES]
    for wanted in (*named, *plain):
        target = _class(run, wanted)
        if target is not None:
            rest = [one.value for one in call.arguments if one.value is not wanted]
            return target, rest[0] if rest else None
    return None, None


_LAST = frozenset(one.rpartition(".")[2] for one in _STRUCTURING)


def _class(run: Evaluation, expression: AnyExpression) -> Target | None:
    target = run.flow.project.resolve_expression(run.place, expression) if chain(expression) else None
    return target if target is not None and target.kind == "class" and target.ours and target.index >= 0 else None


def _constructor(run: Evaluation, target: Target) -> Place | None:
    return dict(run.flow.project.classes.methods(target.path, target.index)).get("__init__")


def _kept(
    run: Evaluation, call: Call, target: Target, constructor: Place, expression: Attribute, state: Environment
) -> Value | None:
    """What a constructor of ours puts into an attribute."""
    from analyzer.flow.values import CALLS, Evaluation

    if len(run.stack) > CALLS or run.flow.within(constructor, run.stack):
        return None
    written = run.flow.final(constructor).get(f"self.{expression.attr}")
    made = constructed(run, call, target, state) if written else None
    if not written or made is None:
        return None
    inner = Evaluation(run.flow, constructor, dict(made.arguments), run.stack, made)
    return union(inner.defined(one) for one in written)


def _given(run: Evaluation, call: Call, target: Target, expression: Attribute, state: Environment) -> Value | None:
    """What a class that only declares its fields is given for one of them."""
    found = given_fields(run, call, target, state)
    if found is None:
        return None
    spread = [one.value for one in call.arguments if one.star == 2]
    if expression.attr not in found and spread:
        return _entry(run, spread[0], expression, state)
    return found.get(expression.attr)


def _entry(run: Evaluation, given: AnyExpression, expression: Attribute, state: Environment) -> Value | None:
    """What stands in a mapping under the name of a field."""
    at = expression.line, expression.column, expression.end_line, expression.end_column
    found = run.value(Subscript(*at, given, Constant(*at, expression.attr)), state)
    if all(part.kind not in {"request", "parameter"} for part in found.parts()):
        return None
    sent = next(iter(found.sources()), None)
    return single(sent.kind, key(expression), expression.line) if sent and sent.text.startswith("[") else found


def _passed(run: Evaluation, name: str, expression: Attribute) -> Value | None:
    """What callers put into a field of an object that they hand over."""
    from analyzer.flow.values import CALLS, Evaluation

    flow, place = run.flow, run.place
    function = flow.project.function(place)
    declared = next((one for one in function.parameters if one.name == name), None) if function else None
    if declared is None or name in {"self", "cls"} or run.arguments is not None or len(run.stack) > CALLS:
        return None
    if place in flow.handlers or place in flow.providers or place in flow.doors:
        return None
    sites, complete = flow.callers.of(place)
    if not sites or len(flow.callers.every(place)) > SITES:
        return None
    values: list[Value] = []
    for giving in given_at_calls(flow, place, name):
        point = giving.point
        if flow.within(point.place, run.stack):
            continue
        at = point.expression.line, point.expression.column, point.expression.end_line, point.expression.end_column
        held = Attribute(*at, point.expression, expression.attr)
        inner = Evaluation(flow, point.place, None, run.stack)
        asked = point.place, at, name, expression.attr
        values.append(flow.answered(asked, run.stack, partial(inner.value, held, point.environment)))
    whole = summed_up(f"{name}.{expression.attr}", expression.line, values, complete and len(values) == len(sites))
    sent = any(part.kind == "request" for part in whole.parts())
    return whole if sent or not whole.sources() else None
