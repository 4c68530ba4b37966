"""Flask's extensions for interfaces: the map of URLs that Flask has in the end is the oracle."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APPS = Path(__file__).parent / "oracles" / "flask_extensions"
_LIBRARIES = {
    "loops": ("flask", 15),
    "restful": ("flask_restful", 11),
    "smorest": ("flask_smorest", 11),
    "restx": ("flask_restx", 12),
    "apiflask": ("apiflask", 15),
    "made": ("flask_restful", 8),
    "namespaces": ("flask_restx", 8),
    "appbuilder": ("flask_appbuilder", 11),
}


def table(app: Any, module: str) -> set[tuple[str, str, str]]:
    """Method, path and handler of every rule whose handler stands in our module; the libraries' own are left out."""
    found = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        made = getattr(view, "view_class", None)
        path = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            handler = getattr(made, method.lower()) if made is not None else view
            if handler.__module__ == module:
                found.add((method, path, handler.__qualname__.replace(".<locals>", "")))
    return found


@pytest.mark.parametrize("name", sorted(_LIBRARIES))
def test_the_applications_own_table_is_found(name: str) -> None:
    library, number = _LIBRARIES[name]
    pytest.importorskip(library, reason=f"{library} is not installed: its rules cannot be asked")
    module = f"tests.oracles.flask_extensions.with_{name}"
    expected = table(importlib.import_module(module).create(), module)
    backend = recognise(project_of({f"with_{name}.py": (_APPS / f"with_{name}.py").read_text()}))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert len(expected) == number


def test_blueprints_that_are_found_at_run_time_are_told() -> None:
    source = """
        import importlib
        import os
        from flask import Blueprint, Flask
        from flask_debugtoolbar import pages
        app = Flask(__name__)
        for name in os.listdir("plugins"):
            module = importlib.import_module(f"plugins.{name}")
            app.register_blueprint(module.blueprint)
            getattr(app, "route")(f"/{name}")(module.view)
        for name in ("letters", "parcels"):
            module = importlib.import_module(f"{name}")
            app.register_blueprint(module.blueprint, url_prefix=f"/{name}")
        app.register_blueprint(pages)
        tables = {"inner": Blueprint("inner", __name__)}
        @tables["inner"].get("/inner")
        def inner(): ...
    """
    part = """
        from flask import Blueprint
        blueprint = Blueprint("x", __name__)
        @blueprint.get("/all")
        def listed(): ...
    """
    found = recognise(project_of({"app.py": source, "letters.py": part, "parcels.py": part}))
    assert [route.path for route in found.routes] == ["/letters/all", "/parcels/all"]
    assert [(one.line, one.why) for one in found.unresolved] == [
        (9, "the blueprint is not a plain name"),
        (10, "the method that registers is named at run time"),
        (16, "the router is not a plain name"),
    ]


def test_classes_that_answer_by_no_method_of_their_own_are_told() -> None:
    source = """
        from flask import Blueprint
        from graphql_server.flask import GraphQLView
        class Pages(Blueprint):
            def add_url_rule(self, rule, endpoint=None, view_func=None, **more):
                super().add_url_rule(rule, endpoint, lambda **given: view_func().process(), **more)
        class Page:
            def process(self): ...
        class Graph(GraphQLView): ...
        pages = Pages("pages", __name__)
        pages.add_url_rule("/page", "page", Page)
        pages.add_url_rule("/graph", view_func=Graph.as_view("graph"), methods=["POST"])
    """
    found = recognise(project_of({"app.py": source}))
    assert found.routes == ()
    assert [(one.method, one.path, one.library) for one in found.library] == [
        ("POST", "/graph", "graphql_server.flask.GraphQLView")
    ]
    assert [(one.line, one.why) for one in found.unresolved] == [(11, "the class has no method that answers")]


def test_a_table_of_resources_may_be_imported_where_it_is_walked_through() -> None:
    files = {
        "app/views.py": """
            from flask_restful import Resource
            class Login(Resource):
                def post(self): return {}
            class Users(Resource):
                def get(self): return {}
            ENDPOINTS = {Login: "/auth", Users: "/users"}
        """,
        "app/__init__.py": """
            from flask import Flask
            from flask_restful import Api
            api = Api(prefix="/api")
            def create_app():
                from app.views import ENDPOINTS
                app = Flask(__name__)
                for resource, url in ENDPOINTS.items():
                    api.add_resource(resource, url)
                api.init_app(app)
                return app
        """,
    }
    backend = recognise(project_of(files))
    assert {(route.method, route.path) for route in backend.routes} == {("POST", "/api/auth"), ("GET", "/api/users")}
