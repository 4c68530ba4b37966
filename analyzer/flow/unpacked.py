"""What a name holds that got a part of something: ``body, kind = read(request)``, ``for name, value in FIELDS``."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Await, Call, Name, Sequence
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import Definition
from analyzer.project.target import Place

_RETURNS = 6
"""Ends of a function that are looked at."""


def parts(flow: Flow, point: Point) -> Iterator[Point]:
    """The expressions that an unpacked name may hold: parts of what functions of the project return, and parts of the
    tuples that a list written in the code holds."""
    one = point.expression
    for definition in point.environment.get(one.id, ()) if isinstance(one, Name) else ():
        if definition.how == "item" and definition.previous and len(definition.index) == 1:
            for held in _wholes(flow, point.place, definition.previous[0]):
                whole, number = held.expression, definition.index[0]
                if isinstance(whole, Sequence) and 0 <= number < len(whole.items):
                    yield Point(held.place, whole.items[number], held.environment)


def _wholes(flow: Flow, place: Place, made: Definition) -> Iterator[Point]:
    """The tuples that were taken apart."""
    state = made.environment or {}
    whole: AnyExpression | None = made.expression
    whole = whole.value if isinstance(whole, Await) else whole
    if made.how == "value" and isinstance(whole, Call):
        target = flow.project.resolve_expression(place, whole.func) if chain(whole.func) else None
        if target is not None and target.ours and target.kind == "function":
            given = Place(target.path, target.index)
            for value, end in flow.trace(given).returns[:_RETURNS]:
                if value is not None:
                    yield Point(given, value, end)
    elif made.how == "element" and whole is not None:
        for origin in flow.origins(Point(place, whole, state)):
            if isinstance(origin.expression, Sequence):
                for item in origin.expression.items:
                    yield Point(origin.place, item, origin.environment)
