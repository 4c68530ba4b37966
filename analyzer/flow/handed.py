"""Passwords inside of objects that are handed from a handler to where they are stored: ``repository.create(login)``."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Attribute, Name
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import uses_of
from analyzer.project.target import Place

_LEVELS = 4
"""Functions looked through between a handler and the one that stores."""
_MOST = 12
"""Callers looked at; what more of them call serves everybody, and somebody will hash."""
_HASHING = re.compile(
    r"hash|crypt|pwd_context|passlib|argon|scrypt|pbkdf|set_password|make_password|encode_password|security|digest",
    re.IGNORECASE,
)
"""Calls (and names) that may make a hash of a password, by what they are called: one anywhere on the way settles it."""


def handed_on(flow: Flow, point: Point) -> Part | None:
    """The password that an object brings which every caller hands on untouched, from a handler down to here."""
    one = point.expression
    if not isinstance(one, Attribute) or not isinstance(one.value, Name) or not is_password_name(one.attr):
        return None
    function = flow.project.function(point.place)
    if function is None or all(given.name != one.value.id for given in function.parameters[:6]):
        return None
    if one.value.id in {"self", "cls"} or not _untouched(flow, point.place, one.value.id, one.attr):
        return None
    return Part("request", chain(one), one.line)


def _untouched(flow: Flow, place: Place, name: str, column: str) -> bool:
    """Whether nothing between the handlers and a function may hash, and whether a handler is reached at all."""
    front, seen, reached = [place], {place}, False
    for _ in range(_LEVELS):
        following = []
        for at in front:
            uses = uses_of(flow.project, at)
            if any(_HASHING.search(use.chain) for use in uses):
                return False
            if any(use.kind == "write" and use.chain == f"{name}.{column}" for use in uses):
                return False
            if at in flow.handlers:
                reached = True
                continue
            sites = flow.callers.every(at)
            if len(sites) > _MOST:
                return False
            following += [site.place for site in sites if site.place not in seen]
            seen.update(site.place for site in sites)
        front = following
    return reached
