"""BA202: a password kept, or compared, as the client typed it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _kept_passwords, _password_comparisons
from analyzer.facts.outline import Use
from analyzer.flow.engine import Flow
from analyzer.flow.passwords import is_password_column
from analyzer.flow.questions import Pictured, flow_of, location, uses_of
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_FIX = "Keep only a password hash: `argon2.PasswordHasher().hash(…)` when it is set, `.verify(…)` when it is checked"


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA202, in order of places; several on one line are told once."""
    flow = flow_of(picture)
    seen: set[tuple[str, int]] = set()
    for place in flow.project.places():
        if not _speaks_of_passwords(flow, place):
            continue
        for node, told, confidence in sorted(
            [*_kept_passwords.kept(flow, place), *_password_comparisons.compared(flow, place)],
            key=lambda one: (one[0].line, one[0].column),
        ):
            where = location(place, node)
            if (place.path, where.span.line) in seen:
                continue
            seen.add((place.path, where.span.line))
            yield Finding(
                rule=rule.code,
                location=where,
                message=told,
                fix=_FIX,
                severity=rule.severity,
                confidence=confidence,
            )


def _speaks_of_passwords(flow: Flow, place: Place) -> bool:
    """A quick look at names, before any body is opened: parameters, chains and the bodies' file."""
    function = flow.project.function(place)
    if function is None:
        return False
    if any(is_password_column(one.name) for one in function.parameters):
        return True
    return any(_named(use) for use in uses_of(flow.project, place)) or _mentions(flow, place)


def _named(use: Use) -> bool:
    return is_password_column(use.chain.rpartition(".")[2]) or is_password_column(use.chain.partition(".")[0])


def _mentions(flow: Flow, place: Place) -> bool:
    """Whether a body may hold a key or keyword called password: it reads a request and keeps something."""
    function = flow.project.function(place)
    if function is None:
        return False
    reads = stores = False
    for use in function.uses:
        last = use.chain.rpartition(".")[2]
        reads = reads or last in _READING or use.chain.startswith(("request.", "self.request.", "info."))
        stores = stores or (use.kind == "call" and (last in _STORING or last[:1].isupper()))
    return reads and stores


_READING = {
    "get_json",
    "json",
    "form",
    "POST",
    "data",
    "body",
    "validated_data",
    "cleaned_data",
    "model_dump",
    "dict",
    "get",
}
_STORING = _kept_passwords.STORING

__all__ = ["Confidence", "check"]
