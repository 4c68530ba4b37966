"""A skeleton OpenAPI 3.1 document of the route table: paths, parameters, bodies and status codes the code shows.

A route for any method (``ANY``) is described as ``get`` and ``post``. Web sockets, and methods that a path item of
OpenAPI does not know, are left out and told. Several applications are tags; a path that two of them have stands there a
second time with the application's name behind ``#``. Types become schemas where they are plain, titles where they are
classes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from analyzer.inventory.rows import Input, Inventory, Row
from analyzer.inventory.table import demanded
from analyzer.model import visible

VERSION = "3.1.0"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Fixed fields of a path item (OpenAPI 3.1.0, section 4.8.9.1)."""
_ANY = ("get", "post")
_BODYLESS = {"get", "head", "trace"}
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}
"""Header parameters that OpenAPI says shall be ignored (section 4.8.12.2)."""
_PLAIN: dict[str, dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "string": {"type": "string"},
    "slug": {"type": "string"},
    "path": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def as_openapi(found: Inventory) -> tuple[str, tuple[str, ...]]:
    """The document as JSON, and one line for every kind of thing that is left out."""
    paths: dict[str, dict[str, Any]] = {}
    templates: dict[tuple[str, str], str] = {}
    used: set[str] = set()
    sockets: list[str] = []
    unknown: list[str] = []
    twice: list[str] = []
    for row in found.rows:
        path, names = _template(row.path)
        # Templates that differ in the names of parameters alone are identical for OpenAPI (section 4.8.8.2).
        known = templates.get((row.application, _PARAMETER.sub("{}", path)), "")
        if not known:
            known = f"{path}#{visible(row.application)}" if path in paths and row.application else path
            templates[row.application, _PARAMETER.sub("{}", path)] = known
        methods = _ANY if row.method == "ANY" else (row.method.lower(),)
        for method in methods:
            if method == "websocket":
                sockets.append(row.path)
            elif method not in _METHODS:
                unknown.append(f"{row.method} {row.path}")
            elif method in paths.get(known, {}):
                twice.append(f"{method.upper()} {row.path}")
            else:
                given = _PARAMETER.findall(known)
                renamed = dict(zip(names[::-1], given[::-1], strict=False))
                paths.setdefault(known, {})[method] = _operation(row, method, renamed, given, used)
    document = {
        "openapi": VERSION,
        "info": {"title": "Routes", "version": "0", "description": "Made from source code by backend-audit."},
        **({"tags": [{"name": visible(name)} for name in found.applications()]} if found.applications() else {}),
        "paths": paths,
    }
    return json.dumps(document, indent=2) + "\n", _told(sockets, unknown, twice, len(found.unresolved))


def documents(found: Inventory) -> list[tuple[str, Inventory]]:
    """What each application has, by its name; all under an empty name where there is only one."""
    names = found.applications()
    if not names:
        return [("", found)]
    return [
        (name, msgspec.structs.replace(found, rows=tuple(row for row in found.rows if row.application == name)))
        for name in names
    ]


def _told(sockets: Sequence[str], unknown: Sequence[str], twice: Sequence[str], gaps: int) -> tuple[str, ...]:
    kinds = (
        (sockets, "web sockets are not in the document"),
        (unknown, "methods that OpenAPI does not know are not in the document"),
        (twice, "routes answered by an earlier registration are in the document once"),
    )
    lines = [
        f"{len(items)} {what}: {', '.join(visible(item) for item in items[:5])}{', …' if len(items) > 5 else ''}"
        for items, what in kinds
        if items
    ]
    if gaps:
        lines.append(f"{gaps} registrations are unresolved and not in the document; see --output text")
    return tuple(lines)


def _template(path: str) -> tuple[str, list[str]]:
    """A path whose parameters have distinct plain names, and the names they had in order."""
    names: list[str] = []
    taken: set[str] = set()

    def renamed(found: re.Match[str]) -> str:
        names.append(found[1])
        taken.add(name := _unique(re.sub(r"\W", "_", found[1]) or "value", taken))
        return f"{{{name}}}"

    start = path if path.startswith("/") else "/" + path
    return visible(_PARAMETER.sub(renamed, start)), names


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _operation(row: Row, method: str, names: dict[str, str], given: list[str], used: set[str]) -> dict[str, Any]:
    """``names`` maps a parameter's name in the code to that in the template; ``given`` are all of the template."""
    identity = _unique(re.sub(r"\W", "_", f"{row.handler}_{method}"), used)
    used.add(identity)
    operation: dict[str, Any] = {"operationId": identity, "x-handler": visible(f"{row.file}:{row.line}")}
    if row.application:
        operation["tags"] = [visible(row.application)]
    if row.guards:
        operation["x-guards"] = [visible(f"{item.name} ({demanded(item)})") for item in row.guards]
    parameters = [_parameter(item, names) for item in row.inputs if _is_parameter(item, names)]
    declared = {item["name"] for item in parameters if item["in"] == "path"}
    parameters += [
        {"name": name, "in": "path", "required": True, "schema": {}} for name in given if name not in declared
    ]
    if parameters:
        distinct = {(item["in"], item["name"].lower()): item for item in reversed(parameters)}
        operation["parameters"] = list(distinct.values())[::-1]
    body = {} if method in _BODYLESS else _body(row.inputs)
    if body:
        operation["requestBody"] = {"content": body}
    operation["responses"] = _responses(row)
    return operation


def _is_parameter(item: Input, names: dict[str, str]) -> bool:
    if item.kind == "header":
        return bool(item.name) and item.name.lower() not in _IGNORED_HEADERS
    return (item.kind == "path" and item.name in names) or (item.kind in {"query", "cookie"} and bool(item.name))


def _parameter(item: Input, names: dict[str, str]) -> dict[str, Any]:
    name = names.get(item.name, item.name) if item.kind == "path" else item.name
    required = item.kind == "path" or item.required
    return {"name": visible(name), "in": item.kind, "required": required, "schema": schema(item.type)}


def _body(inputs: Sequence[Input]) -> dict[str, Any]:
    """Media types of a request's body: files make a form multipart."""
    media: dict[str, Any] = {}
    fields = [item for item in inputs if item.kind in {"form", "file"}]
    if fields:
        multipart = any(item.kind == "file" for item in fields)
        kind = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
        media[kind] = {"schema": _object(fields)}
    body = [item for item in inputs if item.kind == "body"]
    if body:
        whole = len(body) == 1 and (body[0].type != "raw" or not body[0].name)
        media["application/json"] = {"schema": schema(body[0].type) if whole else _object(body)}
    return media


def _object(fields: Sequence[Input]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object"}
    named = {visible(item.name): {} if item.kind == "file" else schema(item.type) for item in fields if item.name}
    if named:
        found["properties"] = named
    return found


def schema(text: str) -> dict[str, Any]:
    """A JSON schema of a type's spelling: plain types and lists of them, the name alone for anything else."""
    plain = text.removesuffix(" | None")
    optional = re.fullmatch(r"(?:\w+\.)?Optional\[(.*)\]", plain)
    plain = optional[1] if optional else plain
    if plain == "raw":
        return {}
    known = _PLAIN.get(plain.rpartition(".")[2].lower())
    if known is not None:
        return dict(known)
    listed = re.fullmatch(r"(?:\w+\.)?(?:list|set|tuple|sequence)\[(.*)\]", plain, re.IGNORECASE)
    if listed:
        return {"type": "array", "items": schema(listed[1])}
    return {"title": visible(plain)}


def _responses(row: Row) -> dict[str, Any]:
    codes = row.statuses if any(code < 400 for code in row.statuses) else (200, *row.statuses)
    found: dict[str, Any] = {}
    for code in codes:
        found[str(code)] = {"description": _phrase(code)}
        if row.response and code < 300 and code != 204:
            found[str(code)]["content"] = {"application/json": {"schema": schema(row.response)}}
    return found


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Response"
