"""FastAPI and Starlette: routers, ``include_router`` and ``mount`` across files, ``Route`` tables, ``Depends``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Call, Name, Sequence, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.class_based import brought_by_class, injected_by_class
from analyzer.frameworks.prefixes import Mount, doors, own_prefix
from analyzer.frameworks.registry import (
    VERBS,
    Holder,
    alternatives,
    answerer,
    calls,
    created,
    creations,
    holder,
    imports_any,
    methods_of,
    of_object,
    router,
)
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

ROUTERS = frozenset(
    {
        "fastapi.FastAPI",
        "fastapi.APIRouter",
        "fastapi.routing.APIRouter",
        "fastapi.applications.FastAPI",
        "starlette.applications.Starlette",
        "starlette.routing.Router",
    }
)
_ROUTES = frozenset({"starlette.routing.Route", "starlette.routing.WebSocketRoute", "fastapi.routing.APIRoute"})
_MOUNTS = frozenset({"starlette.routing.Mount"})
_TABLED = frozenset({"Route", "WebSocketRoute", "APIRoute", "Mount"})
_INJECTORS = {"Depends", "Security"}


class Routers(msgspec.Struct, frozen=True):
    """The routers of a project: their own prefixes, what hangs below what, what is attached to each."""

    own: dict[Holder, str]
    mounts: list[Mount]
    attached: dict[Holder, list[Attachment]]
    known: dict[Holder, dict[str, tuple[Attachment, ...]]] = {}

    def doors(self, held: Holder) -> dict[str, tuple[Attachment, ...]]:
        """Every prefix of a router with what runs before its routes there."""
        if held not in self.known:
            self.known[held] = doors(self.own, self.attached, self.mounts, held)
        return self.known[held]


def recognise(project: Project) -> Found | None:
    """The routes of FastAPI and Starlette; ``None`` when the project imports neither."""
    if not imports_any(project, frozenset({"fastapi", "starlette"})):
        return None
    found = Found()
    own: dict[Holder, str] = {}
    attached: dict[Holder, list[Attachment]] = {}
    for creation in creations(project, ROUTERS):
        prefix = argument(creation.call, 99, "prefix")
        own[creation.holder] = own_prefix(project, creation, prefix, found)
        begun, brought = brought_by_class(project, creation.place, creation.call)
        own[creation.holder] = begun + own[creation.holder] if prefix is None else own[creation.holder]
        given = listed(project, creation.place, creation.call, "router", "dependencies", "middleware")
        attached.setdefault(creation.holder, []).extend((*brought, *given))
    mounts = list(_mounts(project, own, found))
    _unknown_routers(project, own, attached, mounts)
    _middleware(project, attached)
    known = Routers(own, mounts, attached)
    for place in project.places():
        function = project.function(place)
        if function is None or not function.decorators:
            continue
        for decorator in function.decorators:
            if isinstance(decorator, Call):
                _decorated(project, place, function, decorator, known, found)
    for place, call in calls(project, frozenset({"add_api_route", "add_route", "add_websocket_route"})):
        _added(project, place, call, known, found)
    _tables(project, found)
    return found


def _mounts(project: Project, own: dict[Holder, str], found: Found) -> Iterator[Mount]:
    for place, call in calls(project, frozenset({"include_router", "mount"})):
        chain, _, name = chain_of(call.func).rpartition(".")
        parent = holder(project, place, chain)
        included = argument(call, 0, "router") if name == "include_router" else argument(call, 1, "app")
        given = argument(call, 99, "prefix") if name == "include_router" else argument(call, 0, "path")
        prefix = text(project, place, given) if given is not None else ""
        for item in alternatives(project, place, included):
            child = _child(project, place, item)
            if child is None or (name == "mount" and child not in own):
                if name == "include_router":
                    found.unresolved.append(
                        Unresolved(place.path, call.line, "the included router is not a plain name")
                    )
                continue
            attached = listed(project, place, call, "router", "dependencies")
            yield Mount(child, parent or Holder("", -1, ""), prefix, attached=attached)


def _unknown_routers(
    project: Project, own: dict[Holder, str], attached: dict[Holder, list[Attachment]], mounts: list[Mount]
) -> None:
    """Routers of a class that a library derived from FastAPI's: what includes routers is one, and so is what is
    included, whatever made it."""
    used = {held for mount in mounts for held in (mount.parent, mount.child) if held.path and held.scope >= -1}
    for held in sorted(used - set(own)):
        made = _made(project, held)
        if made is not None:
            place, call = made
            own[held] = text(project, place, argument(call, 99, "prefix")) or ""
            attached.setdefault(held, []).extend(listed(project, place, call, "router", "dependencies"))


def _made(project: Project, held: Holder) -> tuple[Place, Call] | None:
    """The call that a variable of a module or a function gets its value from, and where."""
    if held.scope < 0:
        found = project.variable(held.path, held.name)
        return (Place(found[0], -1), found[1]) if found is not None and isinstance(found[1], Call) else None
    place = Place(held.path, held.scope)
    for statement in walk(project.body(place)):
        if isinstance(statement, Assign) and any(chain_of(target) == held.name for target in statement.targets):
            return (place, statement.value) if isinstance(statement.value, Call) else None
    return None


def _middleware(project: Project, attached: dict[Holder, list[Attachment]]) -> None:
    """``app.add_middleware(Class)`` and ``@app.middleware("http")``."""
    for place, call in calls(project, frozenset({"add_middleware"})):
        held = holder(project, place, chain_of(call.func).rpartition(".")[0])
        one = attachment(project, place, argument(call, 0, "middleware_class"), "application")
        if held is not None and one is not None:
            attached.setdefault(held, []).append(one)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            chain, _, name = chain_of(decorator.func if isinstance(decorator, Call) else decorator).rpartition(".")
            held = holder(project, Place(place.path, -1), chain) if name == "middleware" else None
            if held is not None:
                one = Attachment("application", place, project.qualified(place), place.path, decorator.line)
                attached.setdefault(held, []).append(one)


def _child(project: Project, place: Place, item: AnyExpression) -> Holder | None:
    """A router by name, or the variable that a factory called here returns."""
    if isinstance(item, Call):
        target = project.resolve_expression(place, item.func)
        if target is None or target.kind != "function":
            return None
        made = Place(target.path, target.index)
        function = project.function(made)
        for local in function.locals if function else ():
            if local.target == "return" and local.how == "return":
                return holder(project, made, local.source)
        return None
    if isinstance(item, Attribute) and isinstance(item.value, Call):
        return of_object(project, project.resolve_expression(place, item.value), item.attr)
    return holder(project, place, chain_of(item))


def _decorated(
    project: Project,
    place: Place,
    function: Function,
    decorator: Call,
    known: Routers,
    found: Found,
) -> None:
    chain, _, name = chain_of(decorator.func).rpartition(".")
    if not chain or name not in {*VERBS, "api_route", "route", "websocket", "websocket_route"}:
        return
    outside = Place(place.path, function.parent)
    held = router(project, outside, chain, known.own, ROUTERS)
    if held is None:
        return
    methods = methods_of(project, outside, decorator, name)
    path = text(project, outside, argument(decorator, 0, "path"))
    dependencies = (*_listed(project, outside, decorator), *providers(project, place, function))
    attached = (
        *injected_by_class(project, place, function),
        *listed(project, outside, decorator, "handler", "dependencies"),
    )
    for prefix, around in known.doors(held).items():
        _add(found, methods, prefix, path, place, (place.path, decorator.line), dependencies, (*around, *attached))


def _added(
    project: Project,
    place: Place,
    call: Call,
    known: Routers,
    found: Found,
) -> None:
    chain, _, name = chain_of(call.func).rpartition(".")
    held = router(project, place, chain, known.own, ROUTERS)
    if held is None:
        return
    target = answerer(project, place, argument(call, 1, "endpoint", "route"))
    if target is None or target.kind != "function":
        found.unresolved.append(Unresolved(place.path, call.line, "the endpoint is not a plain function"))
        return
    handler = Place(target.path, target.index)
    function = project.function(handler)
    path = text(project, place, argument(call, 0, "path"))
    dependencies = providers(project, handler, function) if function else ()
    attached = tuple(listed(project, place, call, "handler", "dependencies"))
    methods = methods_of(project, place, call, name)
    for prefix, around in known.doors(held).items():
        _add(found, methods, prefix, path, handler, (place.path, call.line), dependencies, (*around, *attached))


def _tables(project: Project, found: Found) -> None:
    """``routes=[Route("/x", endpoint), Mount("/p", routes=[…])]`` of plain Starlette."""
    for place in project.places():
        outline = project.outline(place.path)
        if not any(
            item.module.startswith("starlette.routing") or item.name in {"Route", "Mount"} for item in outline.imports
        ):
            continue
        function = project.function(place)
        uses = function.uses if function else outline.uses
        if not any(use.kind == "call" and use.chain.rpartition(".")[2] in _TABLED for use in uses):
            continue
        inside: set[int] = set()
        for node in walk(project.body(place)):
            if isinstance(node, Call) and id(node) not in inside:
                _entry(project, place, node, "", found, inside)


def _entry(project: Project, place: Place, call: Call, prefix: str, found: Found, inside: set[int]) -> None:
    if created(project, place, call, _MOUNTS):
        routes = argument(call, 99, "routes")
        start = prefix + (text(project, place, argument(call, 0, "path")) or "")
        for item in routes.items if isinstance(routes, Sequence) else ():
            if isinstance(item, Call):
                inside.add(id(item))
                _entry(project, place, item, start, found, inside)
    elif created(project, place, call, _ROUTES):
        target = answerer(project, place, argument(call, 1, "endpoint"))
        path = text(project, place, argument(call, 0, "path"))
        socket = chain_of(call.func).endswith("WebSocketRoute")
        if target is None or target.kind not in {"function", "class"}:
            found.unresolved.append(Unresolved(place.path, call.line, "the endpoint is not a plain function"))
        elif target.kind == "function":
            methods = ["WEBSOCKET"] if socket else methods_of(project, place, call, "route")
            _add(found, methods, prefix, path, Place(target.path, target.index), (place.path, call.line), ())
        else:
            for name, method in project.classes.methods(target.path, target.index):
                if name in VERBS:
                    _add(found, [name.upper()], prefix, path, method, (place.path, call.line), ())


def _add(
    found: Found,
    methods: list[str],
    prefix: str,
    path: str | None,
    handler: Place,
    where: tuple[str, int],
    dependencies: tuple[Place, ...],
    attached: tuple[Attachment, ...] = (),
) -> None:
    if path is None:
        found.unresolved.append(Unresolved(*where, "the path is not constant"))
        return
    whole = prefix + path or "/"
    shown = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", whole)
    shown = shown if shown.startswith("/") else "/" + shown
    for method in methods:
        found.routes.append(Route(shown, method, handler, "FastAPI", *where, whole, dependencies, attached))


def _listed(project: Project, place: Place, decorator: Call) -> tuple[Place, ...]:
    """``dependencies=[Depends(guard)]`` of a registration."""
    listed = argument(decorator, 99, "dependencies")
    items = listed.items if isinstance(listed, Sequence) else []
    return tuple(dependency for item in items for dependency in _provider(project, place, item))


def providers(project: Project, place: Place, function: Function) -> tuple[Place, ...]:
    """The providers of the parameters of a handler, or of another provider."""
    found = [one for at, item in injections(project, place, function) for one in _provider(project, at, item)]
    return tuple(dict.fromkeys(found))


def injections(project: Project, place: Place, function: Function) -> Iterator[tuple[Place, Call]]:
    """``Depends(…)`` of a function's parameters with the place to read each in: default values and ``Annotated``
    metadata, aliases followed."""
    outside = Place(place.path, function.parent)  # a parameter may be called like its provider
    for parameter in function.parameters:
        call = _injector(parameter.default, parameter.annotation)
        if call is not None:
            yield outside, call
        annotation, at = parameter.annotation, outside
        if isinstance(annotation, Name):
            value = project.variable(place.path, annotation.id)
            if value is not None:
                at, annotation = Place(value[0], -1), value[1]
        if isinstance(annotation, Subscript) and isinstance(annotation.index, Sequence):
            typed, *rest = annotation.index.items or [annotation]
            for item in rest:
                call = _injector(item, typed)
                if call is not None:
                    yield at, call


def _injector(item: AnyExpression | None, typed: AnyExpression | None) -> Call | None:
    """``Depends(provider)``; of ``Depends()`` the declared type is the provider."""
    if not isinstance(item, Call) or chain_of(item.func).split(".")[-1] not in _INJECTORS:
        return None
    if item.arguments:
        return item
    return msgspec.structs.replace(item, arguments=[Argument(typed)]) if typed is not None else None


def _provider(project: Project, place: Place, item: AnyExpression | None) -> Iterator[Place]:
    if isinstance(item, Call) and chain_of(item.func).split(".")[-1] in _INJECTORS and item.arguments:
        target = project.resolve_expression(place, item.arguments[0].value)
        if target is not None and target.kind == "function":
            yield Place(target.path, target.index)
        elif target is not None and target.kind in {"class", "instance"}:
            name = "__init__" if target.kind == "class" else "__call__"
            method = project.attribute(target, name)
            if method is not None and method.kind == "function":
                yield Place(method.path, method.index)
