"""What carries a login from one request to the next: a cookie, which browsers send along by themselves, or a header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.codec import encode
from analyzer.flow.questions import uses_of
from analyzer.graph.picture import Picture
from analyzer.project import Place

_COOKIE = re.compile(
    r"(?:^|\.)(?:set_cookie|set_\w+_cookies|set_signed_cookie|set_secure_cookie|get_secure_cookie|cookies|COOKIES"
    r"|SessionMiddleware|APIKeyCookie|CookieTransport|Cookie)(?:$|[.(\[])"
    r"|(?:request|req|connection)\.session(?:$|[.(\[])"
)
_HEADER = re.compile(
    r"(?:^|\.)(?:headers|HTTPBearer|OAuth2PasswordBearer|APIKeyHeader|BearerTransport|jwt_required|verify_jwt_in_request"
    r"|HTTPTokenAuth)(?:$|[.(\[])"
)
_SESSIONS = frozenset(
    {
        "django",
        "flask_login",
        "flask_session",
        "aiohttp_session",
        "aiohttp_security",
        "flask_security",
        "starlette_session",
    }
)
"""Libraries whose logins live in a cookie."""


def by_header(picture: Picture, path: str) -> bool:
    """Whether the application of a module reads logins from a header, and neither sets nor reads a cookie."""
    project = picture.project
    modules = picture.application(path)
    imports = [item for one in modules for item in project.outline(one).imports]
    if any(item.module.partition(".")[0] in _SESSIONS or _flask_session(item.module, item.name) for item in imports):
        return False
    chains = [use.chain for place in _places(picture, modules) for use in uses_of(project, place)]
    if any(map(_COOKIE.search, chains)) or _tokens_in_cookies(picture, modules):
        return False
    return any(map(_HEADER.search, chains)) or any(_HEADER.search(item.name) for item in imports if item.name)


def _flask_session(module: str, name: str | None) -> bool:
    return module in {"flask", "quart"} and name == "session"


def _places(picture: Picture, modules: tuple[str, ...]) -> Iterator[Place]:
    for path in modules:
        yield Place(path, -1)
        yield from (Place(path, index) for index in range(len(picture.project.outline(path).functions)))


def _tokens_in_cookies(picture: Picture, modules: tuple[str, ...]) -> bool:
    """``JWT_TOKEN_LOCATION = ["headers", "cookies"]`` of Flask-JWT-Extended, wherever it is set."""
    bodies = [encode(picture.project.body(place)) for place in _places(picture, modules)]
    bodies += [encode(item.body) for path in modules for item in picture.project.outline(path).classes]
    return any(b"JWT_TOKEN_LOCATION" in body and b"cookies" in body for body in bodies)
