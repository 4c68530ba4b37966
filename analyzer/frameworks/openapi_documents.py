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

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_INFO = ("x-bearerInfoFunc", "x-apikeyInfoFunc", "x-basicInfoFunc", "x-tokenInfoFunc", "x-authFunc")
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
