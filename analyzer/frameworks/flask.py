"""Flask: applications, nested blueprints, ``add_url_rule``, method views, and the class resources of its extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Call
from analyzer.facts.outline import Class, Function
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import NOWHERE, Attachment, Found, Route, Unresolved, registered_class
from analyzer.frameworks.classful import MODULES, registered
from analyzer.frameworks.endpoints import blueprint_names, endpoint, resource_name
from analyzer.frameworks.flask_routers import KNOWN, Routers, routers
from analyzer.frameworks.forwarded import forwarded
from analyzer.frameworks.imported import called_by_name, unnamed
from analyzer.frameworks.loops import Registration, registrations
from analyzer.frameworks.made import Instance, written
from analyzer.frameworks.prefixes import inherited
from analyzer.frameworks.registry import (
    VERBS,
    Holder,
    answering,
    calls,
    imports_any,
    methods_of,
)
from analyzer.frameworks.text import argument, rooted, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_REGISTERING = frozenset({*VERBS, "route", "websocket", "add_url_rule", "add_resource", "add_websocket"})
_ADDING = frozenset({"add_url_rule", "add_resource", "add_websocket", "route"})
_CLASSES = frozenset({"route", "resource"})
_LIMITS = frozenset({"limit", "shared_limit", "exempt"})
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
    known = routers(project, found)
    requests, sockets = (_hooks(project, known, names) for names in (_REQUEST_HOOKS, _SOCKET_HOOKS))
    for creation in known.every:
        # Flask-RESTful: ``Api(app, decorators=[login_required])``.
        requests.setdefault(creation.holder, []).extend(
            listed(project, creation.place, creation.call, "router", "decorators")
        )
    for limited, limit in _limited(project, known):
        requests.setdefault(limited, []).append(limit)
    around = Around(
        {held: inherited(requests, known.mounts, held) for held in known.own},
        {held: inherited(sockets, known.mounts, held) for held in known.own},
        blueprint_names(project, known.every, known.mounts),
    )
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            if function and isinstance(decorator, Call):
                _decorated(project, place, function, decorator, known, around, found)
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            for decorator in item.decorators:
                if isinstance(decorator, Call):
                    _decorated_class(project, path, index, item, decorator, known, around, found)
    for made in registrations(project, _ADDING):
        direct = isinstance(made.call.func, Call)  # ``app.route("/x")(view)``
        last = chain_of(made.call.func).removesuffix("()").rpartition(".")[2]
        if _overrides(project, made.place) or direct != (last == "route"):
            continue
        rule = msgspec.structs.replace(made, call=_as_rule(made.call))
        for one, where in forwarded(project, rule) or [(rule, (made.place.path, made.call.line))]:
            _added(project, one, where, known, around, found)
    for place, call, chain in called_by_name(project, _REGISTERING):
        if chain and known.find(project, place, chain) is not None:
            found.unresolved.append(Unresolved(place.path, call.line, "the method that registers is named at run time"))
    found.unresolved.extend(
        Unresolved(path, line, "the router is not a plain name") for path, line in unnamed(project, _MODULES)
    )
    for view in registered(project) if imports_any(project, MODULES) else ():
        held = known.find(project, view.place, chain_of(view.application))
        held = held or Holder(view.place.path, view.place.index, chain_of(view.application))
        for start in known.prefixes(held):
            attached = (*around.of(held), *view.attached)
            _add(found, list(view.methods), start, view.rule, view.handler, view.where, attached)
    _name_quart(project, found)
    return found


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


def _decorated(
    project: Project,
    place: Place,
    function: Function,
    decorator: Call,
    known: Routers,
    around: Around,
    found: Found,
) -> None:
    chain, _, name = chain_of(decorator.func).rpartition(".")
    if not chain or (name not in VERBS and name not in {"route", "websocket"}):
        return
    outside = Place(place.path, function.parent)
    held = known.find(project, outside, chain)
    if held is None:
        return
    methods = methods_of(project, outside, decorator, name)
    given = argument(decorator, 0, "rule")
    rule = text(project, outside, given)
    rules = [(held, rule)]
    if rule is None and given is not None and known.parts.get(held):
        rules = [(one.holder, _told(project, one, given)) for one in known.parts[held]]
    elif rule is None:
        rules = [(held, rooted(project, outside, given))]
    named = around.endpoint(held, endpoint(project, outside, decorator, 99, None, function.name))
    for holding, told in rules:
        for prefix in known.prefixes(holding):
            _add(found, methods, prefix, told, place, (place.path, decorator.line), around.of(held, methods), named)


def _told(project: Project, one: Instance, given: AnyExpression) -> str | None:
    """A rule as it is for one of the routers that a function makes."""
    here, at = written(one, given)
    return text(project, at, here)


def _decorated_class(
    project: Project,
    path: str,
    index: int,
    item: Class,
    decorator: Call,
    known: Routers,
    around: Around,
    found: Found,
) -> None:
    """``@ns.route("/x")`` and ``@api.resource("/x")`` above a resource class."""
    chain, _, name = chain_of(decorator.func).rpartition(".")
    place = Place(path, item.parent)
    held = known.find(project, place, chain) if name in _CLASSES and chain else None
    if held is None:
        return
    for position in range(sum(1 for one in decorator.arguments if one.keyword is None)):
        rule = text(project, place, argument(decorator, position))
        target = project.class_target(path, index)
        last = endpoint(project, place, decorator, 99, None, _resource(project, target, held, known))
        _class_view(project, target, rule, held, known, around, (path, decorator.line), found, last=last)


def _resource(project: Project, target: Target, held: Holder, known: Routers) -> str:
    """What an interface calls a resource class that does not say it."""
    made = next((one for one in known.every if one.holder == held), None)
    return resource_name(project, made, project.outline(target.path).classes[target.index].name)


def _overrides(project: Project, place: Place) -> bool:
    """Whether a function is a router's own ``route`` or ``add_url_rule`` as a class of the project has it: what goes
    through it is registered by whoever calls it."""
    functions, index = project.outline(place.path).functions, place.index
    while index >= 0 and functions[index].parent >= 0:
        index = functions[index].parent
    function = functions[index] if index >= 0 else None
    if function is None or function.owner < 0 or function.name not in _REGISTERING:
        return False
    return project.classes.descends(place.path, function.owner, KNOWN)


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
    known: Routers,
    around: Around,
    found: Found,
) -> None:
    call = one.call
    name = chain_of(call.func).rpartition(".")[2]
    held = known.called(project, one.where(call.func), call.func)
    if held is None:
        return
    if name == "add_resource":
        resource = argument(call, 0, "resource")
        target = project.resolve_expression(one.where(resource), resource)
        for position in range(1, sum(1 for given in call.arguments if given.keyword is None)):
            given = argument(call, position)
            rule = text(project, one.where(given), given)
            if target is not None and target.kind == "class":
                last = endpoint(project, one.place, call, 99, None, _resource(project, target, held, known))
                _class_view(project, target, rule, held, known, around, where, found, last=last)
            elif target is None:
                found.unresolved.append(Unresolved(*where, "the resource is not a plain class"))
        return
    view = argument(call, 2, "view_func")
    given = argument(call, 0, "rule")
    rule, place = rooted(project, one.where(given), given), one.where(view)
    target = _view(project, place, view)
    if target is None:
        found.unresolved.append(Unresolved(*where, "the view function is not a plain name"))
    elif not target.ours:
        _by_library(project, one, target.dotted, rule, held, known, around, where, found)
    elif target.kind == "class":
        methods = argument(call, 99, "methods")
        listed = texts(project, one.where(methods), methods)
        last = endpoint(project, place, call, 1, view, "")
        _class_view(project, target, rule, held, known, around, where, found, listed, last)
    else:
        verbs = methods_of(project, one.where(argument(call, 99, "methods")), call, name)
        attached = (*around.of(held, verbs), *_wrappers(project, place, view))
        function = project.function(Place(target.path, target.index))
        name = function.name if function is not None and not _wrappers(project, place, view) else ""
        named = around.endpoint(held, endpoint(project, place, call, 1, view, name))
        for prefix in known.prefixes(held):
            _add(found, verbs, prefix, rule, Place(target.path, target.index), where, attached, named)


def _by_library(
    project: Project,
    one: Registration,
    name: str,
    rule: str | None,
    held: Holder,
    known: Routers,
    around: Around,
    where: tuple[str, int],
    found: Found,
) -> None:
    """A route that a library answers: it is listed, and there is no code to ask questions of."""
    methods = argument(one.call, 99, "methods")
    listed = texts(project, one.where(methods), methods) or ["ANY"]
    attached = (*around.of(held, listed), *_wrappers(project, one.where(one.call), argument(one.call, 2, "view_func")))
    made = Found()
    for prefix in known.prefixes(held):
        _add(made, listed, prefix, rule, Place(where[0], -1), where, attached)
    found.library += [msgspec.structs.replace(route, library=name) for route in made.routes]
    found.unresolved += made.unresolved


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
    known: Routers,
    around: Around,
    where: tuple[str, int],
    found: Found,
    listed: list[str] | None = None,
    last: str = "",
) -> None:
    named = around.endpoint(held, last)
    wanted = {item.lower() for item in listed} if listed else set(VERBS)
    answered = listed or _methods(project, target) or ["GET"]
    methods = answering(project, target)
    if not methods.keys() & {*VERBS, "dispatch_request"}:
        _answered_elsewhere(project, target, rule, known.prefixes(held), answered, where, found)
        return
    for prefix in known.prefixes(held):
        for name, method in sorted(methods.items()):
            if name in wanted:
                of = registered_class(project, method, target)
                _add(found, [name.upper()], prefix, rule, method, where, around.of(held), named, of)
            elif name == "dispatch_request":
                verbs = [item.upper() for item in answered]
                _add(found, verbs, prefix, rule, method, where, around.of(held), named)


def _answered_elsewhere(
    project: Project,
    target: Target,
    rule: str | None,
    starts: list[str],
    verbs: list[str],
    where: tuple[str, int],
    found: Found,
) -> None:
    """A class with no method of its own that answers: the library's it is derived from answers for it, or what the
    project makes of it at run time."""
    bases = [one for one in project.classes.externals(target.path, target.index) if "." in one]
    name = next((one for one in bases if not one.startswith(("flask.views.", "typing.", "abc."))), "")
    if not name or rule is None:
        found.unresolved.append(Unresolved(*where, "the class has no method that answers"))
        return
    made = Found()
    for start in starts:
        _add(made, [one.upper() for one in verbs], start, rule, Place(where[0], -1), where)
    found.library += [msgspec.structs.replace(one, library=name) for one in made.routes]


def _methods(project: Project, target: Target) -> list[str] | None:
    """The class variable ``methods`` of a view that answers all of them alike."""
    found = project.classes.variable(target.path, target.index, "methods")
    return texts(project, Place(found[0], -1), found[1]) if found is not None else None


def _hooks(project: Project, known: Routers, names: tuple[str, str]) -> dict[Holder, list[Attachment]]:
    """``@app.before_request`` and ``app.before_request(f)`` by router; ``before_app_request`` counts for all."""
    found: dict[Holder, list[Attachment]] = {}
    hooked: list[tuple[Place, str, Attachment]] = []
    for place in project.places():
        function = project.function(place)
        for at, decorator in enumerate(function.decorators if function else ()):
            chain = chain_of(decorator)
            if function is not None and chain.endswith(tuple(f".{name}" for name in names)):
                outside = Place(place.path, function.parent)
                one = Attachment("router", place, project.qualified(place), place.path, decorator.line)
                hooked.append((outside, chain, one))
                # What stands below it is part of the hook: ``@admin.before_request`` above ``@login_required``.
                around = (attachment(project, outside, inner, "router") for inner in function.decorators[at + 1 :])
                hooked.extend((outside, chain, inner) for inner in around if inner is not None)
    for place, call in calls(project, frozenset(names)):
        given = attachment(project, place, argument(call, 0, "f"), "router")
        if given is not None:
            hooked.append((place, chain_of(call.func), given))
    for place, chain, one in hooked:
        before, _, name = chain.rpartition(".")
        held = known.held(project, place, before)
        for router_held in known.own if name == names[1] else [held] if held is not None else []:
            found.setdefault(router_held, []).append(one)
    return found


def _limited(project: Project, known: Routers) -> Iterator[tuple[Holder, Attachment]]:
    """``limiter.limit("5/minute")(blueprint)`` and ``limiter.exempt(blueprint)`` by router."""
    for one in registrations(project, _LIMITS):
        whole = isinstance(one.call.func, Call) or chain_of(one.call.func).endswith(".exempt")
        held = known.held(project, one.place, argument(one.call, 0)) if whole else None
        limit = attachment(project, one.place, one.call.func, "router")
        if held in known.own and held is not None and limit is not None:
            yield held, limit


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
