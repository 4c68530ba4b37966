"""What an expression that attaches something to a route stands for: the function that will run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Binary,
    Call,
    Constant,
    Name,
    Sequence,
    Starred,
)
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.imported import named_target
from analyzer.frameworks.text import argument
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

NOWHERE = Place("", -1)
_CARRIERS = frozenset(
    {"Depends", "Security", "Provide", "partial", "method_decorator", "Middleware", "DefineMiddleware"}
)
"""Calls that stand for their first argument."""
_INJECTING = frozenset({"Depends", "Security", "Provide"})
"""Those of them whose function gives a value to the handler, and ends the request by raising alone."""
RUN = (
    "__call__",
    "dispatch",
    "authenticate_request",
    "process_request",
    "process_view",
    "process_resource",
    "has_permission",
    "has_object_permission",
    "apply",
    "__init__",
)
"""The method of an object that a framework runs, in order of preference."""
_DEPTH = 6
_WORD = re.compile(r"[\w.:/*-]{1,40}")
_MOST_WORDS = 6


def attachment(
    project: Project, place: Place, expression: AnyExpression | None, level: str, depth: int = 0
) -> Attachment | None:
    """What an expression attaches, ``None`` where it names nothing."""
    if expression is None or depth > _DEPTH:
        return None
    if isinstance(expression, Starred):
        return None
    if isinstance(expression, Call):
        name = chain_of(expression.func).rpartition(".")[2]
        if (name in _CARRIERS or (name == "before" and _is_hook(project, place, expression))) and expression.arguments:
            carried = attachment(project, place, expression.arguments[0].value, level, depth + 1)
            scopes = _words([one for one in expression.arguments if one.keyword == "scopes"])
            if carried is None:
                return None
            raising = carried.raising or name in _INJECTING
            asks = "scope" if scopes else carried.asks
            return msgspec.structs.replace(carried, words=scopes or carried.words, raising=raising, asks=asks)
        where = _made(project, place, expression) or NOWHERE
        dotted, (asks, given) = _dotted(project, place, expression.func), _asked(expression)
        words, soft = _words(given), lenient(expression)
        return Attachment(level, where, dotted, place.path, expression.line, words, optional=soft, asks=asks)
    if isinstance(expression, Constant) and isinstance(expression.value, str):
        target = named_target(project, place, expression.value)
        return Attachment(level, run_by(project, target) or NOWHERE, expression.value, place.path, expression.line)
    if not isinstance(expression, Name | Attribute):
        return None
    target = project.resolve_expression(place, expression)
    held = run_by(project, target)
    if held is None:
        made = _local(project, place, expression)
        variable = project.variable(place.path, chain_of(expression)) if made is None else None
        at = Place(variable[0], -1) if variable is not None else place
        call = variable[1] if variable is not None else made
        if isinstance(call, Call):
            inner = attachment(project, at, call, level, depth + 1)
            if inner is not None:
                return msgspec.structs.replace(inner, path=place.path, line=expression.line)
    return Attachment(level, held or NOWHERE, _dotted(project, place, expression), place.path, expression.line)


def _local(project: Project, place: Place, expression: Name | Attribute) -> Call | None:
    """What a variable of the function around is made by: ``owner_only = owner_of(notes)``, then
    ``dependencies=[owner_only]``."""
    if not isinstance(expression, Name) or place.index < 0:
        return None
    for one in project.body(place):
        if (
            isinstance(one, Assign)
            and isinstance(one.value, Call)
            and any(chain_of(t) == expression.id for t in one.targets)
        ):
            return one.value
    return None


def _is_hook(project: Project, place: Place, call: Call) -> bool:
    """``@falcon.before(hook)``"""
    return _dotted(project, place, call.func) in {"falcon.before", "falcon.hooks.before"}


def _asked(call: Call) -> tuple[str, list[Argument]]:
    """What a guard is told to ask for by keyword, and under which; else all that it is given."""
    for one in call.arguments:
        if one.keyword in _ASKING:
            return _ASKING[one.keyword], [one]
        if one.keyword in _FLAGS and isinstance(one.value, Constant) and one.value.value is True:
            return "role", [Argument(msgspec.structs.replace(one.value, value=one.keyword))]
    return "", call.arguments


_FLAGS = frozenset({"superuser", "is_superuser", "admin", "is_admin", "admin_only", "staff", "is_staff"})
"""Keywords of guards that are told who may by a flag: ``current_user(superuser=True)`` of fastapi-users."""


_ASKING = {
    "role": "role",
    "roles": "role",
    "permission": "role",
    "permissions": "role",
    "scope": "scope",
    "scopes": "scope",
}


def lenient(call: Call) -> bool:
    """Whether a call tells what it makes to let strangers pass: ``jwt_required(optional=True)``."""
    return any(
        isinstance(one.value, Constant) and one.keyword is not None and _LENIENT.get(one.keyword) is one.value.value
        for one in call.arguments
    )


_LENIENT = {"optional": True, "auto_error": False}
"""Keywords of libraries' guards, and the value that lets strangers pass: flask-jwt-extended, flask-httpauth, APIFlask,
Authlib, fastapi-users; FastAPI's security classes."""


