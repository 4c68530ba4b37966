"""Falcon: resources added to an application, answered by their responder methods, and sinks below a prefix."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import Found, Route, Unresolved
from analyzer.frameworks.loops import Registration, registrations
from analyzer.frameworks.registry import VERBS, creations, imports_any, router
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_APPLICATIONS = frozenset({"falcon.App", "falcon.API", "falcon.asgi.App", "falcon.app.App", "falcon.asgi.app.App"})


def recognise(project: Project) -> Found | None:
    """The routes of Falcon; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"falcon"})):
        return None
    found = Found()
    own = {creation.holder: "" for creation in creations(project, _APPLICATIONS)}
    for made in registrations(project, frozenset({"add_route", "add_sink"})):
        chain, _, name = chain_of(made.call.func).rpartition(".")
        if router(project, made.where(made.call.func), chain, own, _APPLICATIONS) is not None:
            (_added if name == "add_route" else _sink)(project, made, found)
    return found


def _sink(project: Project, made: Registration, found: Found) -> None:
    """``app.add_sink(forward, "/old")``: a function that answers everything below a prefix. The groups of a prefix that
    is a regular expression are the function's parameters."""
    where = (made.place.path, made.call.line)
    sink, given = argument(made.call, 0, "sink"), argument(made.call, 1, "prefix")
    if isinstance(given, Call) and chain_of(given.func).rpartition(".")[2] == "compile":
        given = argument(given, 0, "pattern")
    prefix = text(project, made.where(given), given) if given is not None else "/"
    target = project.resolve_expression(made.where(sink), sink)
    if prefix is None or target is None or target.kind != "function":
        found.unresolved.append(Unresolved(*where, "the prefix or the function of a sink is not constant"))
        return
    shown = re.sub(r"\(\?P<(\w+)>[^()]*\)", r"{\1}", prefix.lstrip("^").rstrip("$"))
    handler = Place(target.path, target.index)
    found.routes.append(Route(shown.rstrip("/") + "/{…}", "ANY", handler, "Falcon", *where, prefix))


def _added(project: Project, made: Registration, found: Found) -> None:
    call, where = made.call, (made.place.path, made.call.line)
    template, resource = argument(call, 0, "uri_template"), argument(call, 1, "resource")
    path = text(project, made.where(template), template)
    target = project.resolve_expression(made.where(resource), resource)
    given = argument(call, 99, "suffix")
    suffix = text(project, made.where(given), given) if given is not None else ""
    if path is None or suffix is None or target is None or target.kind != "instance":
        constant = path is not None and suffix is not None
        why = "the resource is no object of the project" if constant else "the path or the suffix is not constant"
        found.unresolved.append(Unresolved(*where, why))
        return
    shown = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", path)
    responders = {f"on_{verb}": verb.upper() for verb in VERBS} | {"on_websocket": "WEBSOCKET"}
    for name, method in project.classes.methods(target.path, target.index):
        verb = responders.get(name.removesuffix(f"_{suffix}") if suffix else name)
        if verb and (not suffix or name.endswith(f"_{suffix}")):
            found.routes.append(Route(shown, verb, method, "Falcon", *where, path))
