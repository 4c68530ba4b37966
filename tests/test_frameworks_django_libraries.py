"""What libraries bring to Django's table of URLs: the resolver of the installed library is the oracle."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from analyzer.frameworks import recognise
from analyzer.knowledge import known
from tests import django_sites
from tests.projects import project_of

_VERBS = ("get", "post", "put", "patch", "delete")


def resolved(module: str) -> set[tuple[str, str, str]]:
    """Method, path and last word of the view of every pattern of an installed module."""
    django_sites.configure()
    found = set()
    for one in importlib.import_module(module).urlpatterns:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/x/{one.pattern}")
        made = one.callback.view_class
        allowed = getattr(made, "http_method_names", _VERBS)
        found |= {(verb.upper(), path, made.__name__) for verb in _VERBS if hasattr(made, verb) and verb in allowed}
    return found


@pytest.mark.parametrize("module", ["django.contrib.auth.urls", "rest_framework.urls"])
@pytest.mark.parametrize("written", ['include("{}")', 'include(("{}", "space"))', 'include("{}", namespace="space")'])
def test_a_known_table_is_the_librarys_own(module: str, written: str) -> None:
    pytest.importorskip("rest_framework", reason="Django REST framework is not installed")
    source = f"from django.urls import include, path\nurlpatterns = [path('x/', {written.format(module)})]\n"
    backend = recognise(project_of({"urls.py": source}))
    assert {(one.method, one.path, one.library.rpartition(".")[2]) for one in backend.library} == resolved(module)
    assert backend.unresolved == ()


def test_changing_a_password_asks_who_the_client_is() -> None:
    source = "from django.urls import include, path\nurlpatterns = [path('', include('django.contrib.auth.urls'))]\n"
    guarded = {one.path for one in recognise(project_of({"urls.py": source})).library if one.attached}
    assert guarded == {"/password_change/", "/password_change/done/"}


def test_what_settings_install_is_in_the_table() -> None:
    source = """
        from django.urls import include, path
        INSTALLED_APPS = ["allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.google"]
        urlpatterns = [path("accounts/", include("allauth.urls"))]
    """
    paths = {one.path for one in recognise(project_of({"urls.py": source})).library}
    assert {"/accounts/login/", "/accounts/3rdparty/", "/accounts/google/login/callback/"} <= paths
    assert "/accounts/2fa/" not in paths


def test_a_default_router_has_a_root_and_a_simple_one_has_none() -> None:
    routers = pytest.importorskip("rest_framework.routers", reason="Django REST framework is not installed")
    django_sites.configure()
    source = """
        from django.urls import include, path
        from rest_framework import routers, viewsets
        class Orders(viewsets.ModelViewSet): ...
        class Rootless(routers.DefaultRouter):
            include_root_view = False
        default, simple, rootless = routers.DefaultRouter(), routers.SimpleRouter(), Rootless()
        default.register("orders", Orders)
        simple.register("orders", Orders)
        rootless.register("orders", Orders)
        urlpatterns = [
            path("default/", include(default.urls)),
            path("simple/", include(simple.urls)),
            path("rootless/", include(rootless.urls)),
        ]
    """
    backend = recognise(project_of({"urls.py": source}))
    assert {(one.method, one.path) for one in backend.library} == {("GET", "/default/")}
    names: dict[str, list[Any]] = {
        name: [one for one in router.urls if one.name == "api-root"]
        for name, router in {"default": routers.DefaultRouter(), "simple": routers.SimpleRouter()}.items()
    }
    assert [bool(names[name]) for name in ("default", "simple")] == [True, False]


def test_tables_are_well_formed() -> None:
    known_methods = {*(verb.upper() for verb in _VERBS), "ANY", "WEBSOCKET"}
    assert all(set(row[0].split()) <= known_methods for table in known().urls for row in table.routes)
    modules = [table.module for table in known().urls]
    assert len(set(modules)) == len(modules)
    assert all(inner in modules for table in known().urls for _, inner, _ in table.include)
