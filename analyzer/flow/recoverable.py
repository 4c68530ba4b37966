"""Passwords that went through something that can be undone: an encoding, or encryption with a key that is at hand."""

from __future__ import annotations

import re
from collections.abc import Callable

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Mapping, Sequence
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import Environment
from analyzer.flow.hashing import protects
from analyzer.flow.named import method
from analyzer.flow.parts import Part, Value
from analyzer.flow.questions import written
from analyzer.knowledge import known
from analyzer.knowledge.schema import Sink
from analyzer.project.target import Place, Target

Clear = Callable[[Value], list[Part]]
"""The passwords in the clear that a value holds."""
RECOVERABLE = "recoverable"
"""The type of a part that stands for such a password."""
_DRESS = frozenset({"decode", "encode", "hex", "strip", "rstrip", "lower"})
"""Methods that change how the result is written."""
_ACCOUNTS = re.compile(r"user|account|regist|sign_?up|log_?in|auth|member|customer|profile|passw", re.IGNORECASE)
"""Names around code that deals with those who log in. Credentials for other servers have to be read again, so
encrypting them is right."""


def undone(flow: Flow, point: Point, clear: Clear) -> Part | None:
    """The password that an expression holds in a form that can be read again; ``clear`` finds one in a value."""
    for origin in flow.origins(point):
        one = origin.expression
        if isinstance(one, Sequence | Mapping):
            items = one.items if isinstance(one, Sequence) else one.values
            found = (_called(flow, Point(origin.place, item, origin.environment), clear) for item in items)
            inner = next((part for part in found if part is not None), None)
        else:
            inner = _called(flow, Point(origin.place, one, origin.environment), clear)
        if inner is not None:
            return inner
    return None


def opened(flow: Flow, place: Place, expression: AnyExpression) -> AnyExpression:
    """What is inside ``b64decode(stored)`` or ``fernet.decrypt(stored).decode()``; else the expression itself."""
    one = _undressed(expression)
    sink = _sink(flow, place, one) if isinstance(one, Call) else None
    given = argument(one, sink.argument, *sink.keywords) if sink is not None and isinstance(one, Call) else None
    return given if given is not None else expression


def _called(flow: Flow, point: Point, clear: Clear) -> Part | None:
    call = _undressed(point.expression)
    if not isinstance(call, Call) or not call.arguments:
        return None
    place, state = point.place, point.environment
    sink = _sink(flow, place, call)
    if sink is not None:
        parts = clear(flow.value(Point(place, _given(call, sink), state)))
        return _told(place, flow, call, parts[0], sink) if parts else None
    target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is None or target.kind != "function" or protects(flow, Place(target.path, target.index)):
        return None
    return _through(flow, point, call, target, clear)


def _through(flow: Flow, point: Point, call: Call, target: Target, clear: Clear) -> Part | None:
    """A function of the project that returns one of its parameters in such a form."""
    place = Place(target.path, target.index)
    function = flow.project.outline(target.path).functions[target.index]
    given = bound(function, call, method(target, function, chain(call.func))) or {}
    for returned, state in flow.trace(place).returns[:4]:
        inner = _returned(flow, place, returned, state)
        if inner is None:
            continue
        made, sink = inner
        names = {part.text for part in flow.value(Point(place, _given(made, sink), state)).parts()}
        for name in sorted(names & set(given)):
            parts = clear(flow.value(Point(point.place, given[name].value, point.environment)))
            if parts:
                return _told(point.place, flow, call, parts[0], sink)
    return None


def _returned(flow: Flow, place: Place, returned: AnyExpression | None, state: Environment) -> tuple[Call, Sink] | None:
    if returned is None:
        return None
    for origin in flow.origins(Point(place, returned, state)):
        made = _undressed(origin.expression)
        sink = _sink(flow, place, made) if isinstance(made, Call) else None
        if sink is not None and isinstance(made, Call):
            return made, sink
    return None


def _told(place: Place, flow: Flow, call: Call, part: Part, sink: Sink) -> Part | None:
    if sink.evidence == "text" and not _ACCOUNTS.search(f"{place.path} {flow.project.qualified(place)}"):
        return None
    return Part("request", f"{written(call)}({part.text})", part.line, RECOVERABLE)


def _sink(flow: Flow, place: Place, call: Call) -> Sink | None:
    target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is None or target.ours:
        return None
    sink = known().sink("recoverable", target.dotted, written(call))
    return sink if sink is not None and argument(call, sink.argument, *sink.keywords) is not None else None


def _given(call: Call, sink: Sink) -> AnyExpression:
    found = argument(call, sink.argument, *sink.keywords)
    assert found is not None
    return found


def _undressed(expression: AnyExpression) -> AnyExpression:
    one = expression
    while isinstance(one, Call) and isinstance(one.func, Attribute) and one.func.attr in _DRESS:
        if not isinstance(one.func.value, Call):
            break
        one = one.func.value
    return one
