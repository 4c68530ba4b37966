"""Sanic's own router is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analyzer.frameworks import Backend, recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "sanic_app"
_SEGMENTS = re.compile(r"/(?=[^>]*(?:<(?<!\?<)|$))")


def found() -> Backend:
    return recognise(project_of({f"sanic_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))


def shown(path: str) -> str:
    """The router's own spelling with parameters as ``{name}``."""
    parts = [re.sub(r"^<(\w+).*>$", r"{\1}", part) for part in _SEGMENTS.split(path)]
    return "/" + "/".join(parts)


def test_the_routers_own_table_is_found() -> None:
    pytest.importorskip("sanic", reason="Sanic is not installed: its router cannot be asked")
    app = importlib.import_module("tests.oracles.sanic_app.main").create()
    expected: set[tuple[str, str, str]] = set()
    for route in app.router.routes:
        view = getattr(route.handler, "view_class", None)
        socket = route.extra.websocket
        handler = route.handler.args[0] if socket else route.handler
        for method in ("WEBSOCKET",) if socket else route.methods:
            one = getattr(view, method.lower()) if view is not None else handler
            expected.add((method, shown(route.path), one.__qualname__.replace(".<locals>", "")))
    backend = found()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(r.method, r.path, f.qualname) for r, f in functions if f is not None} == expected
    assert backend.unresolved == ()
    assert len(expected) == 33


def test_middleware_stands_before_the_routes_it_runs_for() -> None:
    attached = {
        route.label: [(one.level, one.dotted.rpartition(".")[2]) for one in route.attached] for route in found().routes
    }
    assert attached["GET /health/live"] == [("application", "identify")]
    assert attached["POST /export/{name}"] == [("application", "identify"), ("handler", "signed_in")]
    assert attached["GET /adm/v1.5/admin/inner/users/{user}"] == [
        ("application", "identify"),
        ("router", "only_staff"),
        ("router", "before_admin"),
    ]
    assert attached["GET /r/v1/reports/daily/{day}"] == [("application", "identify")]


def test_what_cannot_be_told_is_said() -> None:
    source = """
        import os
        from sanic import Blueprint, Sanic
        app = Sanic("x")
        bp = Blueprint("b", url_prefix=os.environ["WHERE"])
        app.blueprint(bp)
        app.blueprint(collect())
        @bp.get("/one")
        async def one(request): ...
        @app.get(os.environ["PATH"])
        async def two(request): ...
        app.add_route(make(one), "/made")
        app.add_route(one, "/methods", methods=allowed())
        other = Unknown()
        @other.get("/x")
        async def three(request): ...
        def late(blueprint: Blueprint):
            blueprint.add_route(one, "/late")
        for verb in ("get", "post"):
            getattr(app, verb)(f"/{verb}")(one)
        getattr(found(), "get")("/other")(one)
    """
    backend = recognise(project_of({"main.py": source}))
    assert [route.path for route in backend.routes] == ["/{…}/one"]
    assert [item.line for item in backend.unresolved] == [5, 7, 10, 12, 13, 18, 20]


def test_an_application_that_is_handed_over_is_one() -> None:
    source = """
        from sanic import Sanic
        def install(app: Sanic) -> None:
            @app.get("/one")
            async def one(request): ...
        class Server(Sanic):
            def __init__(self):
                self.add_route(self.two, "/two")
            async def two(self, request): ...
    """
    backend = recognise(project_of({"main.py": source}))
    assert {route.label for route in backend.routes} == {"GET /one", "GET /two"}
