"""Litestar's own routes are the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "litestar_app"


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("litestar", reason="Litestar is not installed: its routes cannot be asked")
    app = importlib.import_module("tests.oracles.litestar_app.main").app
    expected: set[tuple[str, str, str]] = set()
    for route in app.routes:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            for method in getattr(handler, "http_methods", None) or {"WEBSOCKET"}:
                if method != "OPTIONS":
                    expected.add(
                        (str(getattr(method, "value", method)), path, handler.fn.__qualname__.replace(".<locals>", ""))
                    )
    files = {f"litestar_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    backend = recognise(project_of(files))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert len(expected) == 15


def test_handlers_that_something_else_registers_stand_at_their_own_path() -> None:
    source = """
        from litestar import Controller, Litestar, get
        class Health(Controller):
            path = "/health"
            @get("/live")
            async def live(self) -> str: ...
        app = Litestar(route_handlers=collect())
    """
    backend = recognise(project_of({"main.py": source}))
    assert [(route.label, route.framework) for route in backend.routes] == [("GET /health/live", "Litestar")]
    assert [one.why for one in backend.unresolved] == ["the route handlers are not a plain list"]


def test_what_plugins_and_loops_register_is_resolved_or_told() -> None:
    source = """
        import importlib
        import os
        from litestar import Litestar, get
        from litestar.plugins import InitPluginProtocol
        from litestar.static_files import create_static_files_router
        @get("/known")
        async def known() -> str: ...
        @get(os.environ["PATH_OF_IT"])
        async def late() -> str: ...
        class Plugin(InitPluginProtocol):
            def on_app_init(self, app_config):
                app_config.route_handlers.append(known)
                app_config.route_handlers.extend(found())
                return app_config
        app = Litestar(plugins=[Plugin()], route_handlers=[create_static_files_router(path="/s", directories=["s"])])
        for name in ("one", "two"):
            app.register(importlib.import_module(name).handler)
    """
    backend = recognise(project_of({"main.py": source}))
    assert [route.label for route in backend.routes] == ["GET /known"]
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (9, "the path is not constant"),
        (14, "the route handlers are not a plain list"),
        (18, "the route handler is not a plain name"),
    ]


def test_routers_under_a_path_that_is_not_known_or_that_a_function_is_given() -> None:
    source = """
        from litestar import Controller, Litestar, Router, get
        class People(Controller):
            path = "/people"
            @get("/{number:int}")
            async def one(self, number: int) -> str: ...
        @get("/health")
        async def health() -> str: ...
        def versioned(*inner, path: str = "/v1"):
            router = Router(path, route_handlers=inner)
            router.register(People)
            return router
        app = Litestar([health], path=settings.root)
    """
    backend = recognise(project_of({"main.py": source}))
    assert {route.path for route in backend.routes} == {"/{…}/health", "/v1/people/{number}"}
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (10, "the route handlers are not a plain list"),
        (13, "the path of what holds the routes is not known"),
    ]
