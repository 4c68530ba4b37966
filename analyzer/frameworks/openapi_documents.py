"""Descriptions of HTTP interfaces (Swagger 2, OpenAPI 3) as connexion reads them.

They are data of the audited tree, so nothing in them is trusted: YAML is read without tags, merges or anything else
that makes objects or multiplies text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import yaml

from analyzer.frameworks.backend import Given

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_INFO = ("x-bearerInfoFunc", "x-apikeyInfoFunc", "x-basicInfoFunc", "x-tokenInfoFunc", "x-authFunc")
_KINDS = frozenset({"path", "query", "header", "cookie", "body", "form", "file"})
_FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
_TYPES = {"integer": "int", "number": "float", "boolean": "bool", "string": "str", "object": "dict"}
_DEPTH = 8
MOST_SCOPES = 6
MOST = 5_000
"""Operations of one description; more are no interface that people wrote."""


class Operation(msgspec.Struct, frozen=True):
    """One operation: its method and path, what answers it (``module.function``; ``""`` when the document does not say),
    the functions that find out who is asking, whether somebody has to be known at all, and the scopes it takes."""

    method: str
    path: str
    answer: str
    line: int
    checks: tuple[str, ...]
    secured: bool
    scopes: tuple[str, ...] = ()
    inputs: tuple[Given, ...] = ()
    statuses: tuple[int, ...] = ()
    response: str = ""
    """The schema of the first answer that tells success."""


class _Plain(yaml.SafeLoader):
    """Mappings, sequences and scalars; ``<<`` is a name like any other."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """No merges."""


def parse(text: str) -> Mapping[str, Any]:
    """The document. Raises ``ValueError`` for what cannot be read as one."""
    try:
        found = json.loads(text) if text.lstrip()[:1] == "{" else yaml.load(text, Loader=_Plain)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise ValueError(type(error).__name__) from None
    if not isinstance(found, dict) or not isinstance(found.get("paths"), dict):
        raise ValueError("no paths")
    return found


def base_path(document: Mapping[str, Any]) -> str:
    """The path that all operations are below: ``basePath`` of Swagger, the first server's path of OpenAPI."""
    servers = document.get("servers")
    address = (
        servers[0].get("url", "") if isinstance(servers, list) and servers and isinstance(servers[0], dict) else ""
    )
    path = document.get("basePath") or (urlsplit(str(address)).path if address else "")
    return str(path).rstrip("/")


def operations(document: Mapping[str, Any], text: str) -> Iterator[Operation]:
    """The operations of a document, in its order. ``text`` is it as written, for the lines."""
    schemes = _schemes(document)
    always = document.get("security")
    count = 0
    for path, item in document["paths"].items():
        if not isinstance(path, str) or not isinstance(item, dict):
            continue
        for method, operation in item.items():
            if method not in _METHODS or not isinstance(operation, dict) or count >= MOST:
                continue
            count += 1
            asked = operation.get("security", always)
            wanted = [name for one in asked if isinstance(one, dict) for name in one] if isinstance(asked, list) else []
            optional = isinstance(asked, list) and any(one == {} for one in asked)
            answer = _answer(operation, item)
            yield Operation(
                method=str(method).upper(),
                path=path,
                answer=answer,
                line=_line(text, answer, path),
                checks=tuple(sorted({function for name in wanted for function in schemes.get(str(name), ())})),
                secured=bool(wanted) and not optional,
                scopes=_scopes(asked) if wanted and not optional else (),
                inputs=tuple(dict.fromkeys(_inputs(document, item, operation))),
                statuses=tuple(sorted(_codes(operation))),
                response=_response(document, operation),
            )


