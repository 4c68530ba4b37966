"""The items of containers, as far as they can be told apart: displays, comprehensions, ``append``, ``zip`` …"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Binary,
    Boolean,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Lambda,
    Mapping,
    Name,
    Sequence,
    Slice,
    Starred,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.visit import chain
from analyzer.flow.environment import Definition, Environment, bind, key
from analyzer.flow.guards import guards
from analyzer.flow.origins import constant
from analyzer.flow.parts import Value, single, union
from analyzer.flow.paths import cuts, last_part
from analyzer.flow.sources import listened
from analyzer.flow.walk import apply
from analyzer.project.target import Place

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

ITEMS = 64
"""Items of one container looked at; longer displays are data tables and their first rows show their kind."""

_SAME = frozenset({"list", "tuple", "set", "sorted", "reversed", "frozenset", "iter", "deque", "filter"})


class Piece:
    """One item of a container: an expression in its state, a value, or a row of pieces (of ``zip``, ``items``)."""

    __slots__ = ("environment", "evaluation", "expression", "inner", "known")

    def __init__(
        self,
        evaluation: Evaluation,
        expression: AnyExpression | None = None,
        environment: Environment | None = None,
        known: Value | None = None,
        inner: tuple[Piece, ...] | None = None,
    ) -> None:
        self.evaluation = evaluation
        self.expression = expression
        self.environment = environment
        self.known = known
        self.inner = inner

    def value(self) -> Value:
        """What the item may be made of."""
        if self.inner is not None:
            return union(piece.value() for piece in self.inner)
        if self.known is not None:
            return self.known
        if self.expression is None:
            return single("unknown")
        return self.evaluation.value(self.expression, self.environment or {})

    def item(self, index: int) -> Piece:
        """Item ``index`` of the item (for unpacking); the whole where it cannot be taken apart."""
        if self.inner is not None:
            return self.inner[index] if 0 <= index < len(self.inner) else self
        expression = self.expression
        if isinstance(expression, Call):
            found = self.evaluation.returned_item(expression, self.environment or {}, index)
            if found is None and cuts(expression, index == 0):
                found = last_part(self.value())
            return Piece(self.evaluation, known=found) if found is not None else self
        if not isinstance(expression, Sequence) or not 0 <= index < len(expression.items):
            return self
        if any(isinstance(item, Starred) for item in expression.items[: index + 1]):
            return self
        return Piece(self.evaluation, expression.items[index], self.environment)


def comprehended(
    target: AnyExpression, iterable: AnyExpression, conditions: list[AnyExpression], state: Environment
) -> Environment:
    """The state inside a comprehension: its targets bound, its conditions held."""
    made = Definition("element", expression=iterable, environment=state, line=iterable.line)
    state = _targets(target, made, (), state)
    for condition in conditions:
        state = apply(guards(condition, True, state), state)
    return state


def _targets(target: AnyExpression, made: Definition, path: tuple[int, ...], state: Environment) -> Environment:
    if isinstance(target, Sequence):
        for index, item in enumerate(target.items):
            state = _targets(item, made, (*path, index), state)
        return state
    name = key(target)
    if not name:
        return state
    found = Definition("item", previous=(made,), index=path, line=target.line) if path else made
    return bind(state, name, (found,))


def pieces(run: Evaluation, expression: AnyExpression, state: Environment, depth: int = 8) -> list[Piece] | None:
    """The items of what an expression gives when iterated; ``None`` when it is no container we can look into."""
    if depth <= 0:
        return None
    if isinstance(expression, Sequence):
        return _display(run, expression, state, depth)
    if isinstance(expression, Mapping):
        return [Piece(run, name, state) for name in expression.keys[:ITEMS] if name is not None]
    if isinstance(expression, Comprehension):
        for generator in expression.generators:
            state = comprehended(generator.target, generator.iterable, generator.conditions, state)
        return [Piece(run, expression.element, state)]
    if isinstance(expression, Constant) and isinstance(expression.value, str):
        return [Piece(run, expression, state)]
    if isinstance(expression, Await | Walrus):
        return pieces(run, expression.value, state, depth - 1)
    if isinstance(expression, Conditional | Boolean):
        sides = expression.values if isinstance(expression, Boolean) else [expression.then, expression.otherwise]
        return _together([pieces(run, side, state, depth - 1) for side in sides])
    if isinstance(expression, Binary) and expression.op in {"+", "|"}:
        return _together([pieces(run, side, state, depth - 1) for side in (expression.left, expression.right)])
    if isinstance(expression, Binary) and expression.op == "*":
        return pieces(run, expression.left, state, depth - 1)
    if isinstance(expression, Subscript) and isinstance(expression.index, Slice):
        return pieces(run, expression.value, state, depth - 1)
    if isinstance(expression, Name | Attribute | Subscript):
        if listened(run.flow.project, run.place, expression):
            return [Piece(run, known=single("request", chain(expression), expression.line))]
        return _named(run, expression, state, depth)
    if isinstance(expression, Call):
        return _called(run, expression, state, depth)
    return None


def _display(run: Evaluation, expression: Sequence, state: Environment, depth: int) -> list[Piece]:
    found: list[Piece] = []
    for item in expression.items[:ITEMS]:
        if isinstance(item, Starred):
            inner = pieces(run, item.value, state, depth - 1)
            found.extend(inner if inner is not None else [Piece(run, item.value, state)])
        else:
            found.append(Piece(run, item, state))
    return found


def _together(found: list[list[Piece] | None]) -> list[Piece] | None:
    known = [items for items in found if items is not None]
    return [piece for items in known for piece in items] if len(known) == len(found) else None


def _named(
    run: Evaluation, expression: Name | Attribute | Subscript, state: Environment, depth: int
) -> list[Piece] | None:
    known = state.get(key(expression))
    if known:
        return _together([_defined(run, definition, depth) for definition in known])
    found = constant(run.flow, run.place, expression)
    if found is not None:
        inner = run.flow.evaluation(Place(found[0], -1))
        return pieces(inner, found[1], {}, depth - 1)
    return None


def _defined(run: Evaluation, definition: Definition, depth: int) -> list[Piece] | None:
    if (definition, depth) in run.items:
        return run.items[definition, depth]
    if definition in run.opened:
        run.circular = True
        return None
    run.opened.add(definition)
    try:
        found = run.items[definition, depth] = _item_of(run, definition, depth)
    finally:
        run.opened.discard(definition)
    run.forget()
    return found


def _item_of(run: Evaluation, definition: Definition, depth: int) -> list[Piece] | None:
    expression, state = definition.expression, definition.environment or {}
    if definition.how == "value" and expression is not None:
        return pieces(run, expression, state, depth - 1)
    if definition.how == "checked":
        return [Piece(run, known=run.defined(definition))]
    if definition.how == "dropped":
        return exact_after(run, definition) or _together([_defined(run, one, depth - 1) for one in definition.previous])
    if definition.how in {"append", "augment"} and expression is not None:
        before = _together([_defined(run, one, depth - 1) for one in definition.previous]) if depth else None
        if before is None:
            return None
        spread = definition.operator in {"extend", "update", ""} and isinstance(expression, Sequence | Comprehension)
        if definition.operator == "item" and definition.item is not None and _keyed(definition):
            return [*before, Piece(run, definition.item, state)][:ITEMS]
        if spread or definition.how == "augment":
            added = pieces(run, expression, state, depth - 1)
            return None if added is None else [*before, *added][:ITEMS]
        return [*before, Piece(run, expression, state)][:ITEMS]
    if definition.how in {"element", "item"}:
        piece = run.piece(definition)
        if piece is not None and piece.expression is not None:
            return pieces(piece.evaluation, piece.expression, piece.environment or {}, depth - 1)
    return None


def _keyed(definition: Definition) -> bool:
    """Whether what was put under a key was put into a mapping: going over that gives its keys."""
    return not (isinstance(definition.item, Constant) and isinstance(definition.item.value, int))


def exact(run: Evaluation, expression: AnyExpression, state: Environment) -> list[Piece] | None:
    """The items of a list in their order; ``None`` where it is not known what was done to it, and in which order."""
    if isinstance(expression, Sequence):
        starred = any(isinstance(item, Starred) for item in expression.items)
        ordered = expression.kind in {"list", "tuple"} and not starred and len(expression.items) <= ITEMS
        return [Piece(run, item, state) for item in expression.items] if ordered else None
    if isinstance(expression, Name | Attribute | Subscript):
        known = state.get(key(expression), ())
        return exact_after(run, known[0]) if len(known) == 1 else None
    if isinstance(expression, Call) and chain(expression.func).rpartition(".")[2] in {"list", "tuple", "deque"}:
        given = expression.arguments
        return exact(run, given[0].value, state) if len(given) == 1 and not given[0].star else [] if not given else None
    return None


def exact_after(run: Evaluation, definition: Definition, depth: int = ITEMS) -> list[Piece] | None:
    """The items of a list in their order after a definition, where each step before it is known."""
    state = definition.environment or {}
    if definition.how == "value" and definition.expression is not None:
        return exact(run, definition.expression, state)
    if definition.how not in {"append", "dropped"} or len(definition.previous) != 1 or depth <= 0:
        return None
    before = exact_after(run, definition.previous[0], depth - 1)
    if before is None:
        return None
    at = number(definition.item)
    if definition.how == "dropped":
        return _without(before, definition, at)
    given = Piece(run, definition.expression, state)
    if definition.operator == "append":
        return [*before, given]
    if definition.operator == "appendleft":
        return [given, *before]
    if definition.operator == "insert" and at is not None:
        return [*before[:at], given, *before[at:]]
    if definition.operator == "item" and at is not None and 0 <= at < len(before):
        return [*before[:at], given, *before[at + 1 :]]
    if definition.operator == "extend" and definition.expression is not None:
        added = exact(run, definition.expression, state)
        return [*before, *added] if added is not None else None
    return None


def number(expression: AnyExpression | None) -> int | None:
    """The whole number that is written, also one below zero."""
    if isinstance(expression, Unary) and expression.op == "-":
        inner = number(expression.operand)
        return -inner if inner is not None else None
    value = expression.value if isinstance(expression, Constant) else None
    return value if isinstance(value, int) else None


def _without(before: list[Piece], definition: Definition, at: int | None) -> list[Piece] | None:
    if definition.operator == "clear":
        return []
    if definition.operator == "pop" and before and (definition.item is None or at is not None):
        gone = {-1 if at is None else at, (-1 if at is None else at) + len(before)}
        return [one for place, one in enumerate(before) if place not in gone]
    return before[1:] if definition.operator == "popleft" else None


def grown(state: Environment, expression: AnyExpression) -> list[Definition]:
    """What was put into a container after it was made, on any way to here."""
    front, found = list(state.get(key(expression), ())), dict[Definition, None]()
    while front and len(found) < ITEMS:
        definition = front.pop()
        if definition.how not in {"append", "dropped", "checked"} or definition in found:
            continue
        found[definition] = None
        front.extend(definition.previous)
    return [one for one in found if one.how == "append" and one.expression is not None]


def _called(run: Evaluation, call: Call, state: Environment, depth: int) -> list[Piece] | None:
    name = chain(call.func)
    last = name.rsplit(".", 1)[-1] if name else getattr(call.func, "attr", "")
    arguments = [argument.value for argument in call.arguments if not argument.star and argument.keyword is None]
    if isinstance(call.func, Attribute) and not arguments:
        found = _mapping(run, call.func, last, state, depth)
        return found if found is not None else run.yielded(call, state, depth - 1)
    if last in _SAME and arguments:
        return pieces(run, arguments[-1 if last == "filter" else 0], state, depth - 1)
    if last == "range":
        return [Piece(run, known=single("number", name or last, call.line))]
    if last == "enumerate" and arguments:
        inner = pieces(run, arguments[0], state, depth - 1) or [Piece(run, known=run.value(arguments[0], state))]
        number = Piece(run, known=single("number", name, call.line))
        return [Piece(run, inner=(number, piece)) for piece in inner]
    if last == "zip":
        columns = [
            Piece(run, known=union(p.value() for p in (pieces(run, one, state, depth - 1) or [Piece(run, one, state)])))
            for one in arguments
        ]
        return [Piece(run, inner=tuple(columns))]
    if last == "map" and len(arguments) == 2:
        return _mapped(run, arguments[0], arguments[1], state, depth)
    if last in {"split", "rsplit", "splitlines"} and isinstance(call.func, Attribute):
        return [Piece(run, call.func.value, state)]
    return run.yielded(call, state, depth - 1)


def _mapping(run: Evaluation, func: Attribute, last: str, state: Environment, depth: int) -> list[Piece] | None:
    if last in {"split", "splitlines"}:
        return [Piece(run, func.value, state)]
    if last == "copy":
        return pieces(run, func.value, state, depth - 1)
    if last not in {"keys", "values", "items"}:
        return None
    found: list[Piece] = []
    for origin in run.flow_origins(func.value, state):
        if not isinstance(origin.expression, Mapping):
            return _handed(run, func.value, last, state)
        inner = run.flow.evaluation(origin.place) if origin.place != run.place else run
        for name, value in zip(origin.expression.keys, origin.expression.values, strict=True):
            if name is None:
                return None
            one, other = Piece(inner, name, origin.environment), Piece(inner, value, origin.environment)
            found.append({"keys": one, "values": other}.get(last) or Piece(inner, inner=(one, other)))
    for definition in grown(state, func.value):
        inside = definition.environment or {}
        one = (
            Piece(run, definition.item, inside) if definition.item is not None else Piece(run, known=single("unknown"))
        )
        other = Piece(run, definition.expression, inside)
        found.append({"keys": one, "values": other}.get(last) or Piece(run, inner=(one, other)))
    return found[:ITEMS]


def _handed(run: Evaluation, held: AnyExpression, last: str, state: Environment) -> list[Piece] | None:
    """The items of a mapping that callers wrote out: its keys are theirs, whatever stands under them."""
    whole = run.value(held, state)
    if whole.keys is None:
        return None
    value = Piece(run, known=Value(whole.rows))
    names = [Piece(run, known=single("text", name, held.line)) for name in whole.keys]
    return [{"keys": name, "values": value}.get(last) or Piece(run, inner=(name, value)) for name in names]


def _mapped(
    run: Evaluation, function: AnyExpression, iterable: AnyExpression, state: Environment, depth: int
) -> list[Piece] | None:
    if isinstance(function, Lambda) and function.parameters:
        made = Definition("element", expression=iterable, environment=state, line=iterable.line)
        return [Piece(run, function.body, bind(state, function.parameters[0].name, (made,)))]
    inner = pieces(run, iterable, state, depth - 1) or [Piece(run, iterable, state)]
    return [Piece(run, known=run.applied(function, piece.value())) for piece in inner]
