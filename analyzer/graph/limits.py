"""Limits around a whole application: default limits of a limiter, middleware, throttles in Django's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Constant, Sequence, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import Route
from analyzer.frameworks.attachments import listed
from analyzer.frameworks.limits import LIMITING, attached_limits, exempt, is_limit, limit_of, limits_of
from analyzer.frameworks.spelling import spelt
from analyzer.frameworks.text import argument, text
from analyzer.graph.picture import Picture
from analyzer.graph.throttles import Throttles
from analyzer.project import Place

_EVERYWHERE = re.compile(r"^(?:axes|defender|django_axes|ratelimit|django_ratelimit|brutebuster)(?:\.|$)")
_SETTINGS = ("MIDDLEWARE", "MIDDLEWARE_CLASSES", "INSTALLED_APPS")
_DEFAULTS = ("default_limits", "default_limit")
_ALWAYS = ("application_limits", "global_limits")
_FLASK_SETTING = "RATELIMIT_DEFAULT"
_SLOW = ("SlowAPIMiddleware", "SlowAPIASGIMiddleware")
"""Without one of these slowapi's default limits count for nothing (its documentation, "Middleware")."""


class _Whole(msgspec.Struct, frozen=True):
    """What limits an application: the defaults of limiters, which a limit of one's own replaces, and all else."""

    defaults: tuple[str, ...]
    always: tuple[str, ...]


