"""Inputs that a signature or decorator declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Name, Parameter, Sequence, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks import Route
from analyzer.frameworks.persistence import is_model, is_schema
from analyzer.frameworks.spelling import metadata, spelt, type_text, unannotated
from analyzer.frameworks.text import argument, text
from analyzer.inventory.rows import Input
from analyzer.project import Place, Project

_MARKS = {
    "Query": "query", "Path": "path", "Header": "header", "Cookie": "cookie", "Body": "body", "Form": "form",
    "File": "file", "UploadedFile": "file", "QueryParameter": "query", "Parameter": "query",
}  # fmt: skip
_WHERE = {"header": "header", "cookie": "cookie", "query": "query"}
"""Keywords of Litestar's ``Parameter``, each with the name that the client writes."""
_FORMS = re.compile(r"MULTI_PART|URL_ENCODED|form-")
_KEPT = {"headers": "header", "cookies": "cookie", "query": "query", "body": "body"}
"""Parameters that Litestar fills with a part of the request, all of it."""
_INJECTED = {"Depends", "Security", "Inject", "FromDishka", "Provide", "Dependency"}
_PASSWORD_FORMS = {"OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict"}
"""FastAPI's own form of RFC 6749, section 4.3.2, whichever way it is injected."""
_TYPED = {"FastAPI", "Litestar", "Django Ninja"}
"""Frameworks (``Route.framework``) in which a handler's signature is the declaration of its inputs."""
_COLLECTION = re.compile(r"^(?:list|List|tuple|Tuple|set|Set|Sequence)\b")
_OWN = re.compile(
    r"(?:^|\.)(?:Request|HTTPConnection|WebSocket|Response|BackgroundTasks|SecurityScopes|HttpRequest|ASGIConnection)$"
)
_UPLOADS = {"UploadFile", "UploadedFile"}
_BODY_TYPES = re.compile(r"^(?:dict|list|Dict|List|Mapping|Sequence|set)\b")
_VERBS_WITHOUT_BODY = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "WEBSOCKET"}
_CONVERTED = re.compile(r"<(?:re:)?(?:(\w+)(?:\([^)]*\))?:)?(\w+)>|\{(\w+)(?::([^{}]*))?\}")
_CONVERTERS = {"int", "float", "uuid", "path", "slug", "str", "string", "any", "decimal", "date", "bool", "datetime"}
_PARAMETER = re.compile(r"\{(\w+)\}")
_VALIDATING = "ValidateParameters()"
_SAID = {
    "Json": "body", "Query": "query", "Form": "form", "File": "file", "Header": "header", "Cookie": "cookie",
}  # fmt: skip
"""What flask-parameter-validation takes a parameter from."""
_FILLED = {"body": "body", "query": "query", "form": "form", "header": "header", "cookie": "cookie"}
"""Parameters that Flask-Pydantic and Flask-OpenAPI3 fill from the request, when they are annotated with a schema."""


def path_inputs(project: Project, route: Route) -> Iterator[Input]:
    """One input a parameter of the path, typed by the signature or by the path's own converter."""
    types = {}
    for found in _CONVERTED.finditer(route.pattern or route.path):
        name, converter = found[2] or found[3], found[1] or found[4] or ""
        if route.framework == "Django Ninja" and found[4]:
            name, converter = converter, name  # ``{int:number}``
        types[name] = converter if converter in _CONVERTERS else ""
    types.update({one.name: one.type for one in route.inputs if one.kind == "path" and one.type})
    function = project.function(route.handler)
    declared = {item.name: type_text(item.annotation) for item in function.parameters} if function else {}
    for name in dict.fromkeys(_PARAMETER.findall(route.path)):
        yield Input("path", name, declared.get(name) or types.get(name) or "raw")


