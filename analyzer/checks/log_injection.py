"""BA114: request data in the format of a log message."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.checks._reaching import reaching, request_part
from analyzer.facts.expressions import Call, Format, Interpolation
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import Pictured
from analyzer.model import Confidence, Finding, Rule


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA114, in order of places."""
    says = "{data} comes from the client and is part of the format that {sink} writes: a line break in it begins a "
    for finding in reaching(picture, rule, "log", request_part, says + "line of the client's own", counts=_unquoted):
        yield msgspec.structs.replace(finding, confidence=Confidence.MEDIUM)


def _unquoted(flow: Flow, point: Point, call: Call) -> bool:
    """Whether some part of the format is not written with ``!r``, which spells line breaks out."""
    given = call.arguments[0].value if call.arguments else None
    if not isinstance(given, Format):
        return True
    parts = [one for one in given.parts if isinstance(one, Interpolation) and one.conversion != "r"]
    return any(
        request_part(row) is not None
        for one in parts
        for row in flow.value(Point(point.place, one.value, point.environment)).rows
    )
