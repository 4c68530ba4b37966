"""BA302: JSON web tokens that anybody can make: not signed, or verified with either kind of key."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.facts.expressions import Call
from analyzer.flow.arguments import argument, texts
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, location, places_calling, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule

_MODULES = ("jwt.", "jose.jwt.", "jose.jws.", "joserfc.jwt.")


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA302, in order of places."""
    flow = flow_of(picture)
    for place in places_calling(flow.project, frozenset({"encode", "decode"})):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            told = _fault(flow, point, call) if isinstance(call, Call) else None
            if told is not None:
                yield Finding(
                    rule=rule.code,
                    location=location(place, call),
                    message=told[0],
                    fix=told[1],
                    severity=rule.severity,
                    confidence=Confidence.HIGH,
                )


def _fault(flow: Flow, point: Point, call: Call) -> tuple[str, str] | None:
    """What is wrong with a call that makes or reads a token, and what to do; ``None`` for nothing."""
    target = flow.project.resolve_expression(point.place, call.func)
    dotted = target.dotted if target is not None and not target.ours else ""
    if not dotted.startswith(_MODULES):
        return None
    given = argument(call, 2, "algorithm" if dotted.endswith(".encode") else "algorithms")
    if given is None:
        return None
    named = [one.upper() for one in texts(flow, Point(point.place, given, point.environment))]
    if dotted.endswith(".encode") and "NONE" in named:
        return (
            f'`{written(call)}` signs with "none": anybody can write such a token',
            "Sign with a key: `HS256` and a secret of 32 bytes, or `EdDSA`",
        )
    shared = {one for one in named if one.startswith("HS")}
    public = {one for one in named if one.startswith(("RS", "ES", "PS", "EDDSA"))}
    if dotted.endswith(".decode") and shared and public:
        return (
            f"`{written(call)}` accepts {', '.join(f'`{one}`' for one in sorted(shared | public))} with one key: "
            "a token signed with the public key as a secret may pass",
            "Name the one algorithm you sign with",
        )
    return None
