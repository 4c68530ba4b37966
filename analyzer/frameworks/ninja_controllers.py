"""Django Ninja Extra: classes of handlers, their prefix, and what is asked before all of them or before one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import Call, Starred
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import attachments
from analyzer.frameworks.backend import Attachment, Unresolved
from analyzer.frameworks.imported import named_target
from analyzer.frameworks.ninja_auth import Settings, settings
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import calls
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_CONTROLLER = re.compile(r"^ninja_extra\.(?:controllers\.(?:base\.)?)?api_controller$")
_HANDLER = re.compile(r"^ninja_extra\.(?:\w+\.)*(?:http_|route\.)(?P<name>get|post|put|patch|delete|generic)$")
_FROM_MODEL = re.compile(r"^ninja_extra\.(?:\w+\.)*ModelControllerBase$")
Class = tuple[str, int]
"""The file of a class and its index in there."""


class Operation(msgspec.Struct, frozen=True):
    """A handler with the methods and the path it is registered for; ``permissions`` run before it."""

    methods: tuple[str, ...]
    path: str | None
    handler: Place
    where: tuple[str, int]
    settings: Settings
    permissions: tuple[Attachment, ...] = ()


class Controller(msgspec.Struct, frozen=True):
    """A class of handlers. ``unresolved`` says what the library adds to it at run time."""

    prefix: str
    settings: Settings
    operations: tuple[Operation, ...]
    unresolved: tuple[Unresolved, ...]


def controllers(project: Project) -> Iterator[tuple[Class, Controller]]:
    """Every class that is decorated with ``api_controller``."""
    for path in project.paths():
        for index, one in enumerate(project.outline(path).classes):
            for decorator in one.decorators:
                plain = decorator.func if isinstance(decorator, Call) else decorator
                target = project.resolve_expression(Place(path, -1), plain)
                if target is not None and _CONTROLLER.match(target.dotted):
                    call = decorator if isinstance(decorator, Call) else None
                    yield (path, index), _controller(project, path, index, call)


def _controller(project: Project, path: str, index: int, call: Call | None) -> Controller:
    place, line = Place(path, -1), project.outline(path).classes[index].line
    given = argument(call, 0, "prefix_or_class", "prefix") if call is not None else None
    prefix = text(project, place, given) if given is not None else ""
    unresolved = []
    if prefix is None:
        unresolved.append(Unresolved(path, line, "the controller's prefix is not constant"))
    supplied = any(map(_FROM_MODEL.match, project.classes.externals(path, index)))
    if supplied and project.classes.variable(path, index, "model_config") is not None:
        unresolved.append(Unresolved(path, line, "the library makes routes of the controller's model"))
    asked = settings(project, place, call, "class") if call is not None else Settings()
    shared = tuple(attachments(project, place, argument(call, 99, "permissions"), "class")) if call is not None else ()
    found = tuple(
        one for _, method in project.classes.methods(path, index) for one in _operations(project, method, shared)
    )
    return Controller(UNKNOWN if prefix is None else prefix, asked, found, tuple(unresolved))


def _operations(project: Project, handler: Place, shared: tuple[Attachment, ...]) -> Iterator[Operation]:
    """What the decorators of a method register it for; its own permissions stand instead of the controller's."""
    function = project.function(handler)
    place = Place(handler.path, -1)
    for decorator in function.decorators if function is not None else ():
        if not isinstance(decorator, Call):
            continue
        target = project.resolve_expression(place, decorator.func)
        named = _HANDLER.match(target.dotted) if target is not None else None
        if named is None:
            continue
        methods = [named["name"]]
        if methods == ["generic"]:
            methods = texts(project, place, argument(decorator, 99, "methods")) or ["any"]
        given = argument(decorator, 0, "path")
        path = text(project, place, given) if given is not None else ""
        own = argument(decorator, 99, "permissions")
        permissions = shared if own is None else tuple(attachments(project, place, own, "handler"))
        where = (handler.path, decorator.line)
        verbs = tuple(sorted(one.upper() for one in methods))
        yield Operation(verbs, path, handler, where, settings(project, place, decorator, "handler"), permissions)


def registered(project: Project) -> Iterator[tuple[Place, str, Class | None]]:
    """What is registered where: the place, the chain of the API, and the class; ``None`` for all that there are."""
    for place, call in calls(project, frozenset({"register_controllers", "auto_discover_controllers"})):
        chain, _, name = chain_of(call.func).rpartition(".")
        if name == "auto_discover_controllers":
            yield place, chain, None
        for one in call.arguments if name == "register_controllers" else ():
            for item in getattr(one.value, "items", None) or [one.value]:
                inner = item.value if isinstance(item, Starred) else item
                dotted = text(project, place, inner)
                target: Target | None = (
                    named_target(project, place, dotted) if dotted else project.resolve_expression(place, inner)
                )
                if target is not None and target.kind == "class":
                    yield place, chain, (target.path, target.index)
