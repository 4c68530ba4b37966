"""What an expression may be made of, worked out from the definitions that reach it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import TYPE_CHECKING

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Binary,
    Boolean,
    Bytes,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Format,
    Interpolation,
    Mapping,
    Name,
    Secret,
    Sequence,
    Starred,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.visit import chain
from analyzer.flow import called, followed, named
from analyzer.flow.environment import Definition, Environment, key
from analyzer.flow.formats import filled, percent
from analyzer.flow.origins import Origin, origins
from analyzer.flow.parts import EMPTY, Value, concat, harmless, single, union
from analyzer.flow.paths import last_part
from analyzer.flow.pieces import ITEMS, Piece, pieces
from analyzer.flow.proofs import proves
from analyzer.project.target import Place

if TYPE_CHECKING:
    from analyzer.flow.engine import Flow

DEPTH = 60
"""Nested definitions followed for one value."""

_WHOLE = DEPTH + 2
"""A depth that no definition has: nothing was cut."""

CALLS = 3
"""Calls of the project's own functions followed, into the callee or out to the callers."""


class Made(msgspec.Struct, frozen=True):
    """An object of a class of the project (``path``, ``index``) and what its constructor was given."""

    path: str
    index: int
    arguments: tuple[tuple[str, Value], ...]


class Evaluation:
    """Values in one function. ``arguments`` are the values of its parameters where a call is being followed, ``made``
    the object that it is a method of, where it is known how that was made."""

    def __init__(
        self,
        flow: Flow,
        place: Place,
        arguments: Map[str, Value] | None = None,
        stack: tuple[Place, ...] = (),
        made: Made | None = None,
    ) -> None:
        self.flow = flow
        self.place = place
        self.arguments = arguments
        self.made = made
        self.stack = (*stack, place)
        self._values: dict[Definition, Value] = {}
        self._provisional: dict[Definition, Value] = {}
        self._busy: dict[Definition, int] = {}
        """Definitions under way, and how many were when they were begun."""
        self._cut = _WHOLE
        """The outermost definition under way at which a circle was cut, by its depth."""
        self.items: dict[tuple[Definition, int], list[Piece] | None] = {}
        """Items of containers by definition and depth, for :mod:`~analyzer.flow.pieces`."""
        self.opened: set[Definition] = set()
        """Containers that are being looked into."""
        self.circular = False
        """Whether a circle was cut for the question that is being answered."""

    def value(self, expression: AnyExpression, state: Environment) -> Value:
        """What an expression may be made of in a state."""
        if isinstance(expression, Name | Attribute | Subscript):
            known = state.get(key(expression))
            if known:
                return union(self.defined(definition) for definition in known)
            return named.value(self, expression, state)
        literal = _LITERALS.get(type(expression))
        if literal is not None:
            return literal(expression)
        step = _STEPS.get(type(expression))
        return step(self, expression, state) if step else single("unknown", spelled(expression), expression.line)

    def defined(self, definition: Definition) -> Value:
        """What a definition gives."""
        found = self._values.get(definition, self._provisional.get(definition))
        if found is not None:
            return found
        depth = self._busy.get(definition)
        if depth is not None or len(self._busy) > DEPTH:
            self.circular = True
            self._cut = min(self._cut, depth or 0)
            return EMPTY
        depth, outer = len(self._busy), self._cut
        self._busy[definition], self._cut = depth, _WHOLE
        try:
            found = self._define(definition)
        finally:
            del self._busy[definition]
        if self._cut >= depth:
            self._values[definition], self._cut = found, outer
        else:
            self._provisional[definition], self._cut = found, min(self._cut, outer)
        self.forget()
        return found

    def forget(self) -> None:
        """Drop what holds for one question only, once it is answered.

        Where a circle was cut, an answer hangs on where the question began; the next one may begin elsewhere, and what
        it finds must not hang on what was asked before.
        """
        if self.circular and not self._busy and not self.opened:
            self._provisional.clear()
            self.items.clear()
            self.circular = False

    def piece(self, definition: Definition) -> Piece | None:
        """The item a loop variable or an unpacked name stands for, when there is only one candidate."""
        found = self._candidates(definition)
        return found[0] if found is not None and len(found) == 1 else None

    def flow_origins(self, expression: AnyExpression, state: Environment) -> list[Origin]:
        """Where an expression's value comes from, as expressions."""
        return origins(self.flow, self.place, expression, state)

    def applied(self, function: AnyExpression, argument: Value) -> Value:
        """What calling a function by its name with one argument gives (for ``map``)."""
        return called.applied(self, function, argument)

    def returned_item(self, call: Call, state: Environment, index: int) -> Value | None:
        """Item ``index`` of the tuple that a function of the project returns; ``None`` when that is not known."""
        return followed.followed_item(self, call, state, index)

    def yielded(self, call: Call, state: Environment, depth: int) -> list[Piece] | None:
        """What a generator of the project hands on; ``None`` for any other call."""
        return followed.yielded(self, call, state, depth)

    def _define(self, definition: Definition) -> Value:
        expression, state = definition.expression, definition.environment or {}
        how = definition.how
        if how == "parameter":
            return named.parameter(self, definition)
        if how in {"element", "item"}:
            found = self._candidates(definition)
            return union(piece.value() for piece in found) if found else single("unknown", "", definition.line)
        if how == "checked":
            return self._checked(definition)
        if how == "dropped":
            return union(self.defined(one) for one in definition.previous)
        if how == "with" and isinstance(expression, Call):
            entered = followed.entered(self, expression, state)
            if entered is not None:
                return entered
        if expression is None:
            return single("unknown", definition.name, definition.line)
        if how in {"augment", "append"}:
            before = union(self.defined(one) for one in definition.previous)
            added = self.value(expression, state)
            if how == "append":
                return concat([before, single("text", " "), added])
            return _operated(definition.operator, before, added, self, expression, state)
        return self.value(expression, state)

    def _checked(self, definition: Definition) -> Value:
        before = union(self.defined(one) for one in definition.previous)
        if not before.sources():
            return before
        kind = definition.name
        if kind in {"returned", "answered"}:
            if not isinstance(definition.expression, Call) or len(self.stack) > CALLS:
                return before
            call = definition.expression
            proven = proves(self, call, definition.index[0], kind)
            if proven == "inside":
                return last_part(before)
            return harmless(before, proven, "", definition.line) if proven else before
        if kind == "text":
            return single("text", definition.operator, definition.line)
        if kind == "inside":
            return last_part(before)
        if kind == "prefix":
            return concat((single("text", definition.operator, definition.line), before))
        return harmless(before, kind, before.sources()[0].text, definition.line)

    def _candidates(self, definition: Definition) -> list[Piece] | None:
        if definition.how == "item":
            found: list[Piece] = []
            for one in definition.previous:
                for piece in self._whole(one) or []:
                    for index in definition.index:
                        piece = piece.item(index)
                    found.append(piece)
            return found
        if definition.expression is None:
            return None
        state = definition.environment or {}
        items = pieces(self, definition.expression, state)
        return items if items is not None else [Piece(self, definition.expression, state)]

    def _whole(self, definition: Definition) -> list[Piece] | None:
        if definition.how in {"element", "item"}:
            return self._candidates(definition)
        if definition.expression is None:
            return None
        state = definition.environment or {}
        found = []
        for origin in self.flow_origins(definition.expression, state):
            inner = self if origin.place == self.place else self.flow.evaluation(origin.place)
            found.append(Piece(inner, origin.expression, origin.environment))
        return found


