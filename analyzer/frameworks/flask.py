"""Flask: applications, nested blueprints, ``add_url_rule``, method views, and the class resources of its extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Call, Constant
from analyzer.facts.outline import Class, Function
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import NOWHERE, Attachment, Found, Route, Unresolved, registered_class
from analyzer.frameworks.classful import MODULES, registered
from analyzer.frameworks.endpoints import blueprint_names, endpoint
from analyzer.frameworks.forwarded import forwarded
from analyzer.frameworks.imported import called_by_name, dynamic, imported
from analyzer.frameworks.loops import Registration, registrations
from analyzer.frameworks.made import Instance, hangs, instances, made_by, stored_call, written
from analyzer.frameworks.prefixes import UNKNOWN, Mount, inherited, own_prefix, prefixes
from analyzer.frameworks.registry import (
    VERBS,
    Creation,
    Holder,
    answering,
    calls,
    creations,
    holder,
    imports_any,
    methods_of,
    router,
)
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

ROUTERS = frozenset(
    {
        "flask.Flask",
        "flask.Blueprint",
        "flask.app.Flask",
        "flask.current_app",
        "quart.current_app",
        "flask.blueprints.Blueprint",
        "flask_smorest.Blueprint",
        "apiflask.APIFlask",
        "apiflask.APIBlueprint",
        "flask_openapi3.OpenAPI",
        "flask_openapi3.APIBlueprint",
        "quart.Quart",
        "quart.Blueprint",
        "quart.app.Quart",
        "quart.blueprints.Blueprint",
        "quart_trio.QuartTrio",
    }
)
_APIS = frozenset(
    {
        "flask_restful.Api",
        "flask_restx.Api",
        "flask_restx.Namespace",
        "flask_restplus.Api",
        "flask_restplus.Namespace",
        "flask_smorest.Api",
    }
)
_NAMESPACES = frozenset({"flask_restx.Namespace", "flask_restplus.Namespace"})
_NAMESPACING = frozenset({"flask_restx.Api().namespace", "flask_restplus.Api().namespace"})
"""What makes a namespace and mounts it: ``api.namespace("users")``."""
_KNOWN = ROUTERS | _APIS
_REGISTERING = frozenset({*VERBS, "route", "websocket", "add_url_rule", "add_resource", "add_websocket"})
_ADDING = frozenset({"add_url_rule", "add_resource", "add_websocket", "route"})
_CLASSES = frozenset({"route", "resource"})
_REQUEST_HOOKS = ("before_request", "before_app_request")
_SOCKET_HOOKS = ("before_websocket", "before_app_websocket")


class Around(msgspec.Struct, frozen=True):
    """What runs before every route of a router: before requests, and before Quart's websockets; and what its endpoints
    begin with."""

    requests: Mapping[Holder, tuple[Attachment, ...]]
    sockets: Mapping[Holder, tuple[Attachment, ...]]
    names: Mapping[Holder, str]

    def endpoint(self, held: Holder, last: str) -> str:
        """The whole endpoint of a route of a router, empty where it is not known."""
        return self.names[held] + last if last and held in self.names else ""

    def of(self, held: Holder, methods: Sequence[str] = ()) -> tuple[Attachment, ...]:
        """The hooks of a router for a route of these methods."""
        return (self.sockets if "WEBSOCKET" in methods else self.requests).get(held, ())


_MODULES = MODULES | {"flask", "quart", "flask_restful", "flask_restx", "flask_smorest", "apiflask", "flask_openapi3"}


def recognise(project: Project) -> Found | None:
    """The routes of Flask and its relatives; ``None`` when the project imports none of them."""
    if not imports_any(project, _MODULES):
        return None
    found = Found()
    every = list(creations(project, _KNOWN, _NAMESPACING))
    own, apis, parts = _routers(project, found)
    mounts = [
        *_mounts(project, own, parts, found),
        *(Mount(api, app, "") for api, app in apis.items() if app is not None),
        *(Mount(held, one.holder, "") for held, several in parts.items() for one in several),
    ]
    requests, sockets = (_hooks(project, own, names) for names in (_REQUEST_HOOKS, _SOCKET_HOOKS))
    for creation in every:
        # Flask-RESTful: ``Api(app, decorators=[login_required])``.
        requests.setdefault(creation.holder, []).extend(
            listed(project, creation.place, creation.call, "router", "decorators")
        )
    around = Around(
        {held: inherited(requests, mounts, held) for held in own},
        {held: inherited(sockets, mounts, held) for held in own},
        blueprint_names(project, every, mounts),
    )
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            if function and isinstance(decorator, Call):
                _decorated(project, place, function, decorator, own, mounts, around, parts, found)
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            for decorator in item.decorators:
                if isinstance(decorator, Call):
                    _decorated_class(project, path, index, item, decorator, own, mounts, around, found)
    for made in registrations(project, _ADDING):
        direct = isinstance(made.call.func, Call)  # ``app.route("/x")(view)``
        last = chain_of(made.call.func).removesuffix("()").rpartition(".")[2]
        if _overrides(project, made.place) or direct != (last == "route"):
            continue
        rule = msgspec.structs.replace(made, call=_as_rule(made.call))
        for one, where in forwarded(project, rule) or [(rule, (made.place.path, made.call.line))]:
            _added(project, one, where, own, mounts, around, found)
    for place, call, chain in called_by_name(project, _REGISTERING):
        if chain and router(project, place, chain, own, _KNOWN) is not None:
            found.unresolved.append(Unresolved(place.path, call.line, "the method that registers is named at run time"))
    for view in registered(project) if imports_any(project, MODULES) else ():
        held = router(project, view.place, chain_of(view.application), own, _KNOWN)
        held = held or Holder(view.place.path, view.place.index, chain_of(view.application))
        for start in prefixes(own, mounts, held):
            attached = (*around.of(held), *view.attached)
            _add(found, list(view.methods), start, view.rule, view.handler, view.where, attached)
    _name_quart(project, found)
    return found


def _routers(
    project: Project, found: Found
) -> tuple[dict[Holder, str], dict[Holder, Holder | None], dict[Holder, list[Instance]]]:
    """Routers with their own prefixes; interfaces of extensions with what they stand on; blueprints that are others for
    each call of a function."""
    own: dict[Holder, str] = {}
    apis: dict[Holder, Holder | None] = {}
    parts: dict[Holder, list[Instance]] = {}
    for creation in creations(project, _KNOWN, _NAMESPACING):
        prefix = argument(creation.call, 99, "url_prefix", "prefix", "path")
        if _several(project, creation):
            parts[creation.holder] = instances(project, creation)
            own.update(dict.fromkeys([creation.holder, *(one.holder for one in parts[creation.holder])], ""))
            for part in parts[creation.holder]:
                if prefix is not None:
                    begun, at = written(part, prefix)
                    own[part.holder] = text(project, at, begun) or UNKNOWN
            if parts[creation.holder]:
                continue
        if prefix is None and creation.dotted in _NAMESPACES | _NAMESPACING:
            prefix = argument(creation.call, 0, "name")  # the path of a namespace is its name unless it says another
            own[creation.holder] = "/" + own_prefix(project, creation, prefix, found).lstrip("/")
        else:
            own[creation.holder] = own_prefix(project, creation, prefix, found)
        if creation.dotted in _NAMESPACING:
            apis[creation.holder] = holder(project, creation.place, chain_of(creation.call.func).rpartition(".")[0])
        elif creation.dotted in _APIS:
            app = argument(creation.call, 0, "app")
            apis[creation.holder] = holder(project, creation.place, chain_of(app)) if app is not None else None
    for place, call in calls(project, frozenset({"init_app"})):
        api, app = holder(project, place, chain_of(call.func).rpartition(".")[0]), argument(call, 0, "app")
        if api is not None and apis.get(api, api) is None and app is not None:
            apis[api] = holder(project, place, chain_of(app))
    return own, apis, parts


def _name_quart(project: Project, found: Found) -> None:
    """Routes registered where Quart is imported are Quart's, all of them where nobody imports Flask."""
    files = {path for path in project.paths() if _imports(project, path, "quart")}
    alone = bool(files) and not any(_imports(project, path, "flask") for path in project.paths())
    found.routes = [
        msgspec.structs.replace(route, framework="Quart") if alone or route.registered in files else route
        for route in found.routes
    ]


