"""Tornado's own rules are the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "tornado_app"


def test_the_applications_own_rules_are_found() -> None:
    pytest.importorskip("tornado.web", reason="tornado is not installed: its rules cannot be asked")
    socket = importlib.import_module("tornado.websocket").WebSocketHandler
    applications = [importlib.import_module(f"tests.oracles.tornado_app.{name}") for name in ("main", "gathered")]
    expected: set[tuple[str, str, str]] = set()
    for host in [rule for module in applications for rule in module.create().default_router.rules]:
        for rule in host.target.rules:
            handler = rule.target
            if not isinstance(handler, type) or handler.__module__.startswith("tornado"):
                continue
            path = rule.matcher.regex.pattern.removesuffix("$")
            for verb in ("get", "post", "put", "patch", "delete", "head", "options"):
                method = getattr(handler, verb)
                if not method.__module__.startswith("tornado") and verb.upper() in handler.SUPPORTED_METHODS:
                    expected.add((verb.upper(), path, method.__qualname__))
            if issubclass(handler, socket):
                expected.add(("WEBSOCKET", path, handler.on_message.__qualname__))
    files = {f"tests/oracles/tornado_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    backend = recognise(project_of(files))
    assert backend.unresolved == ()
    functions = {route: backend.project.function(route.handler) for route in backend.routes}
    assert {(r.method, r.pattern, f.qualname) for r, f in functions.items() if f is not None} == expected
    assert len(expected) == 23
    assert {re.sub(r"^.*oracles", "", route.path) for route in backend.routes} == {
        "/things/{thing}",
        "/health",
        "/archive/{year}/{month}",
        "/chat",
        "/old.html",
        "/later",
        "/base/reports/{year}",
        "/base/reports/all",
        "/base/rooms",
        "/base/lobby",
        "/base/end",
        "/pages/health",
        "/pages/things/{thing}",
        "/numbered/0/{arg0}",
        "/numbered/1/{thing}",
        "/counted/0",
        "/counted/1",
    }


def test_handlers_that_cannot_be_told_are_said() -> None:
    backend = recognise(
        project_of(
            {
                "main.py": """
                    from tornado.web import Application, RequestHandler
                    from plugins import load
                    class Home(RequestHandler):
                        def get(self): ...
                    app = Application([(load("x"), Home), (r"/plug", load("y")), (r"/", Home)])
                    other = Application(load("all"))
                    unrelated = [("/no", Home)]
                """
            }
        )
    )
    assert [route.label for route in backend.routes] == ["GET /"]
    assert [item.why for item in backend.unresolved] == [
        "the handler is no class of the project",
        "the pattern is not constant",
        "the list of handlers is not constant",
    ]


def test_what_is_put_before_a_pattern_may_be_unknown() -> None:
    backend = recognise(
        project_of(
            {
                "main.py": """
                    from tornado.web import Application, RequestHandler
                    class Home(RequestHandler):
                        def get(self): ...
                    def create(settings):
                        table = [("/home", Home)]
                        for name in ("a", "b"):
                            table.append((f"/fixed", Home))
                        copied = []
                        for pattern, handler in table:
                            copied.append((settings["base"] + pattern, handler))
                        return Application(copied)
                """
            }
        )
    )
    assert [route.label for route in backend.routes] == ["GET /{…}/fixed", "GET /{…}/home"]
    assert backend.unresolved == ()


def test_tables_inside_a_table_are_counted_once() -> None:
    backend = recognise(
        project_of(
            {
                "main.py": """
                    from tornado.routing import PathMatches, Rule, RuleRouter
                    from tornado.web import Application, RequestHandler
                    class Home(RequestHandler):
                        def put(self): ...
                    router = RuleRouter([Rule(PathMatches("/api/.*"), Application([(r"/api/home", Home)]))])
                """
            }
        )
    )
    assert [route.label for route in backend.routes] == ["PUT /api/home"]
