"""Which parameters and attributes bring request data in, and which cannot carry any syntax."""

from __future__ import annotations

import re
from collections.abc import Sequence as Row

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Constant,
    Name,
    Parameter,
    Sequence,
    Subscript,
)
from analyzer.facts.visit import chain
from analyzer.frameworks.backend import Route
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

HARMLESS = frozenset(
    {
        "int", "float", "bool", "complex", "UUID", "UUID1", "UUID3", "UUID4", "UUID5", "Decimal", "date", "datetime",
        "time", "timedelta", "PositiveInt", "NonNegativeInt", "NegativeInt", "PositiveFloat", "StrictInt", "StrictBool",
        "ObjectId", "Literal", "IPvAnyAddress", "IPv4Address", "IPv6Address", "conint", "confloat",
    }
)  # fmt: skip
"""Declared types whose text holds no quote, space or keyword of any language; a ``Literal`` is an allow-list."""

_REQUEST = re.compile(
    r"(?:^|\.)(?:request|req|_request|http_request)\.(?:args|form|json|data|GET|POST|query_params|path_params|query|"
    r"headers|"
    r"cookies|files|FILES|values|body|match_info|get_json|view_args|META|params|stream|rel_url|get_argument|media|"
    r"path|url|text|read|post|query_string|full_path|json_body|matchdict|"
    r"query_args|get_args|get_form|raw_url|load_json)(?![A-Za-z_])"
    r"|^self\.(?:get_argument|get_query_argument|get_body_argument)\b|(?:^|\.)self\.kwargs\["
    r"|^(?:flask|quart|bottle)\.request\."
)
"""Reads of an HTTP request, as Flask, Quart, Django, DRF, Starlette, aiohttp, Sanic, Pyramid, Falcon and Tornado spell
them."""

_INJECTED = frozenset({"Depends", "Security", "Inject", "Provide", "FromDishka", "Injected", "Provider"})
"""Markers of a parameter filled by the framework's container, not by the client."""

_SERVED = frozenset(
    {"request", "req", "response", "resp", "session", "db", "self", "cls", "info", "root", "user", "current_user"}
)
"""Conventional names of what a framework hands to a handler beside the client's input."""


def request_data(spelled: str) -> bool:
    """Whether a chain with its subscripts reads an HTTP request."""
    return _REQUEST.search(spelled) is not None


def injected(parameter: Parameter) -> bool:
    """Whether a handler's parameter comes from the framework's container."""
    if isinstance(parameter.default, Call) and chain(parameter.default.func).rsplit(".", 1)[-1] in _INJECTED:
        return True
    if isinstance(parameter.annotation, Subscript) and isinstance(parameter.annotation.index, Sequence):
        return any(
            chain(item.func if isinstance(item, Call) else item).rsplit(".", 1)[-1] in _INJECTED
            for item in parameter.annotation.index.items[1:]
        )
    return False


def from_client(project: Project, place: Place, parameter: Parameter) -> bool:
    """Whether a parameter of a route's handler is filled from the request."""
    if parameter.name in _SERVED or injected(parameter):
        return False
    if parameter.annotation is None:
        return not _found_by_traversal(project, place, parameter)
    target = project.annotated(place, parameter.annotation)
    return target is None or target.ours or target.dotted.split(".", 1)[0] == "builtins"


def _found_by_traversal(project: Project, place: Place, parameter: Parameter) -> bool:
    """Whether a parameter is the resource Pyramid hands to a view beside the request: ``view(context, request)``."""
    function = project.function(place)
    names = [one.name for one in function.parameters if one.name not in {"self", "cls"}] if function else []
    return parameter.name == "context" and names[:2] == ["context", "request"]


def converted(routes: Row[Route], name: str) -> str:
    """``number`` or ``allowed`` for a path parameter that every route of a handler converts (``<int:page>``)."""
    found = set()
    for route in routes:
        kinds = [_CONVERTERS.get(one[1] or one[2], "") for one in _converters(route.pattern, name)]
        found.add(kinds[0] if kinds else "")
    return "" if "" in found or not found else max(found)


def _converters(pattern: str, name: str) -> list[tuple[str, str, str]]:
    """``<int:name>`` of Flask and Django, ``{name:int}`` and ``<name:int>`` of the others, as (whole, kind, kind)."""
    known_as = re.escape(name)
    return re.findall(rf"([<{{](?:(\w+)(?:\([^)]*\))?:{known_as}|{known_as}:(\w+))[^<>{{}}]*[>}}])", pattern)


_CONVERTERS = {
    **dict.fromkeys(("int", "float", "uuid", "number", "decimal", "dt", "date", "ymd"), "number"),
    **dict.fromkeys(("slug", "any", "alpha"), "allowed"),
}
"""Converters of paths whose values hold no syntax, as Flask, Django, Starlette, Sanic, Falcon and Bottle call them."""


def harmless_type(project: Project, place: Place, annotation: AnyExpression | None) -> str:
    """``number`` or ``enum`` for an annotation that promises a value without syntax, else ``""``."""
    if annotation is None:
        return ""
    if isinstance(annotation, Constant):
        text = annotation.value
        if text is None:
            return "number"
        return "number" if isinstance(text, str) and text.removesuffix(" | None") in HARMLESS else ""
    if isinstance(annotation, Binary) and annotation.op == "|":
        kinds = {harmless_type(project, place, side) for side in (annotation.left, annotation.right)}
        return "" if "" in kinds else max(kinds)
    if isinstance(annotation, Subscript):
        head = chain(annotation.value).rsplit(".", 1)[-1]
        inner = annotation.index
        if head == "Literal":
            return "enum"
        if head in {"Optional", "list", "List", "set", "Set", "tuple", "Tuple", "Sequence", "Iterable", "Annotated"}:
            first = inner.items[0] if isinstance(inner, Sequence) and inner.items else inner
            return harmless_type(project, place, first)
        if head == "Union" and isinstance(inner, Sequence):
            kinds = {harmless_type(project, place, item) for item in inner.items}
            return "" if "" in kinds or not kinds else max(kinds)
        return ""
    if isinstance(annotation, Name | Attribute):
        name = chain(annotation).rsplit(".", 1)[-1]
        if name in HARMLESS:
            return "number"
        target = project.resolve_expression(place, annotation)
        return "enum" if target is not None and enumeration(project, target) else ""
    return ""


def enumeration(project: Project, target: Target) -> bool:
    """Whether a class (or an object of it) is an enumeration."""
    if target.kind not in {"class", "instance"} or target.index < 0:
        return False
    return any(name.split(".")[-1] in _ENUMS for name in project.classes.externals(target.path, target.index))


_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "TextChoices", "IntegerChoices", "Choices"})


def field_type(project: Project, target: Target, name: str) -> tuple[Place, AnyExpression] | None:
    """The declared type of a field of one of our classes, with the place to read the annotation in."""
    if target.kind not in {"class", "instance"} or target.index < 0:
        return None
    for field, path, statement in project.classes.fields(target.path, target.index):
        if field == name and statement.annotation is not None:
            return Place(path, -1), statement.annotation
    return None