class Limits:
    """Limits by route and by application, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._throttles = picture.shared(Throttles)
        self._known: dict[tuple[str, ...], _Whole] = {}

    def near(self, route: Route) -> tuple[str, ...]:
        """The limits at the handler, its class and its router, as the code words them."""
        function = self._picture.project.function(route.handler)
        own = limits_of(self._picture.project, route.handler, function, route.method) if function else ()
        brought = [word for level, word in attached_limits(self._picture.project, route) if level != "application"]
        return tuple(dict.fromkeys([*(one.text for one in own), *self._throttles.of(route), *brought]))

    def everywhere(self, route: Route) -> tuple[str, ...]:
        """What limits every route of the application that a route belongs to, unless this one is taken out of it or
        says its own; sorted."""
        project = self._picture.project
        function = project.function(route.handler)
        if exempt(route, function):
            return ()
        modules = self._picture.application(route.handler.path)
        if modules not in self._known:
            self._known[modules] = self._of(modules)
        whole = self._known[modules]
        own = limits_of(project, route.handler, function, route.method) if function else ()
        replaced = any(not one.keeps for one in own) or any(is_limit(one.dotted) for one in route.attached)
        found = [*whole.always, *(() if replaced else whole.defaults)]
        found += [word for level, word in attached_limits(project, route) if level == "application"]
        if route.framework.startswith("Django"):
            found += [*self._of_django, *self._throttles.by_default(route)]
        return tuple(sorted(set(found)))

    def of_library(self, dotted: str) -> bool:
        """Whether the settings of Django limit a view that a library brings."""
        return bool(self._of_django) or self._throttles.of_library(dotted)

    @cached_property
    def _of_django(self) -> tuple[str, ...]:
        """What limits every route of a Django application, by its settings; which settings module an application runs
        with is said outside the code."""
        found = []
        for path in self._picture.project.paths():
            variables = self._picture.project.namespace(path).variables
            for name in _SETTINGS:
                found += [word for value in variables.get(name, ()) for word in _texts(value) if _limiting(word)]
        return tuple(word.rpartition(".")[2] for word in found)

    def _of(self, modules: tuple[str, ...]) -> _Whole:
        defaults: list[str] = []
        always: list[str] = []
        calls = [call for module in modules for call in self._calls(module)]
        slow = any(chain(argument(call, 0, "middleware_class", "cls")).rpartition(".")[2] in _SLOW for _, call in calls)
        for place, call in calls:
            made = self._picture.project.callee(place, call)
            idle = (not slow and made.startswith("slowapi.")) or (
                made.startswith("flask_limiter.") and self._idle(call)
            )
            for name in () if idle else _DEFAULTS:
                defaults += _given(call, name)
            for name in _ALWAYS:
                always += _given(call, name)
            always += _middleware(call)
            for one in listed(self._picture.project, place, call, "application", "middlewares"):
                limit = limit_of(self._picture.project, one)
                always += [limit] if limit else []
        defaults += [word for module in modules for word in self._configured(module)]
        return _Whole(tuple(dict.fromkeys(defaults)), tuple(dict.fromkeys(always)))

    def _calls(self, path: str) -> Iterator[tuple[Place, Call]]:
        """The calls of a module that make a limiter or add middleware."""
        project = self._picture.project
        outline = project.modules.outlines.get(path)
        for index in range(-1, len(outline.functions)) if outline is not None else ():
            place = Place(path, index)
            uses = outline.functions[index].uses if outline is not None and index >= 0 else project.outline(path).uses
            if self._idly_given(place):
                continue
            if any(use.kind == "call" and _builds(use.chain) for use in uses):
                for node in walk(project.body(place)):
                    if isinstance(node, Call) and _builds(chain(node.func)):
                        yield place, node

    def _idly_given(self, place: Place) -> bool:
        """Whether a function prepares an application that it is given, and nobody gives it one."""
        function = self._picture.project.function(place)
        return function is not None and bool(function.parameters) and function.name not in self._named

    @cached_property
    def _named(self) -> frozenset[str]:
        """The last words of all that the project calls, reads or decorates."""
        found: set[str] = set()
        for outline in self._picture.project.modules.outlines.values():
            holders = (outline.uses, *(one.uses for one in outline.functions), *(one.uses for one in outline.classes))
            found |= {use.chain.rpartition(".")[2] for uses in holders for use in uses}
            found |= {one.name for one in outline.functions if one.decorators or one.owner >= 0}
        return frozenset(found)

    def _idle(self, call: Call) -> bool:
        """Whether a limiter of Flask-Limiter is given no application, neither where it is made nor afterwards."""
        given = argument(call, 99, "app") is not None or any(chain(one.value).endswith("app") for one in call.arguments)
        return not given and "init_app" not in self._named

    def _configured(self, path: str) -> Iterator[str]:
        """``app.config["RATELIMIT_DEFAULT"] = "200 per day"``, or a class of settings that has it."""
        project = self._picture.project
        outline = project.modules.outlines.get(path)
        if outline is None:
            return
        for name, values in project.namespace(path).variables.items():
            if name.rpartition(".")[2] == _FLASK_SETTING:
                yield from (word for value in values for word in _split(text(project, Place(path, -1), value)))
        for index in range(-1, len(outline.functions)):
            uses = outline.functions[index].uses if index >= 0 else outline.uses
            if not any(use.kind == "write" and use.chain.endswith("config[]") for use in uses):
                continue
            for node in walk(project.body(Place(path, index))):
                for target in node.targets if isinstance(node, Assign) else ():
                    key = target.index if isinstance(target, Subscript) else None
                    if isinstance(key, Constant) and key.value == _FLASK_SETTING and isinstance(node, Assign):
                        yield from _split(text(project, Place(path, index), node.value))


def _split(words: str | None) -> list[str]:
    return [word.strip() for word in re.split("[;,]", words or "") if word.strip()]


def _given(call: Call, name: str) -> list[str]:
    """The limits that a limiter is given by a keyword, each as it is written."""
    given = argument(call, 99, name)
    if given is None or not LIMITING.search(chain(call.func).rpartition(".")[2]):
        return []
    items = given.items if isinstance(given, Sequence) else [given]
    words = [next(_texts(one), "") if isinstance(one, Constant) else spelt(one) for one in items]
    return [word for word in words if word not in {"", "…"}] or ([f"{chain(call.func)}({name})"] if items else [])


def _middleware(call: Call) -> Iterator[str]:
    """``add_middleware(ThrottleMiddleware, rate=5)``."""
    if chain(call.func).rpartition(".")[2] in {"add_middleware", "Middleware"}:
        given = argument(call, 0, "middleware_class", "cls")
        name = chain(given).rpartition(".")[2]
        if given is not None and _limiting(chain(given)) and name not in _SLOW:
            named = [one for one in call.arguments if one.keyword and one.value is not given]
            rest = [f"{one.keyword}={spelt(one.value)}" for one in named]
            yield f"{name}({', '.join(rest)})" if rest else name


def _builds(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in {"add_middleware", "Middleware", "Application"} or LIMITING.search(last) is not None


def _limiting(name: str) -> bool:
    return _EVERYWHERE.search(name) is not None or LIMITING.search(name.rpartition(".")[2]) is not None


def _texts(value: AnyExpression) -> Iterator[str]:
    for node in walk(value):
        if isinstance(node, Constant) and isinstance(node.value, str):
            yield node.value
