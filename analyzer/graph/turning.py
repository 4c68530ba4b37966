"""Tests that turn strangers away: they ask whether anybody is known, and end the request where nobody is, wherever that
leads."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Call,
    Compare,
    Constant,
    Mapping,
    Name,
    Subscript,
    Unary,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Evaluate, If, Raise, Return
from analyzer.facts.visit import assigned, chain, walk

_WHETHER = re.compile(
    r"^(?:is|has|check|user)?_?(?:user|session)?_?(?:authenticated|logged_?in|signed_?in|authorized)$", re.I
)
_SESSION = re.compile(r"(?:^|[._])session$", re.IGNORECASE)
"""What the mapping is called in which a framework keeps what it knows of a visitor."""
_SOMEBODY = re.compile(
    r"user|account|member|customer|client|person|profile|employee|staff|admin|role|doctor|patient|student|teacher|seller"
    r"|vendor|owner|author|log(?:in|ged)|auth|e_?mail|identity|session|token|(?:^|_)u?id$|^(?:\w+_)?name$",
    re.IGNORECASE,
)
"""Keys of a session that are there once somebody has logged in."""
_NOBODY = re.compile(r"csrf|captcha|otp|cart|lang|locale|theme|guest|anonym|state$|nonce|verifier", re.IGNORECASE)
"""Keys of a session that strangers have as well."""
_ANSWERS = frozenset(
    "redirect render render_template render_to_response jsonify json json_response make_response html text "
    "TemplateResponse HTMLResponse JSONResponse ORJSONResponse PlainTextResponse RedirectResponse Response "
    "HttpResponse HttpResponseRedirect JsonResponse HTTPFound HTTPSeeOther".split()
)
"""Calls that make an answer."""
_TELLING = frozenset({"error", "errors", "message", "msg", "detail", "status", "success", "ok"})
"""Keys of an answer that says why there is none."""


def turns_away(node: If) -> bool:
    """``if not is_authenticated(request): return redirect("/shop")``: wherever it leads, it ends the request.

    ``if not context.is_authenticated: return None`` does the same, where it does nothing else for strangers first.
    """
    asked = node.test.operand if isinstance(node.test, Unary) and node.test.op == "not" else None
    asked = asked.value if isinstance(asked, Await) else asked
    if isinstance(asked, Attribute):
        ends = len(node.then) == 1 and isinstance(node.then[0], Raise | Return)
        return ends and _WHETHER.search(asked.attr) is not None
    if not isinstance(asked, Call) or not _WHETHER.search(chain(asked.func).rpartition(".")[2]):
        return False
    return bool(node.then) and isinstance(node.then[-1], Raise | Return)


def ends_for_strangers(nodes: Sequence[msgspec.Struct], *, answering: bool) -> bool:
    """Whether some condition holds for strangers, and all it leads to is an end: ``if request.user.is_anonymous: return
    redirect("/")``.

    ``answering``: what the code returns is the answer, whatever it is (``None`` of a GraphQL field); else it has to be
    one by itself, for helpers give their callers all kinds of things.
    """
    named = assigned(nodes, _somebody)
    return any(
        isinstance(node, If)
        and bool(node.then)
        and _anonymous(node.test, named)
        and all(isinstance(one, Evaluate) for one in node.then[:-1])
        and _closes(node.then[-1], answering=answering)
        for node in nodes
    )


def _closes(statement: msgspec.Struct, *, answering: bool) -> bool:
    if not isinstance(statement, Return):
        return isinstance(statement, Raise)
    if not answering:
        return answer(statement)
    calls = (one for one in walk(statement) if isinstance(one, Call))
    return not any(chain(one.func).rpartition(".")[2] in _GIVING for one in calls)


_GIVING = frozenset(
    {"filter", "all", "exclude", "get_queryset", "order_by", "select_related", "execute", "query", "get"}
)
"""Calls that hand out what strangers may see."""


def _anonymous(test: AnyExpression, named: set[str]) -> bool:
    """Whether a condition holds where nobody is logged in."""
    if isinstance(test, Boolean):
        return test.op == "or" and any(_anonymous(one, named) for one in test.values)
    if isinstance(test, Unary) and test.op == "not":
        asked = _uncalled(test.operand)
        return (isinstance(asked, Attribute) and asked.attr == "is_authenticated") or _known(test.operand, named)
    if isinstance(test, Compare):
        nothing = isinstance(test.comparators[0], Constant) and test.comparators[0].value is None
        return test.operators[0] in {"is", "=="} and nothing and _known(test.left, named)
    asked = _uncalled(test)
    return isinstance(asked, Attribute) and asked.attr == "is_anonymous"


def _uncalled(value: AnyExpression) -> AnyExpression:
    return value.func if isinstance(value, Call) and not value.arguments else value


def _known(value: AnyExpression, named: set[str]) -> bool:
    return _somebody(value) or (isinstance(value, Name) and value.id in named)


def _somebody(value: AnyExpression | None) -> bool:
    """``info.context.user``, ``self.current_user``, ``request["user"]``, ``info.context.get("user")``."""
    if isinstance(value, Boolean):
        return value.op == "or" and _somebody(value.values[0])
    if isinstance(value, Await):
        return _somebody(value.value)
    if isinstance(value, Attribute | Name):
        return _USER.search(chain(value)) is not None
    holder = key = None
    if isinstance(value, Subscript):
        holder, key = value.value, value.index
    elif isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.attr == "get" and value.arguments:
        holder, key = value.func.value, value.arguments[0].value
    named = isinstance(key, Constant) and isinstance(key.value, str) and _USER_KEY.search(key.value) is not None
    return named and holder is not None and _CONTEXT.search(chain(holder)) is not None


_USER = re.compile(
    r"(?:^|\.)(?:request|req|g|ctx|state|context)(?:\[\])?\.(?:user|current_user|identity|account)$|(?:^|\.)current_user$"
    r"|^(?:request|req)\.(?:authenticated_userid|unauthenticated_userid)$"
)
"""What frameworks and applications keep of who is asking, by where it is kept."""
_USER_KEY = re.compile(r"^(?:current_)?user(?:_?id)?$|^(?:account|identity|principal|viewer)$", re.IGNORECASE)
_CONTEXT = re.compile(r"(?:^|\.)(?:context|request|req|ctx|state|scope|g)$")


def answers_tokenless(nodes: Sequence[msgspec.Struct]) -> bool:
    """Whether some condition answers whoever sends no token in the header that carries it, and says what is wrong.

    ``if not request.headers.get("Authorization"): return failed(error_message="no signature")``
    """
    named = assigned(nodes, _carried)
    for node in nodes:
        if isinstance(node, If) and node.then and isinstance(node.test, Unary) and node.test.op == "not":
            asked = node.test.operand
            if (_carried(asked) or (isinstance(asked, Name) and asked.id in named)) and _complaint(node.then[-1]):
                return True
    return False


def _carried(value: AnyExpression | None) -> bool:
    """``request.headers.get("Authorization")``"""
    if isinstance(value, Call):
        func, key = value.func, value.arguments[0].value if value.arguments else None
        held = func.value if isinstance(func, Attribute) and func.attr == "get" else None
    elif isinstance(value, Subscript):
        held, key = value.value, value.index
    else:
        return False
    said = key.value if isinstance(key, Constant) and isinstance(key.value, str) else ""
    return held is not None and chain(held).endswith("headers") and said.lower() in _HEADERS


_HEADERS = frozenset({"authorization", "x-api-key", "x-auth-token", "x-access-token"})


def _complaint(statement: msgspec.Struct) -> bool:
    """An answer with an error's text, and no call that goes on with the request."""
    value = statement.value if isinstance(statement, Return) else None
    value = value.value if isinstance(value, Await) else value
    return isinstance(value, Call) and any(
        isinstance(one.value, Constant)
        and isinstance(one.value.value, str)
        and (one.keyword is None or _WRONG.search(one.keyword) is not None)
        for one in value.arguments
    )


