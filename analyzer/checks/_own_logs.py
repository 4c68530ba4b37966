"""The part of BA206 about logs of an application's own: functions and classes called so, wherever they write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._written import Written, handed_over
from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain
from analyzer.flow.disclosed import Reader
from analyzer.flow.engine import Flow
from analyzer.flow.questions import uses_of, written
from analyzer.project.target import Place

_LOGGING = re.compile(
    r"^_?(?:log|audit)_(?:\w+_)?(?:event|action|activity|attempt|message|msg|error|info|debug|warning|request|failure)$"
    r"|^(?:write|add|append|create|save|record)_(?:to_)?(?:\w+_)?(?:log|audit|log_entry|audit_entry|audit_event)$"
)
"""``log_security_event``, ``write_audit_log``; not ``log_in``."""
_LEVELS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "log", "write", "record"})
_CLASS = re.compile(r"(?:^|[a-z_])(?:Log(?:ger)?|Audit(?:Log(?:ger)?|Trail)?)$")


_ROW = re.compile(r"(?:^|[a-z_])(?:Log|Audit)s?(?:Entry|Entries|Record|Event|Trail|Log|Model)?$")
_WHOLE = frozenset({"body", "headers"})


def tabled(flow: Flow) -> Iterator[Written]:
    """Rows of a log that are made of whole bodies or headers: ``RequestLog(body=await request.body())``,
    ``AuditLog.objects.create(body=request.body)``; in order of places."""
    for place in flow.project.places():
        uses = [use.chain for use in uses_of(flow.project, place) if use.kind == "call"]
        if not any(_row(one) for one in uses):
            continue
        function = flow.project.function(place)
        for point in flow.calls(place):
            call = point.expression
            row = _row(chain(call.func)) if isinstance(call, Call) else ""
            if not isinstance(call, Call) or not row:
                continue
            reader = Reader(flow)
            found = reader.first(point, [one.value for one in call.arguments], 6)
            if found is not None and found.kind in _WHOLE:
                yield Written(place, call, found, row, "own", point)
            elif found is None and reader.handed and function is not None:
                for site, asked, told in handed_over(flow, place, function, frozenset(reader.handed)):
                    if told.kind in _WHOLE:
                        yield Written(site.place, asked.expression, told, row, "own", asked)


def _row(name: str) -> str:
    """The class of a log's rows that a call makes one of; ``""`` for other calls."""
    made = name.removesuffix(".create").removesuffix(".objects").rpartition(".")[2]
    return made if _ROW.search(made) else ""


def kept(flow: Flow, traced: frozenset[Place]) -> Iterator[Written]:
    """Secrets handed to a log of the application's own whose writing nobody can follow: into a table, a file, a queue.

    ``traced``: functions whose writing was followed already.
    """
    for path in flow.project.paths():
        outline = flow.project.outline(path)
        for index, function in enumerate(outline.functions):
            place = Place(path, index)
            owner = outline.classes[function.owner].name if function.owner >= 0 else ""
            named = _LOGGING.match(function.name) or (function.name in _LEVELS and _CLASS.search(owner))
            if not named or place in traced or place in flow.handlers:
                continue
            names = frozenset(one.name for one in function.parameters) - {"self", "cls"}
            for site, point, found in handed_over(flow, place, function, names):
                call = point.expression
                if isinstance(call, Call):
                    yield Written(
                        site.place, call, found, f"{owner}.{function.name}" if owner else written(call), "own", point
                    )
