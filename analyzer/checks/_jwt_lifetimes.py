"""The part of BA302 about how long tokens are good: for ever or for months, by settings and arguments."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.checks._choices import choices, deployed, field
from analyzer.checks._configured import settings
from analyzer.checks._jwt_keys import speaks_of_tokens
from analyzer.facts.expressions import Attribute, Binary, Call, Constant
from analyzer.facts.secretnames import split
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants, entries
from analyzer.flow.arrivals import arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, places_calling
from analyzer.graph.picture import Picture
from analyzer.knowledge import known
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

_DAY = 86_400
_MONTH = 30 * _DAY
"""After that long people have to log in again at the lowest level already (NIST SP 800-63B, section 4.1.3)."""
_UNITS = {
    "days": _DAY, "seconds": 1, "minutes": 60, "hours": 3_600, "weeks": 7 * _DAY, "microseconds": 0, "milliseconds": 0,
}  # fmt: skip
_ORDER = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
"""The positions of ``timedelta``."""
_ACCESS = frozenset({"JWT_ACCESS_TOKEN_EXPIRES"})
_REFRESH = frozenset({"JWT_REFRESH_TOKEN_EXPIRES"})
_MAPPINGS = frozenset({"SIMPLE_JWT", "NINJA_JWT", "JWT_AUTH"})
_LIFETIMES = ("ACCESS_TOKEN_LIFETIME", "SLIDING_TOKEN_LIFETIME", "JWT_EXPIRATION_DELTA")
_LASTING = frozenset(
    "refresh remember api invite invitation unsubscribe verify verification activation email mail download share "
    "shared link license licence device service machine bot webhook feed calendar personal public state".split()
)
"""Words of what makes tokens that are meant to last, or that let nobody in."""
_CALLS = {
    "flask_jwt_extended.create_access_token": "expires_delta",
    "flask_jwt_extended.utils.create_access_token": "expires_delta",
    "fastapi_users.authentication.JWTStrategy": "lifetime_seconds",
    "fastapi_users.authentication.strategy.JWTStrategy": "lifetime_seconds",
    "litestar.security.jwt.JWTAuth": "default_token_expiration",
    "litestar.security.jwt.JWTCookieAuth": "default_token_expiration",
    "litestar.security.jwt.OAuth2PasswordBearerAuth": "default_token_expiration",
}
"""What hands out tokens of access, and the argument that says how long they are good."""
_TOKENS = frozenset({"rest_framework_simplejwt.tokens.AccessToken", "ninja_jwt.tokens.AccessToken"})


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Findings about lifetimes: those of calls, then those of settings and classes."""
    makers = frozenset(one.rpartition(".")[2] for one in _CALLS) | {"create_refresh_token"}
    for place in places_calling(flow.project, makers):
        if deployed(picture, place.path):
            for point in flow.calls(place):
                yield from _of_call(flow, rule, point)
    for name, value in settings(picture, _ACCESS | _REFRESH):
        if False in constants(flow, value):
            yield _endless(rule, value, f"`{name}` is off")
        elif name in _ACCESS:
            yield from _long(flow, rule, value, value, f"`{name}`")
    for name, value in settings(picture, _MAPPINGS):
        for entry in _LIFETIMES:
            for inner in entries(flow, value, entry):
                yield from _long(flow, rule, inner, inner, f"`{entry}` of `{name}`")
        if any(False in constants(flow, one) for one in entries(flow, value, "JWT_VERIFY_EXPIRATION")):
            yield _endless(rule, next(entries(flow, value, "JWT_VERIFY_EXPIRATION")), "`JWT_VERIFY_EXPIRATION` is off")
    yield from _of_classes(picture, flow, rule)
    yield from _of_claims(picture, flow, rule)


