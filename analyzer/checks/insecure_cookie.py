"""BA602: cookies without the flags that keep them from scripts and plain connections."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

import msgspec

from analyzer.checks._choices import choices, truth
from analyzer.checks._session_settings import SETTING, assigned, lax, middleware
from analyzer.facts.codec import encode
from analyzer.facts.expressions import AnyExpression, Call, Compare, Constant, Name, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, constants, spread
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import called_name, flow_of, location, places_calling, uses_of
from analyzer.graph.picture import Picture
from analyzer.graph.strangers import keys_read
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project.target import Place

_SECRET = re.compile(
    r"sess|token|auth|jwt|login|remember|credential|(?:^|[_-])sid$|api[_-]?key|identity", re.IGNORECASE
)
"""Names of cookies (and of what is put into them) that let somebody in."""
_SHOWN = re.compile(r"csrf|xsrf|lang|locale|theme|consent|timezone|tz$|sidebar|dark|flash|banner|color", re.IGNORECASE)
"""Names of cookies that scripts are meant to read."""
_SOMEBODY = re.compile(
    r"user|\buid|name|mail|account|role|admin|member|customer|person|profile|permission", re.IGNORECASE
)
"""Names of cookies (and of what is put into them) that say who somebody is."""
_GENERAL = re.compile(r"csrf|xsrf|access|refresh|user|admin|app|web|server|site|default|secure", re.IGNORECASE)
"""Words before ``COOKIE_SECURE`` of settings that are for all cookies, or for one that keeps somebody logged in."""
_COOKIES = re.compile(r"cookie", re.IGNORECASE)
_FORGERY = re.compile(r"csrf|xsrf", re.IGNORECASE)
_STORES = re.compile(r"Storage|SessionMiddleware|SessionInterface|CookieBackend|CookieTransport|SessionConfig")
_DEVELOPING = re.compile(
    r"(?:^|[/_.-])(?:dev|develop|development|local|test|tests|testing|debug|ci|example|sample)(?:[/_.-]|$)"
)
_OF_TOKENS = frozenset({"set_access_cookies", "set_refresh_cookies"})
_SECURING = b"JWT_COOKIE_SECURE"
_READ = re.compile(r"\.(?:from_prefixed_env|from_envvar|from_pyfile|from_file|from_json)$")
"""Ways of Flask's to read settings that stand in no module."""
_SEEN = "the session can be read by scripts or on plain HTTP"
_FORGED = "the token against forged requests can be read on plain HTTP"
_FIX = 'Set `secure=True`, `httponly=True` and `samesite="lax"` (or `strict`)'


_JAR = re.compile(r"(?:^|\.)(?:cookies|COOKIES)(?:\.get|\[\])?$")


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA602: calls first, then settings; in order of places."""
    flow = flow_of(picture)
    added, read = _added(flow), functools.cache(functools.partial(_read_names, flow))
    for place in places_calling(flow.project, frozenset({"set_cookie", "Cookie"})):
        for point in flow.calls(place):
            call = point.expression
            if isinstance(call, Call) and _sets(flow, place, call) and not spread(call):
                finding = _cookie(flow, rule, point, call, added, read)
                if finding is not None:
                    yield finding
    yield from _stores(flow, rule)
    yield from _remembered(picture, flow, rule)
    yield from _of_tokens(flow, rule)
    settings = list(_settings(picture, flow, rule))
    yield from middleware(picture, flow, rule, {(one.location.path, one.location.span.line) for one in settings})
    yield from settings
    yield from assigned(picture, flow, rule)


def _sets(flow: Flow, place: Place, call: Call) -> bool:
    """Whether a call sends a cookie: a method of an answer, or Litestar's ``Cookie`` with a value."""
    if chain(call.func).endswith(".set_cookie"):
        return True
    if argument(call, 1, "value") is None:
        return False
    return flow.project.callee(place, call).startswith("litestar.datastructures")


