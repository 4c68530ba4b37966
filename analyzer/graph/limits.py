"""Limits around a whole application: default limits of a limiter, middleware, throttles in Django's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from analyzer.facts.expressions import AnyExpression, Call, Constant, Mapping
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import Route
from analyzer.frameworks.limits import LIMITING
from analyzer.frameworks.text import argument
from analyzer.graph.picture import Picture
from analyzer.project import Place

_EVERYWHERE = re.compile(r"^(?:axes|defender|django_axes|ratelimit|django_ratelimit|brutebuster)(?:\.|$)")
_SETTINGS = ("MIDDLEWARE", "MIDDLEWARE_CLASSES", "INSTALLED_APPS")
_DEFAULTS = ("default_limits", "application_limits")
_THROTTLES = "DEFAULT_THROTTLE_CLASSES"


class Limits:
    """Limits by application, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def everywhere(self, route: Route) -> tuple[str, ...]:
        """What limits every route of the application that a route belongs to, as the code words it; sorted."""
        modules = self._picture.application(route.handler.path)
        if modules not in self._known:
            self._known[modules] = tuple(sorted({one for module in modules for one in self._of(module)}))
        found = self._known[modules]
        if route.framework.startswith("Django"):
            found = tuple(sorted({*found, *self._in_settings}))
        return found

    @property
    def of_django(self) -> tuple[str, ...]:
        """What limits every route of a Django application, by its settings."""
        return self._in_settings

    @cached_property
    def _in_settings(self) -> tuple[str, ...]:
        """What any settings module limits with; which of them an application runs with is said outside the code."""
        found = []
        for path in self._picture.project.paths():
            variables = self._picture.project.namespace(path).variables
            for name in _SETTINGS:
                found += [text for value in variables.get(name, ()) for text in _texts(value) if _limiting(text)]
            found += [text for value in variables.get("REST_FRAMEWORK", ()) for text in _throttles(value)]
        return tuple(text.rpartition(".")[2] for text in found)

    def _of(self, path: str) -> Iterator[str]:
        project = self._picture.project
        outline = project.modules.outlines.get(path)
        if outline is None:
            return
        for index in range(-1, len(outline.functions)):
            place = Place(path, index)
            uses = outline.functions[index].uses if index >= 0 else outline.uses
            if any(use.kind == "call" and _builds(use.chain) for use in uses):
                for node in walk(project.body(place)):
                    if isinstance(node, Call):
                        yield from _around_all(node)


def _around_all(call: Call) -> Iterator[str]:
    name = chain(call.func).rpartition(".")[2]
    if name in {"add_middleware", "Middleware"}:
        given = argument(call, 0, "middleware_class", "cls")
        if given is not None and _limiting(chain(given)):
            yield chain(given).rpartition(".")[2]
    elif LIMITING.search(name):
        for one in _DEFAULTS:
            given = argument(call, 99, one)
            if given is not None:
                yield from (list(_texts(given)) or [f"{name}({one})"])
    if name in {"RateLimitConfig", "RateLimitMiddleware"}:
        yield name


def _builds(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in {"add_middleware", "Middleware"} or LIMITING.search(last) is not None


def _limiting(name: str) -> bool:
    return _EVERYWHERE.search(name) is not None or LIMITING.search(name.rpartition(".")[2]) is not None


def _texts(value: AnyExpression) -> Iterator[str]:
    for node in walk(value):
        if isinstance(node, Constant) and isinstance(node.value, str):
            yield node.value


def _throttles(value: AnyExpression) -> Iterator[str]:
    """``REST_FRAMEWORK = {"DEFAULT_THROTTLE_CLASSES": [...]}``."""
    if isinstance(value, Mapping):
        for key, listed in zip(value.keys, value.values, strict=True):
            if isinstance(key, Constant) and key.value == _THROTTLES:
                yield from (list(_texts(listed)) or [_THROTTLES])
