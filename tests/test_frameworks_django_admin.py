"""Django's resolver is the oracle for the pages of its admin: every path, and the method that answers it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import recognise
from analyzer.graph import build
from analyzer.graph.guards import Guards
from tests import django_sites
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "admin_app"
_PACKAGE = "tests.oracles.admin_app"


def shown(pattern: Any) -> str:
    text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", str(pattern))
    text = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", text)
    return text.removeprefix("^").removesuffix("\\Z").removesuffix("$")


def answering(callback: Any) -> str:
    """The method that is called in the end, of ours by its name; the library's redirect by its class."""
    made = getattr(callback, "view_class", None)
    if made is not None:
        return f"{made.__qualname__}.get" if made.__module__.startswith(_PACKAGE) else made.__qualname__
    for cell in callback.__closure__ or ():
        inner = cell.cell_contents
        if callable(inner) and inner is not callback and not isinstance(inner, type):
            found = answering(inner) if getattr(inner, "__closure__", None) else getattr(inner, "__qualname__", "")
            if found and "<locals>" not in found:
                return str(found)
    return str(getattr(callback, "__wrapped__", callback).__qualname__)


def table(patterns: list[Any], prefix: str = "/") -> set[tuple[str, str]]:
    """Path and answering method; the page of an application stands once for all their labels."""
    found: set[tuple[str, str]] = set()
    for one in patterns:
        path = prefix + shown(one.pattern)
        if hasattr(one, "url_patterns"):
            found |= table(one.url_patterns, path)
        else:
            name = answering(one.callback)
            labels = re.search(r"\(\?P<app_label>([\w|]+)\)", str(one.pattern))
            paths = [f"{prefix}{label}/" for label in labels[1].split("|")] if labels else [path]
            found |= {(each, name) for each in paths}
    return found


@pytest.fixture
def backend() -> Any:
    return recognise(project_of({f"tests/oracles/admin_app/{one.name}": one.read_text() for one in _APP.glob("*.py")}))


def test_every_page_of_the_sites_is_found(backend: Any) -> None:
    pytest.importorskip("django", reason="Django is not installed: its resolver cannot be asked")
    django_sites.configure()
    expected = table(importlib.import_module(f"{_PACKAGE}.urls").urlpatterns)
    assert backend.unresolved == ()
    ours = {(one.path, backend.project.function(one.handler).qualname) for one in backend.routes}
    theirs = {(one.path, one.library) for one in backend.library}
    assert {path for path, _ in ours | theirs} == {path for path, _ in expected}
    own = {(path, name) for path, name in expected if name.partition(".")[0] in {"Depot", "Boxes", "Weigh"}}
    assert ours == own
    assert len(own) == 10
    assert len(expected) == 66


def test_a_view_without_admin_view_around_it_is_open(backend: Any) -> None:
    guards = build(backend, {}, ()).shared(Guards)
    guarded = {one.path for one in backend.routes if guards.of(one).guards}
    assert {one.path for one in backend.routes} - guarded == {
        "/depot/depot/crate/{pk}/open/",
        "/depot/depot/lorry/{pk}/open/",
    }
    around = {one.dotted for route in backend.routes for one in route.attached if route.path.startswith("/depot/")}
    assert around == {"admin_app.pages.Depot.has_permission"}


def test_labels_are_those_of_the_applications_configuration() -> None:
    backend = recognise(
        project_of(
            {
                "project/urls.py": """
                    from django.contrib import admin
                    from django.urls import path
                    urlpatterns = [path("admin/", admin.site.urls)]
                """,
                "project/settings.py": """
                    INSTALLED_APPS = ["django.contrib.auth", "project.shop", "project.depot.apps.DepotConfig"]
                """,
                "project/shop/models/__init__.py": "from project.shop.models.orders import Order",
                "project/shop/models/orders.py": """
                    from django.db import models
                    class Order(models.Model): ...
                """,
                "project/shop/admin.py": """
                    from django.contrib import admin
                    from django.contrib.auth import get_user_model
                    from django.contrib.auth.models import Group
                    from project.shop.models import Order
                    admin.site.register(Order)
                    admin.site.register(get_user_model())
                    admin.site.unregister(Group)
                    admin.site.register(found_somewhere())
                """,
                "project/depot/apps.py": """
                    from django.apps import AppConfig
                    class DepotConfig(AppConfig):
                        name = "project.depot"
                        label = "stores"
                """,
                "project/depot/models.py": """
                    from django.db import models
                    class Crate(models.Model): ...
                """,
                "project/depot/admin.py": """
                    from django.contrib import admin
                    from project.depot.models import Crate
                    @admin.register(Crate)
                    class Crates(admin.ModelAdmin): ...
                """,
            }
        )
    )
    lists = {one.path for one in backend.library if one.library.endswith(".changelist_view")}
    assert lists == {"/admin/shop/order/", "/admin/auth/user/", "/admin/stores/crate/"}
    assert [(one.line, one.why) for one in backend.unresolved] == [(9, "the registered model is not a plain class")]
