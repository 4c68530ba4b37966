"""The way request data took, told step by step: from where it is read to where it does harm.

A rule asks what a value is made of and finds a part in it; only then, for that one finding, the same values are gone
through backwards for the expression each came from. Every rule that follows values tells its findings with this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Await,
    Call,
    Comprehension,
    Conditional,
    Lambda,
    Name,
    Subscript,
)
from analyzer.facts.visit import chain
from analyzer.flow import sources
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point, below
from analyzer.flow.environment import Definition, Environment, key
from analyzer.flow.followed import may_follow
from analyzer.flow.named import method
from analyzer.flow.parts import Part, Value
from analyzer.flow.pieces import comprehended
from analyzer.flow.questions import location
from analyzer.flow.values import Evaluation, spelled
from analyzer.frameworks.started import started
from analyzer.model import Location, Span, Step
from analyzer.project.target import Place

LONGEST = 14
"""Steps of one path; the engine follows three calls in and three out, and no path of the corpora has more."""
_LOOKED_AT = 800
"""Expressions gone through for one path."""
_NAME = 60
"""Characters of a name shown in a step."""

Wanted = frozenset[tuple[str, int]]
"""Parts by how the code spells them and the line."""


def way(flow: Flow, point: Point, part: Part, onward: Iterable[Step] = ()) -> tuple[Step, ...]:
    """The steps from where a part of the expression at a point comes in, over the point, and ``onward`` to the sink."""
    run = flow.evaluation(point.place)
    found = _Search(flow).find(run, point.expression, point.environment, frozenset({(part.text, part.line)}))
    return shortened([*(found or [_unseen(point, part)]), *onward])


def ends(place: Place, node: object, says: str) -> Step:
    """The last step of a path: what is done with the data."""
    return Step(location(place, node), says, "sink")


def given(place: Place, call: Call, name: str, parameter: str) -> Step:
    """The step into a function: ``given to `search(term=…)```."""
    return Step(location(place, call), f"given to `{_short(name)}({_short(parameter)}=…)`", "call")


def shortened(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, once each. Of a path that is too long the assignments are left out first, then its middle, and the
    step after a gap says so."""
    kept = list(dict.fromkeys(steps))
    numbered = list(enumerate(kept))
    if len(numbered) > LONGEST:
        numbered = [one for one in numbered if one[1].kind != "assign" or one[0] in {0, len(kept) - 1}]
    if len(numbered) > LONGEST:
        numbered = [*numbered[: LONGEST // 2], *numbered[-(LONGEST - LONGEST // 2) :]]
    told: list[Step] = []
    before = -1
    for number, step in numbered:
        missing, before = number - before - 1, number
        more = f" (after {missing} step{'s' if missing > 1 else ''} left out here)" if missing else ""
        told.append(msgspec.structs.replace(step, message=step.message + more) if more else step)
    return tuple(told)


class _Search:
    """One look backwards. ``_links`` says for a function that is followed into where its arguments stand."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._left = _LOOKED_AT
        self._busy: set[tuple[int, int, int]] = set()
        self._links: dict[int, tuple[Evaluation, Call, dict[str, Argument], Environment]] = {}
        self._kept: list[Evaluation] = []
        """Evaluations of the links, kept so that their identities stay theirs."""

    def find(self, run: Evaluation, expression: AnyExpression, state: Environment, wanted: Wanted) -> list[Step] | None:
        """The steps up to an expression that holds one of the parts; ``None`` when it holds none of them."""
        here = (id(run), id(expression), id(state))
        if self._left <= 0 or here in self._busy or not _holds(run.value(expression, state), wanted):
            return None
        self._left -= 1
        self._busy.add(here)
        try:
            return self._way(run, expression, state, wanted)
        finally:
            self._busy.discard(here)

    def _way(self, run: Evaluation, expression: AnyExpression, state: Environment, wanted: Wanted) -> list[Step] | None:
        if isinstance(expression, Name | Attribute | Subscript):
            known = state.get(key(expression)) or ()
            found = self._defined(run, known, key(expression), wanted)
            if found is not None or known:
                return found
        if isinstance(expression, Name):
            outer = self._enclosing(run, expression.id, wanted)
            if outer is not None:
                return outer
        if sources.request_data(self._flow.project, run.place, spelled(expression), state):
            return [self._source(run, expression, state, wanted)]
        if isinstance(expression, Call):
            followed = self._followed(run, expression, state, wanted)
            if followed is not None:
                return followed
        for inner, inside in _below(expression, state):
            found = self.find(run, inner, inside, wanted)
            if found is not None:
                return found
        return self._deeper(run, expression, state) or [self._source(run, expression, state, wanted)]

    def _defined(self, run: Evaluation, known: Iterable[Definition], name: str, wanted: Wanted) -> list[Step] | None:
        for definition in known:
            if _holds(run.defined(definition), wanted):
                found = self._definition(run, definition, name, wanted)
                if found is not None:
                    return found
        return None

    def _definition(self, run: Evaluation, made: Definition, name: str, wanted: Wanted) -> list[Step] | None:
        if made.how == "parameter":
            return self._parameter(run, made, wanted)
        if made.how == "checked":
            return self._defined(run, made.previous, name, wanted)
        state = made.environment or {}
        if made.expression is not None:
            found = self.find(run, made.expression, state, wanted)
            if found is not None:
                says = "added to" if made.how in {"augment", "append"} else "kept as"
                return [*found, Step(location(run.place, made.expression), f"{says} `{_short(name)}`", "assign")]
        return self._defined(run, made.previous, name, wanted)

    def _parameter(self, run: Evaluation, made: Definition, wanted: Wanted) -> list[Step] | None:
        function = self._flow.project.function(run.place)
        link = self._links.get(id(run))
        if link is not None and function is not None:
            outer, call, arguments, state = link
            argument = arguments.get(made.name)
            found = self.find(outer, argument.value, state, wanted) if argument is not None else None
            return [*found, given(outer.place, call, function.name, made.name)] if found is not None else None
        brought = run.defined(made)
        if any(part.kind == "request" for part in brought.parts()):
            handed = self._handed(run, made)
            if handed is not None:
                return handed
        return [self._sent(run, made, brought)]

    def _handed(self, run: Evaluation, made: Definition) -> list[Step] | None:
        """From a caller that hands request data in; ``None`` where the framework does, or nobody is found."""
        flow, place = self._flow, run.place
        function = flow.project.function(place)
        if function is None or place in flow.handlers or place in flow.providers:
            return None
        for site in flow.callers.of(place)[0]:
            point = flow.call_at(site)
            if site.place in run.stack or point is None or not isinstance(point.expression, Call):
                continue
            target = flow.project.resolve(site.place, site.chain, site.line)
            argument = (bound(function, point.expression, method(target, function, site.chain)) or {}).get(made.name)
            if argument is None:
                continue
            outer = self._evaluation(Evaluation(flow, site.place, None, run.stack))
            wanted = _requested(outer.value(argument.value, point.environment))
            found = self.find(outer, argument.value, point.environment, wanted)
            if found is not None:
                return [*found, given(site.place, point.expression, function.name, made.name)]
        return None

    def _followed(self, run: Evaluation, call: Call, state: Environment, wanted: Wanted) -> list[Step] | None:
        """Through a function of the project that returns the data."""
        asked = started(call)
        if asked is not None and asked.function is not None:  # it runs in a thread
            call = Call(call.line, call.column, call.end_line, call.end_column, asked.function, asked.arguments)
        target = self._flow.project.resolve_expression(run.place, call.func) if chain(call.func) else None
        if target is None or target.kind != "function" or not target.ours or not may_follow(run, target):
            return None
        function = self._flow.project.outline(target.path).functions[target.index]
        arguments = bound(function, call, method(target, function, chain(call.func)))
        if arguments is None:
            return None
        values = {name: run.value(one.value, state) for name, one in arguments.items()}
        inner = self._evaluation(Evaluation(self._flow, Place(target.path, target.index), values, run.stack))
        self._links[id(inner)] = run, call, arguments, state
        for returned, inside in self._flow.trace(inner.place).returns:
            found = self.find(inner, returned, inside, wanted) if returned is not None else None
            if found is not None and returned is not None:
                return [
                    *found,
                    Step(location(inner.place, returned), f"returned by `{_short(function.name)}`", "return"),
                ]
        return None

    def _enclosing(self, run: Evaluation, name: str, wanted: Wanted) -> list[Step] | None:
        """A name of a function around this one."""
        functions = self._flow.project.outline(run.place.path).functions
        index = functions[run.place.index].parent if run.place.index >= 0 else -1
        while index >= 0:
            outer = Place(run.place.path, index)
            known = self._flow.final(outer).get(name)
            if known:
                return self._defined(self._flow.evaluation(outer), known, name, wanted)
            index = functions[index].parent
        return None

    def _deeper(self, run: Evaluation, expression: AnyExpression, state: Environment) -> list[Step] | None:
        """The way of the object that a field is taken of: ``body["name"]`` comes from wherever ``body`` does."""
        base = _base(expression)
        if base is None:
            return None
        if isinstance(base, Name) and base.id in {"self", "cls"} and isinstance(expression, Attribute):
            return self._written(run, expression)
        return self.find(run, base, state, _requested(run.value(base, state)))

    def _written(self, run: Evaluation, expression: Attribute) -> list[Step] | None:
        """What a method of the class puts into an attribute of its own."""
        flow, wanted = self._flow, f"self.{expression.attr}"
        owner = flow.project.owner_index(run.place)
        for at in flow.project.namespace(run.place.path).methods.get(owner, {}).values() if owner >= 0 else ():
            writer = Place(run.place.path, at)
            uses = flow.project.outline(writer.path).functions[at].uses
            if writer in run.stack or not any(use.kind == "write" and use.chain == wanted for use in uses):
                continue
            inner = self._evaluation(Evaluation(flow, writer, None, run.stack))
            known = flow.final(writer).get(wanted, ())
            asked = frozenset().union(*(_requested(inner.defined(one)) for one in known))
            found = self._defined(inner, known, wanted, asked)
            if found is not None:
                return found
        return None

    def _source(self, run: Evaluation, expression: AnyExpression, state: Environment, wanted: Wanted) -> Step:
        part = next(part for part in run.value(expression, state).parts() if (part.text, part.line) in wanted)
        return Step(location(run.place, expression), _comes(part, expression), "source")

    def _sent(self, run: Evaluation, made: Definition, brought: Value) -> Step:
        """A parameter that the framework fills, or whose callers say nothing of it."""
        function = self._flow.project.function(run.place)
        declared = next((one for one in function.parameters if one.name == made.name), None) if function else None
        line, column = (declared.line, declared.column) if declared is not None else (made.line, 1)
        at = Location(run.place.path, Span(line, column, line, column + len(made.name)))
        if any(part.kind == "request" for part in brought.parts()):
            return Step(at, f"`{_short(made.name)}` is sent by the client", "source")
        return Step(at, f"`{_short(made.name)}` is a parameter of `{function.name if function else ''}`", "source")

    def _evaluation(self, run: Evaluation) -> Evaluation:
        self._kept.append(run)
        return run


def _below(expression: AnyExpression, state: Environment) -> Iterator[tuple[AnyExpression, Environment]]:
    """The expressions directly below that the value is made of, each with its state."""
    if isinstance(expression, Comprehension):
        for generator in expression.generators:
            state = comprehended(generator.target, generator.iterable, generator.conditions, state)
        yield from ((one, state) for one in (expression.element, expression.value) if one is not None)
    elif isinstance(expression, Conditional):
        yield from ((one, state) for one in (expression.then, expression.otherwise))
    elif not isinstance(expression, Lambda):
        yield from ((one, state) for one in below(expression))


def _base(expression: AnyExpression) -> AnyExpression | None:
    if isinstance(expression, Await):
        return _base(expression.value)
    if isinstance(expression, Attribute | Subscript):
        return expression.value
    if isinstance(expression, Call) and isinstance(expression.func, Attribute):
        return expression.func.value
    return None


def _holds(value: Value, wanted: Wanted) -> bool:
    return any((part.text, part.line) in wanted for part in value.parts() if part.kind != "text")


def _requested(value: Value) -> Wanted:
    return frozenset((part.text, part.line) for part in value.parts() if part.kind in {"request", "parameter"})


def _comes(part: Part, expression: AnyExpression) -> str:
    shown = spelled(expression)
    # A body is called by its request alone: ``request`` for ``await request.json()``.
    name = shown if shown.startswith(f"{part.text}.") else part.text or shown
    name = f"`{_short(name)}`" if name else "it"
    says = {"request": "is read from the request", "parameter": "is handed in", "call": "is what a call gives"}
    return f"{name} {says.get(part.kind, 'comes in here')}"


def _unseen(point: Point, part: Part) -> Step:
    """The one step that is known of a part whose way is not found again."""
    return Step(location(point.place, point.expression), _comes(part, point.expression), "source")


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
