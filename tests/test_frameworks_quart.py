"""Quart's own map of URLs is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import Backend, recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "quart_app"


def found() -> Backend:
    return recognise(project_of({f"quart_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("quart", reason="Quart is not installed: its map of URLs cannot be asked")
    app = importlib.import_module("tests.oracles.quart_app.main").create()
    expected: set[tuple[str, str, str]] = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule)
        made: Any = getattr(view, "view_class", None)
        # HEAD is answered with every GET and OPTIONS everywhere; a websocket is opened by a GET.
        for method in {"WEBSOCKET"} if rule.websocket else rule.methods - {"HEAD", "OPTIONS"}:
            handler: Any = (
                getattr(made, method.lower(), None) or getattr(made, "dispatch_request", None) if made else view
            )
            expected.add((method, path, handler.__qualname__.replace(".<locals>", "")))
    backend = found()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert backend.unresolved == ()
    assert len(expected) == 14
    assert backend.frameworks == ("Quart",)


def test_hooks_stand_before_what_they_run_for() -> None:
    attached = {
        route.label: {one.dotted.rpartition(".")[2] for one in route.attached if one.level == "router"}
        for route in found().routes
    }
    assert attached["GET /api/rooms/"] == {"signed_in"}
    assert attached["WEBSOCKET /api/rooms/{room}/live"] == {"signed_in_socket"}
    assert attached["GET /health"] == set()


def test_what_cannot_be_told_is_said() -> None:
    source = """
        import os
        from quart import Quart
        app = Quart(__name__)
        @app.websocket(os.environ["WHERE"])
        async def one(): ...
        app.add_websocket("/made", view_func=make(one))
    """
    backend = recognise(project_of({"main.py": source}))
    assert backend.routes == ()
    assert [item.line for item in backend.unresolved] == [5, 7]
