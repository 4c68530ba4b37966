"""Pyramid: named routes of configurators, joined with the views declared for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import NOWHERE, attachments
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.pyramid_config import Configuration, Pattern
from analyzer.frameworks.registry import imports_any
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_VIEW = frozenset({"pyramid.view.view_config"})
_DEFAULTS = frozenset({"pyramid.view.view_defaults"})
_PARAMETER = re.compile(r"\{([_a-zA-Z]\w*)[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
"""``{name}`` and ``{name:regex}``, whose regex may itself count in braces."""
_OLD = re.compile(r":([_a-zA-Z]\w*)")
_REST = re.compile(r"\*(\w*)$")
Settings = Mapping[str, tuple[Place, AnyExpression]]
"""What a view is declared with, and where each setting is written."""


class _Declared(msgspec.Struct, frozen=True):
    """A view: what answers (``None``: unknown), its settings, and where it is registered."""

    answer: Place | None
    settings: Settings
    path: str
    line: int


def recognise(project: Project) -> Found | None:
    """The routes of Pyramid; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"pyramid"})):
        return None
    found = Found()
    configuration = Configuration(project, found)
    configuration.read()
    views = [*_decorated(project), *_added(project, configuration)]
    answered: set[str] = set()
    for view in views:
        answered |= _joined(project, configuration, view, found)
    for name, patterns in configuration.patterns.items():
        if name not in answered:
            found.unresolved.extend(Unresolved(one.path, one.line, "no view is seen for the route") for one in patterns)
    return found


def _decorated(project: Project) -> list[_Declared]:
    """Views by ``@view_config`` above functions, methods and classes."""
    found: list[_Declared] = []
    for place in project.places():
        function = project.function(place)
        owner = project.owner_index(place) if function is not None and function.owner >= 0 else -1
        for decorator in function.decorators if function else ():
            outside = Place(place.path, function.parent if function else -1)
            if isinstance(decorator, Call) and _is(project, outside, decorator, _VIEW):
                above = _defaults(project, project.class_target(place.path, owner)) if owner >= 0 else {}
                settings = {**above, **_settings(outside, decorator)}
                found.append(_Declared(place, settings, place.path, decorator.line))
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            outside = Place(path, item.parent)
            for decorator in item.decorators:
                if isinstance(decorator, Call) and _is(project, outside, decorator, _VIEW):
                    target = project.class_target(path, index)
                    settings = {**_defaults(project, target), **_settings(outside, decorator)}
                    found.append(_Declared(_method(project, target, settings), settings, path, decorator.line))
    return found


def _added(project: Project, configuration: Configuration) -> list[_Declared]:
    """Views by ``config.add_view``."""
    found: list[_Declared] = []
    for view in configuration.views:
        given = argument(view.call, 0, "view")
        target = configuration.named(view.place, given)
        settings = _settings(view.place, view.call)
        answer: Place | None = None
        if target is not None and target.kind == "function":
            answer = Place(target.path, target.index)
        elif target is not None and target.kind == "class":
            settings = {**_defaults(project, target), **settings}
            answer = _method(project, target, settings)
        if given is None and "context" in settings:
            continue
        found.append(_Declared(answer, settings, view.place.path, view.call.line))
    return found


def _is(project: Project, place: Place, decorator: Call, wanted: frozenset[str]) -> bool:
    target = project.resolve_expression(place, decorator.func)
    if target is not None and target.kind == "class":
        return project.classes.descends(target.path, target.index, wanted)
    return target is not None and target.dotted in wanted


def _settings(place: Place, call: Call) -> Settings:
    return {item.keyword: (place, item.value) for item in call.arguments if item.keyword}


def _defaults(project: Project, target: Target) -> Settings:
    """``@view_defaults`` of a class, or of the nearest base that has any."""
    for item in project.classes.order(target.path, target.index):
        if item.kind != "class":
            continue
        own = project.outline(item.path).classes[item.index]
        place = Place(item.path, own.parent)
        for decorator in own.decorators:
            if isinstance(decorator, Call) and _is(project, place, decorator, _DEFAULTS):
                return _settings(place, decorator)
    return {}


