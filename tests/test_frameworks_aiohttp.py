"""aiohttp's own router is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "aiohttp_app"


def routes_of(files: dict[str, str]) -> set[tuple[str, str, str]]:
    backend = recognise(project_of(files))
    return {(route.method, route.path, backend.project.qualified(route.handler)) for route in backend.routes}


def test_the_routers_own_table_is_found() -> None:
    web = pytest.importorskip("aiohttp.web", reason="aiohttp is not installed: its router cannot be asked")
    create = importlib.import_module("tests.oracles.aiohttp_app.main").create

    expected: set[tuple[str, str, str]] = set()
    for route in create().router.routes():
        handler, path = route.handler, route.resource.canonical
        if isinstance(handler, type) and issubclass(handler, web.View):
            for verb in ("get", "post", "put", "patch", "delete"):
                if hasattr(handler, verb):
                    expected.add((verb.upper(), path, getattr(handler, verb).__qualname__))
        elif route.method != "HEAD":
            # aiohttp answers HEAD with every GET; that is no route of its own.
            expected.add((route.method.replace("*", "ANY"), path, handler.__qualname__))
    files = {f"aiohttp_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    backend = recognise(project_of(files))
    assert backend.unresolved == ()
    functions = {route: backend.project.function(route.handler) for route in backend.routes}
    assert {(r.method, r.path, f.qualname) for r, f in functions.items() if f is not None} == expected
    assert len(expected) == 29


def test_the_client_alone_is_no_backend() -> None:
    assert routes_of({"c.py": "import aiohttp\nasync def f(app):\n    app.router.add_get('/x', f)\n"}) == set()


def test_what_cannot_be_told_is_said() -> None:
    backend = recognise(
        project_of(
            {
                "main.py": """
                    import os
                    from aiohttp import web
                    async def one(request): ...
                    app = web.Application()
                    app.router.add_get(os.environ["WHERE"], one)
                    app.router.add_get("/made", make(one))
                    app.add_routes(collect())
                    other = Unknown()
                    other.router.add_get("/other", one)
                """
            }
        )
    )
    assert backend.routes == ()
    assert [item.line for item in backend.unresolved] == [6, 7, 8]


def test_handlers_of_an_object_that_a_function_is_handed() -> None:
    assert routes_of(
        {
            "notes/routes.py": """
                def add_routes(app, pages):
                    p = pages
                    app.router.add_get("/", p.index)
                    app.router.add_post("/notes", pages.write)
            """,
            "notes/pages.py": """
                class Pages:
                    def __init__(self, store): self.store = store
                    async def index(self, request): ...
                    async def write(self, request): ...
            """,
            "notes/main.py": """
                from aiohttp import web
                from notes.pages import Pages
                from notes.routes import add_routes
                def create(store):
                    app = web.Application()
                    pages = Pages(store)
                    add_routes(app, pages)
                    return app
            """,
        }
    ) == {("GET", "/", "notes.pages.Pages.index"), ("POST", "/notes", "notes.pages.Pages.write")}


def test_an_application_that_is_found_at_run_time_is_told() -> None:
    source = """
        import importlib
        from aiohttp import web
        async def home(request): ...
        inner = web.Application()
        inner.router.add_post("/home", home)
        app = web.Application()
        for prefix, part in {"/one": inner, "/two": inner}.items():
            app.add_subapp(prefix, part)
        for name in ("first", "second"):
            app.add_subapp(f"/{name}", importlib.import_module(name).app)
    """
    found = recognise(project_of({"app.py": source}))
    assert [route.label for route in found.routes] == ["POST /one/home", "POST /two/home"]
    assert [(one.line, one.why) for one in found.unresolved] == [(11, "the application below is not a plain name")]
