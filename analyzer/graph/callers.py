"""Functions that find out who is asking, and leave it to whoever calls them what becomes of strangers.

``def user_of(request): return sessions.get(request.get_cookie("sid"))`` refuses nobody; a handler that ends where it
gives nothing does.
"""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name, Subscript
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain, walk
from analyzer.graph.presented import parameters, presented
from analyzer.graph.turning import keeps_somebody
from analyzer.project import Place, Project

_NAMED = re.compile(
    r"user|auth|token|account|ident|principal|member|log(?:ged)?_?in|session|caller|admin|(?:^|_)key|perm|role|customer|whoami|viewer|^current"
    r"|(?:^|_)me$|credential|api_?key|owner",
    re.IGNORECASE,
)
"""What functions are called that know who is asking."""
_OTHERWISE = re.compile(r"csrf|captcha|cart|basket|lang|locale|theme|reset|activat|confirm|invit|signup|register", re.I)
"""What is found by a cookie, a session or a token as well, and is nobody who is logged in."""
_CREDENTIAL = re.compile(r"authori[sz]ation|token|api[-_]?key|secret|jwt|session|bearer|auth|^x[-_][\w-]*key$", re.I)
_CARRIERS = re.compile(r"(?:^|\.)(?:headers|META)$")
_COOKIES = re.compile(r"(?:^|\.)cookies$|(?:^|\.)COOKIES$")
_READING = frozenset({"get_cookie", "get_secure_cookie", "get_signed_cookie"})
_TELLING = frozenset({"request.authorization", "request.token", "request.user", "current_user", "g.user"})
_OUTSIDE = frozenset({"authorized_userid", "get_jwt_identity", "get_current_user", "get_jwt"})
"""Functions of aiohttp-security and flask-jwt-extended that give nothing for strangers."""
_DEPTH = 2


def finds_caller(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether a function gives who is asking, or whether somebody is, by what the request or its session carries."""
    function = project.function(place)
    if function is None or not _NAMED.search(function.name) or _OTHERWISE.search(function.name):
        return False
    body = project.body(place)
    nodes = list(walk(body))
    if not any(isinstance(node, Return) and node.value is not None for node in nodes):
        return False
    if any(parameters(project, place, function)) or any(_reads(node) for node in nodes):
        return presented(project, place, function, body) not in {"sent", "returned"}
    targets = (
        project.resolve_expression(place, node.func) for node in nodes if isinstance(node, Call) and chain(node.func)
    )
    return depth < _DEPTH and any(
        one is not None and one.kind == "function" and finds_caller(project, Place(one.path, one.index), depth + 1)
        for one in targets
    )


def found_outside(dotted: str) -> bool:
    """Whether a function of a library gives who is asking, and nothing for strangers."""
    return dotted.rpartition(".")[2] in _OUTSIDE and dotted.startswith(("aiohttp_security.", "flask_jwt"))


def _reads(node: msgspec.Struct) -> bool:
    """``request.headers.get("Authorization")``, ``request.cookies["sid"]``, ``session.get("user_id")``."""
    if isinstance(node, Attribute | Name) and chain(node) in _TELLING:
        return True
    if isinstance(node, Subscript):
        return _carried(node.value, node.index)
    if not isinstance(node, Call) or not isinstance(node.func, Attribute):
        return False
    if node.func.attr in _READING:
        return True
    key = node.arguments[0].value if node.arguments else None
    return node.func.attr == "get" and key is not None and _carried(node.func.value, key)


def _carried(holder: AnyExpression, key: AnyExpression) -> bool:
    spelled = chain(holder)
    if keeps_somebody(holder, key) or _COOKIES.search(spelled):
        return True
    named = isinstance(key, Constant) and isinstance(key.value, str) and _CREDENTIAL.search(key.value) is not None
    return named and _CARRIERS.search(spelled) is not None