def _words(arguments: Iterable[Argument]) -> tuple[str, ...]:
    """What is given where something is attached: texts, and the ends of enumerations (``Role.ADMIN``)."""
    found: list[str] = []
    for node in walk([one.value for one in arguments]):
        if isinstance(node, Constant) and isinstance(node.value, str) and _WORD.fullmatch(node.value):
            found.append(node.value)
        elif isinstance(node, Attribute) and node.attr.isupper():
            found.append(node.attr.lower())
    return tuple(dict.fromkeys(found))[:_MOST_WORDS]


def attachments(project: Project, place: Place, expression: AnyExpression | None, level: str) -> Iterator[Attachment]:
    """What each item of a list attaches; a name of a list is followed, a single item is a list of one."""
    if isinstance(expression, Name):
        found = project.variable(place.path, expression.id)
        if found is not None and isinstance(found[1], Sequence):
            place, expression = Place(found[0], -1), found[1]
    items: Iterable[AnyExpression] = (
        expression.items if isinstance(expression, Sequence) else [expression] if expression else []
    )
    for item in items:
        if isinstance(item, Binary):
            # ``IsAuthenticated & IsOwner``: each asks; of ``A | B`` one is enough.
            left = list(attachments(project, place, item.left, level))
            right = list(attachments(project, place, item.right, level))
            if item.op == "|" and left and right:
                others = (*left[0].instead, *right[:1], *(one for each in right[:1] for one in each.instead))
                yield msgspec.structs.replace(left[0], instead=others)
            else:
                yield from (*left, *right)
            continue
        found_one = attachment(project, place, item, level)
        if found_one is not None:
            yield found_one


def run_by(project: Project, target: Target | None) -> Place | None:
    """The function that runs when a framework is handed this: itself, or a method of the class or object."""
    if target is None:
        return None
    if target.kind == "function":
        return Place(target.path, target.index)
    if target.kind in {"class", "instance"} and target.index >= 0:
        methods = dict(project.classes.methods(target.path, target.index))
        for name in RUN:
            if name in methods:
                return methods[name]
    return None


def _made(project: Project, place: Place, call: Call) -> Place | None:
    """What a call makes: the inner function that a factory gives back, or the method of a new object."""
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "function":
        return run_by(project, target)
    factory = Place(target.path, target.index)
    function = project.function(factory)
    for local in function.locals if function else ():
        if local.target == "return" and local.how == "return":
            source = local.source
            inner = project.resolve(factory, source.removesuffix("()"))
            held = run_by(project, inner)
            if held is not None:
                return held
    return factory


def _dotted(project: Project, place: Place, expression: AnyExpression) -> str:
    target = project.resolve_expression(place, expression)
    return target.dotted if target is not None else chain_of(expression)


def listed(project: Project, place: Place, call: Call, level: str, *keywords: str) -> tuple[Attachment, ...]:
    """What the keyword of a registration attaches: ``dependencies=[Depends(f)]``, ``guards=[f]``."""
    found = attachments(project, place, argument(call, 99, *keywords), level)
    return tuple(msgspec.structs.replace(one, dropped=True) if one.raising else one for one in found)