def signature_inputs(project: Project, route: Route) -> Iterator[Input]:
    """Inputs that the parameters of the handler and of its dependencies declare."""
    if route.framework not in _TYPED:
        yield from _filled(project, route)
        return
    names = set(_PARAMETER.findall(route.path))
    seen: set[Place] = set()
    pending = [route.handler, *route.dependencies]
    while pending:
        place = pending.pop(0)
        function = project.function(place)
        if function is None or place in seen:
            continue
        seen.add(place)
        first = function.owner >= 0 or (route.framework == "Django Ninja" and place == route.handler)
        for index, parameter in enumerate(function.parameters):
            if (index == 0 and first) or parameter.kind in {"args", "kwargs"}:
                continue
            if parameter.name not in names:
                if type_text(parameter.annotation).rpartition(".")[2] in _PASSWORD_FORMS:
                    yield from (Input("form", name, "str") for name in ("username", "password"))
                    continue
                found = _parameter(project, place, parameter, route)
                if found is not None:
                    yield found


def _filled(project: Project, route: Route) -> Iterator[Input]:
    """``def order(body: OrderIn, query: Page)`` of Flask."""
    function = project.function(route.handler)
    if route.framework not in {"Flask", "Quart"} or function is None:
        return
    outside = Place(route.handler.path, function.parent)
    if any(chain_of(one).endswith(_VALIDATING) for one in function.decorators):
        yield from _validated(project, outside, function)
    for one in function.parameters:
        if one.name in _FILLED and _of_a_class(project, outside, one.annotation) == "data":
            yield Input(_FILLED[one.name], "", type_text(one.annotation), one.default is None)


def _validated(project: Project, place: Place, function: Function) -> Iterator[Input]:
    """``def order(number: int = Route(), name: str = Json(alias="n"))`` of flask-parameter-validation."""
    for one in function.parameters:
        default = one.default
        kind = _SAID.get(chain_of(default.func).rpartition(".")[2]) if isinstance(default, Call) else None
        if kind is not None and isinstance(default, Call):
            alias = text(project, place, argument(default, 99, "alias"))
            shown = type_text(one.annotation)
            required = argument(default, 0, "default") is None and "Optional" not in shown and "None" not in shown
            yield Input(kind, alias or one.name, shown or "raw", required)


def _parameter(project: Project, place: Place, parameter: Parameter, route: Route) -> Input | None:
    annotation, at = _unaliased(project, place, parameter.annotation)
    marks = [*metadata(annotation), *([parameter.default] if isinstance(parameter.default, Call) else [])]
    marked = _marker(annotation) if route.framework == "Django Ninja" else None
    if marked is not None:
        marks, annotation = [marked[0], *marks], marked[1]
    words = {chain_of(item.func if isinstance(item, Call) else item).rpartition(".")[2] for item in marks}
    if words & _INJECTED:
        return None
    inner = unannotated(annotation)
    shown = type_text(annotation) or "raw"
    required = parameter.default is None or spelt(parameter.default).rstrip(")").endswith("...")
    for mark in marks:
        kind = _MARKS.get(chain_of(mark.func if isinstance(mark, Call) else mark).rpartition(".")[2])
        if kind is not None:
            if isinstance(mark, Call) and mark is parameter.default:
                required = _is_required(mark)
            kind = "file" if any(word in shown for word in _UPLOADS) else kind
            if kind == "path" and marked is not None:
                return None  # a schema of several parts of the path, each told already
            if route.framework == "Litestar" and isinstance(mark, Call):
                return _marked(project, at, mark, kind, parameter.name, shown, required)
            alias = text(project, at, argument(mark, 99, "alias")) if isinstance(mark, Call) else None
            name = parameter.name.replace("_", "-") if kind == "header" else parameter.name
            return Input(kind, alias or name, shown, required)
    if _OWN.search(shown) or (route.framework == "Django Ninja" and parameter.name == "request"):
        return None
    if any(word in shown for word in _UPLOADS):
        return Input("file", parameter.name, shown, required)
    if route.framework == "Litestar":
        return _litestar(parameter, shown, required)
    if route.framework == "Django Ninja" and _COLLECTION.match(shown):
        return Input("body", parameter.name, shown, required)
    known = _of_a_class(project, at, inner)
    if known == "other":
        return None
    body = known == "data" or (_BODY_TYPES.match(shown) and _holds_data(project, at, inner))
    if body and (route.method not in _VERBS_WITHOUT_BODY or known == "data"):
        return Input("body", parameter.name, shown, required)
    return Input("query", parameter.name, shown, required)


