"""Pyramid's own introspection is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from analyzer.frameworks import Backend, recognise
from tests.pictures import findings_of
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "pyramid_app"


def found() -> Backend:
    folder = "tests/oracles/pyramid_app"
    return recognise(project_of({f"{folder}/{path.name}": path.read_text() for path in _APP.glob("*.py")}))


def test_the_configurations_own_table_is_found() -> None:
    pytest.importorskip("pyramid", reason="Pyramid is not installed: it cannot be asked")
    config = importlib.import_module("tests.oracles.pyramid_app.main").create()
    routes = {
        one["introspectable"]["name"]: one["introspectable"] for one in config.introspector.get_category("routes")
    }
    expected: set[tuple[str, str, str]] = set()
    for item in config.introspector.get_category("views"):
        view = item["introspectable"]
        if view["route_name"] is None:
            continue
        route = routes[view["route_name"]]
        own = {view["request_methods"]} if isinstance(view["request_methods"], str) else view["request_methods"]
        limits = [set(one) for one in (own, route["request_methods"]) if one]
        methods = set.intersection(*limits) if limits else {"ANY"}
        answer = view["callable"]
        if inspect.isclass(answer):
            answer = getattr(answer, view["attr"] or "__call__")
        for method in methods:
            expected.add((method, "/" + route["pattern"].lstrip("/"), answer.__qualname__))
    backend = found()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(r.method, r.pattern, f.qualname) for r, f in functions if f is not None} == expected
    assert backend.unresolved == ()
    assert len(expected) == 11
    shown = {route.path for route in backend.routes}
    assert {"/api/v1/users/{user}", "/api/v1/users/deep/{old}", "/api/v1/users/helped/{rest}", "/api/v1/users"} <= shown


def test_permissions_count_where_a_policy_is_set() -> None:
    attached = {
        route.label: [one.dotted.rpartition(".")[2] for one in route.attached if one.level == "handler"]
        for route in found().routes
    }
    assert attached["GET /api/v1/users"] == []
    assert attached["POST /api/v1/users"] == ["permission_required", "wrapped"]
    assert attached["PUT /api/v1/users/{user}"] == ["permission_required"]
    assert attached["ANY /api/v1/users/deep/{old}"] == ["NO_PERMISSION_REQUIRED"]
    tweens = {one.dotted.rpartition(".")[2] for r in found().routes for one in r.attached if one.level == "application"}
    assert tweens == {"trace_factory"}
    without = re.sub(r"config.set_security_policy\(.*", "pass", (_APP / "main.py").read_text())
    files = {f"app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    bare = recognise(project_of({**files, "app/main.py": without}))
    assert not [one for r in bare.routes for one in r.attached if one.dotted.endswith("permission_required")]


def test_what_cannot_be_told_is_said() -> None:
    source = """
        import os
        from pyramid.config import Configurator
        from pyramid.view import view_config
        @view_config(name="edit", context=object)
        def traversed(request): ...
        @view_config(route_name="nowhere")
        def lost(request): ...
        def main():
            config = Configurator()
            config.add_route("one", os.environ["PATH"])
            config.add_route("two", "/two")
            config.add_route("three", "/three")
            config.add_view(make(), route_name="three")
            config.include(pick())
            with config.route_prefix_context(os.environ["PREFIX"]):
                config.add_route("four", "/four")
            config.add_view(lost, route_name="four")
    """
    backend = recognise(project_of({"main.py": source}))
    assert [route.path for route in backend.routes] == ["/{…}/four"]
    assert [item.line for item in backend.unresolved] == [5, 7, 11, 12, 14, 15, 16]


def test_what_a_view_reads_of_the_request_is_data_and_its_resource_is_not() -> None:
    source = """
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound

def away(context, request):
    return HTTPFound(location=request.matchdict["where"])

def home(context, request):
    return HTTPFound(location=context)

config = Configurator()
config.add_route("away", "/away/{where}")
config.add_view(away, route_name="away")
config.add_route("home", "/home")
config.add_view(home, route_name="home")
"""
    assert [one.location.span.line for one in findings_of({"app.py": source}, "BA108")] == [6]
