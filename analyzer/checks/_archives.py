"""The part of BA103 about archives: the names inside one that a client sent lead wherever its maker likes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call
from analyzer.facts.statements import With
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.arguments import argument, constants
from analyzer.flow.arrivals import given_at_calls
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import Pictured, chain_end, flow_of, location, makers, places_calling, uses_of
from analyzer.flow.ways import ends, given, way
from analyzer.model import Confidence, Finding, Rule, Step
from analyzer.project.target import Place

_TAKING_OUT = frozenset({"extractall", "extract", "unpack_archive"})
_OPENING = frozenset({"tarfile.open", "tarfile.TarFile", "tarfile.TarFile.open"})
_LOOKED = re.compile(
    r"is_relative_to|commonpath|commonprefix|realpath|normpath|(?:^|\.)resolve$|isabs|startswith|basename|safe|is_within"
)
"""Chains in code that looks at the names inside. A heuristic: it only ever makes the rule silent."""
_DEEP = 2
"""Callers asked for the archive that a function is handed."""


def unpacked(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Archives of tar that a request brought and that are taken out with nothing looking at the names inside."""
    flow = flow_of(picture)
    for place in places_calling(flow.project, _TAKING_OUT):
        if any(_LOOKED.search(use.chain) for use in uses_of(flow.project, place)):
            continue
        for point in flow.calls(place):
            call = point.expression
            archive = _archive(flow, point, call) if isinstance(call, Call) else None
            if archive is None or not isinstance(call, Call):
                continue
            end = ends(place, call, "its members are written wherever their names lead")
            steps = _sent(flow, archive, (end,), _DEEP)
            if steps is not None:
                yield _finding(rule, place, call, steps)


def _archive(flow: Flow, point: Point, call: Call) -> Point | None:
    """The file or path that an archive of tar is read from; ``None`` for other calls, and those that filter members."""
    if chain_end(call) not in _TAKING_OUT or _filtered(flow, point, call):
        return None
    if chain_end(call) == "unpack_archive":
        target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        given_ = argument(call, 0, "filename")
        ours = target is None or target.dotted != "shutil.unpack_archive"
        return None if ours or given_ is None else Point(point.place, given_, point.environment)
    if not isinstance(call.func, Attribute):
        return None
    for made in makers(flow, Point(point.place, call.func.value, point.environment)):
        opened = made.expression
        if not isinstance(opened, Call) or not chain(opened.func):
            continue
        target = flow.project.resolve_expression(made.place, opened.func)
        if target is None or target.dotted not in _OPENING:
            continue
        held = argument(opened, 2, "fileobj") or argument(opened, 0, "name")
        if held is not None:
            return Point(made.place, held, made.environment)
    return None


def _filtered(flow: Flow, point: Point, call: Call) -> bool:
    if argument(call, -1, "members") is not None or any(one.star for one in call.arguments):
        return True
    chosen = argument(call, -1, "filter")
    return chosen is not None and "fully_trusted" not in constants(flow, Point(point.place, chosen, point.environment))


def _sent(flow: Flow, archive: Point, onward: tuple[Step, ...], depth: int) -> tuple[Step, ...] | None:
    """The steps from a request to where its archive is taken out; ``None`` where no client is seen to send it."""
    value = flow.value(archive)
    sent = next((part for part in value.sources() if part.kind == "request"), None)
    if sent is not None:
        return way(flow, archive, sent, onward)
    kept = _kept_there(flow, archive)
    if kept is not None:
        return (Step(location(archive.place, kept), "what a client sends is kept here", "source"), *onward)
    name = chain(archive.expression)
    function = flow.project.function(archive.place)
    known_as = archive.environment.get(name, ())
    if depth <= 0 or function is None or len(known_as) != 1 or known_as[0].how != "parameter":
        return None
    for one in given_at_calls(flow, archive.place, name):
        step = given(one.point.place, one.call, function.name, name)
        found = _sent(flow, one.point, (step, *onward), depth - 1)
        if found is not None:
            return found
    return None


def _kept_there(flow: Flow, archive: Point) -> Call | None:
    """The call that writes an upload to the path an archive is read from: ``upload.save(path)``, or ``target.write(…)``
    of what the client sent in ``with open(path, "wb") as target``."""
    path = chain(archive.expression)
    if not path:
        return None
    for point in flow.calls(archive.place):
        call = point.expression
        if not isinstance(call, Call) or call.line > archive.expression.line or not isinstance(call.func, Attribute):
            continue
        brought: list[AnyExpression] = []
        if call.func.attr == "save" and chain(argument(call, 0, "dst") or call) == path:
            brought = [call.func.value]
        elif call.func.attr in {"write", "copyfileobj", "write_bytes"} and _into(flow, archive.place, call, path):
            brought = [one.value for one in call.arguments]
        if any(_requested(flow, Point(point.place, one, point.environment)) for one in brought):
            return call
    return None


def _into(flow: Flow, place: Place, call: Call, path: str) -> bool:
    """Whether a call writes into a path: as its method, or into what the same path was opened as."""
    if isinstance(call.func, Attribute) and chain(call.func.value) == path:
        return True
    for node in walk(flow.project.body(place)):
        if isinstance(node, With) and node.line <= call.line <= node.end_line:
            opened = (one for item in node.items for one in calls(item) if one.arguments)
            if any(chain(one.arguments[0].value) == path for one in opened):
                return True
    return False


def _requested(flow: Flow, point: Point) -> bool:
    return any(part.kind == "request" for part in flow.value(point).sources())


def _finding(rule: Rule, place: Place, call: Call, steps: tuple[Step, ...]) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, call),
        message=f"`{_shown(call)}` takes out an archive that a client sent: a member called `../…` is written anywhere",
        fix='Take it out with `filter="data"` (Python 3.12 and the security releases of those before it)',
        severity=rule.severity,
        confidence=Confidence.HIGH,
        steps=steps,
    )


def _shown(call: Call) -> str:
    return chain(call.func) or chain_end(call)
