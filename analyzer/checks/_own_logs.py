"""The part of BA206 about logs of an application's own: functions and classes called so, wherever they write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._written import Written, handed_over
from analyzer.facts.expressions import Call
from analyzer.flow.engine import Flow
from analyzer.flow.questions import written
from analyzer.project.target import Place

_LOGGING = re.compile(
    r"^_?(?:log|audit)_(?:\w+_)?(?:event|action|activity|attempt|message|msg|error|info|debug|warning|request|failure)$"
    r"|^(?:write|add|append|create|save|record)_(?:to_)?(?:\w+_)?(?:log|audit|log_entry|audit_entry|audit_event)$"
)
"""``log_security_event``, ``write_audit_log``; not ``log_in``."""
_LEVELS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "log", "write", "record"})
_CLASS = re.compile(r"(?:^|[a-z_])(?:Log(?:ger)?|Audit(?:Log(?:ger)?|Trail)?)$")


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
