"""The part of BA303 about the application's own secrets: an open route that answers with its environment or keys."""

from __future__ import annotations

import re

from analyzer.flow.disclosed import Reader
from analyzer.flow.engine import Point
from analyzer.flow.questions import flow_of, uses_of
from analyzer.flow.sensitive import settled
from analyzer.graph.picture import Picture
from analyzer.project import Place

_SPEAKS = re.compile(r"environ|getenv|settings|config|secret|_key|password|dsn|database_url", re.IGNORECASE)
"""Words one of which is in the chains of every function that could give such a thing away."""
_OWN = frozenset({"environment", "connection string", "key", "secret", "password"})


def given_away(picture: Picture, handler: Place) -> str:
    """What a handler answers with that is a secret of the application itself; ``""`` for none."""
    if not any(_SPEAKS.search(use.chain) for use in uses_of(picture.project, handler)):
        return ""
    flow = flow_of(picture)
    for given, state in flow.trace(handler).returns:
        if given is None:
            continue
        found = Reader(flow).told(Point(handler, given, state))
        if found is None or settled(found.kind) not in _OWN:
            continue
        value = flow.value(Point(found.place, found.node, state)) if found.place == handler else None
        own = value is not None and all(part.kind in {"setting", "secret", "text"} for part in value.parts())
        if found.kind == "environment" or own:
            return found.text
    return ""
