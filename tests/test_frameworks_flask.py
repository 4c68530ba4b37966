"""Registrations of Flask that no table at run time stands behind here: views of libraries."""

from __future__ import annotations

from analyzer.frameworks import recognise
from tests.projects import project_of


def test_a_view_class_of_a_library_is_listed() -> None:
    source = """
        from flask import Flask
        from strawberry.flask.views import GraphQLView

        app = Flask(__name__)
        app.add_url_rule("/graphql", view_func=GraphQLView.as_view("graphql", schema=None))
        app.add_url_rule("/playground", view_func=GraphQLView.as_view("playground"), methods=["GET"])
    """
    backend = recognise(project_of({"shop.py": source}))
    assert [(one.method, one.path, one.library) for one in backend.library] == [
        ("ANY", "/graphql", "strawberry.flask.views.GraphQLView"),
        ("GET", "/playground", "strawberry.flask.views.GraphQLView"),
    ]
    assert not backend.routes
    assert not backend.unresolved
