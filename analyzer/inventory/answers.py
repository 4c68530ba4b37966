"""What a route promises to answer: its declared response and the status codes that stand in the code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Constant, Mapping, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.spelling import spelt, type_text
from analyzer.frameworks.text import argument
from analyzer.project import Place, Project

_STATUS = re.compile(r"(?:HTTP_|HTTPStatus\.)(\d{3})?")
_BY_NAME = {
    "OK": 200, "CREATED": 201, "ACCEPTED": 202, "NO_CONTENT": 204, "MOVED_PERMANENTLY": 301, "FOUND": 302,
    "SEE_OTHER": 303, "BAD_REQUEST": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405, "CONFLICT": 409, "GONE": 410, "UNPROCESSABLE_ENTITY": 422, "TOO_MANY_REQUESTS": 429,
    "INTERNAL_SERVER_ERROR": 500, "SERVICE_UNAVAILABLE": 503,
}  # fmt: skip
"""Names of :class:`http.HTTPStatus` that handlers use."""
_RESPONSES = {"response": 1, "output": 0, "marshal_with": 0, "marshal_list_with": 0}
"""Decorators of Flask extensions that name a schema, and where."""
_UNTOLD = {"", "None", "Any", "Response"}


def response_of(project: Project, place: Place, function: Function) -> str:
    """The declared response: ``response_model=``, a decorator's schema, a serializer, the return annotation."""
    for item in function.decorators:
        if not isinstance(item, Call):
            continue
        name = chain_of(item.func).rpartition(".")[2]
        declared = argument(item, 99, "response_model", "response", "response_class")
        if declared is None and name in _RESPONSES:
            declared = argument(item, _RESPONSES[name], "schema", "fields")
        shown = spelt(_of_success(declared)).removesuffix("()")
        if shown not in _UNTOLD and shown != "…":
            return shown
    annotated = type_text(function.returns)
    if annotated not in _UNTOLD:
        return annotated
    return serializer_of(project, place)


def _of_success(declared: AnyExpression | None) -> AnyExpression | None:
    """The schema of the first success where there is one a status: ``{200: Item, 404: Problem}``."""
    if not isinstance(declared, Mapping):
        return declared
    for key, value in zip(declared.keys, declared.values, strict=True):
        if any(200 <= code < 300 for code in _codes(key)):
            return value
    return None


def serializer_of(project: Project, place: Place, view: int = -1) -> str:
    """The ``serializer_class`` of a class-based view, inherited ones included. ``view`` is the index of the class where
    the place is none of its methods."""
    owner = view if view >= 0 else project.owner_index(place)
    if owner < 0:
        return ""
    value = project.classes.variable(place.path, owner, "serializer_class")
    return spelt(value[1]) if value is not None else ""


def statuses_of(project: Project, place: Place, function: Function) -> tuple[int, ...]:
    """Every constant status code of the registration and of the handler's own body, sorted."""
    found: set[int] = set()
    for item in function.decorators:
        if isinstance(item, Call):
            found.update(_codes(argument(item, 99, "status_code", "code")))
            several = argument(item, 99, "response")
            for key in several.keys if isinstance(several, Mapping) else ():
                found.update(_codes(key))
            if chain_of(item.func).rpartition(".")[2] in {"response", "status_code"}:
                found.update(_codes(argument(item, 0)))
    for node in walk(project.body(place)):
        if isinstance(node, Return) and isinstance(node.value, Sequence) and len(node.value.items) in {2, 3}:
            # Flask's ``return body, 404``, Django Ninja's ``return 404, body``.
            found.update(code for item in node.value.items[:2] for code in _codes(item))
        elif isinstance(node, Call):
            name = chain_of(node.func).rpartition(".")[2]
            given = argument(node, 99, "status_code", "status")
            if given is None and name in {
                "abort",
                "HTTPException",
                "HttpError",
                "send_error",
                "set_status",
                "send_response",
            }:
                given = argument(node, 0)
            found.update(_codes(given))
    return tuple(sorted(found))


def _codes(expression: AnyExpression | None) -> Iterator[int]:
    if isinstance(expression, Constant) and type(expression.value) is int and 100 <= expression.value <= 599:
        yield expression.value
    chain = chain_of(expression)
    found = _STATUS.search(chain)
    if found and found[1]:
        yield int(found[1])
    elif found and chain.rpartition(".")[2] in _BY_NAME:
        yield _BY_NAME[chain.rpartition(".")[2]]
