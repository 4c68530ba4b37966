"""Django's resolver and drf-nested-routers are the oracle, handler by handler: the method of ours that is called."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from analyzer import pipeline
from analyzer.config import Config
from analyzer.frameworks import recognise
from tests import django_sites
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "nested_app"
_MODULE = "tests.oracles.nested_app.views"
_VERBS = ("get", "post", "put", "patch", "delete")
_ACTED = {"post": ("create",), "get": ("list", "retrieve"), "put": ("update",), "delete": ("destroy",)}
Row = tuple[str, str, str]


def shown(pattern: Any) -> str:
    """The readable path of one pattern, as ours: ``{name}`` for a parameter."""
    text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", str(pattern))
    text = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", text)
    return text.removeprefix("^").removesuffix("\\Z").removesuffix("$")


def answer(made: Any, *names: str) -> str:
    """The method of our own classes that is called, the class where the library's own is."""
    for name in names:
        method = getattr(made, name, None)
        if method is not None and method.__module__ == _MODULE:
            return str(method.__qualname__)
    return str(made.__qualname__)


def table(patterns: list[Any], prefix: str = "/") -> set[Row]:
    """Method, path and answering method of every pattern; the library's own views by their class."""
    found: set[Row] = set()
    for one in patterns:
        path = prefix + shown(one.pattern)
        if hasattr(one, "url_patterns"):
            if one.app_name == "admin":
                continue  # asked in a test of its own
            found |= table(one.url_patterns, path)
            continue
        view = one.callback
        made = getattr(view, "view_class", None) or getattr(view, "cls", None)
        if made is None:
            found.add(("ANY", path, view.__qualname__))
        elif getattr(view, "actions", None):
            open_ones = made.http_method_names
            found |= {
                (verb.upper(), path, answer(made, name))
                for verb, name in view.actions.items()
                if verb != "head" and verb in open_ones
            }
        elif made.__module__ != _MODULE:
            verbs = [verb.upper() for verb in _VERBS if hasattr(made, verb)]
            found.add((verbs[0] if len(verbs) == 1 else "ANY", path, made.__name__))
        else:
            verbs = [verb for verb in _VERBS if hasattr(made, verb) and verb in made.http_method_names]
            found |= {(verb.upper(), path, answer(made, verb, *_ACTED.get(verb, ()))) for verb in verbs}
    return found


def test_every_method_path_and_handler_is_found() -> None:
    pytest.importorskip("rest_framework_nested", reason="drf-nested-routers is not installed: it cannot be asked")
    django_sites.configure()
    expected = table(importlib.import_module("tests.oracles.nested_app.urls").urlpatterns)
    rows = pipeline.routes([_APP], Config()).rows
    found = {(row.method, row.path, _short(row.handler)) for row in rows if not row.path.startswith("/admin/")}
    assert found == expected
    assert len(expected) == 43


def _short(handler: str) -> str:
    """``Gardens.water`` of ours, ``TemplateView`` of the library's."""
    ours = handler.removeprefix("nested_app.views.")
    return ours if ours != handler else handler.rpartition(".")[2]


def test_what_a_library_answers_is_no_code_to_ask_questions_of() -> None:
    backend = recognise(project_of({f"nested_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}))
    backend = msgspec.structs.replace(
        backend,
        library=tuple(one for one in backend.library if not one.path.startswith("/admin/") or one.path == "/admin/"),
    )
    assert {route.path: route.library for route in backend.library} == {
        "/admin/": "django.contrib.admin.AdminSite.index",
        "/about/": "django.views.generic.TemplateView",
        "/inside/": "django.views.generic.TemplateView",
        "/old/": "django.views.generic.RedirectView",
    }
    assert {route.path: [one.dotted.rpartition(".")[2] for one in route.attached] for route in backend.library} == {
        "/admin/": ["staff_member_required"],
        "/about/": [],
        "/inside/": ["login_required"],
        "/old/": [],
    }
    assert all(route.library == "" for route in backend.routes)


def test_patterns_and_view_sets_that_are_found_at_run_time_are_told() -> None:
    source = """
        import importlib
        from django.urls import include, path
        from rest_framework.routers import DefaultRouter
        from plugins import found
        import toolbar
        router = DefaultRouter()
        for name, view in found():
            router.register(name, view)
        urlpatterns = [path("api/", include(router.urls)), path("shop/", include("project.missing"))]
        urlpatterns += [path(f"{name}/", view) for name, view in found()]
        urlpatterns += [path("other/", include("library.urls")), path("bar/", include(toolbar.urls))]
        for name in found():
            urlpatterns.append(path("part/", include(f"project.{name}.urls")))
    """
    backend = recognise(project_of({"project/__init__.py": "", "project/urls.py": source}))
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (9, "the prefix is not constant"),
        (10, "the included module is not there"),
        (11, "the view is not a plain function or class"),
        (14, "the included patterns are not constant"),
    ]
    assert [(one.path, one.library) for one in backend.library] == [
        ("/api/", "rest_framework.routers.APIRootView"),
        ("/bar/{…}", "toolbar.urls"),
        ("/other/{…}", "library.urls"),
    ]


def test_what_stands_below_a_pattern_from_settings_is_in_the_table() -> None:
    urls = """
        from django.conf import settings
        from django.contrib import admin
        from django.urls import include, path, re_path
        from shop.views import status, version
        urlpatterns = [
            path(f"{settings.URL_PREFIX}api/v1/", include("shop.orders")),
            path(settings.STATUS_URL, status),
            re_path(rf"^{settings.URL_PREFIX}version/$", version),
        ]
    """
    orders = """
        from django.urls import path
        from shop.views import orders
        urlpatterns = [path("orders/<int:pk>/", orders)]
    """
    views = """
        def orders(request, pk): ...
        def status(request): ...
        def version(request): ...
    """
    project = project_of(
        {"shop/__init__.py": "", "shop/urls.py": urls, "shop/orders.py": orders, "shop/views.py": views}
    )
    backend = recognise(project)
    assert sorted(route.path for route in backend.routes) == [
        "/{…}",
        "/{…}api/v1/orders/{pk}/",
        "/{…}version/",
    ]
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (line, "the pattern is not constant") for line in (7, 8, 9)
    ]
