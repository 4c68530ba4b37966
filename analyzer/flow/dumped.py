"""An object as a mapping: ``item.model_dump()["url"]`` is ``item.url``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.visit import chain
from analyzer.flow.environment import Environment
from analyzer.flow.origins import origins
from analyzer.flow.parts import Value

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

METHODS = frozenset({"dict", "model_dump", "to_dict", "as_dict", "_asdict"})
"""Methods that give all fields of an object: pydantic's, dataclasses', named tuples'."""
_FUNCTIONS = frozenset({"vars", "asdict", "astuple", "jsonable_encoder", "to_builtins", "unstructure"})
"""``vars``, :mod:`dataclasses` and attrs, FastAPI, msgspec, cattrs."""


def item(run: Evaluation, held: AnyExpression, index: AnyExpression, state: Environment) -> Value | None:
    """What stands under a constant key of an object that was made a mapping; ``None`` for anything else."""
    if not isinstance(index, Constant) or not isinstance(index.value, str) or not index.value.isidentifier():
        return None
    for origin in origins(run.flow, run.place, held, state):
        made = origin.expression
        held_whole = whole(made) if isinstance(made, Call) else None
        if held_whole is None:
            continue
        inner = run if origin.place == run.place else run.flow.evaluation(origin.place)
        field = Attribute(made.line, made.column, made.end_line, made.end_column, held_whole, index.value)
        return inner.value(field, origin.environment)
    return None


def whole(made: Call) -> AnyExpression | None:
    """The object that a call makes a mapping of."""
    if isinstance(made.func, Attribute) and made.func.attr in METHODS:
        return made.func.value
    if chain(made.func).rpartition(".")[2] in _FUNCTIONS and made.arguments and made.arguments[0].keyword is None:
        return made.arguments[0].value
    return None
