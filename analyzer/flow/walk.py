"""One forward walk over a function's structured body: what each name may hold at each expression.

Branches are joined, loop bodies are walked twice (definitions are lazy, so the second walk sees what the first one left
behind), paths that return, raise, break or continue are followed to where they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Call,
    Constant,
    Name,
    Sequence,
    Starred,
    Subscript,
    Walrus,
    Yield,
)
from analyzer.facts.statements import (
    AnyStatement,
    Assert,
    Assign,
    Augment,
    Delete,
    Evaluate,
    For,
    If,
    Jump,
    Match,
    Pattern,
    Raise,
    Return,
    Try,
    While,
    With,
)
from analyzer.facts.visit import chain, walk
from analyzer.flow.changes import TAKING, added, changed
from analyzer.flow.environment import Definition, Environment, bind, join, key
from analyzer.flow.guards import HARMLESS_TYPES, Guard, called_guard, guards

ENDING = frozenset({"abort", "exit", "_exit", "fail", "bail"})
"""Last names of calls that end a request or the process: Flask and Litestar ``abort``, ``sys.exit`` …"""


class Trace:
    """The outcome of a walk. ``points`` are the expressions of statements with the state they are read in, ``returns``
    those of ``return`` statements, ``exits`` the states in which the function ends without an exception."""

    def __init__(self) -> None:
        self._points: dict[int, tuple[AnyExpression, Environment]] = {}
        self._returns: dict[int, tuple[AnyExpression | None, Environment]] = {}
        self._yields: dict[int, tuple[Yield, Environment]] = {}
        self.end: Environment | None = {}

    def __len__(self) -> int:
        """How many expressions of statements have been noted."""
        return len(self._points)

    @property
    def points(self) -> Iterable[tuple[AnyExpression, Environment]]:
        """Expressions of statements in source order, each with its state."""
        return self._points.values()

    @property
    def returns(self) -> list[tuple[AnyExpression | None, Environment]]:
        """Returned expressions, each with its state; ``None`` for a bare return."""
        return list(self._returns.values())

    @property
    def yields(self) -> list[tuple[Yield, Environment]]:
        """What a generator hands on, each with its state."""
        return list(self._yields.values())

    @property
    def exits(self) -> list[Environment]:
        """The states in which the function returns or falls off its end."""
        found = [environment for _, environment in self._returns.values()]
        return [*found, self.end] if self.end is not None else found

    def point(self, expression: AnyExpression, environment: Environment) -> None:
        """Note the state an expression is read in; the last walk of a loop counts."""
        self._points[id(expression)] = (expression, environment)

    def state(self, expression: AnyExpression) -> Environment | None:
        """The state a statement's own expression is read in; ``None`` for any other expression."""
        found = self._points.get(id(expression))
        return found[1] if found is not None else None

    def produce(self, given: Yield, environment: Environment) -> None:
        """Note what a generator hands on."""
        self._yields[id(given)] = (given, environment)

    def leave(self, statement: Return, environment: Environment) -> None:
        """Note a return."""
        self._returns[id(statement)] = (statement.value, environment)


Decide = Callable[[AnyExpression, Environment], "bool | None"]
"""Whether a condition always holds in a state, never, or (``None``) now and then."""


def trace(body: list[AnyStatement], start: Environment, decide: Decide | None = None) -> Trace:
    """Walk a body from a start state (its parameters). What ``decide`` says is never reached is not walked."""
    walker = _Walker(decide or _undecided)
    walker.result.end = walker.block(body, start)
    return walker.result


def _undecided(_test: AnyExpression, _state: Environment) -> None:
    return None


class _Loop:
    def __init__(self) -> None:
        self.breaks: list[Environment] = []
        self.continues: list[Environment] = []


