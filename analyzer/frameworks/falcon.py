"""Falcon: resources added to an application, answered by their responder methods, and sinks below a prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import attachments
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.loops import Registration, registrations
from analyzer.frameworks.registry import VERBS, Creation, Holder, calls, creations, holder, imports_any, router
from analyzer.frameworks.text import argument, rooted, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_APPLICATIONS = frozenset({"falcon.App", "falcon.API", "falcon.asgi.App", "falcon.app.App", "falcon.asgi.app.App"})


def recognise(project: Project) -> Found | None:
    """The routes of Falcon; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"falcon"})):
        return None
    found = Found()
    made_here = list(creations(project, _APPLICATIONS))
    own = {creation.holder: "" for creation in made_here}
    around = _middleware(project, made_here)
    for made in registrations(project, frozenset({"add_route", "add_sink"})):
        chain, _, name = chain_of(made.call.func).rpartition(".")
        held = router(project, made.where(made.call.func), chain, own, _APPLICATIONS)
        if held is not None:
            (_added if name == "add_route" else _sink)(project, made, found, around.get(held, ()))
    return found


def _middleware(project: Project, created: Iterable[Creation]) -> dict[Holder, tuple[Attachment, ...]]:
    """``App(middleware=[Tokens()])``, ``app.add_middleware(Tokens())``: what each application asks of a request before
    it looks for a resource, and when it has found one."""
    found: dict[Holder, list[Attachment]] = {}
    for one in created:
        given = argument(one.call, 99, "middleware")
        found.setdefault(one.holder, []).extend(_asking(project, one.place, given))
    for place, call in calls(project, frozenset({"add_middleware"})):
        held = holder(project, place, chain_of(call.func).rpartition(".")[0])
        if held in found:
            found[held].extend(_asking(project, place, argument(call, 0, "middleware")))
    return {held: tuple(dict.fromkeys(before)) for held, before in found.items()}


def _asking(project: Project, place: Place, given: AnyExpression | None) -> Iterator[Attachment]:
    """The methods of a middleware that may end a request, each for itself."""
    for one in attachments(project, place, given, "application"):
        owner = project.owner_index(one.place) if one.place.path else -1
        methods = dict(project.classes.methods(one.place.path, owner)) if owner >= 0 else {}
        ways = [methods[name] for name in _PROCESSING if name in methods]
        for way in ways:
            yield msgspec.structs.replace(one, place=way, dotted=project.qualified(way))
        if not ways:
            yield one


_PROCESSING = ("process_request", "process_resource", "process_request_async", "process_resource_async")


def _sink(project: Project, made: Registration, found: Found, around: tuple[Attachment, ...]) -> None:
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
    found.routes.append(Route(shown.rstrip("/") + "/{…}", "ANY", handler, "Falcon", *where, prefix, (), around))


def _added(project: Project, made: Registration, found: Found, around: tuple[Attachment, ...]) -> None:
    call, where = made.call, (made.place.path, made.call.line)
    template, resource = argument(call, 0, "uri_template"), argument(call, 1, "resource")
    path = rooted(project, made.where(template), template)
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
            found.routes.append(Route(shown, verb, method, "Falcon", *where, path, (), around))
