"""The flow engine's front door: traces of functions, remembered, and questions about expressions in them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import cached_property, partial

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Comprehension,
    Constant,
    Expression,
    Lambda,
    Name,
)
from analyzer.facts.outline import Bodies
from analyzer.facts.visit import chain, children
from analyzer.flow.callers import Callers, Site
from analyzer.flow.decided import Decided
from analyzer.flow.environment import Definition, Environment, bind, join
from analyzer.flow.origins import Origin, origins
from analyzer.flow.parts import Value
from analyzer.flow.pieces import comprehended
from analyzer.flow.values import Evaluation
from analyzer.flow.walk import Trace, trace
from analyzer.frameworks.backend import EntryPoint, Route
from analyzer.frameworks.fastapi import providers
from analyzer.frameworks.started import UNKNOWN, by_method, started
from analyzer.project.project import Project
from analyzer.project.target import Place

_KEPT = 60_000
"""Expressions of statements in the traces kept: all that rules look into in a backend of 130,000 lines (35 MB)."""


_ANSWERS = 20_000
"""Answers about other functions remembered (20 MB)."""


class Point(msgspec.Struct, frozen=True):
    """An expression where it stands: the function, the expression, and what its names may hold there."""

    place: Place
    expression: AnyExpression
    environment: Environment


class Flow:
    """Answers what values are made of. ``handlers`` are the functions that a framework calls with request data,
    ``doors`` what is called without a route."""

    def __init__(
        self, project: Project, handlers: Container[Place] = (), doors: Mapping[Place, EntryPoint] | None = None
    ) -> None:
        self.project = project
        self.handlers = handlers
        self.doors = doors or {}
        self.decided = Decided(project)
        self.callers = Callers(project, self.doors)
        self.aliases: dict[str, dict[str, str]] = {}
        """Imported names by the names they go by in a file, remembered by :mod:`~analyzer.flow.questions`."""
        self.runners: dict[Place, str] = {}
        """The parameters that functions run as SQL, remembered by :mod:`~analyzer.flow.executed`."""
        self.sieves: dict[tuple[str, int], tuple[Place, ...]] = {}
        """The methods of classes that look at their fields, remembered by :mod:`~analyzer.flow.sieves`."""
        self._traces: OrderedDict[Place, tuple[Trace, Bodies | None]] = OrderedDict()
        """Each with the bodies of its file: decoded anew they would be other nodes, unknown to the trace."""
        self._weight = 0
        self._answers: dict[tuple[object, ...], list[tuple[frozenset[Place], frozenset[Place], Value]]] = {}
        self._kept = 0
        self._looked: set[Place] | None = None
        """The functions that the answer under way has been looking for on the way to it."""
        self._evaluations: dict[Place, Evaluation] = {}
        self._finals: dict[Place, Environment] = {}
        self._points: dict[Place, list[Point]] = {}
        self._call_points: dict[Place, list[Point]] = {}
        self._calls: dict[Place, dict[tuple[int, int, str], Point]] = {}

    @cached_property
    def providers(self) -> frozenset[Place]:
        """What FastAPI runs before handlers: it fills their parameters from the request as it fills a handler's."""
        routed = self.handlers.values() if isinstance(self.handlers, Mapping) else ()
        found = {
            one for routes in routed for route in routes if route.framework == "FastAPI" for one in route.dependencies
        }
        front = list(found)
        while front:
            place = front.pop()
            function = self.project.function(place)
            inner = set(providers(self.project, place, function)) - found if function is not None else set()
            found |= inner
            front.extend(inner)
        return frozenset(found)

    def routes(self, place: Place) -> Sequence[Route]:
        """The routes that a function answers, as far as they are known."""
        return self.handlers.get(place, ()) if isinstance(self.handlers, Mapping) else ()

    def within(self, place: Place, stack: tuple[Place, ...]) -> bool:
        """Whether a function is on the way already; it is noted that an answer hangs on that."""
        if self._looked is not None:
            self._looked.add(place)
        return place in stack

    def answered(self, asked: tuple[object, ...], stack: tuple[Place, ...], find: Callable[[], Value]) -> Value:
        """The answer to a question about another function, found once.

        ``asked`` is the question with all values that go into it, ``stack`` the functions on the way, which are not
        entered again. Of these an answer hangs on their number, and on those that ``find`` looked for (``within``):
        one that was found on another way holds as long as the same of them are on it.
        """
        key = (len(stack), *asked)
        for looked, met, found in self._answers.get(key, ()):
            if looked.intersection(stack) == met:
                if self._looked is not None:
                    self._looked |= looked
                return found
        outer, self._looked = self._looked, set()
        try:
            found = find()
        finally:
            inner, self._looked = self._looked, outer
        if outer is not None:
            outer |= inner
        if self._kept >= _ANSWERS:
            self._answers.clear()
            self._kept = 0
        self._kept += 1
        looked = frozenset(inner)
        self._answers.setdefault(key, []).append((looked, looked.intersection(stack), found))
        return found

    def trace(self, place: Place) -> Trace:
        """The walk of a function, of a module's top level for index −1."""
        known = self._traces.get(place)
        if known is not None:
            self._traces.move_to_end(place)
            return known[0]
        kept = trace(self.project.body(place), self.start(place), partial(self.decided.truth, place))
        self._traces[place] = kept, self.project.bodies(place.path) if place.index >= 0 else None
        self._weight += len(kept)
        while self._weight > _KEPT and len(self._traces) > 1:
            old, (dropped, _) = self._traces.popitem(last=False)
            self._weight -= len(dropped)
            self._evaluations.pop(old, None)
            self._finals.pop(old, None)
            self._calls.pop(old, None)
            self._points.pop(old, None)
            self._call_points.pop(old, None)
        return kept

    def start(self, place: Place) -> Environment:
        """The state a function begins in: its parameters."""
        function = self.project.function(place)
        if function is None:
            return {}
        return {one.name: (Definition("parameter", name=one.name, line=one.line),) for one in function.parameters}

    def final(self, place: Place) -> Environment:
        """What the names of a function hold when it ends, over all its exits: what a nested function sees."""
        if place not in self._finals:
            state: Environment | None = None
            for exit in self.trace(place).exits:
                state = join(state, exit)
            self._finals[place] = state or self.start(place)
        return self._finals[place]

    def evaluation(self, place: Place) -> Evaluation:
        """The evaluation of a function whose arguments are not known."""
        if place not in self._evaluations:
            self._evaluations[place] = Evaluation(self, place)
        return self._evaluations[place]

    def value(self, point: Point) -> Value:
        """What the expression may be made of."""
        return self.evaluation(point.place).value(point.expression, point.environment)

    def origins(self, point: Point) -> list[Origin]:
        """The expressions the value may come from: names and constants followed, conditions taken apart."""
        return origins(self, point.place, point.expression, point.environment)

    def points(self, place: Place) -> list[Point]:
        """Every expression of a function, also inside others, each with its state; source order of statements."""
        walked = self.trace(place)
        kept = self._points.get(place)
        if kept is None:
            found: list[tuple[AnyExpression, Environment]] = []
            for expression, environment in walked.points:
                _scan(expression, environment, found)
            kept = self._points[place] = [Point(place, inner, state) for inner, state in found]
        return kept

    def calls(self, place: Place) -> list[Point]:
        """The calls of a function with their states (``expression`` is a :class:`Call`)."""
        self.trace(place)
        kept = self._call_points.get(place)
        if kept is None:
            kept = [point for point in self.points(place) if type(point.expression) is Call]
            self._call_points[place] = kept
        return kept

    def state_at(self, place: Place, expression: AnyExpression) -> Environment | None:
        """The state in which a statement's own expression is read; ``None`` when no path gets there."""
        return self.trace(place).state(expression)

    def call_at(self, site: Site) -> Point | None:
        """The call a site speaks of; for one that a worker or thread makes, the call as it will be made."""
        point = self._written(site)
        call = point.expression if point is not None else None
        if point is None or not isinstance(call, Call) or not (site.through or site.filled):
            return point
        function: AnyExpression | None = call.func
        arguments = call.arguments
        if site.through:
            asked = started(call)
            if asked is not None:
                function, arguments = asked.function or call.func, asked.arguments
            elif isinstance(call.func, Attribute):
                target = self.project.resolve(site.place, site.chain, site.line)
                if target is None or target.kind != "function":
                    return None
                function = call.func.value
                arguments = by_method(call, self.project.outline(target.path).functions[target.index])
        made = Call(
            call.line, call.column, call.end_line, call.end_column, function or call.func,
            [UNKNOWN] * site.filled + arguments,
        )  # fmt: skip
        return Point(point.place, made, point.environment)

    def _written(self, site: Site) -> Point | None:
        known = self._calls.get(site.place)
        if known is None:
            known = {}
            for point in self.calls(site.place):
                call = point.expression
                if isinstance(call, Call):
                    known[(call.line, call.column, chain(call.func))] = point
            self._calls[site.place] = known
        return known.get((site.line, site.column, site.through or site.chain))


