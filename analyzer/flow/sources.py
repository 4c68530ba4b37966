"""Which parameters and attributes bring request data in, and which cannot carry any syntax."""

from __future__ import annotations

import re
from collections.abc import Sequence as Row
from functools import cache

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Binary,
    Call,
    Constant,
    Name,
    Parameter,
    Sequence,
    Subscript,
)
from analyzer.facts.visit import chain, walk
from analyzer.flow.environment import Environment
from analyzer.flow.patterns import closed
from analyzer.frameworks.backend import Route
from analyzer.frameworks.persistence import is_schema
from analyzer.knowledge import known
from analyzer.knowledge.schema import by_name
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

_OF_ALL = frozenset(
    "Optional list List set Set tuple Tuple Sequence Iterable Annotated Query Path Form Header Cookie Body".split()
)
"""Generic types that hold nothing but what they are given: containers, and Django Ninja's ``Query[int]``."""

_INJECTED = frozenset({"Depends", "Security", "Inject", "Provide", "FromDishka", "Injected", "Provider"})
"""Markers of a parameter filled by the framework's container, not by the client."""

_SERVED = frozenset(
    {"request", "req", "response", "resp", "session", "db", "self", "cls", "info", "root", "user", "current_user"}
)
"""Conventional names of what a framework hands to a handler beside the client's input."""


_VALUES = frozenset(
    "builtins pydantic pydantic_extra_types typing typing_extensions datetime uuid decimal pathlib ipaddress".split()
)
"""Packages of types that frameworks read from requests: an ``AnyHttpUrl`` is as much the client's as a ``str``."""


def request_data(project: Project, place: Place, spelled: str, state: Environment) -> bool:
    """Whether a chain with its subscripts, read at a place in a state, is part of a request."""
    if spelled_as_request(spelled):
        made = state.get(spelled.partition(".")[0], ())
        # ``req = requests.get(url)`` is a request of our own, and what it brings no client of ours sent.
        return not made or not all(one.how == "value" and isinstance(one.expression, Call | Await) for one in made)
    if _of_object(project, place, spelled):
        return True
    owned = _OWN.match(spelled)
    if owned is None:
        return False
    index = project.owner_index(place)
    return index >= 0 and any(
        owned[1] in by_name(one.parts) and project.classes.descends(place.path, index, frozenset(one.classes))
        for one in known().requests.handlers
    )


def _of_object(project: Project, place: Place, spelled: str) -> bool:
    """Whether a chain reads what a client sends from a request or websocket of a framework under any name."""
    asked = _asked().match(spelled)
    return asked is not None and is_request(project, place, asked[1])


def is_request(project: Project, place: Place, name: str) -> bool:
    """Whether a name stands for a request or a websocket of a framework, by its class."""
    target = project.resolve(place, name)
    return target is not None and target.dotted.removesuffix("()") in known().requests.objects


def listened(project: Project, place: Place, expression: AnyExpression) -> bool:
    """Whether going over an object waits for what the client of a websocket sends."""
    target = project.resolve(place, expression.id) if isinstance(expression, Name) else None
    return (
        target is not None
        and "WebSocket" in target.dotted
        and (target.dotted.removesuffix("()") in known().requests.objects)
    )


@cache
def asked_parts() -> frozenset[str]:
    """Attributes and methods of a request or websocket that bring what a client sends."""
    requests = known().requests
    return frozenset({*by_name(requests.parts), *by_name(requests.methods), *requests.receiving})


@cache
def asked_methods() -> frozenset[str]:
    """Methods of a request or websocket that give what the client sends."""
    requests = known().requests
    return frozenset({"json", "form", "post", "text", "read", "body", "get_json", "get_media", *requests.receiving})


@cache
def _asked() -> re.Pattern[str]:
    return re.compile(rf"(\w+)\.(?:{'|'.join(sorted(asked_parts()))})(?![A-Za-z_])")


def spelled_as_request(spelled: str) -> bool:
    """Whether a chain with its subscripts is spelled like part of a request, wherever it is read."""
    return _spelling().search(spelled) is not None


@cache
def _spelling() -> re.Pattern[str]:
    """Reads of a request, as the frameworks spell them."""
    requests = known().requests
    read = "|".join(sorted(asked_parts()))
    return re.compile(
        rf"(?:^|(?<!urllib)\.)(?:request|req|_request|http_request|websocket)\.(?:{read})(?!\w)"
        rf"|^self\.(?:{'|'.join(sorted(by_name(requests.methods)))})\b|(?:^|\.)self\.(?:kwargs|path_kwargs)\["
        r"|^(?:flask|quart|bottle)\.request\."
    )


_OWN = re.compile(r"self\.(\w+)")


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


def from_client(project: Project, place: Place, parameter: Parameter, *, by_schema: bool = False) -> bool:
    """Whether a parameter of a route's handler is filled from the request; ``by_schema`` where a framework takes every
    parameter with a schema that nothing injects for the body, whatever it is called."""
    if injected(parameter):
        return False
    target = project.annotated(place, parameter.annotation) if parameter.annotation is not None else None
    if parameter.name in _SERVED:
        # ``user: UserCreate`` is what the client wants a user to be like; ``user: User`` is who is asking.
        ours = target is not None and target.kind in {"class", "instance"} and target.index >= 0
        return by_schema and ours and target is not None and is_schema(project, target.path, target.index)
    if parameter.annotation is None:
        return not _found_by_traversal(project, place, parameter)
    if target is not None and target.kind in {"class", "instance"} and target.index >= 0:
        # An object without a field cannot be made of what is sent: a container supplies it.
        return is_schema(project, target.path, target.index) or any(project.classes.fields(target.path, target.index))
    return target is None or target.ours or target.dotted.split(".", 1)[0] in _VALUES or _uploaded(target)


def _uploaded(target: Target) -> bool:
    """Whether a class of a framework is the one that uploads come in."""
    return target.dotted.removesuffix("()") in known().requests.uploads


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
        if head in _OF_ALL:
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


def shaped(*declared: AnyExpression | None) -> str:
    """``allowed`` for an annotation or default that declares a pattern without room for syntax, else ``""``:
    ``Field(pattern=…)``, ``Query(regex=…)``, ``constr(pattern=…)``, ``StringConstraints(pattern=…)``."""
    for one in declared:
        for node in walk(one) if isinstance(one, Call | Subscript) else ():
            for argument in node.arguments if isinstance(node, Call) else ():
                given = argument.value.value if isinstance(argument.value, Constant) else None
                if argument.keyword in _PATTERNS and isinstance(given, str):
                    return "allowed" if closed(given, anchored=argument.keyword == "regex") else ""
    return ""


_PATTERNS = frozenset({"pattern", "regex"})


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
