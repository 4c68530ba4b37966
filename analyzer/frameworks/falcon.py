"""Falcon: resources added to an application, answered by their responder methods."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import Found, Route, Unresolved
from analyzer.frameworks.registry import VERBS, calls, creations, imports_any, router
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
    for place, call in calls(project, frozenset({"add_route"})):
        if router(project, place, chain_of(call.func).rpartition(".")[0], own, _APPLICATIONS) is not None:
            _added(project, place, call, found)
    return found


def _added(project: Project, place: Place, call: Call, found: Found) -> None:
    where = (place.path, call.line)
    path = text(project, place, argument(call, 0, "uri_template"))
    target = project.resolve_expression(place, argument(call, 1, "resource"))
    given = argument(call, 99, "suffix")
    suffix = text(project, place, given) if given is not None else ""
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