def _imports(project: Project, path: str, package: str) -> bool:
    return any(not item.level and item.module.split(".")[0] == package for item in project.outline(path).imports)


def _several(project: Project, creation: Creation) -> bool:
    """Whether a blueprint is another one for each call of the function that makes it."""
    return creation.holder.scope >= 0 and creation.dotted in ROUTERS and hangs(project, creation, "url_prefix")


Parts = Mapping[Holder, Sequence[Instance]]


def _mounts(project: Project, own: dict[Holder, str], parts: Parts, found: Found) -> Iterator[Mount]:
    for one in registrations(project, frozenset({"register_blueprint", "register_api", "add_namespace"})):
        for made, where in forwarded(project, one) or [(one, (one.place.path, one.call.line))]:
            yield from _mount(project, made, where, own, parts, found)


def _mount(
    project: Project, made: Registration, where: tuple[str, int], own: dict[Holder, str], parts: Parts, found: Found
) -> Iterator[Mount]:
    call = made.call
    chain, _, name = chain_of(call.func).rpartition(".")
    parent = holder(project, made.where(call.func), chain) or Holder("", -1, "")
    given = argument(call, 1 if name == "add_namespace" else 99, "url_prefix", "path")
    if isinstance(given, Constant) and given.value is None:
        given = None
    prefix = text(project, made.where(given), given) if given is not None else ""
    item = argument(call, 0, "blueprint", "ns", "api")
    place = made.where(item)
    child = _child(project, place, item, own, parts)
    if child is not None:
        # At the top a prefix replaces the blueprint's own; below a blueprint the two are joined alike.
        yield Mount(child, parent, prefix, replaces=given is not None)
    elif item is not None and _unknown(project, place, item):
        found.unresolved.append(Unresolved(*where, "the blueprint is not a plain name"))


