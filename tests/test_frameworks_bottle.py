"""Bottle's own list of routes is the oracle: the same methods, rules and handlers."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "bottle_app"


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("bottle", reason="bottle is not installed: its router cannot be asked")
    app = importlib.import_module("tests.oracles.bottle_app.main").create()
    expected = {(route.method, route.rule, route.callback.__qualname__) for route in app.routes}
    backend = recognise(project_of({f"bottle_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))
    functions = {route: backend.project.function(route.handler) for route in backend.routes}
    assert {(r.method, r.pattern, f.qualname) for r, f in functions.items() if f is not None} == expected
    assert backend.unresolved == ()
    assert len(expected) == 23
    paths = {route.path for route in backend.routes}
    assert {"/api/v2/accounts/users/{user}", "/api/v2/reports/{day}", "/api/v2/anything/{rest}"} <= paths
    assert {"/api/v2/hello/world/{name}", "/api/v2/accounts/users/by-name/{name}"} <= paths


def test_functions_of_the_module_register_at_the_default_application() -> None:
    source = """
        import bottle
        from bottle import route
        @route("/one/<x>")
        def one(x): ...
        @bottle.post("/two")
        def two(): ...
        app = bottle.default_app()
        @app.put("/three")
        def three(): ...
    """
    backend = recognise(project_of({"main.py": source}))
    assert {route.label for route in backend.routes} == {"GET /one/{x}", "POST /two", "PUT /three"}


def test_what_cannot_be_told_is_said() -> None:
    source = """
        import os, bottle
        app = bottle.Bottle()
        def one(): ...
        @app.get(os.environ["WHERE"])
        def two(): ...
        app.route("/made", "GET", make(one))
        other = Unknown()
        @other.get("/x")
        def three(): ...
    """
    backend = recognise(project_of({"main.py": source}))
    assert backend.routes == ()
    assert [item.line for item in backend.unresolved] == [5, 7]
