"""Passwords of objects that a repository only stores: whoever makes and hands over the object may have hashed them."""

from __future__ import annotations

import re

from analyzer.flow.engine import Flow
from analyzer.flow.hashing import protects
from analyzer.project.target import Place

_LEVELS = 3
"""Functions looked at above the one that stores: facade, service, use case."""
_MOST = 12
"""Callers looked at; a function with more of them is no repository's."""
_CALLS = 2
"""Calls followed from one of them to a hash: further away somebody else's password may be looked at."""
_HELD = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\.|\[)")


def hashed_above(flow: Flow, place: Place, text: str) -> bool:
    """Whether ``text`` (``data.password``) is a field of an object that callers hand in, and one of them hashes.

    A handler's own parameters come from the client, so nothing is looked for above it.
    """
    held = _HELD.match(text)
    function = flow.project.function(place)
    if held is None or function is None or place in flow.handlers or held["name"] in {"self", "cls", "request"}:
        return False
    if all(one.name != held["name"] for one in function.parameters):
        return False
    front, seen = [place], {place}
    for _ in range(_LEVELS):
        sites = [site for at in front if at not in flow.handlers for site in flow.callers.every(at)]
        if len(sites) > _MOST:
            return False
        front = [one for one in dict.fromkeys(site.place for site in sites) if one not in seen]
        seen.update(front)
        if any(protects(flow, one, _CALLS) for one in front):
            return True
    return False