def _child(
    project: Project, place: Place, item: AnyExpression | None, own: dict[Holder, str], parts: Parts
) -> Holder | None:
    """A blueprint by name, by that of its module as a text, or the one that a function called here makes."""
    named = imported(project, place, item)
    held = holder(project, Place(named[0][0], -1), named[0][1]) if len(named) == 1 else None
    if held is None and isinstance(item, Call):
        held = made_by(project, Registration(place, item), parts)
    elif held is None:
        held = holder(project, place, chain_of(item))
        made = stored_call(project, held) if held is not None and held not in own else None
        if made is not None:
            held = made_by(project, Registration(*made), parts) or held
    return held if held in own else None


def _unknown(project: Project, place: Place, item: AnyExpression) -> bool:
    """Whether a blueprint may be one of the project's, found at run time; a library's own has no routes of ours."""
    if dynamic(project, place, item):
        return True
    target = project.resolve_expression(place, item)
    return target is None and holder(project, place, chain_of(item)) is None


def _decorated(
    project: Project,
    place: Place,
    function: Function,
    decorator: Call,
    own: dict[Holder, str],
    mounts: list[Mount],
    around: Around,
    parts: Parts,
    found: Found,
) -> None:
    chain, _, name = chain_of(decorator.func).rpartition(".")
    if not chain or (name not in VERBS and name not in {"route", "websocket"}):
        return
    outside = Place(place.path, function.parent)
    held = router(project, outside, chain, own, _KNOWN)
    if held is None:
        return
    methods = methods_of(project, outside, decorator, name)
    given = argument(decorator, 0, "rule")
    rule = text(project, outside, given)
    rules = [(held, rule)]
    if rule is None and given is not None and parts.get(held):
        rules = [(one.holder, text(project, at, here)) for one in parts[held] for here, at in [written(one, given)]]
    named = around.endpoint(held, endpoint(project, outside, decorator, 99, None, function.name))
    for holding, told in rules:
        for prefix in prefixes(own, mounts, holding):
            _add(found, methods, prefix, told, place, (place.path, decorator.line), around.of(held, methods), named)


