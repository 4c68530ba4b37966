"""The part of BA206 that finds what is written: arguments of log calls, prints and trackers, texts of exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Mapping, Name
from analyzer.facts.outline import Function
from analyzer.facts.statements import Raise
from analyzer.facts.visit import chain, statements
from analyzer.flow import showing
from analyzer.flow.arguments import argument, constants
from analyzer.flow.callers import Site, bound
from analyzer.flow.disclosed import Reader, Sighting
from analyzer.flow.engine import Flow, Point
from analyzer.flow.named import method
from analyzer.flow.questions import called_name, chain_end, places_calling, uses_of, written
from analyzer.flow.values import spelled
from analyzer.knowledge import known
from analyzer.knowledge.schema import Sink, names
from analyzer.project.target import Place

KINDS = frozenset({"log", "print", "tracker"})
_SPEAKS = re.compile(
    r"pass|pwd|token|secret|jwt|key|cookie|author|credential|otp|code|cvv|cvc|card|ssn|header|request|req\b|body|json|data"
    r"|__dict__|vars|dict|dump|user|form|payload|param|url|uri|dsn|settings|config|environ|connection|login|query|sql|senha|msg|message|text",
    re.IGNORECASE,
)
"""Words one of which is in the chains or names of every function that could write a secret."""
_HELPER_LINES = 30
"""A helper that only hands its text to a log is short."""
_OPTIONS = frozenset(
    {"exc_info", "stack_info", "stacklevel", "file", "end", "sep", "flush", "level", "err", "nl", "color"}
)


class Written(msgspec.Struct, frozen=True):
    """A secret that is written: the call that does it as its author sees it, what it writes into, and how
    (``log``, ``print``, ``tracker``, ``raise``, ``trace``, ``own``); ``sink`` is the call in the end."""

    place: Place
    node: AnyExpression
    sighting: Sighting
    into: str
    how: str
    sink: Point


def written_by(flow: Flow) -> Iterator[Written]:
    """Every secret that a call or an exception writes, in order of places; then those written through helpers."""
    sinks = [sink for sink in known().sinks if sink.kind in KINDS]
    wanted = names(sinks)
    helpers: list[tuple[Point, str, frozenset[str]]] = []
    for place in flow.project.places():
        uses = uses_of(flow.project, place)
        calls = any(use.kind == "call" and use.chain.rpartition(".")[2] in wanted for use in uses)
        if not calls or not _worth(flow, place):
            continue
        for point in flow.calls(place):
            call = point.expression
            assert isinstance(call, Call)
            sink = _sink(flow, sinks, wanted, place, call)
            if sink is None:
                continue
            reader = Reader(flow)
            found = reader.first(point, _given(call), 7)
            if found is not None:
                yield Written(place, call, found, written(call), sink.kind, point)
            elif reader.handed:
                helpers.append((point, sink.kind, frozenset(reader.handed)))
    yield from _raised(flow)
    for point, kind, handed in helpers:
        yield from _through(flow, point, kind, handed)


def _worth(flow: Flow, place: Place) -> bool:
    function = flow.project.function(place)
    if function is not None and function.parameters and function.end_line - function.line <= _HELPER_LINES // 2:
        return True
    told = any(_SPEAKS.search(use.chain) for use in uses_of(flow.project, place))
    return told or (function is not None and any(_SPEAKS.search(one.name) for one in function.parameters))


def _sink(flow: Flow, sinks: list[Sink], wanted: frozenset[str], place: Place, call: Call) -> Sink | None:
    if called_name(flow, place, call) not in wanted or not call.arguments:
        return None
    target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
    dotted = target.dotted if target is not None and not target.ours else ""
    if isinstance(call.func, Name) and target is not None and target.ours:
        return None
    return next((one for one in sinks if one.fits(dotted, written(call))), None)


def sink_of(flow: Flow, place: Place, call: Call) -> Sink | None:
    """What a call writes into, if it writes what it is given where people read it."""
    sinks = [sink for sink in known().sinks if sink.kind in KINDS]
    return _sink(flow, sinks, names(sinks), place, call)


def _given(call: Call) -> list[AnyExpression]:
    return [one.value for one in call.arguments if one.keyword not in _OPTIONS]


def _raised(flow: Flow) -> Iterator[Written]:
    """``raise ValueError(f"wrong password {password}")``."""
    for place in flow.project.places():
        function = flow.project.function(place)
        if function is None or not any(_SPEAKS.search(use.chain) for use in function.uses):
            continue
        raises = [one for one in statements(flow.project.body(place)) if isinstance(one, Raise)]
        for one in raises:
            call = one.exception
            if not isinstance(call, Call) or not call.arguments:
                continue
            state = flow.state_at(place, call)
            if state is None:
                continue
            texts = [
                given.value
                for given in call.arguments
                if given.keyword in {None, "detail", "message", "msg", "description"}
            ]
            # A dictionary speaks of the fields of a form: their names are keys, their values messages.
            composed = [text for text in texts if not isinstance(text, Name | Mapping)]
            found = Reader(flow).first(Point(place, call, state), composed, 4)
            if found is not None and not found.whole:
                yield Written(place, call, found, spelled(call.func), "raise", Point(place, call, state))


def _through(flow: Flow, sink: Point, kind: str, handed: frozenset[str]) -> Iterator[Written]:
    """Callers of a helper that hand a secret to a parameter that the helper writes."""
    function = flow.project.function(sink.place)
    if function is None or function.end_line - function.line > _HELPER_LINES or sink.place in flow.handlers:
        return
    into = written(sink.expression) if isinstance(sink.expression, Call) else ""
    sites = flow.callers.every(sink.place)
    told = [
        Written(site.place, point.expression, found, into, kind, sink)
        for site, point, found in handed_over(flow, sink.place, function, handed)
    ]
    alone = len(told) == len(sites) and all(map(_bare, told))
    if told and (alone or _does_more(flow, sink, handed)):
        # Nobody hands it anything else than the secret itself, or it needs that for its work: the one place to mend is
        # where it is written.
        yield Written(sink.place, sink.expression, told[0].sighting, into, kind, sink)
    else:
        yield from told


def handed_over(
    flow: Flow, place: Place, function: Function, names: frozenset[str]
) -> Iterator[tuple[Site, Point, Sighting]]:
    """The calls of a function that hand a secret to one of its parameters of those names, with what they hand over."""
    for site in flow.callers.every(place):
        if not _speaks_there(flow, site.place, site.line, site.chain):
            continue
        point = flow.call_at(site)
        if point is None or not isinstance(point.expression, Call):
            continue
        found = _argument(flow, point, function, site.place, site.chain, site.line, names)
        if found is not None:
            yield site, point, found


def _does_more(flow: Flow, sink: Point, handed: frozenset[str]) -> bool:
    """Whether a function that writes what it is given also hands it on to others, so that its callers must give it."""
    for point in flow.calls(sink.place):
        call = point.expression
        if not isinstance(call, Call) or call is sink.expression or chain_end(call) in _SHAPING:
            continue
        given = any(isinstance(one.value, Name) and one.value.id in handed for one in call.arguments)
        if given and sink_of(flow, sink.place, call) is None:
            return True
    return False


_SHAPING = showing.FUNCTIONS | {"len", "isinstance", "type", "bool", "hasattr", "getattr", "sorted", "format", "append"}
"""Calls that only look at what they are given, or make a text of it."""


def _bare(one: Written) -> bool:
    """Whether a call hands a secret on as it is, and not among other things that are written."""
    node = one.sighting.node
    return (
        isinstance(one.node, Call)
        and not one.sighting.whole
        and any(given.value is node for given in one.node.arguments)
    )


def _argument(
    flow: Flow, point: Point, function: Function, place: Place, name: str, line: int, handed: frozenset[str]
) -> Sighting | None:
    call = point.expression
    assert isinstance(call, Call)
    target = flow.project.resolve(place, name, line)
    given = bound(function, call, method(target, function, name)) or {}
    texts = [given[one].value for one in sorted(handed & set(given))]
    return Reader(flow).first(point, texts, 5)


def _speaks_there(flow: Flow, place: Place, line: int, helper: str) -> bool:
    return any(
        line <= use.line <= line + 8
        and (use.kind == "read" or (use.kind == "call" and use.chain != helper))
        and _SPEAKS.search(use.chain)
        for use in uses_of(flow.project, place)
    )


def echoed(flow: Flow) -> Iterator[Written]:
    """``create_engine(url, echo=True)``: every statement with its values."""
    for place in places_calling(flow.project, _ENGINES):
        for point in flow.calls(place):
            call = point.expression
            given = argument(call, -1, "echo") if isinstance(call, Call) else None
            if given is None or not isinstance(call, Call) or called_name(flow, place, call) not in _ENGINES:
                continue
            values = constants(flow, Point(place, given, point.environment))
            if any(one is True or one == "debug" for one in values):
                shown = f"echo={values[0]}"
                yield Written(place, given, Sighting(shown, "password", place, given, True), shown, "trace", point)


_ENGINES = frozenset({"create_engine", "create_async_engine"})


def traced(flow: Flow) -> Iterator[Written]:
    """``connection.set_trace_callback(print)``: every statement with its values."""
    for place in places_calling(flow.project, frozenset({"set_trace_callback"})):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or not chain(call.func).endswith("set_trace_callback") or not call.arguments:
                continue
            callback = chain(call.arguments[0].value)
            sink = next((one for one in known().sinks if one.kind in KINDS and one.fits("", callback)), None)
            if callback == "print" or sink is not None:
                found = Sighting(callback, "password", place, call, True)
                yield Written(place, call, found, callback, "trace", point)