def _scopes(asked: object) -> tuple[str, ...]:
    """The scopes that the one way to be let in demands; of several ways none is demanded for sure."""
    ways = [one for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []
    named = (
        [scope for given in ways[0].values() if isinstance(given, list) for scope in given] if len(ways) == 1 else []
    )
    return tuple(dict.fromkeys(str(one) for one in named))[:MOST_SCOPES]


def _answer(operation: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    name = operation.get("operationId")
    controller = next(
        (one[key] for one in (operation, item) for key in _CONTROLLERS if isinstance(one.get(key), str)), ""
    )
    if not isinstance(name, str):
        return ""
    return f"{controller}.{name}" if controller else name


def _schemes(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The functions behind each security scheme."""
    components = document.get("components")
    given = components.get("securitySchemes") if isinstance(components, dict) else document.get("securityDefinitions")
    if not isinstance(given, dict):
        return {}
    return {
        str(name): tuple(scheme[key] for key in _INFO if isinstance(scheme.get(key), str))
        for name, scheme in given.items()
        if isinstance(scheme, dict)
    }


def _line(text: str, answer: str, path: str) -> int:
    """Where an operation is written: at its ``operationId``, else at its path; 1 when neither is found."""
    for wanted in (answer.rpartition(".")[2] if answer else "", path):
        found = re.search(rf"^.*{re.escape(wanted)}[\"']?\s*:?\s*,?$", text, re.MULTILINE) if wanted else None
        if found is not None:
            return text.count("\n", 0, found.start()) + 1
    return 1


def _inputs(document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Given]:
    """The parameters of a path and of its operation, the nearer one where both have it, and the body."""
    found: dict[tuple[str, str], Given] = {}
    for one in (*_listed(item.get("parameters")), *_listed(operation.get("parameters"))):
        parameter = _followed(document, one)
        kind, name = str(parameter.get("in", "")), str(parameter.get("name", ""))
        schema = parameter["schema"] if isinstance(parameter.get("schema"), dict) else parameter
        if kind == "formData":  # Swagger 2, as is ``body``
            kind = "file" if parameter.get("type") == "file" else "form"
        if kind in _KINDS:
            name = "" if kind == "body" else name
            required = kind == "path" or parameter.get("required") is True
            found[kind, name] = Given(kind, name, _type(schema), required)
    yield from found.values()
    body = _followed(document, operation.get("requestBody"))
    content = body.get("content")
    for media, given in content.items() if isinstance(content, dict) else ():
        schema = given.get("schema") if isinstance(given, dict) else None
        if str(media) in _FORMS:
            yield from _fields(_followed(document, schema))
        else:
            yield Given("body", "", _type(schema), body.get("required") is True)


def _fields(schema: Mapping[str, Any]) -> Iterator[Given]:
    """The fields of a form; what is binary is a file."""
    properties, wanted = schema.get("properties"), _listed(schema.get("required"))
    for name, one in properties.items() if isinstance(properties, dict) else ():
        binary = isinstance(one, dict) and one.get("format") in {"binary", "base64"}
        yield Given("file" if binary else "form", str(name), _type(one), name in wanted)


def _listed(given: object) -> list[Any]:
    return given if isinstance(given, list) else []


def _followed(document: Mapping[str, Any], given: object) -> Mapping[str, Any]:
    """An object, or what ``{"$ref": "#/components/parameters/Page"}`` stands for."""
    for _ in range(_DEPTH):
        if not isinstance(given, dict):
            return {}
        reference = given.get("$ref")
        if not isinstance(reference, str):
            return given
        given = document
        for part in reference.removeprefix("#/").split("/"):
            given = given.get(part) if isinstance(given, dict) else None
    return {}


def _type(schema: object) -> str:
    """``Film`` of ``{"$ref": "#/components/schemas/Film"}``, ``list[Film]``, ``int`` …; empty where it is not said."""
    if not isinstance(schema, dict):
        return ""
    if isinstance(schema.get("$ref"), str):
        return str(schema["$ref"]).rpartition("/")[2]
    plain = schema.get("type")
    if plain == "array":
        return f"list[{_type(schema.get('items'))}]".replace("[]", "")
    return _TYPES.get(plain, "") if isinstance(plain, str) else ""


def _codes(operation: Mapping[str, Any]) -> Iterator[int]:
    answers = operation.get("responses")
    for code in answers if isinstance(answers, dict) else ():
        if re.fullmatch(r"[1-5]\d\d", str(code)):
            yield int(code)


def _response(document: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    answers = operation.get("responses")
    for code, answer in answers.items() if isinstance(answers, dict) else ():
        if str(code).startswith("2"):
            told = _followed(document, answer)
            content = told.get("content")
            first = next(iter(content.values()), None) if isinstance(content, dict) else told
            return _type(first.get("schema")) if isinstance(first, dict) else ""
    return ""
