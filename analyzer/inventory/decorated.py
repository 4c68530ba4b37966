"""Inputs that decorators of extensions declare: schemas, single parameters, parsers."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Constant, Mapping, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks import Route
from analyzer.frameworks.spelling import spelt
from analyzer.frameworks.text import argument, text
from analyzer.inventory.parsers import LOCATIONS, fields, is_table, parser_arguments
from analyzer.inventory.rows import RAW, Input
from analyzer.project import Place, Project

_LOCATED = frozenset({"arguments", "input", "use_args", "use_kwargs"})
"""A schema or a table of fields, with ``location=``: flask-smorest, APIFlask, webargs."""
_WHOLE = {
    "validate_request": "body", "validate_querystring": "query", "validate_headers": "header",
    "request_schema": "body", "json_schema": "body", "querystring_schema": "query", "form_schema": "form",
    "headers_schema": "header", "cookies_schema": "cookie",
}  # fmt: skip
"""A schema as first argument: Quart-Schema, aiohttp-apispec."""
_NAMED = {
    "body": "body", "json": "body", "request_body": "body", "request": "body", "query": "query",
    "query_serializer": "query", "form": "form", "header": "header", "cookie": "cookie",
}  # fmt: skip
_VALIDATING = frozenset({"validate", "extend_schema", "swagger_auto_schema"})
"""Schemas by keyword: Flask-Pydantic, Sanic Extensions, drf-spectacular, drf-yasg."""
_KINDS = {"query": "query", "path": "path", "header": "header", "cookie": "cookie", "form": "form", "formdata": "form"}
_NOTHING = {"", "None", "…", "OpenApiTypes.NONE"}


def decorated_inputs(project: Project, route: Route, function: Function) -> Iterator[Input]:
    """What the decorators of a handler, and those of its class, say that it takes."""
    place = Place(route.handler.path, function.parent)
    owned = project.outline(place.path).classes[function.owner].decorators if function.owner >= 0 else ()
    for item in (*function.decorators, *owned):
        if isinstance(item, Call):
            for one in _of_decorator(project, place, route, item):
                if one.kind != "path":  # the path of the route tells them
                    yield one


def _of_decorator(project: Project, place: Place, route: Route, item: Call) -> Iterator[Input]:
    name = chain_of(item.func).rpartition(".")[2]
    if name in _LOCATED:
        location = text(project, place, argument(item, 99, "location")) or "json"
        yield from _schema(project, place, argument(item, 0, "schema", "argmap"), LOCATIONS.get(location, "body"))
    elif name in _WHOLE:
        form = "form" if "FORM" in chain_of(argument(item, 99, "source")).upper() else ""
        yield from _schema(project, place, argument(item, 0, "model_class", "model", "schema"), form or _WHOLE[name])
    elif name in _VALIDATING:
        for keyword, kind in _NAMED.items():
            given = argument(item, 99, keyword)
            shown = _shown(given)
            if given is not None and shown not in _NOTHING:
                yield Input(kind, "", shown)
        for one in _items(argument(item, 99, "parameters", "manual_parameters")):
            yield from _parameter(project, place, one)
    elif name == "expects_json":
        yield Input("body", "")  # checked against a JSON Schema, which has no name
    elif name == "expect":
        for one in _items(argument(item, 0, "model")):
            parsed = list(parser_arguments(project, place, one, route.method))
            yield from parsed or [Input("body", "", _shown(one) or RAW)]
    elif name == "param":
        yield from _of_words(project, place, route, argument(item, 0, "name"), argument(item, 99, "_in"))
    elif name == "docs":
        for one in _items(argument(item, 99, "parameters")):
            yield from _of_description(project, place, route, one)
    elif name == "doc":
        table = argument(item, 99, "params")
        for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, Mapping) else ():
            yield from _of_words(project, place, route, key, _said(value))


def _schema(project: Project, place: Place, given: AnyExpression | None, kind: str) -> Iterator[Input]:
    if is_table(project, place, given):
        yield from fields(project, place, given, kind)
    else:
        shown = _shown(given)
        yield Input(kind, "", RAW if shown in _NOTHING else shown)


def _shown(given: AnyExpression | None) -> str:
    """A schema's name; of an object of it as well."""
    return spelt(given).partition("(")[0] if isinstance(given, Call) else spelt(given)


def _items(given: AnyExpression | None) -> list[AnyExpression]:
    if isinstance(given, Sequence) and given.kind != "tuple":
        return list(given.items)
    return [given] if given is not None else []


def _parameter(project: Project, place: Place, given: AnyExpression) -> Iterator[Input]:
    """``OpenApiParameter("page", int, OpenApiParameter.QUERY)``, ``openapi.Parameter("page", openapi.IN_QUERY)``, and a
    serializer whose fields stand in the query."""
    if not isinstance(given, Call) or chain_of(given.func).rpartition(".")[2] not in {"OpenApiParameter", "Parameter"}:
        yield Input("query", "", _shown(given) or RAW)
        return
    name = text(project, place, argument(given, 0, "name"))
    written = [chain_of(one.value) or str(getattr(one.value, "value", "")) for one in given.arguments[1:]]
    kind = next((_KINDS[last] for one in written if (last := _last(one)) in _KINDS), "query")
    typed = argument(given, 99, "type") or argument(given, 1)
    shown = spelt(typed).rpartition(".")[2].removeprefix("TYPE_").lower()
    required = argument(given, 99, "required")
    wanted = isinstance(required, Constant) and required.value is True
    if name is not None:
        yield Input(kind, name, shown if shown in {"int", "str", "bool", "float", "integer", "string"} else RAW, wanted)


def _last(word: str) -> str:
    return word.rpartition(".")[2].removeprefix("IN_").lower()


def _of_words(
    project: Project, place: Place, route: Route, name: AnyExpression | None, where: AnyExpression | None
) -> Iterator[Input]:
    """``@api.param("page", "The page", _in="query")``; what stands in the path is told there."""
    told = text(project, place, name)
    if told is not None and f"{{{told}}}" not in route.path:
        yield Input(_KINDS.get(str(text(project, place, where) or "query").lower(), "query"), told, RAW, False)


def _of_description(project: Project, place: Place, route: Route, value: AnyExpression) -> Iterator[Input]:
    """``{"in": "header", "name": "X-Trace", "required": True}`` of aiohttp-apispec."""
    if not isinstance(value, Mapping):
        return
    told = {key.value: one for key, one in zip(value.keys, value.values, strict=True) if isinstance(key, Constant)}
    name, where = text(project, place, told.get("name")), text(project, place, told.get("in"))
    kind, required = _KINDS.get(where or "", "body"), told.get("required")
    if name is not None and kind != "path" and f"{{{name}}}" not in route.path:
        yield Input(kind, name, RAW, isinstance(required, Constant) and required.value is True)


def _said(value: AnyExpression) -> AnyExpression | None:
    """Where ``{"description": …, "in": "header"}`` says that a parameter is."""
    if isinstance(value, Mapping):
        for key, one in zip(value.keys, value.values, strict=True):
            if isinstance(key, Constant) and key.value in {"in", "_in"}:
                return one
    return None
