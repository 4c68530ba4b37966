"""FastAPI and Starlette: routers, ``include_router`` and ``mount`` across files, ``Route`` tables, ``Depends``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Call, Name, Parameter, Sequence, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import DefineFunction
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import NOWHERE, Attachment, Found, Route, Unresolved
from analyzer.frameworks.class_based import injected_by_class
from analyzer.frameworks.fastapi_routers import ROUTERS, Door, Routers, is_false, nest, of_library, routers
from analyzer.frameworks.forwarded import forwarded
from analyzer.frameworks.imported import called_by_name, unnamed
from analyzer.frameworks.libraries import Page, known_pages
from analyzer.frameworks.loops import Registration, registrations, replaced, rounds_around
from analyzer.frameworks.made import called_router
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import (
    VERBS,
    calls,
    imports_any,
    methods_of,
    router,
)
from analyzer.frameworks.starlette import Answer, Entry, answers_of, tables
from analyzer.frameworks.statuses import declared
from analyzer.frameworks.text import argument, rooted
from analyzer.project.project import Project
from analyzer.project.target import Place

_INJECTORS = {"Depends", "Security"}
_DECORATING = frozenset({*VERBS, "api_route", "websocket"})
_ADDING = frozenset({"add_api_route", "add_route", "add_websocket_route", "add_api_websocket_route"})
_PLAIN = frozenset({"route", "websocket_route", "add_route", "add_websocket_route", "Route", "WebSocketRoute"})
"""What Starlette's own routes are registered with, in FastAPI too."""


def recognise(project: Project) -> Found | None:
    """The routes of FastAPI and Starlette; ``None`` when the project imports neither."""
    if not imports_any(project, frozenset({"fastapi", "starlette"})):
        return None
    found = Found()
    known = routers(project, found)
    entries = tables(project, known, found)
    nest(known)
    _middleware(project, known)
    for place in project.places():
        function = project.function(place)
        if function is None or not function.decorators:
            continue
        for decorator in function.decorators:
            if isinstance(decorator, Call):
                _decorated(project, place, function, decorator, known, found)
    for made in registrations(project, _ADDING):
        for one, where in forwarded(project, made) or [(made, (made.place.path, made.call.line))]:
            _added(project, one, where, known, found)
    for made in registrations(project, _DECORATING):
        if isinstance(made.call.func, Call):  # ``router.get("/x")(view)``
            direct = msgspec.structs.replace(made, call=_in_place(made.call))
            for one, where in forwarded(project, direct) or [(direct, (made.place.path, made.call.line))]:
                _added(project, one, where, known, found)
    for place, call, chain in called_by_name(project, _ADDING | {*VERBS, "api_route", "route", "include_router"}):
        if chain and router(project, place, chain, known.own, ROUTERS) is not None:
            found.unresolved.append(Unresolved(place.path, call.line, "the method that registers is named at run time"))
    found.unresolved.extend(
        Unresolved(path, line, "the router is not a plain name")
        for path, line in unnamed(project, frozenset({"fastapi", "starlette"}))
    )
    for entry in entries:
        _of_table(project, entry, known, found)
    _of_libraries(known, found)
    return found


def _middleware(project: Project, known: Routers) -> None:
    """``app.add_middleware(Class)`` and ``@app.middleware("http")``."""
    for place, call in calls(project, frozenset({"add_middleware"})):
        held = known.held(project, place, chain_of(call.func).rpartition(".")[0])
        one = attachment(project, place, argument(call, 0, "middleware_class"), "application")
        if held is not None and one is not None:
            known.attached.setdefault(held, []).append(one)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            chain, _, name = chain_of(decorator.func if isinstance(decorator, Call) else decorator).rpartition(".")
            held = known.held(project, Place(place.path, -1), chain) if name == "middleware" else None
            if held is not None:
                one = Attachment("application", place, project.qualified(place), place.path, decorator.line)
                known.attached.setdefault(held, []).append(one)


def _decorated(
    project: Project,
    place: Place,
    function: Function,
    decorator: Call,
    known: Routers,
    found: Found,
) -> None:
    chain, _, name = chain_of(decorator.func).rpartition(".")
    if name not in {*VERBS, "api_route", "route", "websocket", "websocket_route"}:
        return
    outside = Place(place.path, function.parent)
    if not chain:
        several = known.of_class(place, function.owner) if _by_class(project, outside, decorator) else []
    else:
        held = called_router(project, outside, chain, known.own, ROUTERS, known.instances)
        several = known.of_self(project, outside, chain) or ([held] if held is not None else [])
    if not several:
        return
    methods = methods_of(project, outside, decorator, name)
    dependencies = (*_listed(project, outside, decorator), *providers(project, place, function))
    attached = (
        *injected_by_class(project, place, function),
        *listed(project, outside, decorator, "handler", "dependencies"),
    )
    where = place.path, decorator.line
    told = frozenset(declared(project, outside, decorator))
    for names in rounds_around(project, outside, partial(_defines, place.index)):
        made = replaced(outside, decorator, names)
        path = argument(made.call, 0, "path")
        for holding in several:
            for door in known.paths(project, holding, made.where(path), path, told, names):
                _add(found, door, Answer(methods, place, -1, attached), where, dependencies, decorator)


def _defines(index: int, node: object) -> bool:
    return isinstance(node, DefineFunction) and node.function == index


def _of_libraries(known: Routers, found: Found) -> None:
    """The routes of routers that libraries make: those of a table that is known, else one that stands for all."""
    for one in known.foreign:
        if one.held in known.used:
            continue  # the project has put its own routes on it
        rows = known_pages(one.dotted) or [Page("ANY", UNKNOWN, one.dotted, "")]
        for prefix, around in known.doors(one.parent).items():
            for page in rows:
                _of_library(found, f"{prefix}{one.prefix}{page.path}", page, one.where, (*around, *one.attached))


