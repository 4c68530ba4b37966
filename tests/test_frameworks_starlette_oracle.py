"""Starlette's own table of routes is the oracle: the same methods, paths and endpoints."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "starlette_app"
_VERBS = ("get", "post", "put", "patch", "delete")


def table(app: Any, prefix: str = "") -> set[tuple[str, str, str]]:
    """Method, path and endpoint of every route, whatever middleware stands around an application."""
    while not hasattr(app, "routes"):
        app = app.app if hasattr(app, "app") else app.__wrapped__
    found: set[tuple[str, str, str]] = set()
    for route in [app] if type(app).__name__ == "Mount" and not prefix else app.routes:
        kind, path = type(route).__name__, prefix + re.sub(r"\{(\w+):[^}]*\}", r"{\1}", getattr(route, "path", ""))
        if kind in {"Mount", "Host"}:
            inner = route.app
            while not hasattr(inner, "routes"):
                inner = inner.app
            if type(inner).__name__ == "Mount":
                inner, path = inner, path + inner.path
            found |= table(inner, path)
            continue
        endpoint = route.endpoint
        while hasattr(endpoint, "func"):
            endpoint = endpoint.func
        name = endpoint.__qualname__
        if kind == "WebSocketRoute":
            name = f"{name}.on_receive" if "on_receive" in vars(endpoint) else name
            found.add(("WEBSOCKET", path, name))
        elif isinstance(endpoint, type):
            found |= {(verb.upper(), path, f"{name}.{verb}") for verb in _VERBS if hasattr(endpoint, verb)}
        else:
            found |= {(method, path, name) for method in route.methods - {"HEAD"}}
    return found


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("starlette", reason="Starlette is not installed: its routes cannot be asked")
    expected = table(importlib.import_module("tests.oracles.starlette_app.main").create())
    backend = recognise(project_of({f"starlette_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))
    assert backend.unresolved == ()
    found = set()
    for route in backend.routes:
        function = backend.project.function(route.handler)
        view = backend.project.outline(route.handler.path).classes[route.view]
        found.add((route.method, route.path, function.qualname if function is not None else view.qualname))
    assert found == expected
    assert len(expected) == 27
    assert {route.framework for route in backend.routes} == {"Starlette"}


def test_middleware_stands_around_what_it_is_given_with() -> None:
    source = """
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.routing import Mount, Route
        class Watch:
            async def __call__(self, scope, receive, send): ...
        class Outer:
            async def __call__(self, scope, receive, send): ...
        def one(request): ...
        inner = Starlette(routes=[Route("/one", one)], middleware=[Middleware(Outer)])
        app = Starlette(routes=[
            Route("/open", one), Route("/watched", one, middleware=[Middleware(Watch)]),
            Mount("/inner", app=inner), Mount("/m", routes=[Route("/one", one)], middleware=[Middleware(Watch)]),
        ])
    """
    found = {one.path: [around.dotted for around in one.attached] for one in _routes(source)}
    assert found == {"/open": [], "/watched": ["app.Watch"], "/inner/one": ["app.Outer"], "/m/one": ["app.Watch"]}


def test_a_table_that_is_not_constant_is_told() -> None:
    source = """
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route
        from elsewhere import tables
        def one(request): ...
        more = [Mount("/more", routes=tables()), Mount("/{}".format(one), app=tables)]
        app = Starlette(routes=[Route("/one", one), *more])
        late = [Route(path, one) for path in tables()]
    """
    backend = recognise(project_of({"app.py": source}))
    assert [one.path for one in backend.routes] == ["/one"]
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (6, "the table of routes is not constant"),
        (8, "the path is not constant"),
    ]


def _routes(source: str) -> Any:
    return recognise(project_of({"app.py": source})).routes
