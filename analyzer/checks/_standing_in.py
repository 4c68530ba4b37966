"""The part of BA201 about placeholders that work: a key meant to be replaced signs when nobody replaces it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.checks._jwt_keys import Keys, used_keys
from analyzer.facts.expressions import AnyExpression, Call, Compare, Constant, Secret
from analyzer.facts.literals import is_placeholder
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, nodes, places_calling
from analyzer.graph.picture import Picture

_SESSIONS = "SessionMiddleware"
"""Starlette's: its cookie is the session itself, signed."""


def working(picture: Picture, flow: Flow) -> dict[tuple[str, int], str]:
    """What signs with a placeholder, by the path and the line the placeholder stands at.

    Silent about files that look at the value themselves: a start that refuses the placeholder never signs with it.
    """
    found: dict[tuple[str, int], str] = {}
    keys = Keys(picture, flow)
    for at, given, what in (*used_keys(picture, flow), *_sessions(picture, flow)):
        for key in keys.of(given):
            where = location(key.point.place, key.point.expression)
            spot = where.path, where.span.line
            doubtful = isinstance(key.point.expression, Secret) and key.point.expression.strength == "placeholder"
            if not doubtful or spot in found or not deployed(picture, where.path):
                continue
            if not any(_refuses(flow, path) for path in {where.path, at.place.path}):
                found[spot] = what
    return found


def _sessions(picture: Picture, flow: Flow) -> Iterator[tuple[Point, Point, str]]:
    for place in places_calling(flow.project, frozenset({_SESSIONS, "add_middleware", "Middleware"})):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call):
                continue
            handed = bool(call.arguments) and chain(call.arguments[0].value).endswith(_SESSIONS)
            given = argument(call, -1, "secret_key")
            if given is not None and (handed or chain_end(call) == _SESSIONS):
                yield point, Point(place, given, point.environment), f"`{_SESSIONS}`"


def _refuses(flow: Flow, path: str) -> bool:
    """Whether a file compares with a placeholder: ``if settings.secret_key == "change-me": raise …``."""
    return any(
        isinstance(node, Compare) and any(_is_doubtful(side) for side in (node.left, *node.comparators))
        for node in nodes(flow.project, path)
    )


def _is_doubtful(side: AnyExpression) -> bool:
    if isinstance(side, Secret):
        return side.strength == "placeholder"
    return isinstance(side, Constant) and isinstance(side.value, str) and is_placeholder(side.value)
