"""BA202: a password kept, or compared, as the client typed it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks import _kept_passwords, _password_comparisons
from analyzer.checks._seeded_passwords import MAKING, seeded
from analyzer.checks._serialized_passwords import serialized
from analyzer.checks._spread_passwords import hands_over
from analyzer.facts.codec import encode
from analyzer.facts.outline import Function
from analyzer.flow.engine import Flow
from analyzer.flow.questions import Pictured, flow_of, location, place_at, uses_of
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_FIX = "Keep only a password hash: `argon2.PasswordHasher().hash(…)` when it is set, `.verify(…)` when it is checked"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA202, in order of places; several on one line are told once."""
    for at, listed, name, field in serialized(picture):
        yield Finding(
            rule=rule.code,
            location=location(at, listed),
            message=f"`{name}` stores its field `{field}` as it was sent: nothing of it hashes a password",
            fix="Give it a `create` that calls `create_user` or `set_password`",
            severity=rule.severity,
            confidence=Confidence.MEDIUM,
        )
    flow = flow_of(picture)
    seen: set[tuple[str, int]] = set()
    for place in flow.project.places():
        speaks = _speaks_of_passwords(flow, place)
        found = [*_kept_passwords.kept(flow, place), *_password_comparisons.compared(flow, place)] if speaks else []
        if picture.is_main(place.path) and (speaks or _makes_accounts(flow, place)):
            found.extend(seeded(flow, place))
        for node, told, confidence in sorted(
            found,
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
    """A quick look at names, before any body is walked: parameters, chains, then the keys inside the body."""
    function = flow.project.function(place)
    if function is None:
        return False
    if _WORDS.search(function.name) or any(_WORDS.search(one.name) for one in function.parameters):
        return True
    if any(_WORDS.search(use.chain) for use in function.uses):
        return True
    if hands_over(flow, place, function):
        return True
    if place in flow.handlers and any(use.chain.endswith((".append", "[]")) for use in function.uses):
        return True  # it may keep all that was sent
    fills = any(use.kind == "call" and use.chain.endswith(_FILLING) for use in function.uses)
    if fills and _INSERTED.search(encode(flow.project.body(place))) is not None:
        return True
    if not any(use.chain.startswith(_READING) or use.chain.endswith(_READ) for use in function.uses):
        return False
    # It takes something from a request by key, and the key may be ``"password"``.
    body = encode(flow.project.body(place))
    found = _WORDS_IN_BYTES.search(body) is not None
    return found and (_keeps(function) or _SQL_OR_COMPARED.search(body) is not None)


def _makes_accounts(flow: Flow, place: Place) -> bool:
    """Whether a function or a module makes rows or documents of something and speaks of passwords on the way."""
    calls = [use.chain.rpartition(".")[2] for use in uses_of(flow.project, place) if use.kind == "call"]
    made = any(one[:1].isupper() or one in MAKING for one in calls)
    return made and _WORDS_IN_BYTES.search(encode(flow.project.body(place))) is not None


def _keeps(function: Function) -> bool:
    """Whether a function stores something, by what it calls or by key."""
    return any(
        (use.kind == "call" and use.chain.rpartition(".")[2] in _STORING)
        or (use.kind == "write" and use.chain.endswith("[]"))
        for use in function.uses
    )


_WORDS = re.compile(r"passw|pwd|passphrase|passcode|pass_?word", re.IGNORECASE)
_FILLING = (".executemany", ".execute")
_INSERTED = re.compile(rb"insert\s[^;]*passw|passw[^;]*insert\s", re.IGNORECASE)
_SQL_OR_COMPARED = re.compile(rb"select\s|insert\s|update\s|[=!]=", re.IGNORECASE)
_WORDS_IN_BYTES = re.compile(_WORDS.pattern.encode(), re.IGNORECASE)
_READING = ("request.", "self.request.", "req.", "body[", "payload[", "data[", "form[", "validated_data[", "json[")
_READ = ("get_json", ".validated_data", ".cleaned_data", ".form", ".POST")
_STORING = _kept_passwords.STORING - {"get", "update", "set", "find", "where", "insert", "values"} | {"set_cookie"}


def judge(finding: Finding, picture: Pictured) -> str:
    """An engine sees an assignment or a keyword called password; we know what the object is and what the value is."""
    flow = flow_of(picture)
    span = finding.location.span
    place = place_at(flow.project, finding.location.path, span.line)
    if place is None:
        return "stand"
    parts = (_kept_passwords.harmless, _password_comparisons.harmless)
    known_harmless = place.index >= 0 and any(part(flow, place, span.line, span.end_line) for part in parts)
    return "refute" if known_harmless else "doubt"
