"""Flask-AppBuilder's resources and views, by the rules its documentation gives for their paths."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_SOURCE = """
    from flask_appbuilder import BaseView, ModelRestApi, expose
    from flask_appbuilder.api import BaseApi
    from flask_appbuilder.security.decorators import protect
    VERSION = "v2"
    class Charts(ModelRestApi):
        resource_name = "chart"
        @expose("/<pk>", methods=("PUT",))
        @protect()
        def put(self, pk): ...
        @expose("/data")
        def data(self): ...
        def helper(self): ...
    class Reports(BaseApi):
        version = VERSION
        @expose("/", methods=["GET", "POST"])
        def all(self): ...
    class Shared(BaseView):
        @expose("/list/")
        def list(self): ...
    class Dashboards(Shared):
        route_base = "/boards"
        @expose("/<int:key>/edit")
        def edit(self, key): ...
    class Welcome(Shared):
        pass
    class Odd(BaseView):
        route_base = compute()
        @expose("/odd")
        def odd(self): ...
"""


def test_paths_are_composed_as_the_library_does() -> None:
    backend = recognise(project_of({"views.py": _SOURCE}))
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    assert {(route.method, route.path, one.qualname) for route, one in functions if one is not None} == {
        ("PUT", "/api/v1/chart/{pk}", "Charts.put"),
        ("GET", "/api/v1/chart/data", "Charts.data"),
        ("GET", "/api/v2/reports/", "Reports.all"),
        ("POST", "/api/v2/reports/", "Reports.all"),
        ("GET", "/boards/list/", "Shared.list"),
        ("GET", "/boards/{key}/edit", "Dashboards.edit"),
        ("GET", "/welcome/list/", "Shared.list"),
    }
    assert [one.why for one in backend.unresolved] == ["the path is not constant"]


def test_the_routes_that_generic_classes_bring_along_are_listed() -> None:
    pytest.importorskip("flask_appbuilder", reason="Flask-AppBuilder is not installed: its rules cannot be asked")
    name = "tests.oracles.flask_extensions.with_generic"
    app = importlib.import_module(name).create()
    expected = set()
    for rule in app.url_map.iter_rules():
        view = getattr(app.view_functions[rule.endpoint], "__self__", None)
        if view is not None and type(view).__module__ == name:
            path = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule)
            expected |= {(method, path, rule.endpoint) for method in rule.methods - {"HEAD", "OPTIONS"}}
    source = Path(importlib.import_module(name).__file__ or "").read_text()
    backend = recognise(project_of({"with_generic.py": source}))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    own = {(route.method, route.path, one.qualname) for route, one in functions if one is not None}
    assert own == {
        ("GET", "/api/v1/read/count", "ReadApi.count"),
        ("PUT", "/api/v1/kept/{pk}", "KeptApi.put"),
        ("GET", "/cargoview/weigh/", "CargoView.weigh"),
    }
    brought = {(one.method, one.path, one.library.removeprefix("with_generic.")) for one in backend.library}
    assert own | brought == expected
    assert len(expected) == 47
    assert {one.attached[0].dotted.rpartition(".")[2] for one in backend.library} == {"protect", "has_access"}


def test_a_class_that_names_its_methods_serves_no_others() -> None:
    backend = recognise(
        project_of(
            {
                "names.py": """
                    class Methods:
                        LIST = "get_list"
                        ONE = "get"
                        READ = {LIST, ONE}
                """,
                "api.py": """
                    from flask_appbuilder.api import BaseApi, expose
                    from names import Methods
                    from settings import allowed
                    class Api(BaseApi):
                        @expose("/")
                        def get_list(self): ...
                        @expose("/<pk>")
                        def get(self, pk): ...
                        @expose("/export/")
                        def export(self): ...
                        @expose("/refresh", methods=("PUT",))
                        def refresh(self): ...
                    class Charts(Api):
                        resource_name = "chart"
                        include_route_methods = Methods.READ | {"export"}
                        exclude_route_methods = {Methods.ONE}
                    class Boards(Api):
                        resource_name = "board"
                        include_route_methods = allowed()
                """,
            }
        )
    )
    assert [route.label for route in backend.routes] == [
        "GET /api/v1/board/",
        "GET /api/v1/board/export/",
        "PUT /api/v1/board/refresh",
        "GET /api/v1/board/{pk}",
        "GET /api/v1/chart/",
        "GET /api/v1/chart/export/",
    ]