def _cookie(
    flow: Flow, rule: Rule, point: Point, call: Call, added: frozenset[str], read: Callable[[], frozenset[str]]
) -> Finding | None:
    target = flow.project.resolve_expression(point.place, call.func)
    if target is not None and target.ours:
        return None
    name = argument(call, 0, "key", "name")
    value = argument(call, 1, "value")
    if name is None or _takes_away(flow, point, call, value):
        return None
    called = next(
        (one for one in constants(flow, Point(point.place, name, point.environment)) if isinstance(one, str)), ""
    )
    spelled = called or chain(name)
    unsaid = all(argument(call, -1, flag) is None for flag in ("secure", "httponly"))
    if isinstance(value, Constant) and (not called or (unsaid and not _SECRET.search(called) and called not in read())):
        return None  # a mark for scripts: what everybody gets, and no answer hangs on, lets nobody in
    flags = ("secure",) if _FORGERY.search(spelled) else ("secure", "httponly")
    given = {flag: argument(call, -1, flag) for flag in flags}
    missing = [flag for flag, one in given.items() if _off(flow, point, one) and not (one is None and flag in added)]
    site = argument(call, -1, "samesite")
    if site is not None and not missing and _SECRET.search(spelled) and not _SHOWN.search(spelled):
        values = [str(one).lower() for one in constants(flow, Point(point.place, site, point.environment))]
        if "none" in values:
            what = f"The cookie `{spelled}` is set with `samesite` off: pages of other sites send requests with it"
            return msgspec.structs.replace(
                _told(rule, point.place, call, what, Confidence.LOW), message=what, fix='Set `samesite="lax"`'
            )
    if not missing or (_SHOWN.search(spelled) and not _FORGERY.search(spelled)):
        return None
    words = " ".join(chain(node) for node in walk(value) if isinstance(node, Name)) if value is not None else ""
    secret = _SECRET.search(spelled) is not None or _SECRET.search(words) is not None
    if not secret and len(missing) < len(flags):
        return None
    secret = secret and not _FORGERY.search(spelled)
    somebody = _SOMEBODY.search(f"{spelled} {words}") is not None or _FORGERY.search(spelled) is not None
    chosen = unsaid and not isinstance(value, Constant)
    said = [given[flag] for flag in missing]
    return Finding(
        rule=rule.code,
        location=location(point.place, said[0] if said[0] is not None and None not in said else call),
        message=f"The cookie `{spelled}` is set without {' and '.join(f'`{flag}`' for flag in missing)}: "
        + ("a script of another page's making reads it" if "httponly" in missing else "it travels over plain HTTP too"),
        fix=_FIX,
        severity=rule.severity if secret else Severity.NOTE,
        # What a visitor chose (a shop, a checkbox) lets nobody in, and the page's own scripts may need it.
        confidence=Confidence.HIGH if secret else Confidence.LOW if chosen and not somebody else Confidence.MEDIUM,
    )


def _read_names(flow: Flow) -> frozenset[str]:
    """The names under which the project reads what it once sent: ``request.cookies.get("mode")``."""
    found: set[str] = set()
    for place in flow.project.places():
        if not any(_JAR.search(use.chain) for use in uses_of(flow.project, place)):
            continue
        reading = [node for node in walk(flow.project.body(place)) if _JAR.search(_held(node))]
        found.update(keys_read(reading))
    return frozenset(found)


def _held(node: msgspec.Struct) -> str:
    """What a look-up looks into, as it is written."""
    return chain(node.value) if isinstance(node, Subscript) else chain(node.func) if isinstance(node, Call) else ""


def _takes_away(flow: Flow, point: Point, call: Call, value: AnyExpression | None) -> bool:
    """Whether a call makes a browser forget the cookie: no value, or an age of nothing."""
    if isinstance(value, Constant) and value.value == "":
        return True
    ages = [one for one in (argument(call, 2, "max_age"), argument(call, 3, "expires")) if one is not None]
    return any(constants(flow, Point(point.place, one, point.environment)) == [0] for one in ages)


def _added(flow: Flow) -> frozenset[str]:
    """The flags that the project's own class of answers puts on every cookie that is set on it."""
    nodes = [node for place in _own_answers(flow) for node in walk(flow.project.body(place))]
    named = {str(node.value) for node in nodes if isinstance(node, Constant)}
    named |= {given.keyword for node in nodes if isinstance(node, Call) for given in node.arguments if given.keyword}
    return frozenset({"secure", "httponly"} & named)


def _own_answers(flow: Flow) -> Iterator[Place]:
    """The ``set_cookie`` methods of the project's classes that are answers of a framework."""
    project = flow.project
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            own = project.namespace(path).methods.get(index, {}).get("set_cookie")
            if own is not None and any(chain(base).endswith("Response") for base in item.bases):
                yield Place(path, own)


def _off(flow: Flow, point: Point, given: AnyExpression | None) -> bool:
    """Whether a flag is absent or switched off; one that cannot be read is taken to be on."""
    return given is None or False in constants(flow, Point(point.place, given, point.environment))