def scan(expression: AnyExpression, environment: Environment) -> list[tuple[AnyExpression, Environment]]:
    """An expression and all below, with the state each is read in (comprehension and lambda names bound)."""
    found: list[tuple[AnyExpression, Environment]] = []
    _scan(expression, environment, found)
    return found


def _scan(expression: AnyExpression, environment: Environment, found: list[tuple[AnyExpression, Environment]]) -> None:
    # The common kinds are spelt out: this is the innermost loop of every rule.
    found.append((expression, environment))
    kind = type(expression)
    if kind is Name or kind is Constant:
        return
    if isinstance(expression, Attribute):
        _scan(expression.value, environment, found)
    elif isinstance(expression, Call):
        _scan(expression.func, environment, found)
        for argument in expression.arguments:
            _scan(argument.value, environment, found)
    elif isinstance(expression, Comprehension):
        state = environment
        for generator in expression.generators:
            _scan(generator.iterable, state, found)
            state = comprehended(generator.target, generator.iterable, generator.conditions, state)
            for condition in generator.conditions:
                _scan(condition, state, found)
        for inner in (expression.element, expression.value):
            if inner is not None:
                _scan(inner, state, found)
    else:
        if isinstance(expression, Lambda):
            for parameter in expression.parameters:
                environment = bind(environment, parameter.name, (Definition("unknown", name=parameter.name),))
        for inner in below(expression):
            _scan(inner, environment, found)


def below(expression: AnyExpression) -> Iterator[AnyExpression]:
    """The expressions directly below."""
    for child in children(expression):
        for inner in [child] if isinstance(child, Expression) else children(child):
            if isinstance(inner, Expression):
                yield inner  # type: ignore[misc]
