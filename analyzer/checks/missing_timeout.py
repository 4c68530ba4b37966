"""BA608: outbound calls that wait for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.checks._stubs import remote_calls
from analyzer.checks._waiting import ENDLESS, NAMES, PACKAGES, TOLD, Wait, Waits, answered, switched_off
from analyzer.facts.expressions import Call
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, statements
from analyzer.flow.arguments import argument, spread
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, location, places_calling, written
from analyzer.graph.imports import main_guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.project import Project
from analyzer.project.target import Place

_SENDING = re.compile(r"(?:^|\.)(?:HTTPAdapter\.send|Session\.(?:request|send))$")
"""What every request of ``requests`` goes through."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA608, in order of places."""
    flow = flow_of(picture)
    if next(places_calling(flow.project, frozenset({"setdefaulttimeout"})), None) is not None:
        return
    waits = picture.shared(Waits)
    for place, point, wait in _waiting(picture, flow):
        call = point.expression
        if not isinstance(call, Call) or spread(call) or not deployed(picture, place.path):
            continue
        keyword = wait.keyword if wait is not None else "timeout"
        given = argument(call, wait.position if wait is not None else -1, keyword)
        if given is not None:
            fault = f"is told `{keyword}=None`" if switched_off(flow, point, given) else ""
        else:
            fault = "has no timeout" if wait is not None and not answered(flow, waits, point, call, wait) else ""
        if fault:
            unsure = wait is not None and wait.asks == "database"
            yield Finding(
                rule=rule.code,
                location=location(place, call),
                message=f"`{written(call)}` {fault}: a server that never answers keeps this worker for ever",
                fix=f"Give `{written(call)}` a `{keyword}=` in seconds, as short as its caller can stand",
                severity=rule.severity,
                confidence=Confidence.LOW if unsure or _by_hand(picture, place) else Confidence.MEDIUM,
            )


def _waiting(picture: Picture, flow: Flow) -> Iterator[tuple[Place, Point, Wait | None]]:
    """The calls that wait for somebody outside; with ``None`` those that have a limit of their own."""
    limited = _given_a_default(flow.project)
    for place in places_calling(flow.project, NAMES):
        if not deployed(picture, place.path) or not _imports(flow, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            target = flow.project.resolve_expression(place, call.func) if isinstance(call, Call) else None
            dotted = target.dotted if target is not None and not target.ours else ""
            if limited and dotted.startswith("requests."):
                continue
            if dotted in ENDLESS or dotted in TOLD:
                yield place, point, ENDLESS.get(dotted)
    for place, point in remote_calls(flow):
        yield place, point, Wait()


def _given_a_default(project: Project) -> bool:
    """Whether a project puts a function of its own in the place of what sends all requests of ``requests``."""
    paths = (
        path
        for path in project.paths()
        if any(item.module.partition(".")[0] == "requests" for item in project.outline(path).imports)
    )
    return any(
        isinstance(node, Assign) and any(_SENDING.search(chain(target)) for target in node.targets)
        for path in paths
        for index in range(-1, len(project.outline(path).functions))
        for node in statements(project.body(Place(path, index)))
    )


def _by_hand(picture: Picture, place: Place) -> bool:
    """Whether a call belongs to a script: its file asks whether it is started, and no route gets there."""
    outline = picture.project.outline(place.path)
    started = bool(main_guards(picture.project, place.path)) or any(
        use.chain in {"sys.argv", "sys.argv[]"} for use in outline.uses
    )
    return started and picture.chain_to(place) is None


def _imports(flow: Flow, path: str) -> bool:
    """Whether a file can hold such a call: it imports a library for it, or gets an object of one from elsewhere."""
    roots = {item.module.partition(".")[0] for item in flow.project.outline(path).imports if not item.level}
    return not roots.isdisjoint(PACKAGES)