def _stores(flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``RedisStorage(app["redis"], httponly=False)``: stores of sessions that are told to drop a flag."""
    project = flow.project
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if not any(use.kind == "call" and _STORES.search(use.chain) for use in uses):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or not _STORES.search(chain(call.func).rpartition(".")[2]):
                continue
            for flag in ("httponly", "secure", "cookie_httponly", "cookie_secure"):
                given = argument(call, -1, flag)
                if given is not None and _off(flow, point, given):
                    yield _told(rule, place, call, f"The session's cookie is made with `{flag}=False`", Confidence.HIGH)
                    break


def _settings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``SESSION_COOKIE_SECURE = False`` in settings of production; a default of an environment variable counts."""
    for path in picture.project.paths():
        if _DEVELOPING.search(path):
            continue
        outline = picture.project.outline(path)
        stated = [("", one) for one in outline.body]
        stated += [(item.name, one) for item in outline.classes for one in item.body]
        for owner, statement in stated:
            if not isinstance(statement, Assign) or statement.value is None:
                continue
            name = chain(statement.targets[0])
            whole = f"{'cookie_' if _COOKIES.search(owner) else ''}{name}"
            if SETTING.search(whole) and (
                _falsy(statement.value) or lax(name, statement.value) or _unset(flow, path, statement)
            ):
                # What is annotated in a class is a field that an environment may fill.
                sure = isinstance(statement.value, Constant) and not (owner and statement.annotation is not None)
                certain = Confidence.HIGH if sure else Confidence.MEDIUM
                shown = f"{owner}.{name}" if whole != name else name
                said = f"`{shown}` is off unless somebody sets it"
                at = Place(path, -1)
                yield _told(rule, at, statement.value, said, certain if _admits(whole) else Confidence.LOW)


def _remembered(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``remember(request, response, identity)`` of aiohttp-security, where the identity is kept in a cookie."""
    project = flow.project
    kept = {
        path
        for place in project.places()
        if any(use.chain.rpartition(".")[2] == "CookiesIdentityPolicy" for use in uses_of(project, place))
        for path in picture.application(place.path)
    }
    for place in places_calling(project, frozenset({"remember"})):
        if place.path not in kept:
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or project.callee(place, call) != "aiohttp_security.remember" or spread(call):
                continue
            if _off(flow, point, argument(call, -1, "secure")):
                what = "The cookie that says who somebody is is made without `secure=True`"
                yield _told(rule, place, call, what, Confidence.HIGH)


def _of_tokens(flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``set_access_cookies(response, token)`` of Flask-JWT-Extended, whose cookies travel over plain HTTP unless
    ``JWT_COOKIE_SECURE`` says otherwise; told once, where the project reads no settings that stand in no module."""
    project = flow.project
    for place in places_calling(project, _OF_TOKENS):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or called_name(flow, place, call) not in _OF_TOKENS:
                continue
            if not project.callee(place, call).startswith("flask_jwt_extended."):
                continue
            if _configures_tokens(flow):
                return
            what = "`JWT_COOKIE_SECURE` is set nowhere, so the cookie with the token is not marked `secure`"
            yield _told(rule, place, call, what, Confidence.MEDIUM)
            return


def _configures_tokens(flow: Flow) -> bool:
    """Whether a setting says how the cookies of tokens travel, or settings are read that stand in no code."""
    project = flow.project
    if any(_READ.search(use.chain) for place in project.places() for use in uses_of(project, place)):
        return True
    bodies = (project.body(place) for place in project.places())
    classes = (item.body for path in project.paths() for item in project.outline(path).classes)
    return any(_SECURING in encode(body) for some in (bodies, classes) for body in some)


def _admits(setting: str) -> bool:
    """Whether a setting is about the cookie of a session or a login: ``BASKET_COOKIE_SECURE`` is about another's."""
    before = setting.lower().partition("cookie")[0].strip("_")
    return not before or _SECRET.search(before) is not None or _GENERAL.search(before) is not None


def _unset(flow: Flow, path: str, statement: Assign) -> bool:
    """Whether a comparison with an environment variable comes to off where that is not set."""
    if not isinstance(statement.value, Compare):
        return False
    found = choices(flow, Point(Place(path, -1), statement.value, {}))
    return any(one.default and truth(one.value) is False for one in found)


def _falsy(value: AnyExpression) -> bool:
    if isinstance(value, Constant):
        return value.value is False
    if not isinstance(value, Call):
        return False
    defaults = [one.value for one in value.arguments if one.keyword in {None, "default", "default_factory"}]
    return any(_falsy(one) for one in defaults)


def _told(rule: Rule, place: Place, node: object, what: str, confidence: Confidence) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"{what}: {_FORGED if _FORGERY.search(what) else _SEEN}",
        fix=_FIX if "made with" in what else "Switch it on for production; development may switch it off for itself",
        severity=rule.severity,
        confidence=confidence,
    )