class _Walker:
    def __init__(self, decide: Decide) -> None:
        self.decide = decide
        self.result = Trace()
        self.loops: list[_Loop] = []

    def block(self, body: list[AnyStatement], state: Environment | None) -> Environment | None:
        for statement in body:
            if state is None:
                return None
            state = self.statement(statement, state)
        return state

    def statement(self, statement: AnyStatement, state: Environment) -> Environment | None:
        step = _STEPS.get(type(statement))
        return step(self, statement, state) if step else state

    def assign(self, statement: Assign, state: Environment) -> Environment:
        if statement.value is None:
            return state
        self.result.point(statement.value, state)
        before = state
        for target in statement.targets:
            self.result.point(target, before)
            state = store(target, statement.value, before, state)
        return self.given(statement.value, before, state)

    def given(self, value: AnyExpression, before: Environment, state: Environment) -> Environment:
        """What else an expression does: a generator hands a value on, ``pop`` takes one out."""
        if isinstance(value, Yield):
            self.result.produce(value, before)
        elif isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.attr in TAKING:
            return changed(value, state)
        return state

    def augment(self, statement: Augment, state: Environment) -> Environment:
        self.result.point(statement.value, state)
        name = key(statement.target)
        if not name:
            return state
        previous = state.get(name) or (
            Definition("value", expression=statement.target, environment=state, line=statement.line),
        )
        made = Definition(
            "augment",
            expression=statement.value,
            environment=state,
            previous=previous,
            operator=statement.op,
            line=statement.line,
        )
        return bind(state, name, (made,))

    def evaluate(self, statement: Evaluate, state: Environment) -> Environment | None:
        self.result.point(statement.value, state)
        if isinstance(statement.value, Yield):
            self.result.produce(statement.value, state)
        call = statement.value.value if isinstance(statement.value, Await) else statement.value
        if not isinstance(call, Call):
            return state
        name = chain(call.func)
        last = name.rsplit(".", 1)[-1]
        if last in ENDING:
            return None
        after = changed(call, state)
        return after if after is not state else apply(called_guard(call, state), state)

    def leave(self, statement: Return, state: Environment) -> None:
        if statement.value is not None:
            self.result.point(statement.value, state)
        self.result.leave(statement, state)

    def fail(self, statement: Raise, state: Environment) -> None:
        if statement.exception is not None:
            self.result.point(statement.exception, state)

    def branch(self, statement: If, state: Environment) -> Environment | None:
        state = self.test(statement.test, state)
        always = self.decide(statement.test, state)
        then = otherwise = None
        if always is not False:
            then = self.block(statement.then, apply(guards(statement.test, True, state), state))
        if always is not True:
            otherwise = self.block(statement.otherwise, apply(guards(statement.test, False, state), state))
        return join(then, otherwise)

    def test(self, test: AnyExpression, state: Environment) -> Environment:
        self.result.point(test, state)
        for node in walk(test):
            if isinstance(node, Walrus):
                state = store(node.target, node.value, state, state)
        return state

    def iterate(self, statement: For, state: Environment) -> Environment | None:
        self.result.point(statement.iterable, state)

        def enter(head: Environment) -> Environment:
            made = Definition("element", expression=statement.iterable, environment=head, line=statement.line)
            return _spread(statement.target, made, head)

        return self.loop(statement.body, statement.otherwise, state, enter, statement)

    def repeat(self, statement: While, state: Environment) -> Environment | None:
        if self.decide(statement.test, state) is False:
            return self.block(statement.otherwise, self.test(statement.test, state))

        def enter(head: Environment) -> Environment:
            return apply(guards(statement.test, True, head), self.test(statement.test, head))

        return self.loop(statement.body, statement.otherwise, state, enter, statement)

    def loop(
        self,
        body: list[AnyStatement],
        otherwise: list[AnyStatement],
        before: Environment,
        enter: Callable[[Environment], Environment],
        source: For | While,
    ) -> Environment | None:
        head, end = before, None
        for _ in range(2):
            self.loops.append(_Loop())
            end = self.block(body, enter(head))
            frame = self.loops.pop()
            for state in frame.continues:
                end = join(end, state)
            head = join(before, end) or before
        if isinstance(source, While):
            head = apply(guards(source.test, False, head), head)
        elif end is not None and not frame.breaks:
            head = _checked_all(source, end, head)
        done = self.block(otherwise, head)
        for state in frame.breaks:
            done = join(done, state)
        return done

    def jump(self, statement: Jump, state: Environment) -> Environment | None:
        if statement.kind == "pass" or not self.loops:
            return state
        frame = self.loops[-1]
        (frame.breaks if statement.kind == "break" else frame.continues).append(state)
        return None

    def within(self, statement: With, state: Environment) -> Environment | None:
        for item in statement.items:
            self.result.point(item.context, state)
            if item.target is not None:
                made = Definition("with", expression=item.context, environment=state, line=item.context.line)
                state = _spread(item.target, made, state)
        return self.block(statement.body, state)

    def attempt(self, statement: Try, state: Environment) -> Environment | None:
        seen: Environment | None = state
        inside: Environment | None = state
        for step in statement.body:
            if inside is None:
                break
            inside = self.statement(step, inside)
            seen = join(seen, inside)
        done = self.block(statement.otherwise, inside)
        for handler in statement.handlers:
            caught = seen
            if caught is not None and handler.name:
                caught = bind(caught, handler.name, (Definition("unknown", name=handler.name, line=handler.line),))
            done = join(done, self.block(handler.body, caught))
        if statement.final:
            # A final block also runs on the way out; what it assigns only matters where the function goes on.
            after = self.block(statement.final, done if done is not None else seen)
            return after if done is not None else None
        return done

    def match(self, statement: Match, state: Environment) -> Environment | None:
        self.result.point(statement.subject, state)
        done: Environment | None = None
        total = False
        for case in statement.cases:
            inside = _matched(case.pattern, statement.subject, state)
            if case.guard is not None:
                inside = apply(guards(case.guard, True, inside), self.test(case.guard, inside))
            elif case.pattern.kind == "capture":
                total = True
            done = join(done, self.block(case.body, inside))
        return done if total else join(done, state)

    def insist(self, statement: Assert, state: Environment) -> Environment:
        return apply(guards(statement.test, True, state), self.test(statement.test, state))

    def forget(self, statement: Delete, state: Environment) -> Environment:
        gone = {key(target) for target in statement.targets}
        return {name: kept for name, kept in state.items() if name not in gone}


