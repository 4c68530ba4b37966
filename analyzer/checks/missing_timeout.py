"""BA608: outbound calls that wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.facts.expressions import Call
from analyzer.flow.arguments import argument, constants, spread
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, location, places_calling, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_POSITIONS = {"urllib.request.urlopen": 2, **{f"requests.{verb}": -1 for verb in _VERBS}}
"""Calls that wait for ever unless told, and where their timeout stands."""
_TOLD = frozenset({f"httpx.{verb}" for verb in _VERBS} | {"httpx.Client", "httpx.AsyncClient"})
"""Calls with a timeout of their own, which ``None`` switches off."""
_NAMES = frozenset(one.rpartition(".")[2] for one in {*_POSITIONS, *_TOLD})


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA608, in order of places."""
    flow = flow_of(picture)
    default = next(places_calling(flow.project, frozenset({"setdefaulttimeout"})), None) is not None
    for place in places_calling(flow.project, _NAMES):
        if default or not deployed(picture, place.path) or not _imports(flow, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or spread(call):
                continue
            target = flow.project.resolve_expression(place, call.func)
            dotted = target.dotted if target is not None and not target.ours else ""
            if dotted not in _POSITIONS and dotted not in _TOLD:
                continue
            given = argument(call, _POSITIONS.get(dotted, -1), "timeout")
            values = constants(flow, Point(place, given, point.environment)) if given is not None else []
            if (given is None and dotted in _POSITIONS) or values == [None]:
                yield Finding(
                    rule=rule.code,
                    location=location(place, call),
                    message=f"`{written(call)}` {'is told `timeout=None`' if given is not None else 'has no timeout'}: "
                    "a server that never answers keeps this worker for ever",
                    fix=f"Give `{written(call)}` a `timeout=` in seconds, as short as its caller can stand",
                    severity=rule.severity,
                    confidence=Confidence.LOW if _by_hand(picture, place) else Confidence.MEDIUM,
                )


def _by_hand(picture: Picture, place: Place) -> bool:
    """Whether a call belongs to a script: its file asks whether it is started, and no route gets there."""
    outline = picture.project.outline(place.path)
    started = any(use.chain in {"__name__", "sys.argv", "sys.argv[]"} for use in outline.uses)
    return started and picture.chain_to(place) is None


def _imports(flow: Flow, path: str) -> bool:
    roots = {item.module.partition(".")[0] for item in flow.project.outline(path).imports if not item.level}
    return not roots.isdisjoint({"requests", "urllib", "httpx"})
