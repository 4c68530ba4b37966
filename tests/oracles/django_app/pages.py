"""Lists of patterns under other names, and a function that makes patterns."""

from django.urls import path, re_path

from . import views


def made(route, view, kind=re_path):
    """A pattern, looked at before it is handed on."""
    pattern = re_path(route, view)
    pattern.kind = kind
    return pattern


help_patterns = [path("help/", views.Help.as_view()), path("help/delete/", views.Delete.as_view())]
help_patterns += [path("help/changed/", views.Changed.as_view())]
legal = [path("terms/", views.index)]