def _method(project: Project, target: Target, settings: Settings) -> Place | None:
    """The method of a class that answers: ``attr``, else the object is called."""
    name: str | None = "__call__"
    if "attr" in settings:
        name = text(project, *settings["attr"])
    return dict(project.classes.methods(target.path, target.index)).get(name or "")


def _joined(project: Project, configuration: Configuration, view: _Declared, found: Found) -> set[str]:
    """The routes of one view; answers with the names of the routes that it is for."""
    where = (view.path, view.line)
    if "context" in view.settings and _is_error(project, *view.settings["context"]):
        return set()
    if "route_name" not in view.settings:
        found.unresolved.append(Unresolved(*where, "the view has no route: it is found by traversal"))
        return set()
    name = text(project, *view.settings["route_name"])
    patterns = configuration.patterns.get(name, []) if name is not None else []
    if not patterns:
        found.unresolved.append(Unresolved(*where, "the route of the view is not seen"))
        return set()
    if view.answer is None:
        found.unresolved.append(Unresolved(*where, "the view is not a plain function or class"))
        return {name or ""}
    given = view.settings.get("request_method")
    methods = configuration.methods(*given) if given is not None else None
    if given is not None and methods is None:
        found.unresolved.append(Unresolved(*where, "the request method is not constant"))
        return {name or ""}
    attached = (*configuration.tweens, *_permission(project, configuration, view), *_wrappers(project, view))
    for pattern in patterns:
        for method in _both(pattern, methods):
            shown = _shown(pattern.pattern)
            found.routes.append(Route(shown, method, view.answer, "Pyramid", *where, pattern.pattern, (), attached))
    return {name or ""}


def _both(pattern: Pattern, methods: tuple[str, ...] | None) -> tuple[str, ...]:
    """The methods that a route and its view both take."""
    if pattern.methods is None or methods is None:
        return methods or pattern.methods or ("ANY",)
    return tuple(method for method in methods if method in pattern.methods)


def _is_error(project: Project, place: Place, given: AnyExpression) -> bool:
    """Whether a view's context is an exception: it then answers no client's path."""
    target = project.resolve_expression(place, given)
    if target is None:
        return False
    if target.kind == "class":
        names = project.classes.externals(target.path, target.index)
        return any(_error(name) for name in names)
    return _error(target.dotted)


def _error(dotted: str) -> bool:
    last = dotted.rpartition(".")[2]
    return dotted.startswith(("pyramid.httpexceptions.", "pyramid.exceptions.")) or last.endswith(
        ("Error", "Exception")
    )


def _permission(project: Project, configuration: Configuration, view: _Declared) -> tuple[Attachment, ...]:
    """The view's permission, or the default one, where a policy asks for it."""
    place, given = view.settings.get("permission", (Place(view.path, -1), configuration.default))
    if given is None or (isinstance(given, Constant) and given.value is None):
        return ()
    target = project.resolve_expression(place, given)
    named = target.dotted if target is not None else chain_of(given)
    if named.rpartition(".")[2] == "NO_PERMISSION_REQUIRED":
        return (Attachment("handler", NOWHERE, "pyramid.security.NO_PERMISSION_REQUIRED", view.path, view.line),)
    level = "handler" if "permission" in view.settings else "application"
    said = text(project, place, given)
    words = (said,) if said else ()
    guard = Attachment(level, NOWHERE, "pyramid.permission_required", view.path, view.line, words, asks="role")
    return (guard,) if configuration.secured else ()


def _wrappers(project: Project, view: _Declared) -> tuple[Attachment, ...]:
    """``decorator=`` of a view: one decorator or several."""
    place, given = view.settings.get("decorator", (Place(view.path, -1), None))
    return tuple(attachments(project, place, given, "handler"))


def _shown(pattern: str) -> str:
    """A pattern with its parameters as ``{name}``."""
    if not _PARAMETER.search(pattern):
        pattern = _OLD.sub(r"{\1}", pattern)
    return _REST.sub(lambda match: "{" + (match[1] or "rest") + "}", _PARAMETER.sub(r"{\1}", pattern))
