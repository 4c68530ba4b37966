"""The routers of Flask and its relatives: applications, blueprints, interfaces of extensions, and what hangs below
what."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import Found, Unresolved
from analyzer.frameworks.forwarded import forwarded
from analyzer.frameworks.imported import dynamic, imported
from analyzer.frameworks.loops import Registration, registrations
from analyzer.frameworks.made import Instance, called_router, hangs, instances, made_by, origin, written
from analyzer.frameworks.prefixes import UNKNOWN, Mount, own_prefix, prefixes
from analyzer.frameworks.registry import Creation, Holder, assigned, calls, creations, holder
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

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
KNOWN = ROUTERS | _APIS


class Routers(msgspec.Struct, frozen=True):
    """The routers of a project with their own prefixes, what interfaces stand on, what hangs below what.

    ``parts`` are the routers that functions make of what they are given, by the variable in the function.
    """

    every: list[Creation] = []
    own: dict[Holder, str] = {}
    stands: dict[Holder, Holder | None] = {}
    parts: dict[Holder, list[Instance]] = {}
    mounts: list[Mount] = []

    def find(self, project: Project, place: Place, chain: str) -> Holder | None:
        """The router behind a chain, also one that a function made, or any that is one of these kinds."""
        return called_router(project, place, chain, self.own, KNOWN, self.parts)

    def called(self, project: Project, place: Place, func: AnyExpression) -> Holder | None:
        """The router whose method is called, which may be made right there: ``made(app).add_resource(…)``."""
        if isinstance(func, Attribute) and isinstance(func.value, Call):
            held = made_by(project, Registration(place, func.value), self.parts)
            if held in self.own:
                return held
        return self.find(project, place, chain_of(func).rpartition(".")[0])

    def held(self, project: Project, place: Place, given: AnyExpression | str | None) -> Holder | None:
        """The variable behind a chain or an expression; the router a function made where that is one."""
        chain = given if isinstance(given, str) else chain_of(given)
        return origin(project, holder(project, place, chain), self.own, self.parts)

    def prefixes(self, held: Holder) -> list[str]:
        """Every prefix of a router."""
        return prefixes(self.own, self.mounts, held)


def routers(project: Project, found: Found) -> Routers:
    """All routers of a project; prefixes that are not constant are said to be unresolved."""
    known = Routers(list(creations(project, KNOWN, _NAMESPACING)), {}, {}, {}, [])
    for creation in known.every:
        _made(project, creation, known, found)
    for one in _handed_on(project, known):
        known.every.append(one)
        _made(project, one, known, found)
    for creation in known.every:
        _stand(project, creation, known)
    for place, call in calls(project, frozenset({"init_app"})):
        api, app = known.held(project, place, chain_of(call.func).rpartition(".")[0]), argument(call, 0, "app")
        if api is not None and known.stands.get(api, api) is None and app is not None:
            known.stands[api] = known.held(project, place, app)
    known.mounts.extend(_mounts(project, known, found))
    known.mounts.extend(Mount(api, app, "") for api, app in known.stands.items() if app is not None)
    known.mounts.extend(Mount(held, one.holder, "") for held, several in known.parts.items() for one in several)
    return known


def _handed_on(project: Project, known: Routers) -> list[Creation]:
    """Namespaces that a function makes on an interface that it is given: ``ns = api.namespace("users")``."""
    apis = {one.holder for one in known.every if one.dotted in _APIS} | {
        part.holder for one in known.every if one.dotted in _APIS for part in known.parts.get(one.holder, ())
    }
    return [
        msgspec.structs.replace(one, dotted=min(_NAMESPACING))
        for one in assigned(project, "namespace")
        if one.holder not in known.own
        and known.held(project, one.place, chain_of(one.call.func).rpartition(".")[0]) in apis
    ]


def _made(project: Project, creation: Creation, known: Routers, found: Found) -> None:
    """The prefix of a router, or those of the ones that each call of its function makes."""
    held, named = creation.holder, creation.dotted in _NAMESPACES | _NAMESPACING
    prefix = argument(creation.call, 99, "url_prefix", "prefix", "path")
    if prefix is None and named:
        prefix = argument(creation.call, 0, "name")  # the path of a namespace is its name unless it says another
    if held.scope >= 0 and hangs(project, creation, "url_prefix", "prefix", "path", first=named):
        known.parts[held] = instances(project, creation)
        known.own.update(dict.fromkeys([held, *(one.holder for one in known.parts[held])], ""))
        for part in known.parts[held]:
            if prefix is not None:
                begun, at = written(part, prefix)
                told = text(project, at, begun)
                known.own[part.holder] = UNKNOWN if told is None else "/" + told.lstrip("/") if named else told
        if known.parts[held]:
            return
    begun_here = own_prefix(project, creation, prefix, found)
    known.own[held] = "/" + begun_here.lstrip("/") if named else begun_here


def _stand(project: Project, creation: Creation, known: Routers) -> None:
    """What an interface of an extension stands on, for each one that a function makes."""
    held = creation.holder
    if creation.dotted in _NAMESPACING:
        above = chain_of(creation.call.func).rpartition(".")[0]
        known.stands[held] = known.held(project, creation.place, above)
    elif creation.dotted in _APIS - _NAMESPACES:
        app = argument(creation.call, 0, "app")
        if known.parts.get(held):
            for part in known.parts[held]:
                given, at = written(part, app) if app is not None else (None, creation.place)
                known.stands[part.holder] = known.held(project, at, given)
        else:
            known.stands[held] = known.held(project, creation.place, app)


def _mounts(project: Project, known: Routers, found: Found) -> Iterator[Mount]:
    for one in registrations(project, frozenset({"register_blueprint", "register_api", "add_namespace"})):
        for made, where in forwarded(project, one) or [(one, (one.place.path, one.call.line))]:
            yield from _mount(project, made, where, known, found)


def _mount(
    project: Project, made: Registration, where: tuple[str, int], known: Routers, found: Found
) -> Iterator[Mount]:
    call = made.call
    chain, _, name = chain_of(call.func).rpartition(".")
    parent = known.held(project, made.where(call.func), chain) or Holder("", -1, "")
    given = argument(call, 1 if name == "add_namespace" else 99, "url_prefix", "path")
    if isinstance(given, Constant) and given.value is None:
        given = None
    prefix = text(project, made.where(given), given) if given is not None else ""
    item = argument(call, 0, "blueprint", "ns", "api")
    place = made.where(item)
    child = _child(project, place, item, known)
    if child is not None:
        # At the top a prefix replaces the blueprint's own; below a blueprint the two are joined alike.
        yield Mount(child, parent, prefix, replaces=given is not None)
    elif item is not None and _unknown(project, place, item):
        found.unresolved.append(Unresolved(*where, "the blueprint is not a plain name"))


def _child(project: Project, place: Place, item: AnyExpression | None, known: Routers) -> Holder | None:
    """A blueprint by name, by that of its module as a text, or the one that a function called here makes."""
    named = imported(project, place, item)
    held = holder(project, Place(named[0][0], -1), named[0][1]) if len(named) == 1 else None
    if held is None and isinstance(item, Call):
        held = made_by(project, Registration(place, item), known.parts)
    elif held is None:
        held = known.held(project, place, item)
    return held if held in known.own else None


def _unknown(project: Project, place: Place, item: AnyExpression) -> bool:
    """Whether a blueprint may be one of the project's, found at run time; a library's own has no routes of ours."""
    if dynamic(project, place, item):
        return True
    target = project.resolve_expression(place, item)
    return target is None and holder(project, place, chain_of(item)) is None