def store(target: AnyExpression, value: AnyExpression, before: Environment, state: Environment) -> Environment:
    """The state after ``target = value``, the value read in ``before``."""
    if isinstance(target, Sequence):
        if (
            isinstance(value, Sequence)
            and len(value.items) == len(target.items)
            and not any(isinstance(item, Starred) for item in (*value.items, *target.items))
        ):
            for one, other in zip(target.items, value.items, strict=True):
                state = store(one, other, before, state)
            return state
        made = Definition("value", expression=value, environment=before, line=target.line)
        return _spread(target, made, state)
    name = key(target)
    made = Definition("value", expression=value, environment=before, line=target.line)
    if name:
        if isinstance(target, Subscript):
            state = added(key(target.value), None, value, state, "item", target.index, before)
        return bind(state, name, (made,))
    base = key(getattr(target, "value", None))
    if not base:
        return state
    return added(base, None, value, state, "item", target.index if isinstance(target, Subscript) else None, before)


def apply(found: Iterable[Guard], state: Environment) -> Environment:
    """The state in which guards have held."""
    for guard in found:
        previous = state.get(guard.key) or (
            Definition("value", expression=guard.subject, environment=state, line=guard.subject.line),
        )
        made = Definition(
            "checked",
            previous=previous,
            name=guard.kind,
            expression=guard.call,
            environment=state,
            operator=guard.text,
            index=(guard.position,),
            line=guard.subject.line,
        )
        state = {**state, guard.key: (made,)}
    return state


