"""Flask's own map of URLs is the oracle: the same methods, paths and handlers."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "flask_app"


def test_the_applications_own_table_is_found() -> None:
    pytest.importorskip("flask", reason="Flask is not installed: its map of URLs cannot be asked")
    app = importlib.import_module("tests.oracles.flask_app.main").create()
    expected: set[tuple[str, str, str]] = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule)
        # Flask answers HEAD with every GET and OPTIONS everywhere; only what is asked for is a route.
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            made = getattr(view, "view_class", None)
            handler = getattr(made, method.lower(), None) or getattr(made, "dispatch_request", None) if made else view
            expected.add((method, path, handler.__qualname__.replace(".<locals>", "")))
    files = {f"flask_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    backend = recognise(project_of(files))
    assert backend.unresolved == ()
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    found = {(route.method, route.path, one.qualname) for route, one in functions if one is not None}
    assert found - {("OPTIONS", "/about", "about")} == expected
    assert len(expected) == 42


def test_routes_on_an_application_that_is_handed_to_a_function() -> None:
    files = {
        "shop/app.py": (
            "from flask import Flask\n"
            "from shop.orders import add_routes, Members\n"
            "def create_app():\n    made = Flask(__name__)\n    add_routes('x', app=made)\n    Members(made)\n"
        ),
        "shop/orders.py": (
            "def add_routes(prefix, app):\n    @app.get('/orders')\n    def orders(): ...\n"
            "class Members:\n    def __init__(self, app):\n"
            "        app.add_url_rule('/members', view_func=self.members)\n"
            "    def members(self): ...\n"
        ),
    }
    found = recognise(project_of(files))
    assert sorted(route.path for route in found.routes) == ["/members", "/orders"]


def test_what_cannot_be_told_of_a_helper_is_said_once_and_a_template_is_no_way_to_fill_the_memory() -> None:
    source = """
        import os
        from flask import Flask
        app = Flask(__name__)
        def add(rule, view):
            app.add_url_rule(rule, view_func=view)
        def one(): ...
        add("/one", one)
        add(os.environ["WHERE"], one)
        app.add_url_rule("/{0:>999999999}".format("x"), view_func=one)
        app.add_url_rule("/%999999999s" % "x", view_func=one)
    """
    found = recognise(project_of({"app.py": source}))
    assert [route.label for route in found.routes] == ["GET /one"]
    assert [(one.line, one.why) for one in found.unresolved] == [
        (line, "the rule is not constant") for line in (9, 10, 11)
    ]
