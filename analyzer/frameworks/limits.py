"""Rate limits of a route: decorators, dependencies, and what its router or registration attaches."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Attachment, Route
from analyzer.frameworks.registry import VERBS
from analyzer.frameworks.spelling import arguments, spelt
from analyzer.frameworks.text import argument, text, texts
from analyzer.project import Place, Project

LIBRARIES = (
    "slowapi.", "flask_limiter.", "django_ratelimit.", "ratelimit.", "fastapi_limiter.", "pyrate_limiter.",
    "quart_rate_limiter.", "sanic_limiter.", "aiohttp_ratelimiter.", "rest_framework.throttling.", "limits.",
    "ninja.throttling.", "brake.", "litestar.middleware.rate_limit.", "aiolimiter.",
)  # fmt: skip
LIMITING = re.compile(r"(?:^|_)(?:rate_?limit(?:ed|er)?|throttle[ds]?|limiter)(?:_|$)|RateLimit|Throttl", re.IGNORECASE)
_EXEMPT = {"exempt", "limit_exempt", "throttle_exempt", "rate_exempt"}
_CARRYING = frozenset({"method_decorator", "Middleware", "add_middleware", "DefineMiddleware"})
_REGISTERING = frozenset({*VERBS, "route", "api_route", "websocket"})
_REPLACING = frozenset({"limit", "shared_limit", "rate_limit"})
"""Decorators of limiters whose defaults do not count beside them, unless they are told to."""
_LISTS = ("decorators", "method_decorators")
"""Decorators of every method of a class: Flask's method views, resources of Flask-RESTful and Flask-RESTX."""
_IDLE = frozenset({"SlowAPIMiddleware", "SlowAPIASGIMiddleware"})
"""Middleware that does what a limiter was told, and nothing by itself."""
_LITESTAR = "RateLimitConfig"


class Limited(msgspec.Struct, frozen=True):
    """A limit as the code words it; ``keeps`` says that the defaults of its limiter go on beside it."""

    text: str
    keeps: bool = False


def limits_of(project: Project, place: Place, function: Function, method: str = "") -> tuple[Limited, ...]:
    """The limits on a handler and on the class it belongs to; with a method only those that count for it."""
    outside = Place(place.path, function.parent)
    found = [limit for item in function.decorators for limit in _limit(project, outside, item, method)]
    for parameter in function.parameters:
        for node in walk([one for one in (parameter.annotation, parameter.default) if one is not None]):
            if isinstance(node, Call):
                found.extend(_limit(project, outside, node, method))
    owner = project.owner_index(place)
    if owner >= 0:
        for item in project.outline(place.path).classes[owner].decorators:
            if _meant(project, Place(place.path, -1), item, function.name):
                found.extend(_limit(project, Place(place.path, -1), item, method))
        for name in _LISTS:
            value = project.classes.variable(place.path, owner, name)
            for item in value[1].items if value is not None and isinstance(value[1], Sequence) else ():
                found.extend(_limit(project, Place(value[0], -1), item, method) if value is not None else ())
    return tuple({one.text: one for one in found}.values())


def exempt(route: Route, function: Function | None) -> bool:
    """Whether a route is taken out of what limits everything: its handler, or all of its blueprint."""
    chains = [chain_of(one.func if isinstance(one, Call) else one) for one in function.decorators] if function else []
    return any(_EXEMPT & {one.rpartition(".")[2]} for one in (*chains, *(one.dotted for one in route.attached)))


def is_limit(dotted: str) -> bool:
    """Whether what is attached to a router is a limiter's own limit, which counts instead of its defaults."""
    return dotted.startswith(LIBRARIES) and dotted.removesuffix("()").rpartition(".")[2] in _REPLACING


def _meant(project: Project, place: Place, item: AnyExpression, name: str) -> bool:
    """Whether ``@method_decorator(…, name="post")`` on a class decorates this method."""
    given = text(project, place, argument(item, 99, "name")) if isinstance(item, Call) else None
    return given is None or given in {name, "dispatch"}


def attached_limits(project: Project, route: Route) -> Iterator[tuple[str, str]]:
    """The limits that a route's router, registration or application attaches, each with the level it stands at."""
    for one in route.attached:
        limit = limit_of(project, one, route.path)
        if limit:
            yield one.level, limit


def limit_of(project: Project, one: Attachment, path: str = "/") -> str:
    """The limit that something attached is at a path, empty for none."""
    name = one.dotted.removesuffix("()").rpartition(".")[2]
    if name in _IDLE | _EXEMPT:
        return ""
    if one.dotted.removesuffix(".middleware").endswith(f"{_LITESTAR}()"):
        return _of_litestar(project, one, path)
    if one.dotted.startswith(LIBRARIES) or LIMITING.search(name):
        return _worded(project, one, name)
    return _inside(project, one.place) if one.place.path else ""


def _worded(project: Project, one: Attachment, name: str) -> str:
    """An attached limit with what it is given: ``RateLimiter(times=2, seconds=5)``."""
    for call in _calls_at(project, one.path, one.line):
        if chain_of(call.func).rpartition(".")[2] == name:
            return rate(arguments(call)) or f"{name}({arguments(call)})"
        first = argument(call, 0, "middleware_class", "cls")
        if chain_of(call.func).rpartition(".")[2] in _CARRYING and chain_of(first).rpartition(".")[2] == name:
            rest = msgspec.structs.replace(call, arguments=[item for item in call.arguments if item.value is not first])
            return f"{name}({arguments(rest)})" if rest.arguments else name
    return f"{name}({', '.join(map(repr, one.words))})" if one.words else name


