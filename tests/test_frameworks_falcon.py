"""Falcon's own router is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "falcon_app"


def test_the_routers_own_table_is_found() -> None:
    pytest.importorskip("falcon", reason="falcon is not installed: its router cannot be asked")
    app = importlib.import_module("tests.oracles.falcon_app.main").create()
    expected: set[tuple[str, str, str]] = set()
    waiting = list(app._router._roots)
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        for verb, responder in (node.method_map or {}).items():
            if responder.__module__ == "tests.oracles.falcon_app.main":
                expected.add((verb, node.uri_template, responder.__qualname__))
    expected |= {("ANY", prefix.pattern, sink.__qualname__) for prefix, sink, _ in app._sinks}
    backend = recognise(project_of({f"falcon_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))
    functions = {route: backend.project.function(route.handler) for route in backend.routes}
    assert {(r.method, r.pattern, f.qualname) for r, f in functions.items() if f is not None} == expected
    assert len(expected) == 13
    shown = {route.path for route in backend.routes}
    assert {"/v1/users/{user}", "/old/{…}", "/shops/{shop}/{…}"} <= shown
    assert backend.unresolved == ()


def test_a_resource_that_cannot_be_told_is_said() -> None:
    source = "import falcon\nimport plugins\napp = falcon.App()\napp.add_route('/x', plugins.load())\n"
    backend = recognise(project_of({"main.py": source}))
    assert backend.routes == ()
    assert [item.line for item in backend.unresolved] == [4]
