"""The part of BA107 about templates that are compiled of what another template gave: values become template code."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.checks._reaching import Counts, handed
from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain
from analyzer.flow import ways
from analyzer.flow.arrivals import arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, places_calling
from analyzer.graph.picture import Picture
from analyzer.knowledge import known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Rule, Step
from analyzer.project.target import Place

_FILLED = frozenset({"render", "render_async", "render_template", "render_to_string"})
"""What fills values into a template and gives the text."""
_DEPTH = 2
"""Functions of the project looked into for what they return."""
_SINKS = names(sink for sink in known().sinks if sink.kind == "template")


def findings(picture: Picture, flow: Flow, rule: Rule, counts: Counts) -> Iterator[Finding]:
    """Templates made of a text that is written out already, in order of places; ``counts`` says whether they reach what
    they should not."""
    for place in places_calling(flow.project, _SINKS):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or chain(call.func).startswith("self."):
                continue  # what an object keeps may be a sandbox that its base made
            text = handed(flow, place, call, "template")
            if text is None or not counts(flow, point, call):
                continue
            filled = _filled_in(flow, Point(place, text, point.environment))
            if filled is not None:
                yield _finding(rule, place, call, filled)


def _filled_in(flow: Flow, point: Point, depth: int = _DEPTH) -> Point | None:
    """The call that filled a text in before, ``None`` where none did."""
    for one in arrivals(flow, point):
        call = one.point.expression
        if not isinstance(call, Call):
            continue
        target = flow.project.resolve_expression(one.point.place, call.func) if chain(call.func) else None
        if target is not None and target.kind == "function":
            maker = Place(target.path, target.index)
            made = [Point(maker, value, state) for value, state in flow.trace(maker).returns if value is not None]
            inner = (_filled_in(flow, each, depth - 1) for each in made) if depth else ()
            found = next((each for each in inner if each is not None), None)
            if found is not None:
                return found
        elif chain_end(call) in _FILLED and _values(call):
            return one.point
    return None


def _values(call: Call) -> bool:
    """Whether a template is given values: beside its name, where the call names it."""
    return len(call.arguments) > (0 if chain_end(call) in {"render", "render_async"} else 1)


def _finding(rule: Rule, place: Place, call: Call, filled: Point) -> Finding:
    at = location(filled.place, filled.expression)
    return Finding(
        rule=rule.code,
        location=location(place, call),
        message=f"`{chain(call.func)}` compiles what another template gave: template code in a value that was filled "
        "in there runs on the server",
        fix="Fill in once: hand the values to one template, and send what it gives as it is",
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        steps=(Step(at, "values are filled in here", "source"), ways.ends(place, call, "compiled once more")),
    )
