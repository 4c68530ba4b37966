"""The part of BA602 about sessions: middleware that keeps them in cookies, and settings of a configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import choices, conditional, deployed, truth
from analyzer.checks._configured import written
from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, spread
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import called_name, location, places_calling, uses_of
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

SETTING = re.compile(
    r"(?:^|_)(?:SESSION|CSRF|AUTH|REMEMBER|JWT|ACCESS|REFRESH)?_?COOKIE_(?P<flag>SECURE|HTTPONLY|SAMESITE)$",
    re.IGNORECASE,
)
"""Settings that put flags on cookies (Flask, Django, Flask-Login, flask-jwt-extended, classes of settings)."""
_SESSIONS = {"starlette": "https_only", "fastapi": "https_only", "aiohttp_session": "secure"}
"""Libraries that keep sessions in cookies without Secure unless told, and how they are told."""
_STORES = frozenset(
    "SessionMiddleware EncryptedCookieStorage NaClCookieStorage SimpleCookieStorage RedisStorage "
    "MemcachedStorage".split()
)
_CALLS = _STORES | {"Middleware", "add_middleware"}
_FIX = "Switch it on for production; development may switch it off for itself"


def lax(name: str, value: AnyExpression) -> bool:
    """Whether ``SESSION_COOKIE_SAMESITE`` is switched off. Other cookies than the session's are left alone."""
    if not name.endswith("SESSION_COOKIE_SAMESITE") or not isinstance(value, Constant):
        return False
    return value.value is None or str(value.value).lower() == "none"


def middleware(picture: Picture, flow: Flow, rule: Rule, told: set[tuple[str, int]]) -> Iterator[Finding]:
    """``SessionMiddleware`` without ``https_only``, stores of aiohttp-session without ``secure``.

    Silent where the switch is a setting that is told itself, ``told`` by path and line.
    """
    for place in places_calling(flow.project, _CALLS):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            flag = _told_by(flow, point, call) if isinstance(call, Call) else ""
            if not flag or not isinstance(call, Call) or spread(call) or conditional(flow, place, call.line):
                continue
            given = argument(call, -1, flag)
            off = given is None
            if given is not None:
                found = list(choices(flow, Point(place, given, point.environment)))
                values = [truth(one.value) for one in found]
                off = False in values and True not in values and not _told_there(flow, place, given, told)
            if off:
                how = f"with `{flag}` off" if given is not None else f"without `{flag}=True`"
                said = f"The session's cookie is made {how}: it travels over plain HTTP too"
                yield _finding(rule, place, given or call, said, f"Set `{flag}=True`", Confidence.MEDIUM)


def _told_there(flow: Flow, place: Place, given: AnyExpression, told: set[tuple[str, int]]) -> bool:
    """Whether a switch is a variable whose value is one of the findings about settings."""
    target = flow.project.resolve_expression(place, given) if chain(given) else None
    if target is None or target.kind != "variable":
        return False
    values = flow.project.namespace(target.path).variables.get(target.dotted.rpartition(".")[2], ())
    return any((target.path, one.line) in told for one in values)


def _told_by(flow: Flow, point: Point, call: Call) -> str:
    """The argument that puts Secure on the cookie of a session store; ``""`` for other calls."""
    func: AnyExpression | None = call.func
    if called_name(flow, point.place, call) in {"Middleware", "add_middleware"}:
        func = argument(call, 0, "middleware_class", "cls")
    if chain(func).rpartition(".")[2] not in _STORES:
        return ""
    target = flow.project.resolve_expression(point.place, func)
    root = target.dotted.partition(".")[0] if target is not None and not target.ours else ""
    return _SESSIONS.get(root, "")


def assigned(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``app.config["SESSION_COOKIE_SECURE"] = False`` and ``app.config.update(SESSION_COOKIE_HTTPONLY=False)``."""
    for place in flow.project.places():
        if not any(".config" in use.chain for use in uses_of(flow.project, place)) or not deployed(picture, place.path):
            continue
        for name, value in written(flow, place):
            flag = SETTING.search(name)
            if flag is None or conditional(flow, place, value.line):
                continue
            values = list(choices(flow, Point(place, value, flow.final(place))))
            if not any(truth(one.value) is False for one in values) and not lax(name, value):
                continue
            default = any(one.default for one in values)
            read = "reads it" if flag["flag"].upper() == "HTTPONLY" else "sends it along"
            who = "a script of another page's making" if flag["flag"].upper() == "HTTPONLY" else "a plain connection"
            who = "a page of another site" if flag["flag"].upper() == "SAMESITE" else who
            said = f"`{name}` is off{' unless the environment says otherwise' if default else ''}: {who} {read}"
            sure = Confidence.MEDIUM if default or flag["flag"].upper() == "SAMESITE" else Confidence.HIGH
            yield _finding(rule, place, value, said, _FIX, sure)


def _finding(rule: Rule, place: Place, node: AnyExpression, message: str, fix: str, confidence: Confidence) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=message,
        fix=fix,
        severity=rule.severity,
        confidence=confidence,
    )
