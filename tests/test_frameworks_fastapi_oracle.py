"""FastAPI's own table of routes is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
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
    files = {f"fastapi_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    backend = recognise(project_of(files))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == expected
    assert len(expected) == 25
