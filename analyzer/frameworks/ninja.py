"""Django Ninja: operations by decorator on an API and its routers, mounted among Django's patterns."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks import django
from analyzer.frameworks.attachments import attachment
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.imported import called_by_name
from analyzer.frameworks.loops import Registration, unrolled
from analyzer.frameworks.made import origin, returned
from analyzer.frameworks.ninja_auth import Settings, settings
from analyzer.frameworks.ninja_controllers import Class, Controller, Operation, controllers, registered
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import VERBS, Creation, Holder, calls, creations, holder, imports_any, router
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place

_APIS = frozenset(
    {"ninja.NinjaAPI", "ninja.main.NinjaAPI", "ninja_extra.NinjaExtraAPI", "ninja_extra.main.NinjaExtraAPI"}
)
_ROUTERS = frozenset({"ninja.Router", "ninja.router.Router", "ninja_extra.Router", "ninja_extra.router.Router"})
_OPERATIONS = frozenset({*VERBS, "api_operation"})
_ADDING = frozenset({"add_router", "add_api_operation"})
_DEPTH = 12


class _Mount(msgspec.Struct, frozen=True):
    """A router added to another, or to an API."""

    child: Holder
    prefix: str
    settings: Settings


class _Walk:
    """One look at a project: who is mounted where, and what is registered on whom."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.found = Found()
        self.made: dict[Holder, Creation] = {one.holder: one for one in creations(project, _APIS | _ROUTERS)}
        self.settings: dict[Holder, Settings] = {}
        self.mounts: dict[Holder, list[_Mount]] = {}
        self.operations: dict[Holder, list[Operation]] = {}
        self.around: dict[Holder, list[Attachment]] = {}
        self.held: set[Holder] = set()
        for one in self.made.values():
            level = "application" if one.dotted in _APIS else "router"
            self.settings[one.holder] = settings(self.project, one.place, one.call, level)
        self._collect()

    def _collect(self) -> None:
        for place, call in unrolled(self.project, frozenset({"add_router"})):
            self._mounted(place, call)
        for place, call in calls(self.project, frozenset({"add_decorator"})):
            held = self.router_of(place, chain_of(call.func).rpartition(".")[0])
            one = attachment(self.project, place, argument(call, 0, "decorator"), "router")
            if held is not None and one is not None:
                self.around.setdefault(held, []).append(one)
        for place, call in unrolled(self.project, frozenset({"add_api_operation"})):
            held = self.router_of(place, chain_of(call.func).rpartition(".")[0])
            target = self.project.resolve_expression(place, argument(call, 2, "view_func"))
            if held is not None and (target is None or target.kind != "function"):
                self.found.unresolved.append(Unresolved(place.path, call.line, "the handler is not a plain function"))
            elif held is not None and target is not None:
                methods = self._methods(place, "api_operation", argument(call, 1, "methods"))
                path = argument(call, 0, "path")
                self._operation(held, place, methods, path, call, Place(target.path, target.index))
        for place, call, chain in called_by_name(self.project, _OPERATIONS | _ADDING):
            if chain and self.router_of(place, chain) is not None:
                why = "the method that registers is named at run time"
                self.found.unresolved.append(Unresolved(place.path, call.line, why))
        for place in self.project.places():
            function = self.project.function(place)
            for decorator in function.decorators if function is not None else ():
                if function is not None and isinstance(decorator, Call):
                    self._decorated(place, Place(place.path, function.parent), decorator)

    def router_of(self, place: Place, chain: str) -> Holder | None:
        """The API or router behind a chain, also where a function of the project makes it."""
        held = router(self.project, place, chain, dict.fromkeys(self.made, ""), _APIS | _ROUTERS)
        if held in self.made:
            return held
        named = holder(self.project, place, chain)
        return self.returned(named) or held if named is not None else held

    def returned(self, held: Holder) -> Holder | None:
        """What the function gives back that a variable is made by: ``api = create_api()``."""
        inner = origin(self.project, held, dict.fromkeys(self.made, ""), {})
        return inner if inner in self.made else None

    def _mounted(self, place: Place, call: Call) -> None:
        parent = self.router_of(place, chain_of(call.func).rpartition(".")[0])
        if parent is None:
            return
        given = argument(call, 1, "router")
        child = self._child(place, given)
        if child is None:
            why = "the added router is not a plain name"
            self.found.unresolved.append(Unresolved(place.path, call.line, why))
            return
        prefix = text(self.project, place, argument(call, 0, "prefix"))
        if prefix is None:
            self.found.unresolved.append(Unresolved(place.path, call.line, "the router's prefix is not constant"))
        said = settings(self.project, place, call, "router")
        self.mounts.setdefault(parent, []).append(_Mount(child, UNKNOWN if prefix is None else prefix, said))
        self.held.add(child)

    def _child(self, place: Place, given: AnyExpression | None) -> Holder | None:
        """A router by name, or by the dotted path of one."""
        named = text(self.project, place, given)
        if named is None and isinstance(given, Call):
            made = returned(self.project, Registration(place, given))
            return made if made in self.made else None
        if named is None:
            return self.router_of(place, chain_of(given))
        module, _, name = named.rpartition(".")
        path = self.project.layout.absolute(place.path, module) if module else None
        return self.router_of(Place(path, -1), name) if path and not path.endswith("/") else None

    def _decorated(self, place: Place, outside: Place, decorator: Call) -> None:
        chain, _, name = chain_of(decorator.func).rpartition(".")
        held = self.router_of(outside, chain) if chain and name in _OPERATIONS else None
        if held is not None:
            listed = argument(decorator, 0, "methods") if name == "api_operation" else None
            path = argument(decorator, 1 if name == "api_operation" else 0, "path")
            self._operation(held, outside, self._methods(outside, name, listed), path, decorator, place)

    def _methods(self, place: Place, name: str, listed: AnyExpression | None) -> tuple[str, ...]:
        if name in VERBS:
            return (name.upper(),)
        return tuple(sorted(one.upper() for one in texts(self.project, place, listed) or ["ANY"]))

    def _operation(
        self,
        held: Holder,
        place: Place,
        methods: tuple[str, ...],
        path: AnyExpression | None,
        call: Call,
        handler: Place,
    ) -> None:
        said = settings(self.project, place, call, "handler")
        one = Operation(methods, text(self.project, place, path), handler, (place.path, call.line), said)
        self.operations.setdefault(held, []).append(one)

    def below(
        self,
        held: Holder,
        prefix: tuple[str, str],
        mount: Settings,
        above: Settings,
        api: Settings,
        around: tuple[Attachment, ...],
        depth: int = 0,
    ) -> None:
        """The routes of a router and of those added to it; ``prefix`` is Django's part of it and Ninja's own.

        What is said where a router is added counts before what is said where it is made, and that before what its
        parent has; the API comes last.
        """
        if depth > _DEPTH:
            return
        self.held.add(held)
        own = self.settings.get(held, Settings())
        around = (*around, *self.around.get(held, ()))
        here = mount.over(own).over(above).over(api)
        for operation in self.operations.get(held, ()):
            self._add(operation, prefix, operation.settings.over(here), around)
        # An API keeps what it is told about a router apart from the router; a router writes it into the other one.
        passed = (own.over(mount) if depth < 2 else mount.over(own)).over(above)
        for child in self.mounts.get(held, ()):
            whole = (prefix[0], f"{prefix[1]}/{child.prefix}")
            self.below(child.child, whole, child.settings, passed, api, around, depth + 1)

    def controller(self, one: Controller, prefix: str, api: Settings) -> None:
        """The routes of a controller behind Django's part of the path."""
        for operation in one.operations:
            self._add(operation, (prefix, one.prefix), operation.settings.over(one.settings).over(api), ())

    def _add(self, one: Operation, prefix: tuple[str, str], said: Settings, around: tuple[Attachment, ...]) -> None:
        if one.path is None:
            self.found.unresolved.append(Unresolved(*one.where, "the path is not constant"))
            return
        own = re.sub(r"/{2,}", "/", "/".join(part for part in (prefix[1], one.path) if part))
        whole = re.sub(r"/{2,}", "/", f"/{prefix[0]}") if prefix[0] else "/"
        whole += own.lstrip("/")
        shown = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>|\{\w+:(\w+)\}", lambda found: f"{{{found[1] or found[2]}}}", whole)
        attached = (*(said.auth or ()), *(said.throttle or ()), *around, *one.permissions)
        for method in one.methods:
            route = Route(shown, method, one.handler, "Django Ninja", *one.where, whole, (), attached)
            self.found.routes.append(route)


