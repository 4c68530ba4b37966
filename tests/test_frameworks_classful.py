"""Flask-Classful: Flask's own map of URLs is the oracle."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "classful_app"


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("flask_classful", reason="Flask-Classful is not installed: its rules cannot be asked")
    app = importlib.import_module("tests.oracles.classful_app.main").create()
    expected = {
        (
            method,
            re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule),
            app.view_functions[rule.endpoint].__name__,
        )
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    backend = recognise(project_of({f"classful_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    found = {(route.method, route.path, one.name) for route, one in functions if one is not None}
    assert found == expected
    assert len(expected) > 30


def test_what_a_class_runs_before_its_routes_and_names_of_the_older_library() -> None:
    files = {
        "views.py": (
            "from flask import abort\nfrom flask_classy import FlaskView\n"
            "class BigOrdersView(FlaskView):\n"
            "    def before_request(self, name, **values):\n        abort(401)\n"
            "    def before_index(self): ...\n"
            "    def index(self): ...\n"
            "    def get(self, number): ...\n"
        ),
        "main.py": (
            "from flask import Flask\nfrom views import BigOrdersView\n"
            "def create():\n    app = Flask('x')\n    BigOrdersView.register(app)\n"
        ),
    }
    backend = recognise(project_of(files))
    table = {route.path: [one.dotted for one in route.attached] for route in backend.routes}
    assert table == {
        "/bigorders/": ["views.BigOrdersView.before_request", "views.BigOrdersView.before_index"],
        "/bigorders/{number}/": ["views.BigOrdersView.before_request"],
    }
