"""What a route promises to answer: its declared response and the status codes that stand in the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Mapping, Name, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign, Raise, Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks import Route
from analyzer.frameworks.spelling import spelt, type_text
from analyzer.frameworks.statuses import codes
from analyzer.frameworks.text import argument
from analyzer.project import Place, Project

_ANSWERING = {"response": 0, "alt_response": 0, "status_code": 0, "validate_response": 1}
"""Decorators of extensions that take a status code, and where."""
_ENDING = frozenset({"abort", "HTTPException", "HttpError", "HTTPError", "send_error", "set_status", "send_response"})
_SETTING = frozenset({"status", "status_code", "status_int"})
"""What a response's code is assigned to."""
_LIBRARIES = (
    "aiohttp.", "django.", "falcon.", "fastapi.", "flask.", "litestar.", "pyramid.", "quart.", "rest_framework.",
    "sanic.", "starlette.", "werkzeug.",
)  # fmt: skip
_AFFIXES = re.compile(r"^(?:HTTP|HttpResponse)(?=[A-Z])|(?:Exception|Error)$")
_NAMED = {
    "Http404": 404, "NotFound": 404, "PermissionDenied": 403, "NotAuthenticated": 401, "AuthenticationFailed": 401,
    "NotAuthorizedException": 401, "PermissionDeniedException": 403, "ValidationException": 400, "Throttled": 429,
    "HttpResponseRedirect": 302, "HttpResponsePermanentRedirect": 301, "HttpResponseServerError": 500,
    "HttpResponseNotAllowed": 405, "BadRequest": 400, "Unauthorized": 401, "Forbidden": 403, "Conflict": 409,
    "Gone": 410, "TooManyRequests": 429,
}  # fmt: skip
"""Exceptions and responses that are called otherwise than :class:`http.HTTPStatus` calls their code."""
_RESPONSES = {"response": 1, "output": 0, "marshal_with": 0, "marshal_list_with": 0, "validate_response": 0}
"""Decorators of Flask extensions that name a schema, and where."""
_DESCRIBING = {"extend_schema", "swagger_auto_schema"}
"""Decorators of REST framework's documents: a serializer, or a table of one a status."""
_UNTOLD = {"", "None", "Any", "Response"}


def response_of(project: Project, place: Place, function: Function) -> str:
    """The declared response: ``response_model=``, a decorator's schema, a serializer, the return annotation."""
    for item in function.decorators:
        if not isinstance(item, Call):
            continue
        name = chain_of(item.func).rpartition(".")[2]
        declared = argument(item, 99, "response_model", "response", "response_class")
        if declared is None and name in _RESPONSES:
            declared = argument(item, _RESPONSES[name], "schema", "fields", "model_class")
        if declared is None and name in _DESCRIBING:
            declared = argument(item, 99, "responses")
        shown = spelt(_of_success(project, place, declared)).removesuffix("()")
        if shown not in _UNTOLD and shown != "…":
            return shown
    annotated = type_text(function.returns)
    if annotated not in _UNTOLD:
        return annotated
    return serializer_of(project, place)


def _of_success(project: Project, place: Place, declared: AnyExpression | None) -> AnyExpression | None:
    """The schema of the first success where there is one a status: ``{200: Item, 404: Problem}``."""
    if not isinstance(declared, Mapping):
        return declared
    for key, value in zip(declared.keys, declared.values, strict=True):
        if any(200 <= code < 300 for code in codes(project, place, key)):
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


def statuses_of(project: Project, route: Route, function: Function) -> tuple[int, ...]:
    """Every constant status code of the registration, of the routers above it and of the handler's own body, sorted."""
    found: set[int] = set(route.statuses)
    place = route.handler
    outside = Place(place.path, function.parent)
    for item in function.decorators:
        if isinstance(item, Call):
            found.update(_of_decorator(project, outside, item))
    for node in walk(project.body(place)):
        if isinstance(node, Return) and isinstance(node.value, Sequence) and len(node.value.items) in {2, 3}:
            # Flask's ``return body, 404``, Django Ninja's ``return 404, body``.
            found.update(code for item in node.value.items[:2] for code in codes(project, place, item))
        elif isinstance(node, Call):
            found.update(_of_call(project, place, node))
        elif isinstance(node, Raise) and isinstance(node.exception, Name | Attribute):
            found.update(_of_name(project, place, node.exception))
        elif isinstance(node, Assign) and any(chain_of(one).rpartition(".")[2] in _SETTING for one in node.targets):
            found.update(codes(project, place, node.value))
    return tuple(sorted(found))


def _of_decorator(project: Project, place: Place, item: Call) -> Iterator[int]:
    """What a registration declares, and what a decorator of an extension adds to it."""
    for keyword in ("status_code", "code", "responses"):
        yield from codes(project, place, argument(item, 99, keyword))
    several = argument(item, 99, "response")
    if isinstance(several, Mapping):
        yield from codes(project, place, several)
    raised = argument(item, 99, "raises")
    for one in raised.items if isinstance(raised, Sequence) else ():
        yield from _of_name(project, place, one)
    position = _ANSWERING.get(chain_of(item.func).rpartition(".")[2])
    if position is not None:
        yield from codes(project, place, argument(item, position))


def _of_call(project: Project, place: Place, call: Call) -> Iterator[int]:
    """What a call answers with: ``abort(404)``, ``HttpResponse(status=404)``, ``HTTPNotFound()``."""
    given = argument(call, 99, "status_code", "status")
    if given is None and chain_of(call.func).rpartition(".")[2] in _ENDING:
        given = argument(call, 0)
    if given is not None:
        yield from codes(project, place, given)
    else:
        yield from _of_name(project, place, call.func)


def _of_name(project: Project, place: Place, given: AnyExpression) -> Iterator[int]:
    """The code that a library's exception or response is named after."""
    target = project.resolve_expression(place, given)
    if target is None or target.ours or not target.dotted.startswith(_LIBRARIES):
        return
    name = target.dotted.removesuffix("()").rpartition(".")[2]
    bare = _AFFIXES.sub("", name)
    spoken = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare).upper()
    if name in _NAMED:
        yield _NAMED[name]
    elif bare and bare != name and spoken in HTTPStatus.__members__:
        yield HTTPStatus[spoken].value
    elif name.endswith(("_or_404", "_or_none_404")):
        yield 404