def _of_library(found: Found, whole: str, page: Page, where: tuple[str, int], attached: tuple[Attachment, ...]) -> None:
    whole = whole if whole.startswith("/") else "/" + whole
    guard = (Attachment("class", NOWHERE, page.guard, *where),) if page.guard else ()
    shown = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", whole)
    at = Place(where[0], -1)
    one = Route(shown, page.method, at, "FastAPI", *where, whole, attached=(*attached, *guard), library=page.view)
    found.library.append(one)


def _by_class(project: Project, place: Place, decorator: Call) -> bool:
    """Whether a decorator marks a method as a route of the router that its object makes: classy-fastapi's ``@get``."""
    target = project.resolve_expression(place, decorator.func)
    return target is not None and not target.ours and target.dotted.startswith("classy_fastapi.")


def _added(project: Project, one: Registration, where: tuple[str, int], known: Routers, found: Found) -> None:
    call = one.call
    chain, _, name = chain_of(call.func).rpartition(".")
    held = called_router(project, one.where(call.func), chain, known.own, ROUTERS, known.instances)
    several = known.of_self(project, one.place, chain) or ([held] if held is not None else [])
    if not several:
        return
    endpoint, path = argument(call, 1, "endpoint", "route"), argument(call, 0, "path")
    methods = methods_of(project, one.where(argument(call, 99, "methods")), call, name)
    answers = list(answers_of(project, one.where(endpoint), endpoint, methods))
    library = of_library(project, one.where(endpoint), endpoint) if endpoint is not None and not answers else ""
    if not answers and not library:
        found.unresolved.append(Unresolved(*where, "the endpoint is not a plain function"))
    for holding in several if library else ():
        for door in known.paths(project, holding, one.where(path), path, frozenset()):
            if door.path is not None:
                _of_library(found, door.prefix + door.path, Page("ANY", "", library, ""), where, door.around)
    listing = listed(project, one.place, call, "handler", "dependencies")
    told = frozenset(declared(project, one.place, call))
    for answer in answers:
        function = project.function(answer.handler)
        dependencies = providers(project, answer.handler, function) if function else ()
        whole = msgspec.structs.replace(answer, attached=(*answer.attached, *listing))
        for holding in several:
            for door in known.paths(project, holding, one.where(path), path, told):
                _add(found, door, whole, where, dependencies, call)


def _in_place(call: Call) -> Call:
    """``router.get("/x", tags=[…])(view)`` as a registration with its endpoint among the arguments."""
    inner = call.func
    if not isinstance(inner, Call) or not call.arguments:
        return call
    path = argument(inner, 0, "path")
    named = [one for one in inner.arguments if one.keyword not in {None, "path"}]
    first = [Argument(path, "path")] if path is not None else []
    view = Argument(call.arguments[0].value, "endpoint")
    return msgspec.structs.replace(call, func=inner.func, arguments=[*first, view, *named])


def _of_table(project: Project, one: Entry, known: Routers, found: Found) -> None:
    """An entry of a table of routes, at every door of the application that has it."""
    call = one.call
    endpoint, name = argument(call, 1, "endpoint"), chain_of(call.func).rpartition(".")[2]
    methods = ["WEBSOCKET"] if one.socket else methods_of(project, one.place, call, "route")
    where = one.place.path, call.line
    answers = list(answers_of(project, one.place, endpoint, methods))
    if not answers:
        found.unresolved.append(Unresolved(*where, "the endpoint is not a plain function"))
    path = rooted(project, one.place, argument(call, 0, "path"))
    schemas = known.schemas(one.held)
    for answer in answers:
        function = project.function(answer.handler)
        dependencies = providers(project, answer.handler, function) if function and name not in _PLAIN else ()
        for prefix, around in known.doors(one.held).items():
            door = Door(prefix + one.prefix, path, (*around, *one.attached), schemas.get(prefix, ""))
            _add(found, door, answer, where, dependencies, call)


def _add(
    found: Found, door: Door, answer: Answer, where: tuple[str, int], dependencies: tuple[Place, ...], call: Call
) -> None:
    if door.path is None:
        found.unresolved.append(Unresolved(*where, "the path is not constant"))
        return
    whole = door.prefix + door.path or "/"
    shown = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", whole)
    shown = shown if shown.startswith("/") else "/" + shown
    # What is Starlette's own stands in no document, though FastAPI writes one.
    plain = chain_of(call.func).rpartition(".")[2] in _PLAIN
    hidden = door.schema == "yes" and (plain or is_false(argument(call, 99, "include_in_schema")))
    schema, framework = "hidden" if hidden else door.schema, "Starlette" if plain else "FastAPI"
    attached = (*door.around, *answer.attached)
    statuses = tuple(sorted(door.statuses)) if framework == "FastAPI" else ()
    for method in answer.methods:
        found.routes.append(
            Route(
                path=shown,
                method=method,
                handler=answer.handler,
                framework=framework,
                registered=where[0],
                line=where[1],
                pattern=whole,
                dependencies=dependencies,
                attached=attached,
                view=answer.view,
                schema=schema,
                statuses=statuses if method != "WEBSOCKET" else (),
            )
        )


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
    for parameter in function.parameters:
        yield from injected(project, place, function, parameter)


def injected(project: Project, place: Place, function: Function, parameter: Parameter) -> Iterator[tuple[Place, Call]]:
    """The same for one parameter."""
    outside = Place(place.path, function.parent)  # a parameter may be called like its provider
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
