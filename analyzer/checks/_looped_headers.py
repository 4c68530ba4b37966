"""The part of BA206 about loops that write what holds secrets one by one: headers, the fields of a form, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._written import Written, sink_of
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Format,
    Interpolation,
    Mapping,
    Name,
    Sequence,
    Slice,
    Subscript,
)
from analyzer.facts.statements import For, If
from analyzer.facts.visit import chain, walk
from analyzer.flow import showing
from analyzer.flow.disclosed import Reader, Sighting
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, uses_of, written
from analyzer.project.target import Place

_PREFIX = frozenset({"HTTP_", "http_"})
"""What every header's name begins with in WSGI's environment: who asks for it picks out none."""
_DUMPED = re.compile(r"(?:^|\.)(?:environ|model_dump|dict|vars|asdict|__dict__)(?:$|[.(])")
_AROUND = frozenset({"items", "keys", "copy", "list", "sorted", "dict", "tuple"})


def looped(flow: Flow) -> Iterator[Written]:
    """Calls that write every header, or every field of the form, of a request; in order of places."""
    for place in flow.project.places():
        chains = [use.chain for use in uses_of(flow.project, place)]
        asked, dumped = any(map(_kind, chains)), any(map(_DUMPED.search, chains))
        for loop in walk(flow.project.body(place)) if asked or dumped else ():
            if not isinstance(loop, For):
                continue
            held = _unwound(loop.iterable)
            if held is not None and _kind(chain(held)):
                yield from _written_in(
                    flow, place, loop, held, Sighting(chain(held), _kind(chain(held)), place, held, True)
                )
            elif held is not None and dumped:
                state = flow.state_at(place, loop.iterable) or flow.final(place)
                found = Reader(flow).told(Point(place, held, state))
                if found is not None and found.whole:
                    yield from _written_in(flow, place, loop, held, found)


def _kind(name: str) -> str:
    """What of a request a chain holds: ``headers``, ``body`` (its form), ``""`` for neither."""
    found = showing.REQUEST.search(name.partition("()")[0].removesuffix(".items").removesuffix(".keys"))
    if found is None:
        return ""
    if found["head"]:
        return "headers" if found["head"] in {"headers", "META", "environ"} else ""
    return "body" if found["body"] in {"form", "POST", "values"} else ""


def _unwound(iterable: AnyExpression) -> AnyExpression | None:
    """The mapping that a loop goes over: ``request.headers`` of ``request.headers.items()``."""
    while isinstance(iterable, Call) and chain_end(iterable) in _AROUND:
        if isinstance(iterable.func, Attribute):
            iterable = iterable.func.value
        elif iterable.arguments:
            iterable = iterable.arguments[0].value
        else:
            return None
    return iterable


def _written_in(flow: Flow, place: Place, loop: For, held: AnyExpression, found: Sighting) -> Iterator[Written]:
    names = loop.target.items if isinstance(loop.target, Sequence) else [loop.target]
    known = {one.id for one in names if isinstance(one, Name)}
    if not known or _chooses(loop, known):
        return
    value = names[1].id if len(names) > 1 and isinstance(names[1], Name) else ""
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call) or not loop.line < call.line <= loop.end_line:
            continue
        sink = sink_of(flow, place, call)
        if sink is not None and any(_shows(one.value, value, held) for one in call.arguments):
            told = msgspec.structs.replace(found, place=place, node=call)
            yield Written(place, call, told, written(call), sink.kind, point)


def _chooses(loop: For, known: set[str]) -> bool:
    """Whether the loop tells headers apart: it may leave out or mask those that are secret."""
    for node in walk(loop.body):
        test = node.test if isinstance(node, If | Conditional) else node if isinstance(node, Comprehension) else None
        inside = list(walk(test)) if test is not None else []
        if any(isinstance(one, Name) and one.id in known for one in inside):
            texts = {one.value for one in inside if isinstance(one, Constant) and isinstance(one.value, str)}
            if not texts or not texts <= _PREFIX:
                return True
    return False


def _shows(one: msgspec.Struct | None, value: str, held: AnyExpression) -> bool:
    """Whether a text shows a header's value: the loop's own variable, or ``request.META[key]``."""
    if isinstance(one, Name):
        return one.id == value
    if isinstance(one, Subscript):
        return chain(one.value) == chain(held) and not isinstance(one.index, Slice | Constant)
    if isinstance(one, Call):
        if chain_end(one) == "get" and isinstance(one.func, Attribute) and chain(one.func.value) == chain(held):
            return bool(one.arguments) and isinstance(one.arguments[0].value, Name)
        inner = [given.value for given in one.arguments]
        if chain_end(one) in showing.METHODS | {"format"} and isinstance(one.func, Attribute):
            inner.append(one.func.value)
        elif chain_end(one) not in showing.FUNCTIONS:
            return False
    elif isinstance(one, Format):
        inner = list(one.parts)
    elif isinstance(one, Interpolation):
        inner = [one.value]
    elif isinstance(one, Binary):
        inner = [one.left, one.right]
    elif isinstance(one, Sequence):
        inner = list(one.items)
    elif isinstance(one, Mapping):
        inner = list(one.values)
    else:
        return False
    return any(_shows(part, value, held) for part in inner)
