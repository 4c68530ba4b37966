"""Django's own resolver, with REST framework's routers in it, is the oracle: the same methods, paths and views."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import recognise
from tests import django_sites
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "django_app"
_VERBS = ("get", "post", "put", "patch", "delete")


def shown(pattern: Any) -> str:
    """The readable path of one pattern, as ours: ``{name}`` for a parameter."""
    text = str(pattern)
    text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", text)
    text = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", text)
    return text.removeprefix("^").removesuffix("\\Z").removesuffix("$")


def table(patterns: list[Any], prefix: str = "/") -> set[tuple[str, str, str]]:
    """Method, path and answering view of every pattern."""
    found: set[tuple[str, str, str]] = set()
    for one in patterns:
        path = prefix + shown(one.pattern)
        if hasattr(one, "url_patterns"):
            found |= table(one.url_patterns, path)
            continue
        view = one.callback
        made = getattr(view, "view_class", None) or getattr(view, "cls", None)
        actions = getattr(view, "actions", None)
        if actions:
            found |= {
                (method.upper(), path, f"{made.__name__}.{name}")
                for method, name in actions.items()
                if method != "head"
            }
        elif made is not None and made.__name__ != "WrappedAPIView":
            verbs = [verb for verb in _VERBS if hasattr(made, verb)] or [""]
            found |= {(verb.upper(), path, made.__name__) for verb in verbs}
        else:
            found.add(("", path, view.__name__))
    return found


@pytest.fixture
def backend() -> Any:
    files = {f"tests/oracles/django_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    return recognise(project_of(files))


def test_the_resolvers_own_table_is_found(backend: Any) -> None:
    pytest.importorskip("rest_framework", reason="Django REST framework is not installed: its routers cannot be asked")
    django_sites.configure()
    expected = table(importlib.import_module("tests.oracles.django_app.urls").urlpatterns)
    assert backend.unresolved == ()
    found: set[tuple[str, str, str]] = set()
    for route in backend.routes:
        name = backend.project.function(route.handler).qualname if route.handler.index >= 0 else ""
        whole = {one for one in expected if one[1] == route.path and (one[0] in {"", route.method})}
        # A function view answers whatever it is asked; a class view is named by its class.
        match = next((one for one in sorted(whole) if name in {one[2]} or name.split(".")[0] == one[2]), None)
        found.add(
            match
            or next(
                (one for one in sorted(whole) if not name or one[2].startswith(name.split(".")[0])),
                (route.method, route.path, name),
            )
        )
    assert found == expected


def test_methods_of_function_views_are_those_they_declare(backend: Any) -> None:
    methods = {(route.method, route.path) for route in backend.routes}
    assert {
        ("GET", "/contact/"),
        ("POST", "/contact/"),
        ("GET", "/api/v1/status/"),
        ("PUT", "/api/v1/status/"),
    } <= methods
    assert ("ANY", "/") in methods


def test_the_method_that_a_class_overrides_is_the_handler(backend: Any) -> None:
    handlers = {
        (route.method, route.path): backend.project.function(route.handler).qualname
        for route in backend.routes
        if route.handler.index >= 0
    }
    assert handlers["PATCH", "/news/help/changed/"] == "Changed.post"
    assert handlers["ANY", "/news/help/"] == "Help.dispatch"
    assert handlers["POST", "/api/v1/names/"] == "Names.create"
    assert handlers["GET", "/api/v1/names/{pk}/"] == "Name.retrieve"
    assert handlers["GET", "/api/v1/orders/"] == "Orders.list"
    assert handlers["POST", "/api/v1/orders/{pk}/cancel/"] == "Orders.cancel"
    assert handlers["GET", "/api/v1/orders/by-day/"] == "Orders.by_day"
    assert handlers["GET", "/api/v1/invoices/{number}/"] == "Invoices.retrieve"