def _decorated_class(
    project: Project,
    path: str,
    index: int,
    item: Class,
    decorator: Call,
    own: dict[Holder, str],
    mounts: list[Mount],
    around: Around,
    found: Found,
) -> None:
    """``@ns.route("/x")`` and ``@api.resource("/x")`` above a resource class."""
    chain, _, name = chain_of(decorator.func).rpartition(".")
    place = Place(path, item.parent)
    held = router(project, place, chain, own, _KNOWN) if name in _CLASSES and chain else None
    if held is None:
        return
    for position in range(sum(1 for one in decorator.arguments if one.keyword is None)):
        rule = text(project, place, argument(decorator, position))
        _class_view(
            project, project.class_target(path, index), rule, held, own, mounts, around, (path, decorator.line), found
        )


def _overrides(project: Project, place: Place) -> bool:
    """Whether a function is a router's own ``route`` or ``add_url_rule`` as a class of the project has it: what goes
    through it is registered by whoever calls it."""
    functions, index = project.outline(place.path).functions, place.index
    while index >= 0 and functions[index].parent >= 0:
        index = functions[index].parent
    function = functions[index] if index >= 0 else None
    if function is None or function.owner < 0 or function.name not in _REGISTERING:
        return False
    return project.classes.descends(place.path, function.owner, _KNOWN)


def _as_rule(call: Call) -> Call:
    """``app.route("/x", methods=["POST"])(view)`` as ``add_url_rule``."""
    inner = call.func
    if not isinstance(inner, Call) or not isinstance(inner.func, Attribute) or not call.arguments:
        return call
    function = msgspec.structs.replace(inner.func, attr="add_url_rule")
    view = Argument(call.arguments[0].value, "view_func")
    return msgspec.structs.replace(call, func=function, arguments=[*inner.arguments, view])


def _added(
    project: Project,
    one: Registration,
    where: tuple[str, int],
    own: dict[Holder, str],
    mounts: list[Mount],
    around: Around,
    found: Found,
) -> None:
    call = one.call
    chain, _, name = chain_of(call.func).rpartition(".")
    held = router(project, one.where(call.func), chain, own, _KNOWN)
    if held is None:
        return
    if name == "add_resource":
        resource = argument(call, 0, "resource")
        target = project.resolve_expression(one.where(resource), resource)
        for position in range(1, sum(1 for given in call.arguments if given.keyword is None)):
            given = argument(call, position)
            rule = text(project, one.where(given), given)
            if target is not None and target.kind == "class":
                last = endpoint(project, one.place, call, 99, None, "")
                _class_view(project, target, rule, held, own, mounts, around, where, found, last=last)
        return
    view = argument(call, 2, "view_func")
    given = argument(call, 0, "rule")
    rule, place = text(project, one.where(given), given), one.where(view)
    target = _view(project, place, view)
    if target is None:
        found.unresolved.append(Unresolved(*where, "the view function is not a plain name"))
    elif target.kind == "class":
        methods = argument(call, 99, "methods")
        listed = texts(project, one.where(methods), methods)
        last = endpoint(project, place, call, 1, view, "")
        _class_view(project, target, rule, held, own, mounts, around, where, found, listed, last)
    else:
        verbs = methods_of(project, one.where(argument(call, 99, "methods")), call, name)
        attached = (*around.of(held, verbs), *_wrappers(project, place, view))
        function = project.function(Place(target.path, target.index))
        name = function.name if function is not None and not _wrappers(project, place, view) else ""
        named = around.endpoint(held, endpoint(project, place, call, 1, view, name))
        for prefix in prefixes(own, mounts, held):
            _add(found, verbs, prefix, rule, Place(target.path, target.index), where, attached, named)