def _marker(annotation: AnyExpression | None) -> tuple[AnyExpression, AnyExpression] | None:
    """The marker and the type of ``Query[Filters]``, and of ``QueryEx[Filters, P(…)]``."""
    if not isinstance(annotation, Subscript) or chain_of(annotation.value).rpartition(".")[2] not in _MARKS:
        return None
    index = annotation.index
    return annotation.value, index.items[0] if isinstance(index, Sequence) and index.items else index


def _marked(project: Project, place: Place, mark: Call, kind: str, name: str, shown: str, required: bool) -> Input:
    """What Litestar's ``Parameter(header="X-Token")`` and ``Body(media_type=RequestEncodingType.MULTI_PART)`` say."""
    for keyword, where in _WHERE.items():
        alias = text(project, place, argument(mark, 99, keyword))
        if alias is not None:
            return Input(where, alias, shown, required)
    if kind == "body" and _FORMS.search(spelt(argument(mark, 99, "media_type"))):
        kind = "form"
    return Input(kind, name, shown, required)


def _litestar(parameter: Parameter, shown: str, required: bool) -> Input | None:
    """Litestar's reserved names; other parameters that are neither plain nor defaulted are its dependencies."""
    if parameter.name == "data":
        return Input("body", "data", shown, required)
    if parameter.name in _KEPT:
        return Input(_KEPT[parameter.name], "", shown, required)
    if parameter.name in {"request", "state", "scope", "socket"}:
        return None
    plain = re.fullmatch(r"(?:(?:str|int|float|bool|UUID|date|datetime)\b[ |\w\[\],]*)", shown)
    return Input("query", parameter.name, shown, required) if plain else None


def _unaliased(project: Project, place: Place, annotation: AnyExpression | None) -> tuple[AnyExpression | None, Place]:
    """An annotation, or what the alias it names stands for (``CurrentUser = Annotated[…]``)."""
    if isinstance(annotation, Name):
        value = project.variable(place.path, annotation.id)
        if value is not None and isinstance(value[1], Subscript):
            return value[1], Place(value[0], -1)
    return annotation, place


def _is_required(mark: Call) -> bool:
    """``Query()`` and ``Query(...)`` demand a value, ``Query(None)`` and ``Query(default=…)`` do not."""
    first = argument(mark, 0, "default")
    if argument(mark, 99, "default_factory") is not None:
        return False
    return first is None or spelt(first) == "..."


def _of_a_class(project: Project, place: Place, expression: AnyExpression | None) -> str:
    """``data`` for a schema, ``other`` for a class of ours that is none (a service that is injected), else ``""``."""
    found = ""
    for node in walk(expression) if expression is not None else ():
        target = project.resolve_expression(place, node) if isinstance(node, Name) else None
        if target is None or target.kind != "class":
            continue
        if is_schema(project, target.path, target.index) or is_model(project, target.path, target.index):
            return "data"
        if _is_plain(project, target.path, target.index):
            return "data" if _decorated(project, target.path, target.index) else found
        found = "other"
    return found


def _is_plain(project: Project, path: str, index: int) -> bool:
    """Enumerations and dataclasses: values, not services."""
    names = project.classes.externals(path, index)
    return _decorated(project, path, index) or any(name.startswith("enum.") for name in names)


def _decorated(project: Project, path: str, index: int) -> bool:
    decorators = project.outline(path).classes[index].decorators
    return any("dataclass" in spelt(item) for item in decorators)


def _holds_data(project: Project, place: Place, expression: AnyExpression | None) -> bool:
    """A container is a body when it is bare (``dict``) or holds schemas; a list of numbers is a query parameter."""
    bare = not isinstance(expression, Subscript) or spelt(expression.value).lower().startswith(("dict", "mapping"))
    return bare or _of_a_class(project, place, expression) == "data"
