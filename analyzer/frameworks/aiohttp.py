"""aiohttp: applications and sub-applications, route tables, lists of routes, resources and class views."""

from __future__ import annotations

import re

from analyzer.facts.expressions import AnyExpression, Binary, Call, Comprehension, Name, Sequence, Starred
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Found, Route, Unresolved
from analyzer.frameworks.imported import dynamic
from analyzer.frameworks.loops import Registration, registrations, replaced, rounds_of
from analyzer.frameworks.prefixes import UNKNOWN, Mount, prefixes
from analyzer.frameworks.registry import VERBS, Holder, answerer, calls, creations, holder
from analyzer.frameworks.text import argument, rooted, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_APPLICATIONS = frozenset({"aiohttp.web.Application", "aiohttp.web_app.Application"})
_TABLES = frozenset({"aiohttp.web.RouteTableDef", "aiohttp.web_routedef.RouteTableDef"})
_KNOWN = _APPLICATIONS | _TABLES
_DEFINITIONS = frozenset({*VERBS, "view", "route"})
_ADDERS = frozenset({*(f"add_{verb}" for verb in VERBS), "add_view", "add_route"})
_DEPTH = 8
_DYNAMIC = re.compile(r"\{\s*(\w+)\s*(?::(?:[^{}]|\{[^{}]*\})*)?\}")
"""``{name}`` or ``{name:regex}``, whose regex may itself count in braces."""


def recognise(project: Project) -> Found | None:
    """The routes of aiohttp's server; ``None`` when the project uses at most its client."""
    if not _serves(project):
        return None
    found = Found()
    own = {creation.holder: "" for creation in creations(project, _KNOWN)}
    mounts = _mounts(project, own, found.unresolved)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            if function is not None and isinstance(decorator, Call):
                outside = Place(place.path, function.parent)
                _decorated(project, outside, decorator, place, own, mounts, found)
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            for decorator in item.decorators:
                if isinstance(decorator, Call):
                    handler = (path, index)
                    _decorated(project, Place(path, item.parent), decorator, handler, own, mounts, found)
    for one in registrations(project, _ADDERS):
        _added(project, one, own, mounts, found)
    for one in registrations(project, frozenset({"add_routes"})):
        for prefix in _prefixes(project, one.place, chain_of(one.call.func).rpartition(".")[0], own, mounts):
            routes = argument(one.call, 0, "routes")
            _listed(project, one, routes, prefix, own, found)
    return found


def _serves(project: Project) -> bool:
    """Whether a file imports the server half of the library."""
    return any(
        not item.level
        and (item.module.startswith("aiohttp.web") or (item.module == "aiohttp" and item.name in {"web", "*"}))
        for path in project.paths()
        for item in project.outline(path).imports
    )


def passed(project: Project, place: Place, expression: AnyExpression | None, depth: int = 0) -> list[Holder]:
    """The variables behind an expression: what callers pass for a parameter, what a factory called here returns."""
    chain = chain_of(expression)
    if not chain or depth > _DEPTH:
        return []
    if chain.endswith("()"):
        return _returned(project, place, chain.removesuffix("()"), depth)
    held = holder(project, place, chain)
    if held is None:
        return []
    at = Place(held.path, max(held.scope, -1))
    function = project.function(at)
    names = [parameter.name for parameter in function.parameters] if function else []
    if function is not None and held.name in names:
        found: list[Holder] = []
        for caller, call in calls(project, frozenset({function.name})):
            target = project.resolve_expression(caller, call.func)
            if target is not None and (target.kind, target.path, target.index) == ("function", at.path, at.index):
                bound = 1 if function.owner >= 0 and names[0] in {"self", "cls"} else 0
                given = argument(call, names.index(held.name) - bound, held.name)
                found.extend(item for item in passed(project, caller, given, depth + 1) if item not in found)
        return found or [held]
    if held.scope >= -1:
        for local in function.locals if function else project.outline(held.path).locals:
            if local.target == held.name and local.how == "assign" and local.source.endswith("()"):
                return _returned(project, at, local.source.removesuffix("()"), depth) or [held]
    return [held]


def _returned(project: Project, place: Place, chain: str, depth: int) -> list[Holder]:
    target = project.resolve(place, chain)
    if target is None or target.kind != "function":
        return []
    made = Place(target.path, target.index)
    function = project.function(made)
    for local in function.locals if function else ():
        if local.target == "return" and local.how == "return":
            name = Name(local.line, 1, local.line, 1, local.source)
            return passed(project, made, name, depth + 1) if "." not in local.source else []
    return []