def _calls_at(project: Project, path: str, line: int) -> Iterator[Call]:
    """The calls that begin on a line, or go over it; none where that is no file of code."""
    outline = project.modules.outlines.get(path)
    if outline is None:
        return
    bodies: list[msgspec.Struct] = [*outline.body]
    for index, function in enumerate(outline.functions):
        if function.start_line <= line <= function.end_line:
            bodies += [*function.decorators, *project.body(Place(path, index))]
            bodies += [one.default for one in function.parameters if one.default is not None]
    for item in outline.classes:
        if item.start_line <= line <= item.end_line:
            bodies += item.body
    for node in walk(bodies):
        if isinstance(node, Call) and node.line <= line <= node.end_line:
            yield node


def _inside(project: Project, place: Place) -> str:
    """The limiter of a library that a middleware or dependency of the project asks in its own body."""
    function = project.function(place)
    for use in function.uses if function else ():
        target = project.resolve(place, use.chain.partition("()")[0], use.line)
        if target is None or not target.dotted.startswith(LIBRARIES) or use.kind in {"annotate", "base"}:
            continue
        held = project.variable(place.path, use.chain.split(".")[0])
        made = held[1] if held is not None and isinstance(held[1], Call) else None
        return spelt(made) if made is not None else target.dotted.removesuffix("()").split("().")[0].rpartition(".")[2]
    return ""


def _of_litestar(project: Project, one: Attachment, path: str) -> str:
    """``10/minute`` of ``RateLimitConfig(rate_limit=("minute", 10))``, unless ``exclude`` takes the path out."""
    for place in (Place(one.path, -1), *_around(project, one)):
        for node in walk(project.body(place)):
            if not isinstance(node, Call) or chain_of(node.func).rpartition(".")[2] != _LITESTAR:
                continue
            given, out = argument(node, 0, "rate_limit"), argument(node, 99, "exclude")
            patterns = texts(project, place, out) or [each for each in [text(project, place, out)] if each]
            if any(_excludes(pattern, path) for pattern in patterns):
                return ""
            pair = given.items if isinstance(given, Sequence) and len(given.items) == 2 else []
            return f"{spelt(pair[1])}/{text(project, place, pair[0]) or spelt(pair[0])}" if pair else _LITESTAR
    return _LITESTAR


def _around(project: Project, one: Attachment) -> Iterator[Place]:
    for index, function in enumerate(project.outline(one.path).functions):
        if function.start_line <= one.line <= function.end_line:
            yield Place(one.path, index)


def _excludes(pattern: str, path: str) -> bool:
    if len(pattern) > 200 or re.search(r"[*+}]\)?[*+{]", pattern):
        return False  # an expression that may take for ever
    try:
        return re.search(pattern, path) is not None
    except re.error:
        return False


def _limit(project: Project, place: Place, item: AnyExpression, method: str) -> Iterator[Limited]:
    """``5/minute`` for ``@limiter.limit("5/minute")``; the whole call where the argument alone would say nothing."""
    call = item if isinstance(item, Call) else None
    chain = chain_of(call.func if call else item)
    name = chain.rpartition(".")[2]
    if not chain or name in _EXEMPT or name == "throttle_classes":
        return
    if call and name in _CARRYING:
        for one in call.arguments[:1]:
            yield from _limit(project, place, one.value, method)
        return
    if call and name in _REGISTERING:
        for given in call.arguments:
            for node in walk(given.value) if given.keyword == "dependencies" else ():
                if isinstance(node, Call):
                    yield from _limit(project, place, node, method)
        return
    target = project.resolve(place, chain)
    library = target is not None and target.dotted.startswith(LIBRARIES)
    if not library and not LIMITING.search(name):
        return
    if call and method and not _for_method(project, place, call, method):
        return
    keeps = name not in _REPLACING or (call and getattr(argument(call, 99, "override_defaults"), "value", 1) is False)
    told = {"override_defaults", *(("methods",) if method not in {"", "ANY"} else ())}
    shown = [one for one in call.arguments if one.keyword not in told] if call else []
    words = arguments(msgspec.structs.replace(call, arguments=shown)) if call else ""
    yield Limited(rate(words) or (f"{name}({words})" if words else name), bool(keeps))


def _for_method(project: Project, place: Place, call: Call, method: str) -> bool:
    """Whether a limit that names methods (``methods=["POST"]``, ``method="POST"``) counts for this one."""
    given = argument(call, 99, "methods", "method")
    named = texts(project, place, given) or [one for one in [text(project, place, given)] if one]
    if isinstance(given, Name | Attribute) and chain_of(given).rpartition(".")[2] == "UNSAFE":
        return method not in {"GET", "HEAD", "OPTIONS"}
    return not named or method == "ANY" or method in {one.upper() for one in named}


def rate(words: str) -> str:
    """The one text of a call's arguments, where that is all and tells a number."""
    only = re.fullmatch(r"'([^']*\d[^']*)'", words)
    return only[1] if only else ""


def is_none(value: AnyExpression | None) -> bool:
    """Whether a value is a plain ``None``."""
    return isinstance(value, Constant) and value.value is None
