"""The part of BA108 about targets that a session remembers: sent before the login, followed after it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._reaching import handed
from analyzer.checks._targets import checked, chosen
from analyzer.facts.expressions import AnyExpression, Call, Constant, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import called_name, location, places_calling
from analyzer.knowledge import known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Rule, Step

_SINKS = names(sink for sink in known().sinks if sink.kind == "redirect")
_FIX = "Check the target where it is kept: a path of your own, or a host that is yours"


def findings(flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Redirects to what a session keeps of a client's words, in order of places."""
    kept = _kept(flow)
    if not kept:
        return
    for place in places_calling(flow.project, _SINKS):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or called_name(flow, place, call) not in _SINKS:
                continue
            given = handed(flow, place, call, "redirect")
            key = _followed(flow, Point(place, given, point.environment)) if given is not None else ""
            if key not in kept or checked(flow, place):
                continue
            source = kept[key]
            yield Finding(
                rule=rule.code,
                location=location(place, call),
                message=f"`session[{key!r}]` keeps what the client sent as it was, and decides where "
                f"`{chain(call.func)}` sends the browser: to any other site as well",
                fix=_FIX,
                severity=rule.severity,
                confidence=Confidence.MEDIUM,
                steps=(
                    Step(location(source.place, source.expression), "kept in the session as it was sent", "source"),
                    Step(location(place, call), "decides where the browser goes", "sink"),
                ),
            )


def _kept(flow: Flow) -> dict[str, Point]:
    """Where sessions are given a target that nobody looked at, by key."""
    found: dict[str, Point] = {}
    for place in flow.project.places():
        function = flow.project.function(place)
        if function is None or not any(use.kind == "write" and "session[" in use.chain for use in function.uses):
            continue
        for node in walk(flow.project.body(place)):
            if not isinstance(node, Assign) or node.value is None:
                continue
            for target in node.targets:
                key = _key(target)
                state = flow.state_at(place, node.value) if key else None
                if state is None or checked(flow, place):
                    continue
                value = Point(place, node.value, state)
                if any(chosen(row) is not None for row in flow.value(value).rows):
                    found.setdefault(key, value)
    return found


def _key(node: AnyExpression) -> str:
    """The key of ``session["next"]``, ``""`` for anything else."""
    if not isinstance(node, Subscript) or chain(node.value).rpartition(".")[2] != "session":
        return ""
    return str(node.index.value) if isinstance(node.index, Constant) else ""


def _followed(flow: Flow, point: Point) -> str:
    """The key under which a session kept what an expression may be."""
    for origin in flow.origins(point):
        one = origin.expression
        if isinstance(one, Call) and chain(one.func).endswith(("session.pop", "session.get")):
            key = argument(one, 0)
            if isinstance(key, Constant):
                return str(key.value)
        elif _key(one):
            return _key(one)
    return ""