def _view(project: Project, place: Place, view: AnyExpression | None) -> Target | None:
    """The function or class behind ``view``, ``View.as_view("name")`` or a variable that holds one."""
    chain = chain_of(view)
    if not chain:
        return None
    if chain.endswith(".as_view()"):
        return project.resolve(place, chain.removesuffix(".as_view()"), view.line if view else 0)
    target = project.resolve(place, chain)
    if target is not None and target.kind in {"function", "class"}:
        return target
    function = project.function(place)
    sources = [local.source for local in (function.locals if function else project.outline(place.path).locals)]
    targets = [local.target for local in (function.locals if function else project.outline(place.path).locals)]
    for name, source in zip(targets, sources, strict=True):
        if name == chain and source.endswith(".as_view()"):
            return project.resolve(place, source.removesuffix(".as_view()"))
    return None


def _class_view(
    project: Project,
    target: Target,
    rule: str | None,
    held: Holder,
    own: dict[Holder, str],
    mounts: list[Mount],
    around: Around,
    where: tuple[str, int],
    found: Found,
    listed: list[str] | None = None,
    last: str = "",
) -> None:
    named = around.endpoint(held, last)
    wanted = {item.lower() for item in listed} if listed else set(VERBS)
    answered = listed or _methods(project, target) or ["GET"]
    for prefix in prefixes(own, mounts, held):
        for name, method in sorted(answering(project, target).items()):
            if name in wanted:
                of = registered_class(project, method, target)
                _add(found, [name.upper()], prefix, rule, method, where, around.of(held), named, of)
            elif name == "dispatch_request":
                verbs = [item.upper() for item in answered]
                _add(found, verbs, prefix, rule, method, where, around.of(held), named)


def _methods(project: Project, target: Target) -> list[str] | None:
    """The class variable ``methods`` of a view that answers all of them alike."""
    found = project.classes.variable(target.path, target.index, "methods")
    return texts(project, Place(found[0], -1), found[1]) if found is not None else None


def _hooks(project: Project, own: dict[Holder, str], names: tuple[str, str]) -> dict[Holder, list[Attachment]]:
    """``@app.before_request`` and ``app.before_request(f)`` by router; ``before_app_request`` counts for all."""
    found: dict[Holder, list[Attachment]] = {}
    hooked: list[tuple[Place, str, Attachment]] = []
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            chain = chain_of(decorator)
            if chain.endswith(tuple(f".{name}" for name in names)):
                one = Attachment("router", place, project.qualified(place), place.path, decorator.line)
                hooked.append((Place(place.path, function.parent if function else -1), chain, one))
    for place, call in calls(project, frozenset(names)):
        given = attachment(project, place, argument(call, 0, "f"), "router")
        if given is not None:
            hooked.append((place, chain_of(call.func), given))
    for place, chain, one in hooked:
        before, _, name = chain.rpartition(".")
        held = holder(project, place, before)
        for router_held in own if name == names[1] else [held] if held is not None else []:
            found.setdefault(router_held, []).append(one)
    return found


def _wrappers(project: Project, place: Place, view: AnyExpression | None) -> tuple[Attachment, ...]:
    """The decorators called in place around a view: ``view_func=login_required(view)``."""
    found = []
    while isinstance(view, Call) and not chain_of(view.func).endswith("as_view"):
        one = attachment(project, place, view.func, "handler")
        if one is not None:
            found.append(one)
        view = next((given.value for given in view.arguments if given.keyword is None), None)
    return tuple(found)


def _add(
    found: Found,
    methods: list[str],
    prefix: str,
    rule: str | None,
    handler: Place,
    where: tuple[str, int],
    attached: tuple[Attachment, ...] = (),
    name: str = "",
    of: Place = NOWHERE,
) -> None:
    if rule is None:
        found.unresolved.append(Unresolved(*where, "the rule is not constant"))
        return
    whole = re.sub(r"/{2,}", "/", "/" + prefix + "/" + rule) if prefix else rule
    shown = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", whole)
    shown = shown if shown.startswith("/") else "/" + shown
    for method in methods:
        found.routes.append(Route(shown, method, handler, "Flask", *where, whole, (), attached, name=name, of=of))
