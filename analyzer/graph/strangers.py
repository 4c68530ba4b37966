"""Handlers that cannot know who is asking: all that they are given is what a client sends, and none of it says so."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Attribute, Call, Name, Parameter
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.fastapi import injections
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


def knows_nobody(project: Project, place: Place) -> bool:
    """Whether a handler of FastAPI is given nothing that says who is asking, and asks nobody who does: every parameter
    is a plain value of the address or form, and nothing that it reads or calls is named after callers.

    What such a handler refuses with 403 is about the record: ``if user.is_protected: raise HTTPException(403)``.
    """
    function = project.function(place)
    if function is None or function.owner >= 0 or next(injections(project, place, function), None) is not None:
        return False
    if any(not _plain(one) for one in function.parameters):
        return False
    return not any(_AMBIENT.search(one) for one in _read(project, place, function))


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
