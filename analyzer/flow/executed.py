"""Calls that run a statement of SQL: a driver's own, and functions of the project that hand theirs on to one.

Many backends run every query through one helper (``execute_query(sql, params)``); who calls it runs a statement as
much as who calls ``cursor.execute``.
"""

from __future__ import annotations

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Name
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.named import method
from analyzer.flow.questions import uses_of, written
from analyzer.knowledge import known
from analyzer.knowledge.schema import names
from analyzer.project.target import Place, Target

_DEPTH = 2
"""Helpers around helpers that are looked through."""
_LINES = 80
"""A helper that hands a statement on is short; a longer function makes statements of its own."""
_RUNNING = names(sink for sink in known().sinks if sink.kind == "sql")


class Statement(msgspec.Struct, frozen=True):
    """A statement as its author hands it over: its ``text``, and what is ``given`` with it, in source order."""

    text: AnyExpression
    given: tuple[AnyExpression, ...]


def statement_of(flow: Flow, place: Place, call: Call, depth: int = _DEPTH) -> Statement | None:
    """The statement that a call runs, ``None`` for a call that runs none (or none that can be told)."""
    target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
    text: AnyExpression | None = None
    if target is not None and target.ours:
        text = _handed(flow, target, call, depth) if target.kind == "function" else None
    else:
        dotted, name = target.dotted if target else "", written(call)
        runs_text = (dotted or name).rpartition(".")[2] in _RUNNING
        sink = known().sink("sql", dotted, name) if runs_text else None
        text = argument(call, max(sink.argument, 0), *sink.keywords) if sink is not None else None
    if text is None:
        return None
    return Statement(text, tuple(one.value for one in call.arguments if one.value is not text))


def _handed(flow: Flow, target: Target, call: Call, depth: int) -> AnyExpression | None:
    place = Place(target.path, target.index)
    function = flow.project.function(place)
    name = runs(flow, place, depth) if function is not None else ""
    if function is None or not name:
        return None
    given = (bound(function, call, method(target, function, chain(call.func))) or {}).get(name)
    return given.value if given is not None else None


def runs(flow: Flow, place: Place, depth: int = _DEPTH) -> str:
    """The parameter of a function whose text it runs as it is, ``""`` for none."""
    if place not in flow.runners:
        flow.runners[place] = ""  # a function that calls itself
        flow.runners[place] = _found(flow, place, depth)
    return flow.runners[place]


def _found(flow: Flow, place: Place, depth: int) -> str:
    function = flow.project.function(place)
    if function is None or not function.parameters or function.end_line - function.line > _LINES or not depth:
        return ""
    if not any(
        use.kind == "call" and _may_run(flow, place, use.chain, use.line) for use in uses_of(flow.project, place)
    ):
        return ""
    for point in flow.calls(place):
        call = point.expression
        found = statement_of(flow, place, call, depth - 1) if isinstance(call, Call) else None
        if found is not None and (name := handed_on(point, found.text)):
            return name
    return ""


def _may_run(flow: Flow, place: Place, spelled: str, line: int) -> bool:
    if spelled.rpartition(".")[2] in _RUNNING:
        return True
    target = flow.project.resolve(place, spelled, line)
    if target is None or target.kind != "function":
        return False
    uses = uses_of(flow.project, Place(target.path, target.index))
    return any(use.kind == "call" and use.chain.rpartition(".")[2] in _RUNNING for use in uses)


def handed_on(point: Point, text: AnyExpression) -> str:
    """The parameter that a text is, unchanged; ``""`` when it is anything else."""
    if not isinstance(text, Name):
        return ""
    known_as = point.environment.get(text.id, ())
    return text.id if len(known_as) == 1 and known_as[0].how == "parameter" else ""
