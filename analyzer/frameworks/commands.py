"""Commands that somebody starts: click, typer, Flask's, Django's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import EntryPoint, Found
from analyzer.frameworks.registry import calls, imports_any
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_DECORATORS = (
    ("Flask", re.compile(r"^(?:flask|quart|apiflask)\.(?:[\w()]+\.)*cli\.(?:\w+Group\(\)\.)?(?:command|group)$")),
    ("Flask", re.compile(r"^flask_script\.\w+\(\)\.command$")),
    ("typer", re.compile(r"^typer\.(?:[\w()]+\.)*(?:command|callback)$")),
    ("click", re.compile(r"^(?:click|asyncclick|rich_click|cloup)\.(?:[\w()]+\.)*(?:command|group)$")),
)
"""Decorators that make a function a command, by their canonical names."""
_PACKAGES = frozenset("click asyncclick rich_click cloup typer flask quart apiflask flask_script django".split())
_GROUPS = frozenset({"command", "group"})
_DJANGO = re.compile(r"^django\.core\.management\.(?:base\.)?\w*(?:BaseCommand|AppCommand|LabelCommand)$")
_HANDLING = ("handle", "handle_app_config", "handle_label")
_DEPTH = 8


def recognise(project: Project) -> Found | None:
    """The commands of a project; ``None`` when it imports no library for them."""
    if not imports_any(project, _PACKAGES):
        return None
    found: dict[Place, EntryPoint] = {}
    for one in (*_decorated(project), *_run(project), *_managed(project)):
        found.setdefault(one.place, one)
    return Found(entrypoints=list(found.values()))


def _decorated(project: Project) -> Iterator[EntryPoint]:
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function is not None else ():
            call = decorator if isinstance(decorator, Call) else None
            outside = Place(place.path, function.parent if function is not None else -1)
            framework = _framework(project, outside, call.func if call is not None else decorator)
            if framework and function is not None:
                told = text(project, outside, argument(call, 0, "name")) if call is not None else None
                name = told or function.name.replace("_", "-")
                yield EntryPoint(place, "command", framework, name, place.path, decorator.line)


def _framework(project: Project, place: Place, decorator: AnyExpression, depth: int = 0) -> str:
    """The library whose decorator it is; ``@users.command()`` is that of the group ``users``."""
    target = project.resolve_expression(place, decorator)
    if target is not None:
        return next((name for name, pattern in _DECORATORS if pattern.match(target.dotted)), "")
    group, _, last = chain_of(decorator).rpartition(".")
    if last not in _GROUPS or depth > _DEPTH:
        return ""
    if group.endswith(".cli"):
        return "Flask"
    held = project.resolve(place, group) if group else None
    if held is None or held.kind != "function":
        return ""
    function = project.outline(held.path).functions[held.index]
    for one in function.decorators:
        outside = Place(held.path, function.parent)
        found = _framework(project, outside, one.func if isinstance(one, Call) else one, depth + 1)
        if found:
            return found
    return ""


def _run(project: Project) -> Iterator[EntryPoint]:
    """``typer.run(main)``."""
    for place, call in calls(project, frozenset({"run"})):
        if project.callee(place, call) == "typer.run":
            target = project.resolve_expression(place, argument(call, 0, "function"))
            if target is not None and target.kind == "function":
                at = Place(target.path, target.index)
                name = project.outline(at.path).functions[at.index].name.replace("_", "-")
                yield EntryPoint(at, "command", "typer", name, place.path, call.line)


def _managed(project: Project) -> Iterator[EntryPoint]:
    """``class Command(BaseCommand)`` of Django, called by the name of its module."""
    for path in project.paths():
        for index, one in enumerate(project.outline(path).classes):
            if not any(map(_DJANGO.match, project.classes.externals(path, index))):
                continue
            own = project.namespace(path).methods.get(index, {})
            for method in _HANDLING:
                if method in own:
                    name = project.module_name(path).rpartition(".")[2] if one.name == "Command" else one.name
                    yield EntryPoint(Place(path, own[method]), "command", "Django", name, path, one.line)
                    break
