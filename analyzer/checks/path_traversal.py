"""BA103: request data in the path of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._archives import unpacked
from analyzer.checks._reaching import reaching
from analyzer.facts.expressions import AnyExpression, Attribute, Call
from analyzer.facts.visit import chain
from analyzer.flow import paths
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import Pictured, flow_of, location, places_calling, written
from analyzer.flow.ways import ends, way
from analyzer.knowledge import known
from analyzer.model import Confidence, Finding, Rule

_INNER = re.compile(
    r"(?:^|\.)(?:request|req|websocket|self)\.(?:path|url|file|files|FILES|read|body|stream|text)(?:$|[.(\[])"
    r"|\.(?:file|stream|read)(?:$|[.(\[])"
)
"""Reads of a request that are no name a client chose: the upload itself, its content, the matched URL. What
``http.server`` gives as ``self.path`` is matched with nothing and as the client wrote it, and the name that an upload
carries is the client's whatever the upload is called."""

_OF_PATHS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes"})


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA103, in order of places."""
    says = "{data} comes from the client and becomes part of the path that {sink} opens: `../` leads anywhere"
    yield from reaching(picture, rule, "path", _named, says, counts=_opens)
    flow = flow_of(picture)
    for place in places_calling(flow.project, frozenset({"save"})):
        for point in flow.calls(place):
            finding = _upload(flow, rule, point, says)
            if finding is not None:
                yield finding
    yield from unpacked(picture, rule)


def _opens(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a call that names no module opens what is before its dot: a path object, or what only those can do."""
    function = call.func
    target = flow.project.resolve_expression(point.place, function) if chain(function) else None
    dotted = target.dotted if target is not None else ""
    if dotted.startswith(_READERS):
        return _put_together(flow, point, call)
    sink = known().sink("path", dotted, written(call))
    if sink is None or not sink.receiver or not isinstance(function, Attribute):
        return True
    if dotted.startswith("pathlib.") or (target is None and function.attr in _OF_PATHS):
        return True
    return paths.is_path(flow.evaluation(point.place), function.value, point.environment)


_READERS = ("pandas.", "polars.", "PIL.", "zipfile.", "tarfile.", "glob.", "numpy.", "cv2.")
"""Libraries that are given an opened file as often as its path."""


def _put_together(flow: Flow, point: Point, call: Call) -> bool:
    """Whether what a reader of files is given is a text that is made here: a path, and no upload."""
    given = call.arguments[0].value if call.arguments else None
    if given is None:
        return False
    rows = flow.value(Point(point.place, given, point.environment)).rows
    return any(any(part.kind != "request" and part.text.strip() for part in row) for row in rows)


def _upload(flow: Flow, rule: Rule, point: Point, says: str) -> Finding | None:
    """``upload.save(os.path.join(folder, upload.filename))``: the file is written wherever its sender's name leads."""
    call = point.expression
    if not isinstance(call, Call) or not isinstance(call.func, Attribute) or call.func.attr != "save":
        return None
    held, given = chain(call.func.value), argument(call, 0, "dst")
    if given is None or not held or call.arguments[1:]:
        return None
    value = flow.value(Point(point.place, given, point.environment))
    named = (part for row in value.rows for part in row if part.source and part.kind in {"request", "parameter"})
    wanted = {f"{held}.filename", f"{held}.name"}
    part = next((one for one in named if one.text in wanted and one.type not in {"object", "segment"}), None)
    if part is None or not _sent(flow, point, call.func.value):
        return None
    end = f"put into the path that `{held}.save` writes"
    return Finding(
        rule=rule.code,
        location=location(point.place, call),
        message=says.format(data=f"`{part.text}`", sink=f"`{held}.save`").replace("opens", "writes"),
        fix="Choose the name yourself, or take `secure_filename(…)` of the sender's",
        severity=rule.severity,
        confidence=Confidence.HIGH if part.kind == "request" else Confidence.MEDIUM,
        steps=way(flow, Point(point.place, given, point.environment), part, [ends(point.place, call, end)]),
    )


def _sent(flow: Flow, point: Point, held: AnyExpression) -> bool:
    """Whether an object is a file that was sent: of a request, or handed in by a function that took it there."""
    value = flow.value(Point(point.place, held, point.environment))
    return any(part.kind == "request" or part.kind == "parameter" for part in value.sources())


def _named(row: Row) -> Part | None:
    for part in row:
        if part.kind != "request" or part.type in {"object", "segment"}:
            continue
        sent = part.text.startswith("self.path") or part.text.endswith(".filename")
        if sent or not _INNER.search(part.text):
            return part
    return None
