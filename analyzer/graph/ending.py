"""How code turns a request away, and what only looks like it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Call,
    Compare,
    Constant,
    Name,
    Unary,
)
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, Handler, If, Raise, Return, Try
from analyzer.facts.visit import chain, statements, walk
from analyzer.graph.idle import only_tells
from analyzer.graph.refusals import refusal_name, refuses
from analyzer.graph.turning import answer
from analyzer.project import Place, Project

PERMISSION_METHODS = ("has_permission", "has_object_permission", "check_permission", "is_authorized", "authenticate")
_EVERYTHING = frozenset({"Exception", "BaseException", "HTTPException", "APIException", "HTTPError"})
_KNOWN = re.compile(
    r"(?:^|[\s.])(?:session|current_user|g\.user|request\.user|logged_in|is_authenticated|authenticated)(?:$|[\s.\[(])",
    re.I,
)
"""Names in a test that ask whether anybody is known."""


def missing(test: AnyExpression) -> bool:
    """Whether a condition holds where something is not there: ``not user``, ``token is None``."""
    if isinstance(test, Boolean):
        return any(missing(one) for one in test.values)
    if isinstance(test, Compare):
        return test.operators[0] in {"is", "=="} and nobody(test.comparators[0])
    return isinstance(test, Unary) and test.op == "not"


def nobody(value: AnyExpression | None) -> bool:
    """Whether a value is what is given where nobody is known."""
    return value is None or (isinstance(value, Constant) and value.value in (None, False))


def untold(node: Raise) -> bool:
    """Whether neither a status nor the exception's name says for what reason the request ends."""
    named = node.exception.func if isinstance(node.exception, Call) else node.exception
    coded = any(
        isinstance(one, Constant) and type(one.value) is int for one in walk([node.exception] if node.exception else [])
    )
    return named is not None and not coded and _OTHERWISE.search(chain(named)) is None


_OTHERWISE = re.compile(
    r"rate|limit|throttl|too_?many|not_?found|validation|value_?error|bad_?request|http_?exception|40[0-9]", re.I
)
"""Exceptions that end a request for another reason than who is asking, or with a status that says so itself."""


def all_inside(body: Sequence[AnyStatement]) -> bool:
    """Whether a function does all it does inside ``if "username" in session:``, and only answers outside of it."""
    tests = [one for one in body if isinstance(one, If) and _KNOWN.search(names(one.test))]
    if len(tests) != 1 or not tests[0].then or only_tells([*tests[0].then, *tests[0].otherwise]):
        return False
    rest = [*(one for one in body if one is not tests[0]), *tests[0].otherwise]
    return all(
        isinstance(one, Return)
        or (isinstance(one, Assign | Evaluate) and not any(isinstance(node, Attribute) for node in walk(one)))
        for one in rest
    )


def swallowed(project: Project, place: Place, body: Sequence[msgspec.Struct], *, answering: bool = False) -> set[int]:
    """What is raised in a ``try`` that catches every refusal and goes on: it attaches a user, and refuses nobody. What
    is returned there (``return jsonify(…), 401``) is an answer all the same; ``answering``: so is any answer of those
    that catch it (``return jsonify(message="Token is invalid")``)."""
    found: set[int] = set()
    for node in statements(body):
        if not isinstance(node, Try):
            continue
        for handler in node.handlers:
            inner = list(walk(handler.body))
            ends = any(isinstance(one, Raise) or refuses(project, place, one) for one in inner)
            ends = ends or (answering and answers(handler.body[-1:]))
            if _catches_all(handler) and not ends:
                found.update(id(one) for one in walk(node.body) if isinstance(one, Raise | Evaluate | Call))
    return found


def answers(end: Sequence[msgspec.Struct]) -> bool:
    """Whether a block ends with an answer, and not with what stands for nothing."""
    return any(isinstance(one, Return) and answer(one) for one in end)


def _catches_all(handler: Handler) -> bool:
    if handler.kind is None:
        return True
    return any(
        isinstance(one, Name | Attribute) and chain(one).rpartition(".")[2] in _EVERYTHING for one in walk(handler.kind)
    )


def expects_refusal(node: Try) -> bool:
    """``except NotAuthorized``: something that is called refuses, even where the call cannot be followed."""
    kinds = [one for handler in node.handlers if handler.kind is not None for one in walk(handler.kind)]
    return any(isinstance(one, Name | Attribute) and refusal_name(chain(one).rpartition(".")[2]) for one in kinds)


def asks_permission(node: If) -> bool:
    """``if not rule.has_permission(request): raise rule.exception``: whatever is raised, it ends the request."""
    asked = any(
        isinstance(one, Call) and chain(one.func).rpartition(".")[2] in PERMISSION_METHODS for one in walk(node.test)
    )
    return asked and any(isinstance(one, Raise | Return) for one in node.then)


def always(body: Sequence[AnyStatement], answer: bool) -> bool:
    """Whether a permission says the same to everybody: ``True`` never refuses, ``False`` refuses all."""
    values = [node.value for node in walk(body) if isinstance(node, Return)]
    return bool(values) and all(isinstance(one, Constant) and one.value is answer for one in values)


def names(test: AnyExpression) -> str:
    """All dotted names of an expression, in one text."""
    found = [chain(one) for one in walk(test) if isinstance(one, Name | Attribute | Compare)]
    return " ".join(text for text in found if text)
