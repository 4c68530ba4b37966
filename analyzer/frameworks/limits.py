"""Rate limits of a route: decorators, dependencies and throttle classes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Route
from analyzer.frameworks.spelling import arguments, spelt
from analyzer.project import Place, Project

_LIBRARIES = (
    "slowapi.", "flask_limiter.", "django_ratelimit.", "ratelimit.", "fastapi_limiter.", "pyrate_limiter.",
    "quart_rate_limiter.", "sanic_limiter.", "aiohttp_ratelimiter.", "rest_framework.throttling.", "limits.",
    "ninja.throttling.", "brake.", "litestar.middleware.rate_limit.",
)  # fmt: skip
LIMITING = re.compile(r"(?:^|_)(?:rate_?limit(?:ed|er)?|throttle[ds]?|limiter)(?:_|$)|RateLimit|Throttl", re.IGNORECASE)
_EXEMPT = {"exempt", "limit_exempt", "throttle_exempt"}


def limits_of(project: Project, place: Place, function: Function) -> tuple[str, ...]:
    """The limits on a handler and on the class it belongs to, as the code words them."""
    outside = Place(place.path, function.parent)
    found = [limit for item in function.decorators for limit in _limit(project, outside, item)]
    for parameter in function.parameters:
        for node in walk([one for one in (parameter.annotation, parameter.default) if one is not None]):
            if isinstance(node, Call):
                found.extend(_limit(project, outside, node))
    owner = project.owner(place)
    if owner is not None:
        for item in owner.decorators:
            found.extend(_limit(project, Place(place.path, -1), item))
        value = project.variable(place.path, f"{owner.qualname}.throttle_classes")
        if value is not None and isinstance(value[1], Sequence):
            found.extend(spelt(item) for item in value[1].items)
    return tuple(dict.fromkeys(found))


def attached_limits(route: Route) -> tuple[str, ...]:
    """The limits that a route's router or registration attaches, as far as their names and arguments tell."""
    found = []
    for one in route.attached:
        name = one.dotted.removesuffix("()").rpartition(".")[2]
        if one.dotted.startswith(_LIBRARIES) or LIMITING.search(name):
            found.append(f"{name}({', '.join(map(repr, one.words))})" if one.words else name)
    return tuple(dict.fromkeys(found))


def _limit(project: Project, place: Place, item: AnyExpression) -> Iterator[str]:
    """``5/minute`` for ``@limiter.limit("5/minute")``; the whole call where the argument alone would say nothing."""
    call = item if isinstance(item, Call) else None
    chain = chain_of(call.func if call else item)
    name = chain.rpartition(".")[2]
    if not chain or name in _EXEMPT:
        return
    if name == "throttle_classes" and call and call.arguments and isinstance(call.arguments[0].value, Sequence):
        yield from (spelt(one) for one in call.arguments[0].value.items)
        return
    if call and name in {"get", "post", "put", "patch", "delete", "route", "api_route", "websocket"}:
        for argument in call.arguments:
            for node in walk(argument.value) if argument.keyword == "dependencies" else ():
                if isinstance(node, Call):
                    yield from _limit(project, place, node)
        return
    target = project.resolve(place, chain)
    library = target is not None and target.dotted.startswith(_LIBRARIES)
    if not library and not LIMITING.search(name):
        return
    text = arguments(call) if call else ""
    only = re.fullmatch(r"'([^']*\d[^']*)'", text)
    yield only[1] if only else f"{name}({text})" if text else name
