"""Handlers that cannot know who is asking: all that they are given is what a client sends, and none of it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import Attribute, Call, Compare, Constant, Name, Parameter, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.fastapi import injected
from analyzer.frameworks.persistence import is_schema
from analyzer.project import Place, Project

_PLAIN = frozenset(
    "str int float bool UUID UUID4 date datetime Decimal Optional List list Literal None Annotated ObjectId "
    "PydanticObjectId EmailStr PositiveInt NonNegativeInt Union".split()
)
"""Types of what stands in an address or a form."""
_PLAINLY = frozenset({"Query", "Path", "Body", "Form"})
_PROVING = re.compile(
    r"token|key|secret|sign|passw|code|otp|\bpin\b|auth|session|cookie|credential|bearer|jwt|hash|nonce|proof|^me$|caller"
    r"|principal|identity|claims",
    re.IGNORECASE,
)
"""Names of what only somebody has, or of what holds who is asking."""
_AMBIENT = re.compile(
    r"authori[sz]|authenticat|bearer|token|current|request|jwt|cookie|session|credential|header|context|principal"
    r"|identity|claims|whoami|permission|check_|verify|require|ensure|(?:^|\.)g\.|_var\b|secret|(?:^|\.)me\b",
    re.IGNORECASE,
)
"""Names in code that finds out who is asking without being given it."""
_SENT = re.compile(
    r"^(?:self\.)?request(?:\.(?:args|form|json|get_json|values|GET|POST|data|files|FILES|method|path|query_params|is_json)\b.*)?$"
)
"""What of a request is the client's word alone."""
_NOBODY = re.compile(r"(?:^|\.)db\.session\b|(?:^|\.)current_app\b|_error\b|Error$")
"""Names that only sound as if somebody were known."""
_SHOWING = frozenset({"render", "get_object_or_404", "get_list_or_404", "success", "error", "info", "warning"})
"""Calls of Django that take the whole request, and find out nothing about who sent it."""
_STORE = re.compile(r"(?:^|_)(?:db|database|session|engine|conn(?:ection)?|uow)(?:_|$)", re.IGNORECASE)
"""Providers of what reaches the database, by name."""
_DEPTH = 2


def asks_nobody(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether a handler of a framework whose request is at hand everywhere reads only what forms, addresses and bodies
    hold, nothing of which only somebody has, and calls nothing that reads more.

    What it refuses with 401 or 403 is about a record, or about whom the client says it is: ``abort(401)`` where there
    is no user with the number that was sent.
    """
    function = project.function(place)
    if function is None or any(_PROVING.search(one.name) for one in function.parameters):
        return False
    nodes = list(walk(project.body(place)))
    if any(_PROVING.search(key) for key in keys_read(nodes)):
        return False
    for node in nodes:
        if isinstance(node, Name | Attribute) and _tells(chain(node)):
            return False
        if isinstance(node, Call) and not _blind(project, place, node, depth):
            return False
    return True


def _tells(spelled: str) -> bool:
    """Whether a chain may say who is asking."""
    if spelled == "self" or _SENT.match(spelled):
        return False
    return spelled.startswith("self.") or _AMBIENT.search(_NOBODY.sub("", spelled)) is not None


def _blind(project: Project, place: Place, call: Call, depth: int) -> bool:
    """Whether a call finds out nothing about who is asking."""
    handed = any(chain(one.value) in {"request", "self.request"} for one in call.arguments)
    if handed and chain(call.func).rpartition(".")[2] not in _SHOWING:
        return False
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is None or target.kind != "function" or not target.ours:
        return True
    return depth < _DEPTH and asks_nobody(project, Place(target.path, target.index), depth + 1)


def keys_read(nodes: Sequence[msgspec.Struct]) -> Iterator[str]:
    """What is taken out of something by a key: ``data["token"]``, ``data.get("token")``, ``"token" in data``."""
    for node in nodes:
        key = None
        if isinstance(node, Subscript):
            key = node.index
        elif isinstance(node, Call) and node.arguments and chain(node.func).rpartition(".")[2] in {"get", "pop"}:
            key = node.arguments[0].value
        elif isinstance(node, Compare) and node.operators[0] in {"in", "not in"}:
            key = node.left
        if isinstance(key, Constant) and isinstance(key.value, str):
            yield key.value


def knows_nobody(project: Project, place: Place, dependencies: Sequence[Place] = ()) -> bool:
    """Whether a handler of FastAPI is given nothing that says who is asking, and asks nobody who does: every parameter
    is a plain value or a schema of the address, the body or a form, or comes of what is given nothing of the request
    either, and nothing that the handler reads or calls is named after callers.

    What such a handler refuses with 401 or 403 is about the record: ``if user.is_protected: raise HTTPException(403)``.
    """
    function = project.function(place)
    if function is None or function.owner >= 0 or not all(_blindfold(project, one) for one in dependencies):
        return False
    for one in function.parameters:
        held = list(injected(project, place, function, one))
        if not held and not _plain(one) and not _schema(project, place, one):
            return False
        if any(not _provided_blindly(project, at, call) for at, call in held):
            return False
    return not any(_AMBIENT.search(one) for one in _read(project, place, function))


def _provided_blindly(project: Project, place: Place, call: Call) -> bool:
    given = call.arguments[0].value if len(call.arguments) == 1 else None
    target = project.resolve_expression(place, given) if isinstance(given, Name | Attribute) else None
    ours = target is not None and target.kind == "function" and target.ours
    return ours and target is not None and _blindfold(project, Place(target.path, target.index))


def _blindfold(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether a provider is given nothing of the request: a session of the database."""
    function = project.function(place)
    if function is None or depth > _DEPTH:
        return False
    if _PROVING.search(function.name) or _AMBIENT.search(function.name):
        return not function.parameters and _STORE.search(function.name) is not None
    held = [list(injected(project, place, function, one)) for one in function.parameters]
    return all(len(one) > 0 for one in held) and all(
        _provided_blindly(project, at, call) for each in held for at, call in each
    )


def _schema(project: Project, place: Place, parameter: Parameter) -> bool:
    """Whether a parameter is a body with a schema of ours, no field of which only somebody has."""
    target = project.annotated(place, parameter.annotation) if parameter.annotation is not None else None
    if (
        target is None
        or target.kind not in {"class", "instance"}
        or target.index < 0
        or _PROVING.search(parameter.name)
    ):
        return False
    names = [name for name, _, _ in project.classes.fields(target.path, target.index)]
    return is_schema(project, target.path, target.index) and not any(map(_PROVING.search, names))


def _plain(parameter: Parameter) -> bool:
    if parameter.kind in {"args", "kwargs"} or parameter.annotation is None or _PROVING.search(parameter.name):
        return False
    if isinstance(parameter.default, Call) and chain(parameter.default.func).rpartition(".")[2] not in _PLAINLY:
        return False
    named = (chain(node) for node in walk(parameter.annotation) if isinstance(node, Name | Attribute))
    return all(one.rpartition(".")[2] in _PLAIN or one.rpartition(".")[2] in _PLAINLY for one in named if one)


def _read(project: Project, place: Place, function: Function) -> list[str]:
    """Every name that a handler reads or calls; messages and the parameters themselves say nothing."""
    own = {one.name for one in function.parameters}
    spelled = (chain(node) for node in walk(project.body(place)) if isinstance(node, Name | Attribute))
    found = (one for one in spelled if one and one.partition(".")[0] not in own)
    return [one for one in found if not one.rpartition(".")[2].isupper()]  # ``status.HTTP_400_BAD_REQUEST``