def _mounts(project: Project, own: dict[Holder, str], told: list[Unresolved]) -> list[Mount]:
    """Sub-applications below their prefix, route tables below the applications they are added to."""
    found: list[Mount] = []
    for one in registrations(project, frozenset({"add_subapp", "add_routes"})):
        call = one.call
        chain, _, name = chain_of(call.func).rpartition(".")
        nested = name == "add_subapp"
        given = argument(call, 0, "prefix") if nested else None
        prefix = text(project, one.where(given), given) if nested else ""
        item = argument(call, 1 if nested else 0, "subapp", "routes")
        for parent in _owners(project, one.where(call.func), chain) if item is not None else ():
            children = [child for child in passed(project, one.where(item), item) if child in own]
            for child in children:
                found.append(Mount(child, parent, prefix.rstrip("/") if prefix is not None else None))
            if nested and not children and item is not None and dynamic(project, one.place, item):
                told.append(Unresolved(one.place.path, call.line, "the application below is not a plain name"))
    return found


def _owners(project: Project, place: Place, chain: str) -> list[Holder]:
    """The applications or tables behind ``app``, ``app.router`` or a variable that holds ``app.router``."""
    if chain.endswith(".router"):
        chain = chain.removesuffix(".router")
    else:
        function = project.function(place)
        for local in function.locals if function else project.outline(place.path).locals:
            if local.target == chain and local.source.endswith(".router"):
                chain = local.source.removesuffix(".router")
    if "." not in chain:
        return passed(project, place, Name(1, 1, 1, 1, chain))
    held = holder(project, place, chain)
    return [held] if held is not None else []


def _prefixes(project: Project, place: Place, chain: str, own: dict[Holder, str], mounts: list[Mount]) -> list[str]:
    """Every prefix in force where something is registered on a chain; empty when the chain is no router of aiohttp."""
    owners = [held for held in _owners(project, place, chain) if held in own]
    if owners:
        return list(dict.fromkeys(one for held in owners for one in prefixes(own, mounts, held)))
    target = project.resolve(place, chain)
    if target is None:
        return []
    if target.kind == "instance":
        return [""] if project.classes.descends(target.path, target.index, _KNOWN) else []
    return [""] if target.dotted.removesuffix(".router").removesuffix("()") in _KNOWN else []


def _decorated(
    project: Project,
    place: Place,
    decorator: Call,
    handler: Place | tuple[str, int],
    own: dict[Holder, str],
    mounts: list[Mount],
    found: Found,
) -> None:
    chain, _, name = chain_of(decorator.func).rpartition(".")
    if not chain or name not in _DEFINITIONS:
        return
    for prefix in _prefixes(project, place, chain, own, mounts):
        method, path = _method(project, Registration(place, decorator), name)
        _add(project, found, method, prefix, path, handler, (place.path, decorator.line))


def _added(project: Project, one: Registration, own: dict[Holder, str], mounts: list[Mount], found: Found) -> None:
    """``app.router.add_get("/x", handler)`` and ``resource.add_route("GET", handler)``."""
    place, call = one.place, one.call
    chain, _, name = chain_of(call.func).rpartition(".")
    where = (place.path, call.line)
    resource = _resource(project, place, chain) if name == "add_route" else None
    if resource is not None:
        method = text(project, place, argument(call, 0, "method"))
        handler = _handler(project, one, argument(call, 1, "handler"))
        path = rooted(project, place, argument(resource, 0, "path"))
        chain = chain_of(resource.func).rpartition(".")[0]
    else:
        method, path = _method(project, one, name.removeprefix("add_"))
        handler = _handler(project, one, argument(call, 2 if name == "add_route" else 1, "handler"))
    for prefix in _prefixes(project, place, chain, own, mounts):
        _add(project, found, method, prefix, path, handler, where)


def _resource(project: Project, place: Place, chain: str) -> Call | None:
    """The ``add_resource`` call whose result a variable holds, wrapped (``cors.add(…)``) or not."""
    for statement in walk(project.body(place)) if chain and "." not in chain else ():
        if isinstance(statement, Assign) and any(chain_of(target) == chain for target in statement.targets):
            for node in walk(statement):
                if isinstance(node, Call) and chain_of(node.func).endswith(".add_resource"):
                    return node
    return None


