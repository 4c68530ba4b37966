"""Whether clients can read about a route: in the schema, hidden from it, or in an application without one."""

from __future__ import annotations

import re
from functools import cached_property

from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import Route
from analyzer.frameworks.registry import Holder, holder
from analyzer.frameworks.text import argument
from analyzer.graph.picture import Picture
from analyzer.project import Place

_BUILT_IN = {"FastAPI": "FastAPI", "Litestar": "Litestar", "Django Ninja": "NinjaAPI"}
"""Frameworks that write a document by themselves, with the class whose arguments turn it off."""
_OFF = ("openapi_url", "openapi_config")
_EXTENSIONS = re.compile(
    r"^(?:flask_smorest|flask_restx|flask_restplus|apiflask|flasgger|spectree|flask_openapi3|connexion|quart_schema"
    r"|drf_spectacular|drf_yasg|rest_framework\.schemas|aiohttp_apispec|aiohttp_swagger3?|aiohttp_pydantic|sanic_ext"
    r"|sanic_openapi|falcon_apispec|falcon_openapi3|pyramid_openapi3|pyramid_apispec|cornice_swagger|apispec"
    r"|tornado_swagger|flask_rebar|flask_appbuilder|rororo)(?:\.|$)"
)
"""Libraries that describe the routes of a framework that does not."""
_WITHOUT = frozenset({"GraphQL"})
"""Frameworks whose schema is the interface itself."""
_HIDING = ("include_in_schema", "hide", "exclude", "doc")
_HIDDEN_BY = re.compile(r"(?:^|\.)(?:hide|exclude|extend_schema|swagger_auto_schema|doc)$")


class Documented:
    """Answers about routes, remembered by application."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self._known: dict[tuple[str, tuple[str, ...]], str] = {}

    def of(self, route: Route) -> str:
        """``yes``, ``hidden`` (left out of the schema), ``off`` (the document is switched off), ``no`` (nothing writes
        one), or ``""`` where that is no question."""
        if route.framework in _WITHOUT or route.method == "WEBSOCKET":
            return ""
        around = route.schema or self._application(route)
        return "hidden" if around == "yes" and self._hidden(route) else around

    def _application(self, route: Route) -> str:
        modules = self._picture.application(route.handler.path)
        key = (route.framework, modules)
        if key not in self._known:
            self._known[key] = self._judge(route.framework, modules)
        return self._known[key]

    def _judge(self, framework: str, modules: tuple[str, ...]) -> str:
        maker = _BUILT_IN.get(framework)
        if maker is not None:
            made = [call for path in modules for _, call in self._made.get((path, maker), ())]
            return "off" if made and all(_switched_off(call) for call in made) else "yes"
        imported = (item.module for path in modules for item in self._project.outline(path).imports)
        return "yes" if any(_EXTENSIONS.match(one) for one in imported) or self._installed else "no"

    @cached_property
    def _installed(self) -> bool:
        """Whether Django's settings install a library that describes the routes."""
        return any(
            isinstance(node, Constant) and isinstance(node.value, str) and _EXTENSIONS.match(node.value) is not None
            for path in self._project.paths()
            for value in self._project.namespace(path).variables.get("INSTALLED_APPS", ())
            for node in walk(value)
        )

    @cached_property
    def _made(self) -> dict[tuple[str, str], list[tuple[Place, Call]]]:
        """The calls that make applications and mount routers, by file and name."""
        wanted = {*_BUILT_IN.values(), "include_router"}
        found: dict[tuple[str, str], list[tuple[Place, Call]]] = {}
        for place in self._project.places():
            function = self._project.function(place)
            uses = function.uses if function else self._project.outline(place.path).uses
            if any(use.kind == "call" and use.chain.rpartition(".")[2] in wanted for use in uses):
                for node in walk(self._project.body(place)):
                    name = chain(node.func).rpartition(".")[2] if isinstance(node, Call) else ""
                    if isinstance(node, Call) and name in wanted:
                        found.setdefault((place.path, name), []).append((place, node))
        return found

    @cached_property
    def _closed(self) -> frozenset[Holder]:
        """Routers that are mounted outside of the schema."""
        found = set()
        for (_, name), calls in self._made.items():
            for place, call in calls:
                if name == "include_router" and _refused(argument(call, 99, "include_in_schema")) and call.arguments:
                    router = holder(self._project, place, chain(call.arguments[0].value))
                    if router is not None:
                        found.add(router)
        return frozenset(found)

    def _hidden(self, route: Route) -> bool:
        project = self._project
        function = project.function(route.handler)
        for decorator in function.decorators if function is not None else ():
            if not isinstance(decorator, Call):
                if _HIDDEN_BY.search(chain(decorator)):
                    return True
                continue
            if _hides(decorator):
                return True
            router = chain(decorator.func).rpartition(".")[0]
            if router and self._closed_router(Place(route.handler.path, function.parent if function else -1), router):
                return True
        owner = route.view if route.view >= 0 else project.owner_index(route.handler)
        if owner >= 0:
            above = project.outline(route.handler.path).classes[owner].decorators
            if any(isinstance(one, Call) and _hides(one) for one in above):
                return True
            if any(not isinstance(one, Call) and _HIDDEN_BY.search(chain(one)) for one in above):
                return True
            value = project.classes.variable(route.handler.path, owner, "include_in_schema")
            schema = project.classes.variable(route.handler.path, owner, "swagger_schema")
            if value is not None and _refused(value[1]):
                return True
            return schema is not None and isinstance(schema[1], Constant) and schema[1].value is None
        return self._registered_so(route)

    def _closed_router(self, place: Place, router: str) -> bool:
        if holder(self._project, place, router) in self._closed:
            return True
        variable = self._project.variable(place.path, router)
        made = variable[1] if variable is not None else None
        return isinstance(made, Call) and _refused(argument(made, 99, "include_in_schema"))

    def _registered_so(self, route: Route) -> bool:
        """``add_api_route("/x", handler, include_in_schema=False)``."""
        project = self._project
        outline = project.modules.outlines.get(route.registered)
        if outline is None:
            return False
        around = [at for at, one in enumerate(outline.functions) if one.start_line <= route.line <= one.end_line]
        for node in walk(project.body(Place(route.registered, max(around, default=-1)))):
            if isinstance(node, Call) and node.line == route.line and _refused(argument(node, 99, "include_in_schema")):
                return True
        return False


def _switched_off(call: Call) -> bool:
    given = [argument(call, 99, name) for name in _OFF]
    return any(isinstance(one, Constant) and one.value is None for one in given if one is not None)


def _refused(value: AnyExpression | None) -> bool:
    return isinstance(value, Constant) and value.value is False


def _hides(decorator: Call) -> bool:
    """``@router.get(…, include_in_schema=False)``, ``@extend_schema(exclude=True)``, ``@blp.doc(False)``."""
    name = chain(decorator.func).rpartition(".")[2]
    if _refused(argument(decorator, 99, "include_in_schema")):
        return True
    if not _HIDDEN_BY.search(chain(decorator.func)):
        return False
    flags = [argument(decorator, 99, one) for one in _HIDING]
    if any(isinstance(one, Constant) and one.value is True for one in flags if one is not None):
        return True
    return name in {"doc", "hide"} and _refused(argument(decorator, 0))