def _spread(target: AnyExpression, made: Definition, state: Environment, path: tuple[int, ...] = ()) -> Environment:
    if isinstance(target, Sequence):
        for index, item in enumerate(target.items):
            state = _spread(item, made, state, (*path, index))
        return state
    if isinstance(target, Starred):
        return _spread(target.value, made, state, (*path[:-1], -1))
    name = key(target)
    if not name:
        return state
    if path:
        made = Definition("item", previous=(made,), index=path, line=target.line)
    return bind(state, name, (made,))


def _checked_all(loop: For, end: Environment, state: Environment) -> Environment:
    """``for c in columns: if c not in ALLOWED: raise`` has checked the columns themselves when it is through."""
    iterated = loop.iterable
    if isinstance(iterated, Call) and iterated.arguments and chain(iterated.func) in {"enumerate", "list", "sorted"}:
        iterated = iterated.arguments[0].value
    name, item = key(iterated), key(loop.target)
    found = end.get(item, ()) if item else ()
    if not name or not found or not all(one.how == "checked" for one in found):
        return state
    if found[0].expression is not None and not isinstance(found[0].expression, Call):
        return state
    guard = Guard(name, found[0].name, iterated, found[0].expression, position=found[0].index[0])
    return apply([guard], state)


def _matched(pattern: Pattern, subject: AnyExpression, state: Environment) -> Environment:
    name = key(subject)
    if pattern.kind == "value" or (pattern.kind == "or" and all(one.kind == "value" for one in pattern.patterns)):
        value = pattern.value
        text = value.value if isinstance(value, Constant) and isinstance(value.value, str) else ""
        return apply([Guard(name, "text" if text else "allowed", subject, None, text=text)], state) if name else state
    return _captured(pattern, subject, state, state)


def _choices(pattern: Pattern) -> list[Pattern]:
    return pattern.patterns if pattern.kind == "or" else [pattern]


def _captured(pattern: Pattern, subject: AnyExpression, before: Environment, state: Environment) -> Environment:
    """The state after a pattern has bound its names to parts of what it is matched with (read in ``before``)."""
    at = subject.line, subject.column, subject.end_line, subject.end_column
    if pattern.name:
        whole = pattern.kind in {"capture", "as"}
        made = Definition("value" if whole else "element", expression=subject, environment=before, line=pattern.line)
        state = bind(state, pattern.name, (made,))
        if pattern.kind == "as" and all(one.kind == "value" for one in _choices(pattern.patterns[0])):
            state = apply([Guard(pattern.name, "allowed", Name(*at, pattern.name))], state)
    for number, inner in enumerate(pattern.patterns):
        part = subject
        if pattern.kind == "mapping" and number < len(pattern.keys):
            part = Subscript(*at, subject, pattern.keys[number])
        elif pattern.kind == "sequence":
            part = Subscript(*at, subject, Constant(*at, number))
        elif pattern.kind == "class":
            named = number - (len(pattern.patterns) - len(pattern.keywords))
            part = Attribute(*at, subject, pattern.keywords[named]) if named >= 0 else subject
            if named < 0 and chain(pattern.value).rpartition(".")[2] in HARMLESS_TYPES and inner.name:
                state = bind(state, inner.name, (Definition("value", expression=part, environment=before),))
                state = apply([Guard(inner.name, "number", Name(*at, inner.name))], state)
                continue
        state = _captured(inner, part, before, state)
    return state


_STEPS: dict[type, Callable[..., Environment | None]] = {
    Assign: _Walker.assign,
    Augment: _Walker.augment,
    Evaluate: _Walker.evaluate,
    Return: _Walker.leave,
    Raise: _Walker.fail,
    If: _Walker.branch,
    For: _Walker.iterate,
    While: _Walker.repeat,
    With: _Walker.within,
    Try: _Walker.attempt,
    Match: _Walker.match,
    Assert: _Walker.insist,
    Delete: _Walker.forget,
    Jump: _Walker.jump,
}
