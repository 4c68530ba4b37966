"""Mappings whose keys the code wrote itself, whatever values stand under them: also those that helpers build."""

from __future__ import annotations

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Comprehension, Constant, Mapping, Name
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import Definition, key
from analyzer.flow.pieces import comprehended
from analyzer.flow.questions import chain_end
from analyzer.project.target import Place

_DEPTH = 10
"""Steps from a mapping to where its keys are written: variables, copies, helpers, lists of rows."""
_SAME = frozenset({"list", "tuple", "sorted", "reversed", "iter", "deepcopy", "copy", "dict"})


def has_own_keys(flow: Flow, point: Point) -> bool:
    """Whether an expression is a mapping and every key of it stands in the code."""
    return _Reader(flow).mapping(point, _DEPTH)


def is_own_key(flow: Flow, point: Point) -> bool:
    """Whether a name is bound to one key after the other of a mapping whose keys stand in the code."""
    return _Reader(flow).key(point, _DEPTH)


class _Reader:
    """One look at a mapping; each definition is entered once, for what a loop adds is added to what is looked at."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._entered: set[tuple[Definition, bool]] = set()

    def mapping(self, point: Point, depth: int, rows: bool = False) -> bool:
        """Whether an expression is such a mapping, or with ``rows`` a container of such mappings."""
        one, state = point.expression, point.environment
        if depth <= 0:
            return False
        if isinstance(one, Await):
            return self.mapping(_at(point, one.value), depth - 1, rows)
        if isinstance(one, Name) and (known := state.get(key(one))):
            return all(self._defined(point.place, definition, depth - 1, rows) for definition in known)
        if isinstance(one, Call):
            return self._made(point, one, depth, rows)
        if isinstance(one, Comprehension):
            return self._comprehended(point, one, depth, rows)
        if rows:
            return isinstance(one, Display) and all(self.mapping(_at(point, item), depth - 1) for item in one.items)
        if isinstance(one, Mapping):
            return self._display(point, one, depth)
        return isinstance(one, Name | Attribute) and any(
            origin.expression is not one and isinstance(origin.expression, Mapping)
            for origin in self._flow.origins(point)
        )

    def key(self, point: Point, depth: int) -> bool:
        """Whether an expression can only be a key that stands in the code."""
        one = point.expression
        if isinstance(one, Constant):
            return True
        known = point.environment.get(key(one), ()) if isinstance(one, Name) else ()
        if known and all(self._runs_over(point.place, definition, depth) for definition in known):
            return True
        parts = self._flow.value(point).parts()
        return bool(parts) and all(part.kind == "text" for part in parts)

    def _runs_over(self, place: Place, definition: Definition, depth: int) -> bool:
        """``for name, value in fields.items()``, ``for name in fields``."""
        made = definition.previous[0] if definition.how == "item" and len(definition.previous) == 1 else definition
        over = made.expression
        if made.how != "element" or over is None or depth <= 0:
            return False
        func = over.func if isinstance(over, Call) and not over.arguments else None
        method = func.attr if isinstance(func, Attribute) else ""
        if definition is not made and (definition.index[:1] != (0,) or method != "items"):
            return False
        held = func.value if isinstance(func, Attribute) and method in {"items", "keys"} else over
        if definition is made and method == "items":
            return False
        return self.mapping(Point(place, held, made.environment or {}), depth - 1)

    def _display(self, point: Point, display: Mapping, depth: int) -> bool:
        return all(
            self.key(_at(point, name), depth - 1) if name is not None else self.mapping(_at(point, value), depth - 1)
            for name, value in zip(display.keys, display.values, strict=True)
        )

    def _comprehended(self, point: Point, made: Comprehension, depth: int, rows: bool) -> bool:
        state = point.environment
        for generator in made.generators:
            state = comprehended(generator.target, generator.iterable, generator.conditions, state)
        inner = Point(point.place, made.element, state)
        if rows:
            return made.kind != "dict" and self.mapping(inner, depth - 1)
        return made.kind == "dict" and self.key(inner, depth - 1)

    def _made(self, point: Point, call: Call, depth: int, rows: bool) -> bool:
        """``fields.copy()``, ``dict(fields, number=1)``, ``sorted(rows)``, and what a helper returns or yields."""
        last, given = chain_end(call), [one for one in call.arguments if one.keyword is None or one.star]
        if last == "copy" and isinstance(call.func, Attribute) and not call.arguments:
            return self.mapping(_at(point, call.func.value), depth - 1, rows)
        if last in _SAME and len(given) <= 1:
            return bool(call.arguments) and all(self.mapping(_at(point, one.value), depth - 1, rows) for one in given)
        target = self._flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        if target is None or target.kind != "function" or not target.ours:
            return False
        made = Place(target.path, target.index)
        walked = self._flow.trace(made)
        if walked.yields:
            found = [(one.value, state) for one, state in walked.yields] if rows else []
            return bool(found) and all(
                value is not None and self.mapping(Point(made, value, state), depth - 1) for value, state in found
            )
        ends = [(value, state) for value, state in walked.returns if not _nothing(value)]
        return bool(ends) and all(
            value is not None and self.mapping(Point(made, value, state), depth - 1, rows) for value, state in ends
        )

    def _defined(self, place: Place, definition: Definition, depth: int, rows: bool) -> bool:
        if (definition, rows) in self._entered:
            return True
        self._entered.add((definition, rows))
        here = Point(place, definition.expression or Constant(0, 0, 0, 0, None), definition.environment or {})
        if definition.how == "value":
            return self.mapping(here, depth, rows)
        if definition.how == "element":
            return not rows and self.mapping(here, depth, rows=True)
        if definition.how == "item":
            return not rows and self._counted(place, definition, depth)
        if definition.how not in {"append", "dropped", "checked"}:
            return False
        if not all(self._defined(place, one, depth, rows) for one in definition.previous):
            return False
        return definition.how != "append" or self._put(here, definition, depth, rows)

    def _put(self, here: Point, definition: Definition, depth: int, rows: bool) -> bool:
        """What is put into a mapping, or into the rows of a container."""
        if rows:
            return self.mapping(here, depth, rows=definition.operator == "extend")
        if definition.operator in {"item", "setdefault"} and definition.item is not None:
            return self.key(_at(here, definition.item), depth)
        return definition.operator == "update" and self.mapping(here, depth)

    def _counted(self, place: Place, definition: Definition, depth: int) -> bool:
        """``for number, row in enumerate(rows)``."""
        made = definition.previous[0] if len(definition.previous) == 1 else None
        over = made.expression if made is not None and made.how == "element" else None
        if made is None or not isinstance(over, Call) or chain_end(over) != "enumerate" or definition.index != (1,):
            return False
        first = over.arguments[0].value if over.arguments else None
        return first is not None and self.mapping(Point(place, first, made.environment or {}), depth - 1, rows=True)


def _nothing(value: AnyExpression | None) -> bool:
    return value is None or (isinstance(value, Constant) and value.value is None)


def _at(point: Point, expression: AnyExpression) -> Point:
    return Point(point.place, expression, point.environment)