def _of_claims(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``{"exp": now + timedelta(days=365)}``, signed by a function that makes tokens of access."""
    for place in places_calling(flow.project, frozenset({"encode"})):
        function = flow.project.function(place)
        if not deployed(picture, place.path) or not speaks_of_tokens(flow, place.path) or function is None:
            continue
        for point in flow.calls(place):
            call = point.expression
            signer = known().signer(flow.project.callee(place, call)) if isinstance(call, Call) else None
            if signer is None or signer.claims < 0 or not isinstance(call, Call):
                continue
            claims = argument(call, signer.claims, "payload", "claims")
            inner = Point(place, claims, point.environment) if claims is not None else None
            for expiry in entries(flow, inner, "exp") if inner is not None else ():
                seconds = max(_from_now(flow, expiry), default=0)
                if seconds > _MONTH:
                    yield _lives(
                        rule, point, f"`{function.name}`", seconds, sure=_LASTING.isdisjoint(split(function.name))
                    )


def _from_now(flow: Flow, point: Point) -> list[int]:
    """The seconds that are added to a moment."""
    found: list[int] = []
    for origin in flow.origins(point):
        one = origin.expression
        sides = (one.left, one.right) if isinstance(one, Binary) and one.op == "+" else ()
        for side in sides:
            inner = Point(origin.place, side, origin.environment)
            for arrival in arrivals(flow, inner):
                made = arrival.point.expression
                if isinstance(made, Call) and chain_end(made) == "timedelta":
                    seconds = _of_timedelta(flow, arrival.point, made)
                    found += [seconds] if seconds is not None else []
    return found


def _of_call(flow: Flow, rule: Rule, point: Point) -> Iterator[Finding]:
    call = point.expression
    dotted = flow.project.callee(point.place, call) if isinstance(call, Call) else ""
    if not isinstance(call, Call) or not dotted:
        return
    refresh = dotted.startswith("flask_jwt_extended.") and dotted.endswith("create_refresh_token")
    keyword = "expires_delta" if refresh else _CALLS.get(dotted, "")
    position = 1 if keyword == "lifetime_seconds" else -1
    given = argument(call, position, keyword) if keyword else None
    if given is None:
        return
    value = Point(point.place, given, point.environment)
    found = constants(flow, value)
    if False in found or (keyword == "lifetime_seconds" and found == [None]):
        off = False if False in found else None
        yield _endless(rule, point, f"`{keyword}={off}`")
    elif not refresh:
        yield from _long(flow, rule, value, point, f"`{keyword}` of `{chain(call.func)}`")


def _of_classes(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``class AccessToken(…): lifetime = timedelta(days=365)``."""
    for path in flow.project.paths():
        outline = flow.project.outline(path)
        for index, item in enumerate(outline.classes):
            for node in item.body:
                lifetime = isinstance(node, Assign) and chain(node.targets[0]) == "lifetime" and node.value is not None
                if not lifetime or not isinstance(node, Assign) or node.value is None or not deployed(picture, path):
                    continue
                if flow.project.classes.descends(path, index, _TOKENS):
                    value = Point(Place(path, -1), node.value, {})
                    yield from _long(flow, rule, value, value, f"`lifetime` of `{item.name}`")


def _long(flow: Flow, rule: Rule, value: Point, at: Point, what: str) -> Iterator[Finding]:
    for seconds in sorted(durations(flow, value), reverse=True)[:1]:
        if seconds > _DAY:
            found = _lives(rule, at, what, seconds, sure=seconds > _MONTH)
            yield msgspec.structs.replace(found, confidence=Confidence.HIGH) if seconds > _MONTH else found


def _lives(rule: Rule, at: Point, what: str, seconds: int, *, sure: bool) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(at.place, at.expression),
        message=f"{what} lets an access token live for {_spoken(seconds)}: who finds one in a log or on a lost device "
        "is let in as long",
        fix="Let access tokens expire after minutes, and hand out refresh tokens that can be revoked",
        severity=rule.severity,
        confidence=Confidence.MEDIUM if sure else Confidence.LOW,
    )


def _spoken(seconds: int) -> str:
    days = seconds // _DAY
    return f"{days:,} days" if days != 1 else "more than a day"


def durations(flow: Flow, point: Point, depth: int = 4) -> Iterator[int]:
    """The seconds a lifetime may be, as far as they are written: ``timedelta(days=7)``, a number of seconds."""
    for arrival in arrivals(flow, point) if depth else ():
        here, one = arrival.point, arrival.point.expression
        if isinstance(one, Call) and chain_end(one) == "timedelta":
            seconds = _of_timedelta(flow, here, one)
            if seconds is not None:
                yield seconds
            continue
        if isinstance(one, Binary):
            yield from (value for value in constants(flow, here) if type(value) is int)
            continue
        for choice in choices(flow, here):
            if type(choice.value) is int:
                yield choice.value
        for choice_ in _defaults(flow, here):
            yield from durations(flow, choice_, depth - 1)


def _defaults(flow: Flow, here: Point) -> Iterator[Point]:
    """The default of a settings field that is no constant: ``lifetime: timedelta = timedelta(days=365)``."""
    if isinstance(here.expression, Attribute):
        kept = field(flow, here, here.expression)
        if kept is not None and not isinstance(kept.expression, Constant):
            yield kept


def _of_timedelta(flow: Flow, point: Point, call: Call) -> int | None:
    """The seconds of ``timedelta(…)``; ``None`` where a part of it is not written anywhere."""
    total = 0.0
    for position, one in enumerate(call.arguments):
        unit = one.keyword or (_ORDER[position] if position < len(_ORDER) else "")
        inner = Point(point.place, one.value, point.environment)
        found = [value for value in _numbers(flow, inner) if value is not None]
        if one.star or unit not in _UNITS or not found:
            return None
        total += _UNITS[unit] * max(found)
    return int(total)


def _numbers(flow: Flow, point: Point) -> Iterator[float]:
    for arrival in arrivals(flow, point):
        for value in constants(flow, arrival.point):
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield value
        for choice in choices(flow, arrival.point):
            if isinstance(choice.value, int | float) and not isinstance(choice.value, bool):
                yield choice.value
            elif isinstance(choice.value, str) and choice.value.isdigit():
                yield int(choice.value)


def _endless(rule: Rule, at: Point, what: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(at.place, at.expression),
        message=f"{what}: who finds such a token in a log or on a lost device is let in for ever",
        fix="Let access tokens expire after minutes, and hand out refresh tokens that can be revoked",
        severity=rule.severity,
        confidence=Confidence.HIGH,
    )