def spelled(expression: AnyExpression | None) -> str:
    """How the code calls a value, for messages: the chain without call and subscript marks' content."""
    name = key(expression) or chain(expression)
    if name:
        return name
    if isinstance(expression, Attribute):
        return f"….{expression.attr}"
    if isinstance(expression, Call):
        return f"{spelled(expression.func)}()"
    return ""


def _constant(expression: Constant) -> Value:
    value = expression.value
    if isinstance(value, str):
        return single("text", value, expression.line)
    return single("text", "" if value is None else str(value), expression.line, type(value).__name__)


def _secret(expression: Secret) -> Value:
    return single("secret", expression.preview, expression.line)


def _bytes(expression: Bytes) -> Value:
    return single("text", expression.value.decode("latin-1"), expression.line)


def _inner(run: Evaluation, expression: Await | Walrus | Starred, state: Environment) -> Value:
    return run.value(expression.value, state)


def _conditional(run: Evaluation, expression: Conditional, state: Environment) -> Value:
    from analyzer.flow.guards import guards
    from analyzer.flow.walk import apply

    always = run.flow.decided.truth(run.place, expression.test, state)
    if always is not None:
        return run.value(expression.then if always else expression.otherwise, state)
    then = apply(guards(expression.test, True, state), state)
    otherwise = apply(guards(expression.test, False, state), state)
    return union((run.value(expression.then, then), run.value(expression.otherwise, otherwise)))


