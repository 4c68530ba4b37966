"""Lists of URL patterns that nothing names, and those that are not Django's."""

from __future__ import annotations

from analyzer.frameworks import recognise
from tests.projects import project_of

_VIEWS = """
    def paid(request): ...
    def refunded(request): ...
"""


def test_a_list_that_is_taken_from_its_module_at_run_time_is_a_table() -> None:
    backend = recognise(
        project_of(
            {
                "views.py": _VIEWS,
                "urls.py": """
                    import importlib
                    from django.urls import include, path
                    from registry import plugins
                    urlpatterns = []
                    for plugin in plugins():
                        urlpatterns.append(path("", include(importlib.import_module(plugin).event_patterns)))
                """,
                "plugin.py": """
                    from django.urls import path
                    import views
                    event_patterns = [path("paid/", views.paid)]
                    other = [path("refunded/", views.refunded)]
                    paths = [str("no pattern")]
                """,
            }
        )
    )
    assert [route.label for route in backend.routes] == ["ANY /paid/", "ANY /refunded/"]


def test_a_list_that_another_one_includes_stands_below_its_prefix_only() -> None:
    backend = recognise(
        project_of(
            {
                "views.py": _VIEWS,
                "urls.py": """
                    from django.urls import include, path
                    from shop import patterns as shop, urlpatterns as more
                    urlpatterns = [path("shop/", include((shop, "shop"))), path("more/", include(more))]
                """,
                "shop.py": """
                    from django.urls import path
                    import views
                    patterns = [path("paid/", views.paid)]
                    urlpatterns = [path("refunded/", views.refunded), *urlpatterns]
                """,
            }
        )
    )
    assert [route.label for route in backend.routes] == ["ANY /more/refunded/", "ANY /shop/paid/"]
