"""BA115: request data that nothing checked is kept in the session of the server."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._raw import checked, given, raw_parts, validates
from analyzer.facts.expressions import Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Point
from analyzer.flow.questions import flow_of, location
from analyzer.flow.ways import ends, way
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule

_FIX = "Look the value up or check it first, and keep what the server found"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA115, in order of places."""
    flow = flow_of(picture)
    for place in picture.handlers():
        raw = given(flow.project, place)
        if raw is None or validates(flow, raw):
            continue
        known = checked(flow, raw)
        for node in walk(flow.project.body(place)):
            if not isinstance(node, Assign) or node.value is None:
                continue
            kept = [one for one in node.targets if isinstance(one, Subscript) and _session(chain(one.value))]
            state = flow.state_at(place, node.value) if kept else None
            value = Point(place, node.value, state or {})
            parts = raw_parts(flow, raw, value) if state is not None else []
            parts = [part for part in parts if part.text not in known]
            if parts:
                yield Finding(
                    rule=rule.code,
                    location=location(place, node.value),
                    message=f"`{parts[0].text}` is kept in the session as the client sent it: what reads it later "
                    "takes it for the server's own",
                    fix=_FIX,
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                    steps=way(flow, value, parts[0], [ends(place, node.value, "kept in the session")]),
                )


def _session(name: str) -> bool:
    return name == "session" or name.endswith(".session")
