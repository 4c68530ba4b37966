"""The part of BA201 about placeholders that work: a key meant to be replaced signs when nobody replaces it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.checks._configured import settings
from analyzer.checks._jwt_keys import Keys, used_keys
from analyzer.facts.expressions import AnyExpression, Call, Compare, Constant, Secret
from analyzer.facts.literals import by_name, is_placeholder
from analyzer.facts.secretnames import split
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, nodes, places_calling
from analyzer.graph.picture import Picture

_SIGNING = frozenset({"flask", "quart", "django"})
_BUILDING = frozenset({"build", "docs", "doc", "ci"})
"""Words of modules whose settings serve to build something, and no request."""
_SESSIONS = "SessionMiddleware"
"""Starlette's: its cookie is the session itself, signed."""


def working(picture: Picture, flow: Flow) -> dict[tuple[str, int], tuple[str, Point]]:
    """What signs with a placeholder, or with a literal whose own name says nothing, by the path and the line of the
    literal, and the literal.

    Silent about files that look at the value themselves: a start that refuses the placeholder never signs with it.
    """
    found: dict[tuple[str, int], tuple[str, Point]] = {}
    keys = Keys(picture, flow)
    for at, given, what in (*used_keys(picture, flow), *_sessions(picture, flow), *_applications(picture, keys)):
        for key in keys.of(given):
            where = location(key.point.place, key.point.expression)
            spot = where.path, where.span.line
            if not _signs(key.point.expression) or spot in found or not deployed(picture, where.path):
                continue
            if not any(_refuses(flow, path) for path in {where.path, at.place.path}):
                found[spot] = what, key.point
    return found


def _signs(key: AnyExpression) -> bool:
    """Whether a key was not told already where it was given its name."""
    if isinstance(key, Secret):
        return key.strength == "placeholder"
    text = key.value if isinstance(key, Constant) else None
    return isinstance(text, str) and by_name("secret_key", text, used=True) is not None


def _applications(picture: Picture, keys: Keys) -> Iterator[tuple[Point, Point, str]]:
    """The key of an application whose framework signs sessions with it: ``app.secret_key = "change-me"``.

    Where one module or class of settings demands a key of the environment, those that have one beside it are its base.
    """
    project = picture.project
    roots = {one.module.partition(".")[0] for path in project.paths() for one in project.outline(path).imports}
    if roots.isdisjoint(_SIGNING):
        return
    for setting in ("SECRET_KEY", *(("JWT_SECRET_KEY",) if "flask_jwt_extended" in roots else ())):
        found = [value for _, value in settings(picture, (setting,))]
        demanded = any(not any(keys.of(value)) for value in found)
        for value in found:
            if _BUILDING.isdisjoint(split(value.place.path)) and (
                not demanded or not _inherited(picture, setting, value)
            ):
                yield value, value, f"whatever signs with `{setting}`"


def _inherited(picture: Picture, setting: str, value: Point) -> bool:
    """Whether a setting stands in a module or class of settings, which another may build on."""
    path, line = value.place.path, value.expression.line
    if any(one.line < line <= one.end_line for one in picture.project.outline(path).classes):
        return True
    own = picture.project.namespace(path).variables.get(setting, ())
    return any(one.line == line for one in own)


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
