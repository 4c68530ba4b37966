"""What ends a request because nobody, or the wrong one, is asking: 401, 403, or the way to the login page."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Mapping, Name, Sequence
from analyzer.facts.statements import Assign, Evaluate, Raise, Return
from analyzer.facts.visit import chain, walk
from analyzer.project import Place, Project, Target

_STATUS = re.compile(r"(?:^|[._])(?:401|403|UNAUTHORIZED|FORBIDDEN)(?:_|$|\.value$)|HTTP_40[13]", re.IGNORECASE)
"""Constants of status modules and enumerations that stand for 401 and 403."""
_REFUSING = re.compile(
    r"unauthori[sz]ed|unauthenticated|not_?authenticated|not_?authori[sz]ed|forbidden|permission_?denied|access_?denied"
    r"|authentication_?(?:failed|error|required)|no_?permission|credentials?_?exception|invalid_?credentials?"
    r"|permission.*exception|auth.*exception|permission_?error|invalid_?token|token_?(?:expired|invalid|missing)"
    r"|(?:log|sign)_?in_?required|not_?(?:logged|signed)_?in|not_?allowed_?exception",
    re.IGNORECASE,
)
"""Exceptions and responses by what they are called, where neither their class nor a status says more."""
_SAYS = re.compile(
    r"\b(?:not |un)(?:authenticated|logged[ -]in|authori[sz]ed|permitted|allowed to)|authentication (?:is )?required"
    r"|unauthori[sz]ed|(?:must|need to|have to|please) (?:be logged|log|sign)[ -]?in|log[ -]?in (?:is )?required"
    r"|(?:permission|access) denied"
    r"|do(?:es)? not have permission|no permission|\bforbidden\b",
    re.IGNORECASE,
)
"""Messages of exceptions without a status: a GraphQL resolver has no other way to refuse."""
_MAY_NOT = re.compile(r"unauthori[sz]ed|not_?authori[sz]ed|forbidden|permission_?(?:denied|error)|access_?denied", re.I)
_LOGIN = re.compile(r"log[-_]?in|sign[-_]?in|authenticate|/auth|unauthori[sz]ed|forbidden|no[-_]?access", re.IGNORECASE)
_ENDING = frozenset({"abort", "send_error", "set_status", "halt"})
_REDIRECTS = frozenset(
    {
        "redirect",
        "redirect_to_login",
        "HttpResponseRedirect",
        "RedirectResponse",
        "HTTPFound",
        "HTTPSeeOther",
        "HTTPTemporaryRedirect",
        "Redirect",
    }
)
_CODES = frozenset({401, 403})
_CLOSING = frozenset({1008, 3000, 3003, 4001, 4003, 4401, 4403})
"""Codes with which a web socket is closed on those who may not: RFC 6455 and the registry of IANA name the first three,
the others are the usual private ones after 401 and 403."""


def refuses(project: Project, place: Place, statement: msgspec.Struct) -> bool:
    """Whether a statement of a function answers 401 or 403, raises what comes to that, or sends to the login page."""
    if isinstance(statement, Raise):
        return statement.exception is not None and raised(project, place, statement.exception)
    if isinstance(statement, Return):
        return statement.value is not None and answered(project, place, statement.value)
    if isinstance(statement, Evaluate):
        call = statement.value.value if isinstance(statement.value, Await) else statement.value
        name = chain(call.func).rpartition(".")[2] if isinstance(call, Call) else ""
        return isinstance(call, Call) and ((name in _ENDING and _coded(call)) or (name == "close" and _closed(call)))
    if isinstance(statement, Assign) and isinstance(statement.value, Constant):
        target = chain(statement.targets[0])
        return target.endswith((".status_code", ".status")) and statement.value.value in _CODES
    return False


def _closed(call: Call) -> bool:
    """``websocket.close(code=1008)``"""
    values = [one.value for one in call.arguments if one.keyword in {None, "code"}]
    return any(
        (isinstance(one, Constant) and one.value in _CLOSING)
        or (isinstance(one, Name | Attribute) and "1008" in chain(one))
        for one in values
    )


def sends_to_login(statement: Return) -> bool:
    """Whether a function answers with the way to the login page, and with no status that says why."""
    value = statement.value
    return isinstance(value, Call) and _to_login(value) and not _coded(value)


def refusal_name(name: str) -> bool:
    """Whether an exception of that name says that somebody may not."""
    return _MAY_NOT.search(name) is not None


def raised(project: Project, place: Place, exception: AnyExpression, depth: int = 0) -> bool:
    """Whether raising an expression refuses the request."""
    func = exception.func if isinstance(exception, Call) else exception
    if isinstance(exception, Call) and any(ask(exception) for ask in (_coded, _to_login, _located, _said)):
        return True
    spelled = chain(func)
    if isinstance(exception, Name) and depth == 0:
        # An exception made beforehand and raised in several places.
        for statement in walk(project.body(place)):
            made = statement.value if isinstance(statement, Assign) else None
            named = isinstance(statement, Assign) and any(chain(one) == exception.id for one in statement.targets)
            if named and made is not None and raised(project, place, made, 1):
                return True
        made_above = project.variable(place.path, exception.id)
        if made_above is not None and raised(project, Place(made_above[0], -1), made_above[1], 1):
            return True
    target = project.resolve_expression(place, func) if spelled else None
    if target is not None and target.kind == "class" and _class_refuses(project, target):
        return True
    if target is not None and target.kind == "function" and depth < 3:
        maker = Place(target.path, target.index)
        return any(
            isinstance(one, Return) and one.value is not None and raised(project, maker, one.value, depth + 1)
            for one in walk(project.body(maker))
        )
    return _REFUSING.search(target.dotted.rpartition(".")[2] if target else spelled) is not None or (
        _REFUSING.search(spelled) is not None
    )


def answered(project: Project, place: Place, value: AnyExpression) -> bool:
    """Whether a returned value is an answer with 401 or 403, or a redirect to where one logs in."""
    if isinstance(value, Sequence) and value.kind == "tuple":
        return any(_code(item) for item in value.items)  # ``body, 401``, and Django Ninja's ``401, body``
    if not isinstance(value, Call):
        return False
    if _coded(value) or _to_login(value):
        return True
    if isinstance(value.func, Attribute) and isinstance(value.func.value, Call):
        return answered(project, place, value.func.value)
    return _REFUSING.search(chain(value.func).rpartition(".")[2]) is not None


def _said(call: Call) -> bool:
    """Whether an exception says so in its message, and no number says otherwise."""
    given = [one.value for one in call.arguments]
    said = any(isinstance(one, Constant) and isinstance(one.value, str) and _SAYS.search(one.value) for one in given)
    return said and not any(isinstance(one, Constant) and type(one.value) is int for one in given)


def _coded(call: Call) -> bool:
    """Whether 401 or 403 is among the arguments."""
    return any(_code(one.value) for one in call.arguments)


def _code(value: AnyExpression) -> bool:
    if isinstance(value, Constant):
        return type(value.value) is int and value.value in _CODES
    return isinstance(value, Name | Attribute) and _STATUS.search(chain(value)) is not None


def _to_login(call: Call) -> bool:
    if chain(call.func).rpartition(".")[2] not in _REDIRECTS:
        return False
    if chain(call.func).endswith("redirect_to_login"):
        return True
    for node in walk([one.value for one in call.arguments]):
        if isinstance(node, Constant) and isinstance(node.value, str) and _LOGIN.search(node.value):
            return True
        if isinstance(node, Name | Attribute) and _LOGIN.search(chain(node)):
            return True
    return False


def _located(call: Call) -> bool:
    """Whether an exception sends to the login page itself: ``HTTPException(303, headers={"Location": "/login"})``."""
    headers = [node for node in walk([one.value for one in call.arguments]) if isinstance(node, Mapping)]
    return any(
        isinstance(key, Constant)
        and str(key.value).lower() == "location"
        and any(
            _LOGIN.search(str(node.value) if isinstance(node, Constant) else chain(node)) is not None
            for node in walk(value)
            if isinstance(node, Constant | Name | Attribute)
        )
        for header in headers
        for key, value in zip(header.keys, header.values, strict=True)
    )


def _class_refuses(project: Project, target: Target) -> bool:
    """Whether an exception class of ours carries the status, itself or by what it extends."""
    for item in project.classes.order(target.path, target.index):
        if item.kind != "class":
            if _REFUSING.search(item.dotted.rpartition(".")[2]):
                return True
            continue
        outline = project.outline(item.path)
        own = outline.classes[item.index]
        methods = project.namespace(item.path).methods.get(item.index, {})
        bodies = [own.body, *(project.body(Place(item.path, at)) for name, at in methods.items() if name == "__init__")]
        for node in walk([statement for body in bodies for statement in body]):
            if isinstance(node, Constant) and type(node.value) is int and node.value in _CODES:
                return True
            if isinstance(node, Name | Attribute) and _STATUS.search(chain(node)):
                return True
        if _REFUSING.search(own.name):
            return True
    return False
