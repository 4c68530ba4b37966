"""Which functions of the project protect a password, followed through what they call."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow
from analyzer.knowledge import known
from analyzer.project.target import Place

_DEPTH = 4
"""Calls followed: wrapper, service, helper, library is the longest way seen in layered code."""

_HASHING = re.compile(
    r"hash|crypt|derive|digest|scrypt|argon|pbkdf|set_password|make_password|encode_password", re.IGNORECASE
)
"""Names that promise protection, for what cannot be followed."""


def protects(flow: Flow, place: Place, depth: int = _DEPTH) -> bool:
    """Whether a function hands something to a password hash, itself or through its callees."""
    for use in _calls(flow, place):
        target = flow.project.resolve(place, use[0], use[1])
        if target is None:
            if _HASHING.search(use[0].rpartition(".")[2]):
                return True
            continue
        if not target.ours:
            hasher = known().hasher(target.dotted, use[0])
            if hasher is not None and hasher.kind != "fast":
                return True
        elif target.kind == "function" and depth > 1:
            inner = Place(target.path, target.index)
            if inner != place and protects(flow, inner, depth - 1):
                return True
    return False


def protecting_call(flow: Flow, place: Place, call: Call) -> bool:
    """Whether a call puts its argument through a password hash, as far as names and followed bodies tell."""
    name = chain(call.func)
    target = flow.project.resolve_expression(place, call.func) if name else None
    if target is None:
        return _HASHING.search(name.rpartition(".")[2]) is not None
    if not target.ours:
        hasher = known().hasher(target.dotted, name)
        return hasher is not None and hasher.kind != "fast"
    return target.kind == "function" and protects(flow, Place(target.path, target.index))


def _calls(flow: Flow, place: Place) -> list[tuple[str, int]]:
    function = flow.project.function(place)
    if function is None:
        return []
    return [(use.chain, use.line) for use in function.uses if use.kind == "call"]