def _listed(
    project: Project,
    one: Registration,
    routes: AnyExpression | None,
    prefix: str,
    own: dict[Holder, str],
    found: Found,
) -> None:
    """``[web.get("/x", handler), *more]``, joined lists, variables that hold them, and lists made of constant ones."""
    place = one.place
    if isinstance(routes, Binary) and routes.op == "+":
        _listed(project, one, routes.left, prefix, own, found)
        _listed(project, one, routes.right, prefix, own, found)
    elif isinstance(routes, Sequence):
        for item in routes.items:
            if isinstance(item, Starred):
                _listed(project, one, item.value, prefix, own, found)
            elif isinstance(item, Call):
                _entry(project, Registration(place, item, one.origins), prefix, found)
            else:
                found.unresolved.append(Unresolved(place.path, item.line, "the route is not written where it is added"))
    elif isinstance(routes, Comprehension) and (made := _made(project, place, routes)) is not None:
        for entry in made:
            _entry(project, entry, prefix, found)
    elif not any(held in own for held in passed(project, place, routes)):
        at, values = _values(project, place, routes)
        if len(values) == 1 and isinstance(values[0], Sequence | Binary | Comprehension):
            _listed(project, Registration(at, one.call), values[0], prefix, own, found)
        else:
            found.unresolved.append(Unresolved(place.path, one.call.line, "the list of routes is not constant"))


def _made(project: Project, place: Place, routes: Comprehension) -> list[Registration] | None:
    """``[web.get(path, view) for path, view in PAGES]``, one entry a round."""
    element = routes.element
    if len(routes.generators) != 1 or routes.generators[0].conditions or not isinstance(element, Call):
        return None
    rounds = rounds_of(project, place, routes.generators[0])
    return None if rounds is None else [replaced(place, element, names) for names in rounds]


def _values(project: Project, place: Place, routes: AnyExpression | None) -> tuple[Place, list[AnyExpression | None]]:
    """What a variable is given, and where."""
    local = _given(project, place, chain_of(routes)) if place.index >= 0 else []
    held = None if local else holder(project, place, chain_of(routes))
    if held is None or held.scope < -1:
        return place, local
    at = Place(held.path, held.scope)
    if held.scope == -1:
        return at, list(project.namespace(held.path).variables.get(held.name, ()))
    return at, _given(project, at, held.name)


def _given(project: Project, place: Place, name: str) -> list[AnyExpression | None]:
    return [
        statement.value
        for statement in walk(project.body(place))
        if isinstance(statement, Assign) and any(chain_of(target) == name for target in statement.targets)
    ]


def _entry(project: Project, one: Registration, prefix: str, found: Found) -> None:
    place, call = one.place, one.call
    library, _, name = project.callee(place, call).rpartition(".")
    if library not in {"aiohttp.web", "aiohttp.web_routedef"} or name not in _DEFINITIONS:
        if name != "static":
            found.unresolved.append(Unresolved(place.path, call.line, "the route is made by a function"))
        return
    method, path = _method(project, one, name)
    handler = _handler(project, one, argument(call, 2 if name == "route" else 1, "handler"))
    _add(project, found, method, prefix, path, handler, (place.path, call.line))


def _method(project: Project, one: Registration, name: str) -> tuple[str | None, str | None]:
    """The HTTP method (``ANY`` for all) and the path of a registration called by a name."""
    given = argument(one.call, 1 if name == "route" else 0, "path")
    path = rooted(project, one.where(given), given)
    if name == "route":
        verb = argument(one.call, 0, "method")
        return text(project, one.where(verb), verb), path
    return "ANY" if name == "view" else name.upper(), path


def _handler(project: Project, one: Registration, given: AnyExpression | None) -> Place | tuple[str, int] | None:
    """The function that answers, or the file and index of the class that does."""
    place = one.where(given)
    if isinstance(given, Call) and project.callee(place, given) == "functools.partial":
        given = argument(given, 0)
    target = answerer(project, place, given)
    if target is not None and target.kind == "function":
        return Place(target.path, target.index)
    if target is not None and target.kind == "class":
        return target.path, target.index
    return None


def _add(
    project: Project,
    found: Found,
    method: str | None,
    prefix: str,
    path: str | None,
    handler: Place | tuple[str, int] | None,
    where: tuple[str, int],
) -> None:
    if method is None or path is None or handler is None:
        constant = method is not None and path is not None
        why = "the handler is not a plain function" if constant else "the path or the method is not constant"
        found.unresolved.append(Unresolved(*where, why))
        return
    whole = prefix + path or "/"
    method = "ANY" if method == "*" else method.upper()
    shown = _DYNAMIC.sub(r"{\1}", whole) if UNKNOWN not in whole else whole
    if isinstance(handler, Place):
        found.routes.append(Route(shown, method, handler, "aiohttp", *where, whole))
        return
    for name, answer in project.classes.methods(*handler):
        if name in VERBS and method in {"ANY", name.upper()}:
            found.routes.append(Route(shown, name.upper(), answer, "aiohttp", *where, whole))
