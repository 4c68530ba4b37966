"""The part of BA304 about checks that nobody awaits: a coroutine is true whatever it would have answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Await, Boolean, Call, Conditional, Name
from analyzer.facts.statements import Assert, Assign, If, While
from analyzer.facts.visit import chain, operands, walk
from analyzer.flow.sources import injected
from analyzer.graph.picture import Picture
from analyzer.project import Place

_CALLER = re.compile(r"(?:^|[._])(?:user|current|caller|principal|identity|account|me)(?:$|[._\[])", re.IGNORECASE)
"""What a handler calls whoever asks; a call that is given it decides about them."""


def unawaited(picture: Picture, place: Place) -> Iterator[Call]:
    """Calls of asynchronous functions of the project that a condition of a handler asks without ``await``, and that are
    given whoever is asking."""
    project = picture.project
    function = project.function(place)
    if function is None or not function.is_async:
        return
    body = project.body(place)
    awaited = {one.value.id for one in walk(body) if isinstance(one, Await) and isinstance(one.value, Name)}
    callers = {one.name for one in function.parameters if injected(one)}
    for asked in _conditions(body, awaited):
        target = project.resolve_expression(place, asked.func) if chain(asked.func) else None
        if target is None or target.kind != "function" or not target.ours or target.index < 0:
            continue
        called = project.outline(target.path).functions[target.index]
        if not called.is_async or called.is_generator or called.decorators:
            continue
        roots = [chain(one.value) for one in asked.arguments]
        if any(re.split(r"[.\[(]", one, maxsplit=1)[0] in callers or _CALLER.search(one) for one in roots if one):
            yield asked


def _conditions(body: list[object] | object, awaited: set[str]) -> Iterator[Call]:
    """The calls whose truth is asked: in a test, behind ``not``, or kept in a variable that a test asks."""
    nodes = list(walk(body))  # type: ignore[arg-type]
    tests = [one.test for one in nodes if isinstance(one, If | While | Assert | Conditional)]
    asked = {name.id for test in tests for name in operands(test) if isinstance(name, Name)} - awaited
    for one in nodes:
        if isinstance(one, Assign) and isinstance(one.value, Boolean) and any(chain(t) in asked for t in one.targets):
            tests.append(one.value)
    seen: set[int] = set()
    for test in tests:
        for operand in operands(test):
            if isinstance(operand, Call) and id(operand) not in seen:
                seen.add(id(operand))
                yield operand
