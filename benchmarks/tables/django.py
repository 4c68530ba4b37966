"""Django's resolver, through includes; view sets by their actions. The source names the settings module, then, after
``:``, further URL configurations that the application swaps in by host."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.tables.entries import Entry, enclosed, write

_VERBS = ("get", "post", "put", "patch", "delete", "trace")


def dump(_: Any) -> Iterator[Entry]:
    """Every pattern of every URL configuration."""
    importlib.import_module("django").setup()
    resolver = importlib.import_module("django.urls")
    _, _, further = os.environ["ROUTE_TABLE"].partition(":")
    for configuration in [None, *filter(None, further.split("+"))]:
        yield from _patterns(resolver.get_resolver(configuration).url_patterns, "")


def _patterns(patterns: Any, prefix: str) -> Iterator[Entry]:
    for item in patterns:
        path = prefix + str(item.pattern)
        if hasattr(item, "url_patterns"):
            yield from _patterns(item.url_patterns, path)
        else:
            yield from _view(item.callback, path)


def _view(callback: Any, path: str) -> Iterator[Entry]:
    while not hasattr(callback, "cls") and not hasattr(callback, "view_class"):
        inner = getattr(callback, "__wrapped__", None) or enclosed(callback)
        if inner is None:
            break
        callback = inner
    made = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    actions = getattr(callback, "actions", None)
    if actions:
        for verb, action in actions.items():
            yield verb.upper(), path, getattr(made, action), made
    elif made is not None:
        answering = [verb for verb in _VERBS if hasattr(made, verb)]
        for verb in answering:
            yield verb.upper(), path, getattr(made, verb), made
        if not answering:
            yield "ANY", path, made.dispatch, made
    else:
        yield "ANY", path, callback, None


if __name__ == "__main__":
    os.environ["ROUTE_TABLE"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1].partition(":")[0]
    sys.argv[1] = "django.conf"
    write(dump)