_WRONG = re.compile(r"error|message|msg|detail|reason", re.IGNORECASE)


def answers_strangers(nodes: Sequence[msgspec.Struct]) -> bool:
    """Whether some condition answers whoever the session does not know, and ends there.

    ``if "user_id" not in session: return render_template("login.html")``
    """
    named = assigned(nodes, _read)
    return any(
        isinstance(node, If) and bool(node.then) and answer(node.then[-1]) and _unknown(node.test, named)
        for node in nodes
    )


def _unknown(test: AnyExpression, named: set[str]) -> bool:
    """Whether a condition holds where the session knows nobody, or somebody else than it takes."""
    if isinstance(test, Boolean):
        return test.op == "or" and any(_unknown(one, named) for one in test.values)
    if isinstance(test, Unary):
        return test.op == "not" and (_said(test.operand, named) or _within(test.operand, "in"))
    if not isinstance(test, Compare) or len(test.operators) != 1:
        return False
    left, right, operator = test.left, test.comparators[0], test.operators[0]
    if operator in {"is", "=="}:
        return _said(left, named) and isinstance(right, Constant) and right.value is None
    return _within(test, "not in") or (operator == "!=" and (_said(left, named) or _said(right, named)))


def _within(test: AnyExpression, operator: str) -> bool:
    """``"user_id" in session``"""
    if not isinstance(test, Compare) or test.operators != [operator]:
        return False
    return _SESSION.search(chain(test.comparators[0])) is not None and _key(test.left)


def _said(value: AnyExpression, named: set[str]) -> bool:
    return _read(value) or (isinstance(value, Name) and value.id in named)


def _read(value: AnyExpression | None) -> bool:
    """``session.get("user_id")``, ``session["user"]["id"]``: what a session keeps of somebody."""
    if isinstance(value, Call):
        func = value.func
        got = isinstance(func, Attribute) and func.attr in {"get", "pop"} and bool(value.arguments)
        return got and isinstance(func, Attribute) and keeps_somebody(func.value, value.arguments[0].value)
    if isinstance(value, Subscript):
        return keeps_somebody(value.value, value.index) or _read(value.value)
    return False


def keeps_somebody(holder: AnyExpression, key: AnyExpression) -> bool:
    """``session["user_id"]``: what is there once somebody has logged in."""
    return _SESSION.search(chain(holder)) is not None and _key(key)


def _key(value: AnyExpression) -> bool:
    if not isinstance(value, Constant) or not isinstance(value.value, str):
        return False
    return _SOMEBODY.search(value.value) is not None and _NOBODY.search(value.value) is None


def answer(statement: msgspec.Struct) -> bool:
    """Whether a statement ends a request with an answer; a function that only tells its caller something does not."""
    if isinstance(statement, Raise):
        return True
    value = statement.value if isinstance(statement, Return) else None
    value = value.value if isinstance(value, Await) else value
    if isinstance(value, Display):
        value = value.items[0] if value.kind == "tuple" and value.items else None
    if isinstance(value, Call):
        return any(
            chain(one.func).rpartition(".")[2] in _ANSWERS or getattr(one.func, "attr", "") in _ANSWERS
            for one in walk(value)
            if isinstance(one, Call)
        )
    if isinstance(value, Mapping):
        return any(isinstance(key, Constant) and key.value in _TELLING for key in value.keys)
    return isinstance(value, Constant) and isinstance(value.value, str) and " " in value.value
