"""connexion: what a description of an interface names. Its own table of rules is the oracle."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzer import pipeline
from analyzer.config import Config
from analyzer.frameworks import recognise
from analyzer.graph import build
from analyzer.graph.guards import Guards
from tests.projects import project_of

FILES = {
    "shop/app.py": """
        from pathlib import Path
        import connexion
        from connexion.resolver import RestyResolver

        app = connexion.FlaskApp(__name__, specification_dir="specs/")
        app.add_api("shop.yaml")
        app.add_api(Path("old.json"), base_path="/old", resolver=RestyResolver("shop.old"))
        app.add_api("missing.yaml")
    """,
    "shop/__init__.py": "",
    "shop/orders.py": """
        def listed(page=1): ...
        def made(body): ...
        class Order:
            @staticmethod
            def shown(number): ...
    """,
    "shop/old/__init__.py": "",
    "shop/old/pets.py": """
        def search(): ...
        def get(number): ...
        def delete(number): ...
    """,
    "shop/who.py": """
        def from_token(token):
            return find(token)
        def anybody(token):
            return {"sub": "somebody"}
    """,
}
DOCUMENTS = {
    "shop/specs/shop.yaml": """
        openapi: 3.0.1
        servers:
          - url: https://shop.example.org/api/v1
        components:
          securitySchemes:
            token: {type: http, scheme: bearer, x-bearerInfoFunc: shop.who.from_token}
            nobody: {type: http, scheme: bearer, x-bearerInfoFunc: shop.who.anybody}
        security:
          - token: []
        paths:
          /orders:
            get:
              operationId: shop.orders.listed
              security: []
            post:
              operationId: made
              x-openapi-router-controller: shop.orders
          /orders/{number}:
            get:
              operationId: shop.orders.Order.shown
              security:
                - nobody: []
            put:
              operationId: shop.orders.nowhere
    """,
    "shop/specs/old.json": """
        {"swagger": "2.0", "basePath": "/never", "paths": {
          "/pets": {"get": {}}, "/pets/{number}": {"get": {}, "delete": {}}}}
    """,
}


_APP = Path(__file__).parent / "oracles" / "connexion_app"


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("connexion", reason="connexion is not installed: its rules cannot be asked")
    made = importlib.import_module("tests.oracles.connexion_app.main").create()
    made.middleware._build_middleware_stack()  # it reads its descriptions with the first request
    expected = {
        (method, re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule), _name(view))
        for rule in made.app.url_map.iter_rules()
        for view in [made.app.view_functions[rule.endpoint]]
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if view.__module__.startswith("tests.")
    }
    files = {f"tests/oracles/connexion_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    documents = {f"tests/oracles/connexion_app/specs/{one.name}": one.read_text() for one in _APP.glob("specs/*.yaml")}
    backend = recognise(project_of(files, documents))
    assert backend.unresolved == ()
    assert {(one.method, one.path, backend.project.qualified(one.handler)) for one in backend.routes} == expected
    assert len(expected) == 9


def _name(view: Any) -> str:
    """The name of a function as ours, whose packages end where no ``__init__.py`` is."""
    return f"{view.__module__.removeprefix('tests.oracles.')}.{view.__qualname__}"


def test_operations_are_joined_with_the_functions_they_name() -> None:
    backend = recognise(project_of(FILES, DOCUMENTS))
    found = {(one.method, one.path): backend.project.qualified(one.handler) for one in backend.routes}
    assert found == {
        ("GET", "/api/v1/orders"): "shop.orders.listed",
        ("POST", "/api/v1/orders"): "shop.orders.made",
        ("GET", "/api/v1/orders/{number}"): "shop.orders.Order.shown",
        ("GET", "/old/pets"): "shop.old.pets.search",
        ("GET", "/old/pets/{number}"): "shop.old.pets.get",
        ("DELETE", "/old/pets/{number}"): "shop.old.pets.delete",
    }
    assert [(one.path, one.why) for one in backend.unresolved] == [
        ("shop/app.py", "the description of the interface is not a file of the tree"),
        ("shop/specs/shop.yaml", "no function is seen for PUT /orders/{number}"),
    ]


def test_security_that_can_refuse_guards_an_operation() -> None:
    picture = build(recognise(project_of(FILES, DOCUMENTS)), {}, ())
    guarded = {
        f"{route.method} {route.path}": bool(picture.shared(Guards).of(route).guards)
        for route in picture.routes
        if route.path.startswith("/api")
    }
    assert guarded == {
        "GET /api/v1/orders": False,
        "POST /api/v1/orders": True,
        "GET /api/v1/orders/{number}": False,
    }


@pytest.mark.parametrize(
    "hostile",
    [
        "paths: !!python/object/apply:os.system ['true']",
        "paths: " + "[" * 5000,
        "a: &a [x, x]\nb: &b [*a, *a]\npaths: {/x: {get: *b}, /y: *b}",
        "openapi: 3\npaths: {/x: {get: {operationId: [1], security: {a: b}}}, 3: {get: {}}}",
        "paths: {/x: {get: {<<: {operationId: shop.orders.listed}}}}",
        "{",
        "",
    ],
)
def test_a_hostile_description_is_survived_and_names_nothing(hostile: str) -> None:
    backend = recognise(project_of(FILES, {"shop/specs/shop.yaml": hostile}))
    assert not [one for one in backend.routes if one.registered == "shop/specs/shop.yaml"]


def test_a_changed_description_changes_the_answer(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import connexion\napp = connexion.FlaskApp(__name__)\napp.add_api('openapi.yaml')\ndef shown(): ...\n"
    )
    description = tmp_path / "openapi.yaml"
    found = []
    for path in ("/a", "/b"):
        description.write_text(f"openapi: 3.0.0\npaths:\n  {path}:\n    get:\n      operationId: app.shown\n")
        rows = pipeline.routes([tmp_path], Config(cache_dir=str(tmp_path / "cache"))).rows
        found.append([row.path for row in rows])
    assert found == [["/a"], ["/b"]]
