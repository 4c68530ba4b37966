"""What comes of a token that nobody verifies: the routes that have no other guard (BA301)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from analyzer.checks._choices import deployed
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Subscript
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assign, If
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import Site
from analyzer.flow.engine import Flow
from analyzer.frameworks.backend import Route
from analyzer.frameworks.fastapi import providers
from analyzer.frameworks.imported import named_target
from analyzer.graph.guards import Guard, Guards
from analyzer.graph.picture import Picture
from analyzer.model import Finding, Location, Related, Span
from analyzer.project.target import Place

_DEPTH = 5
"""Calls from a guard to the decode: guard, service, helper, wrapper, library is the longest way seen."""
_NAMED = 5
"""Routes named with a finding; the message tells how many there are."""
_LOADERS = frozenset({"request_loader", "user_loader", "token_in_blocklist_loader", "user_lookup_loader"})
_PEOPLE = frozenset({"user", "current_user", "identity", "account", "_cached_user"})
Sound = Callable[[Place], bool]
"""Whether a function verifies a token itself."""


class Consequences:
    """Routes whose only guard rests on a function that reads tokens without verifying them."""

    def __init__(self, picture: Picture, flow: Flow, sound: Sound) -> None:
        self._picture = picture
        self._flow = flow
        self._sound = sound
        self._guards = picture.shared(Guards)

    def told(self, finding: Finding, place: Place) -> Finding:
        """A finding with the routes that only it guards as related places."""
        routes = self.of(place)
        if not routes:
            return finding
        first, more = routes[0].label, len(routes) - 1
        rest = f" and {more} more {'route' if more == 1 else 'routes'}" if more else ""
        return msgspec.structs.replace(
            finding,
            message=f"{finding.message}; nothing else guards `{first}`{rest}",
            related=tuple(Related(self._location(one), f"`{one.label}` has no other guard") for one in routes[:_NAMED]),
        )

    def of(self, place: Place) -> Sequence[Route]:
        """The routes that have no guard but what rests on a function; in order."""
        resting = self._resting(place)
        written = self._written(resting)
        return [
            route
            for route in self._picture.routes
            if deployed(self._picture, route.handler.path) and self._open(route, resting, written)
        ]

    def _open(self, route: Route, resting: set[Place], written: dict[Place, set[str]]) -> bool:
        known = self._guards.of(route)
        before = set(self._guards.before(route))
        touched = before & resting
        authenticated = self._authenticators(route) & resting
        if known.opened or not (touched or authenticated or route.handler in resting):
            return False
        names = {name for place in touched for name in written.get(place, ())} | (_PEOPLE if authenticated else set())
        if not known.guards:
            return bool(touched)
        return all(self._rests(one, resting, names) for one in known.guards)

    def _rests(self, guard: Guard, resting: set[Place], names: set[str]) -> bool:
        """Whether a guard believes the token: itself, or by looking at what was made of it before."""
        if guard.place in resting:
            return True
        if not guard.place.path:
            return bool(names & _PEOPLE)  # a library's: it asks whether somebody is logged in
        if not names or self._sound(guard.place):
            return False
        bodies = [self._flow.project.body(one) for one in (guard.place, *self._inside(guard.place))]
        nodes = [node for body in bodies for node in walk(body)]
        stored = {id(target) for node in nodes if isinstance(node, Assign) for target in node.targets}
        read = {node.attr for node in nodes if isinstance(node, Attribute) and id(node) not in stored}
        keys = (node.index for node in nodes if isinstance(node, Subscript) and id(node) not in stored)
        read |= {str(index.value) for index in keys if isinstance(index, Constant)}
        return bool(read & names)

    def _resting(self, place: Place) -> set[Place]:
        """The functions that a decode's outcome reaches: who calls it, what they stand in, what FastAPI hands it to."""
        project = self._flow.project
        found, front = {place}, [place]
        for _ in range(_DEPTH):
            reached: list[Place] = []
            for one in front:
                if one in self._flow.handlers:
                    continue
                switches = self._switches(one) if one == place else set()
                reached += [site.place for site in self._flow.callers.every(one) if self._believes(one, site, switches)]
                parent = project.outline(one.path).functions[one.index].parent if one.index >= 0 else -1
                reached += [Place(one.path, parent)] if parent >= 0 else []
            front = [one for one in dict.fromkeys(reached) if one not in found and one.index >= 0]
            found.update(front)
        return found | self._injected(found)

    def _believes(self, called: Place, site: Site, switches: set[str]) -> bool:
        """Whether a caller takes what it gets, without a look at the token of its own, and with the switch on."""
        if called == site.place or self._sound(site.place):
            return False
        point = self._flow.call_at(site)
        if not switches or point is None or not isinstance(point.expression, Call):
            return True
        given = {one.keyword for one in point.expression.arguments}
        return bool(given & switches) or any(one.star for one in point.expression.arguments)

    def _switches(self, place: Place) -> set[str]:
        """The keywords without which a function verifies after all: ``def read(token, *, trusted=False)``."""
        function = self._flow.project.function(place)
        off = {
            one.name
            for one in (function.parameters if function is not None else ())
            if one.kind == "keyword" and isinstance(one.default, Constant) and one.default.value is False
        }
        tests = [node.test for node in walk(self._flow.project.body(place)) if isinstance(node, If)]
        return {node.id for test in tests for node in walk(test) if isinstance(node, Name) and node.id in off}

    def _injected(self, resting: set[Place]) -> set[Place]:
        """What FastAPI runs with the outcome of something that rests on the decode."""
        asked = {one for route in self._picture.routes for one in route.dependencies}
        found: set[Place] = set()
        for _ in range(_DEPTH):
            more = set()
            for place in asked - found - resting:
                function = self._flow.project.function(place)
                given = set(providers(self._flow.project, place, function)) if function is not None else set()
                if given & (resting | found) and not self._sound(place):
                    more.add(place)
            if not more:
                break
            found |= more
        return found

    def _written(self, resting: set[Place]) -> dict[Place, set[str]]:
        """What functions leave behind for others: ``g.user``, ``request.user``, ``request.state.user``."""
        found: dict[Place, set[str]] = {}
        for place in resting:
            names = set()
            for one in (place, *self._inside(place)):
                for node in walk(self._flow.project.body(one)):
                    for target in node.targets if isinstance(node, Assign) else ():
                        names |= _left(target)
                    if isinstance(node, Call) and chain(node.func) == "setattr" and len(node.arguments) > 1:
                        name = node.arguments[1].value
                        names |= {str(name.value)} if isinstance(name, Constant) else set()
            found[place] = names
        return found

    def _inside(self, place: Place) -> list[Place]:
        functions = self._flow.project.outline(place.path).functions
        return [Place(place.path, at) for at, one in enumerate(functions) if one.parent == place.index >= 0]

    def _authenticators(self, route: Route) -> set[Place]:
        """What tells REST framework, Flask-Login or Flask-JWT-Extended who is asking."""
        if route.framework != "Django":
            return self._loaders if route.framework in {"Flask", "Quart"} else set()
        project = self._flow.project
        owner = route.view if route.view >= 0 else project.owner_index(route.handler)
        listed: list[tuple[str, AnyExpression]] = []
        if owner >= 0:
            own = project.classes.variable(route.handler.path, owner, "authentication_classes")
            listed = [own] if own is not None else self._defaults
        function = project.function(route.handler)
        for decorator in function.decorators if function is not None and owner < 0 else ():
            if isinstance(decorator, Call) and chain(decorator.func).endswith("authentication_classes"):
                listed = [(route.handler.path, decorator.arguments[0].value)] if decorator.arguments else []
                break
            if chain(decorator).startswith("api_view") or chain(decorator).endswith(".api_view()"):
                listed = self._defaults
        return {one for path, value in listed for one in self._methods(path, value)}

    @property
    def _defaults(self) -> list[tuple[str, AnyExpression]]:
        found = []
        for path in self._flow.project.paths():
            for value in self._flow.project.namespace(path).variables.get("REST_FRAMEWORK", ()):
                if isinstance(value, Mapping):
                    for key, held in zip(value.keys, value.values, strict=True):
                        if isinstance(key, Constant) and key.value == "DEFAULT_AUTHENTICATION_CLASSES":
                            found.append((path, held))
        return found

    def _methods(self, path: str, value: AnyExpression) -> list[Place]:
        """The ``authenticate`` methods of listed classes, which settings name by their dotted path."""
        project, found = self._flow.project, []
        for item in value.items if isinstance(value, Display) else ():
            target = None
            if isinstance(item, Constant) and isinstance(item.value, str):
                target = named_target(project, Place(path, -1), item.value)
            elif isinstance(item, Name | Attribute):
                target = project.resolve_expression(Place(path, -1), item)
            if target is not None and target.kind == "class" and target.index >= 0:
                methods = dict(project.classes.methods(target.path, target.index))
                found += [methods[name] for name in ("authenticate",) if name in methods]
        return found

    @property
    def _loaders(self) -> set[Place]:
        project = self._flow.project
        return {
            Place(path, index)
            for path in project.paths()
            for index, one in enumerate(project.outline(path).functions)
            if any(chain(each).rpartition(".")[2] in _LOADERS for each in one.decorators)
        }

    def _location(self, route: Route) -> Location:
        function = self._flow.project.function(route.handler)
        if function is None:
            return Location(route.registered, Span(route.line, 1, route.line, 1))
        span = Span(function.line, function.column, function.line, function.end_column)
        return Location(route.handler.path, span)


def _left(target: AnyExpression) -> set[str]:
    """The name under which an assignment leaves something on an object that others see."""
    if isinstance(target, Attribute) and not (isinstance(target.value, Name) and target.value.id in {"self", "cls"}):
        return {target.attr}
    if isinstance(target, Subscript) and isinstance(target.index, Constant):
        return {str(target.index.value)}
    return set()
