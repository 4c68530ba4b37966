"""FastAPI's own table of routes is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "fastapi_app"


def table(routes: list[Any], prefix: str = "") -> set[tuple[str, str, str]]:
    """Method, path and handler of every route, mounted applications opened; documentation left out."""
    found: set[tuple[str, str, str]] = set()
    for route in routes:
        inner = getattr(route, "original_router", None)
        if type(route).__name__ == "Mount":
            found |= table(route.routes, prefix + route.path)
        elif inner is not None:
            found |= table(inner.routes, prefix + route.include_context.prefix)
        elif getattr(route, "include_in_schema", True):
            name = route.endpoint.__qualname__.replace(".<locals>", "")
            path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", prefix + route.path)
            for method in getattr(route, "methods", None) or {"WEBSOCKET"}:
                found.add((method, path, name))
    return found


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("fastapi", reason="FastAPI is not installed: its routes cannot be asked")
    main = importlib.import_module("tests.oracles.fastapi_app.main")
    # Starlette answers HEAD with every GET of a plain route; that is no route of its own.
    expected = table(main.create().routes) | (table(main.table) - {("HEAD", "/plain", "plain")})
    names = ("__init__", "main", "orders", "people", "reports")
    files = {f"fastapi_app/{name}.py": (_APP / f"{name}.py").read_text() for name in names}
    backend = recognise(project_of(files))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert len(expected) == 25


def test_loops_over_constant_tables_and_routers_that_functions_make() -> None:
    pytest.importorskip("fastapi", reason="FastAPI is not installed: its routes cannot be asked")
    expected = table(importlib.import_module("tests.oracles.fastapi_app.catalogue").create().routes)
    names = ("__init__", "catalogue", "authors", "shelves")
    backend = recognise(project_of({f"fastapi_app/{name}.py": (_APP / f"{name}.py").read_text() for name in names}))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert len(expected) == 25


def test_routers_that_functions_and_objects_make() -> None:
    pytest.importorskip("fastapi", reason="FastAPI is not installed: its routes cannot be asked")
    expected = table(importlib.import_module("tests.oracles.fastapi_app.made").create().routes)
    backend = recognise(project_of({"made.py": (_APP / "made.py").read_text()}))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert len(expected) == 11


def test_a_router_that_a_loop_finds_at_run_time_is_told() -> None:
    source = """
        import importlib
        import pkgutil
        from fastapi import FastAPI
        app = FastAPI()
        for found in pkgutil.iter_modules(["parts"]):
            module = importlib.import_module(found.name)
            app.include_router(module.router)
            app.mount("/x", importlib.import_module(found.name).app)
        for name in ("one", "two"):
            app.include_router(importlib.import_module(name).router)
        routers = []
        for router in routers:
            app.include_router(router)
    """
    found = recognise(project_of({"app.py": source}))
    assert found.routes == ()
    assert [one.line for one in found.unresolved] == [8, 9, 11, 14]


def test_what_stands_in_the_document_is_asked_of_the_application_that_has_the_route() -> None:
    source = """
        from fastapi import APIRouter, FastAPI
        silent = FastAPI(openapi_url=None)
        loud = FastAPI(docs_url=None)
        shared, secret = APIRouter(), APIRouter(include_in_schema=False)
        @silent.get("/silent")
        def one(): ...
        @loud.get("/loud")
        @loud.get("/whispered", include_in_schema=False)
        def two(): ...
        @shared.get("/shared")
        def three(): ...
        @secret.get("/secret")
        def four(): ...
        def plain(request): ...
        silent.include_router(shared, prefix="/a")
        loud.include_router(shared, prefix="/b")
        loud.include_router(shared, prefix="/c", include_in_schema=False)
        loud.include_router(secret)
        loud.add_route("/plain", plain)
        silent.mount("/loud", loud)
    """
    found = {route.path: route.schema for route in recognise(project_of({"app.py": source})).routes}
    assert found == {
        "/silent": "off",
        "/loud/loud": "yes",
        "/loud/whispered": "hidden",
        "/a/shared": "off",
        "/loud/b/shared": "yes",
        "/loud/c/shared": "hidden",
        "/loud/secret": "hidden",
        "/loud/plain": "hidden",
    }


LOOPS = """
    from fastapi import APIRouter, FastAPI
    app = FastAPI()
    for name in ("a", "b"):
        @app.get(f"/loop/{name}")
        def looped(name: str = name): return name
    def register(application):
        for kind in ["x", "y"]:
            prefix = f"/{kind}"
            @application.get(f"/registered{prefix}")
            async def registered(kind=kind): return kind
            router = APIRouter(prefix=prefix)
            @router.post("/items")
            def items(): return 1
            @router.get(f"/own-{kind}")
            def own(): return 1
            application.include_router(router, prefix="/below")
    register(app)
    for first in ("p", "q"):
        for second in ("1", "2"):
            nested = APIRouter(prefix=f"/{first}")
            @nested.get(f"/{second}")
            def deep(): return 1
            app.include_router(nested)
"""


def test_handlers_and_routers_that_loops_make() -> None:
    pytest.importorskip("fastapi", reason="FastAPI is not installed: its routes cannot be asked")
    made: dict[str, Any] = {}
    exec(textwrap.dedent(LOOPS), made)
    expected = {(method, path) for method, path, _ in table(made["app"].routes)}
    backend = recognise(project_of({"main.py": LOOPS}))
    assert backend.unresolved == ()
    assert {(route.method, route.path) for route in backend.routes} == expected
    assert len(expected) == 12


def test_routers_of_libraries_are_told_and_not_said_to_be_unknown() -> None:
    source = """
        from fastapi import APIRouter, Depends, FastAPI
        from fastapi_crudrouter import MemoryCRUDRouter
        from fastapi_users import FastAPIUsers
        from fastapi_utils.inferring_router import InferringRouter
        from some_library import make_router
        from strawberry.fastapi import GraphQLRouter
        class Things(APIRouter):
            def __init__(self, prefix):
                super().__init__(prefix=prefix)
                self.add_api_route("/all", self.every, methods=["GET"])
            def every(self): ...
        users = FastAPIUsers(None, [])
        graph = GraphQLRouter(schema)
        inferring = InferringRouter()
        @inferring.get("/inferred")
        def inferred(): ...
        app = FastAPI()
        app.include_router(Things("/things"))
        app.include_router(MemoryCRUDRouter(schema=int, prefix="potatoes"), prefix="/v1")
        app.include_router(users.get_auth_router(backend), prefix="/auth")
        app.include_router(graph, prefix="/graphql")
        app.include_router(make_router(), prefix="/other")
        app.include_router(inferring)
        app.include_router(nobody_knows())
    """
    backend = recognise(project_of({"main.py": source}))
    assert {(route.method, route.path) for route in backend.routes} == {("GET", "/things/all"), ("GET", "/inferred")}
    assert {(route.method, route.path) for route in backend.library} == {
        *((method, "/v1/potatoes/") for method in ("GET", "POST", "DELETE")),
        *((method, "/v1/potatoes/{item_id}") for method in ("GET", "PUT", "DELETE")),
        ("POST", "/auth/login"),
        ("POST", "/auth/logout"),
        ("GET", "/graphql"),
        ("POST", "/graphql"),
        ("WEBSOCKET", "/graphql"),
        ("ANY", "/other/{…}"),
    }
    assert [one.why for one in backend.unresolved] == [
        "the included router `nobody_knows()` is not known before it runs"
    ]