def _boolean(run: Evaluation, expression: Boolean, state: Environment) -> Value:
    taken: list[AnyExpression] = []
    for side in expression.values:
        always = run.flow.decided.truth(run.place, side, state)
        if always is (expression.op == "and") and side is not expression.values[-1]:
            continue  # the next one counts
        taken.append(side)
        if always is (expression.op == "or"):
            break
    return union(run.value(side, state) for side in taken or expression.values[-1:])


def _number(expression: Compare | Unary) -> Value:
    if isinstance(expression, Unary) and isinstance(expression.operand, Constant):
        return single("text", f"{expression.op}{expression.operand.value}", expression.line, "int")
    return single("number", "", expression.line)


def _format(run: Evaluation, expression: Format, state: Environment) -> Value:
    return concat(run.value(part, state) for part in expression.parts)


def _interpolation(run: Evaluation, expression: Interpolation, state: Environment) -> Value:
    value = run.value(expression.value, state)
    spec = expression.spec
    if isinstance(spec, Format) and spec.parts and isinstance(spec.parts[-1], Constant):
        text = spec.parts[-1].value
        if isinstance(text, str) and text[-1:] in set("bcdeEfFgGnoxX%"):
            return harmless(value, "number", "", expression.line)
    return value


def _sequence(run: Evaluation, expression: Sequence | Comprehension, state: Environment) -> Value:
    found = pieces(run, expression, state) or []
    row: list[Value] = []
    for piece in found:
        row.extend((piece.value(), single("text", " ")))
    return concat(row[:-1])


def _mapping(run: Evaluation, expression: Mapping, state: Environment) -> Value:
    row: list[Value] = []
    for value in expression.values[:64]:
        row.extend((run.value(value, state), single("text", " ")))
    whole = concat(row[:-1])
    written = [name.value for name in expression.keys if isinstance(name, Constant) and isinstance(name.value, str)]
    return Value(whole.rows, tuple(written)) if len(written) == len(expression.keys) <= ITEMS else whole


def _binary(run: Evaluation, expression: Binary, state: Environment) -> Value:
    left = run.value(expression.left, state)
    if expression.op in {"%", "+"} and called.escapes(run, expression.left, state):
        right = run.value(expression.right, state)
        return concat((left, harmless(right, "quoted", "Markup", expression.line)))
    if expression.op == "%":
        return _percent(run, left, expression.right, state)
    return _operated(expression.op, left, run.value(expression.right, state), run, expression.right, state)


def _operated(
    operator: str, left: Value, right: Value, run: Evaluation, expression: AnyExpression, state: Environment
) -> Value:
    if operator == "+":
        return concat((left, right))
    if operator == "%":
        return _percent(run, left, expression, state)
    if operator == "*":
        text = any(part.kind == "text" and part.type == "str" and part.text for part in left.parts())
        return left if text else (right if not right.sources() else harmless(left, "number", "", expression.line))
    if operator == "&" and not (left.sources() and right.sources()):
        return right if left.sources() else left  # what two sets have in common is in each
    if operator in {"|", "&", "or"}:
        return union((left, right))
    if operator == "/":
        return concat((left, single("text", "/"), right))
    return single("number", "", expression.line)


def _percent(run: Evaluation, template: Value, right: AnyExpression, state: Environment) -> Value:
    if not any(part.kind == "text" and part.type == "str" for part in template.parts()):
        return concat((template, run.value(right, state)))
    sides = [o for o in run.flow_origins(right, state) if isinstance(o.expression, Sequence | Mapping)]
    side = sides[0] if sides else Origin(run.place, right, state)
    inner = run if side.place == run.place else run.flow.evaluation(side.place)

    def supply(what: int | str) -> Value:
        given = side.expression
        if isinstance(given, Sequence) and given.kind == "tuple" and isinstance(what, int):
            before = given.items[: what + 1]
            if len(before) > what and not any(isinstance(item, Starred) for item in before):
                return inner.value(before[what], side.environment)
        if isinstance(given, Mapping) and isinstance(what, str):
            for name, value in zip(given.keys, given.values, strict=True):
                if isinstance(name, Constant) and name.value == what:
                    return inner.value(value, side.environment)
        return run.value(right, state)

    return filled(template, percent, supply)


_LITERALS: dict[type, Callable[..., Value]] = {
    Constant: _constant,
    Secret: _secret,
    Bytes: _bytes,
    Compare: _number,
    Unary: _number,
}

_STEPS: dict[type, Callable[..., Value]] = {
    Await: _inner,
    Walrus: _inner,
    Starred: _inner,
    Conditional: _conditional,
    Boolean: _boolean,
    Format: _format,
    Interpolation: _interpolation,
    Sequence: _sequence,
    Comprehension: _sequence,
    Mapping: _mapping,
    Binary: _binary,
    Call: called.value,
}