def recognise(project: Project) -> Found | None:
    """The routes of Django Ninja; ``None`` when the project does not import it.

    An API stands behind the patterns that name its ``urls``; an API that none names, and a router that nobody adds,
    stand at their own paths.
    """
    if not imports_any(project, frozenset({"ninja", "ninja_extra"})):
        return None
    walk = _Walk(project)
    doors: dict[Holder, list[str]] = {}
    for held, prefixes in django.mounted(project).items():
        doors.setdefault(held if held in walk.made else walk.returned(held) or held, []).extend(prefixes)
    nothing = Settings()
    for held, made in walk.made.items():
        for prefix in (doors.get(held) or [""]) if made.dotted in _APIS else ():
            walk.below(held, (prefix, ""), nothing, nothing, walk.settings.get(held, nothing), ())
    for held in [*walk.mounts, *walk.operations]:
        if held not in walk.held:
            walk.below(held, ("", ""), nothing, nothing, nothing, ())
    _controllers(walk, doors)
    return walk.found


def _controllers(walk: _Walk, doors: dict[Holder, list[str]]) -> None:
    """The routes of controllers: on the APIs they are registered on, on those that take whatever there is, else at
    their own paths."""
    named: dict[Class | None, list[Holder]] = {}
    for place, chain, one in registered(walk.project):
        held = walk.router_of(place, chain)
        if held is not None:
            named.setdefault(one, []).append(held)
    for key, controller in controllers(walk.project):
        walk.found.unresolved.extend(controller.unresolved)
        holders = named.get(key) or named.get(None) or []
        for held in holders:
            for prefix in doors.get(held) or [""]:
                walk.controller(controller, prefix, walk.settings.get(held, Settings()))
        if not holders:
            walk.controller(controller, "", Settings())
