"""Which guards stand before a route's handler, wherever they are attached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Parameter
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.attachments import attachment, attachments
from analyzer.frameworks.backend import Attachment, Route
from analyzer.frameworks.imported import named_target
from analyzer.frameworks.registry import Holder, calls, holder
from analyzer.frameworks.text import argument, text, texts
from analyzer.graph.asked import Asked
from analyzer.graph.demands import RANK, Demand, Demands
from analyzer.graph.ending import always
from analyzer.graph.guarding import LIBRARY, Guarding, Run, provided
from analyzer.graph.permissions import ALLOW_ANY, asked_about_records, by_rest_framework, permissions, view_class
from analyzer.graph.strangers import asks_nobody, knows_nobody
from analyzer.project import Place, Project

_CLASS_LISTS = ("permission_classes", "decorators", "method_decorators", "guards", "dependencies", "middleware", "auth")
"""Class variables that hold what runs before every method: DRF, Flask's views, Flask-RESTful, Litestar, Ninja."""
_CLASS_HOOKS = ("dispatch", "get_permissions", "initial", "prepare", "before_request", "dispatch_request", "test_func")
"""Methods that a framework runs before the one that answers."""
_EVERY_VIEW = "LoginRequiredMixin"
"""What Django's ``LoginRequiredMiddleware`` does to every view."""
_LETTING_IN = frozenset(
    f"django.contrib.auth.views.{one}View"
    for one in ("Login", "PasswordReset", "PasswordResetDone", "PasswordResetConfirm", "PasswordResetComplete")
)
"""The views that it leaves alone by itself (``login_not_required`` in Django's own code)."""
_TESTED = "django.contrib.auth.mixins.UserPassesTestMixin"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "SUBSCRIPTION"})
_SETTINGS = {"MIDDLEWARE", "MIDDLEWARE_CLASSES"}
_CREATING = frozenset({"Application", "Litestar", "Starlette", "FastAPI", "Sanic", "Quart", "Flask", "App", "API"})
_LISTING = ("guards", "permission", "permission_classes", "auth", "middleware", "before")
"""Keywords of a registration that list what runs before; what Django Ninja's ``auth`` comes to stands at the route."""
_PERMITTING = ("has_permission", "has_object_permission")
"""The methods of a permission: the one that is asked before a handler, and the one that is asked about a record."""
_AT_HAND = frozenset({"Flask", "Quart", "Django"})
"""Frameworks whose handlers have the request at hand, whatever they are given."""
_AT_ONCE = frozenset({"Flask", "Quart", "FastAPI", "Sanic", "Bottle", "aiohttp"})
_REGISTERING = frozenset("route get post put patch delete head options api_route websocket view".split())
"""Frameworks whose decorators register what they are given there and then, and those decorators."""
_HANDED_ON = re.compile(r"state|scope|\bg\.|user|ctx|context|request|environ|session|identity|principal|auth", re.I)
"""What middleware writes to for those behind it."""
_PUBLIC = re.compile(r"\(public\)|^public(?: (?:api|endpoints?|routes?|access))?$", re.IGNORECASE)
"""Words in the summary or the tags of a route that say so."""
_ASKS_ALONE = re.compile(r"^fastapi\.security\.|(?:^|\.)AuthJWT(?:Bearer)?(?:\(\))?$")
"""What is injected to demand a credential, and says nothing of whose it is until it is asked."""
_OPENING = frozenset({"exclude_from_auth", "allow_anonymous", "public", "auth_exempt"})
"""Keywords of a registration that take a route out of the application's authentication."""


_PLAIN_PATH = re.compile(r"(\^?)([\w/{}:.-]+)(\$?)")
"""A pattern without anything that could take long to try."""


def _leaves(pattern: str, path: str) -> bool:
    """Whether a plain pattern is found in a path."""
    plain = _PLAIN_PATH.fullmatch(pattern)
    if plain is None:
        return False
    first, words, last = plain.groups()
    if first and last:
        return path == words
    return path.startswith(words) if first else path.endswith(words) if last else words in path


class Guard(msgspec.Struct, frozen=True, order=True):
    """A guard before a route: what it demands, where it stands, and what it is called.

    ``demand`` is ``authenticated``, ``signature``, ``scope``, ``role`` or ``owner``; ``wanted`` names the role or scope
    where the code does, ``place`` is the function that guards where it is ours.
    """

    demand: str
    path: str
    line: int
    name: str
    wanted: str = ""
    place: Place = Place("", -1)


class Known(msgspec.Struct, frozen=True):
    """What stands before a route: its guards, and whether somebody wrote down that everybody may call it."""

    guards: tuple[Guard, ...]
    opened: bool
    optional: bool
    """Something looks at who is asking, but lets everybody through."""
    ending: bool = False
    """Something that looks at who is asking can end the request, with what nobody knows to be a refusal."""
    meant: bool = False
    """The handler demands a credential, or is given what could ask for one, and nothing is made of it."""


class Looked(Protocol):
    """What this needs of a picture."""

    project: Project
    routes: tuple[Route, ...]

    def application(self, path: str) -> tuple[str, ...]:
        """All modules of the application that a module belongs to."""


def _named(parameter: Parameter) -> bool:
    return isinstance(parameter.default, Name | Attribute)


def _for_method(listed: Mapping, route: Route) -> Iterator[AnyExpression]:
    """What a mapping lists for the route's method: ``{"post": [login_required]}``."""
    for key, value in zip(listed.keys, listed.values, strict=True):
        if not isinstance(key, Constant) or str(key.value).upper() == route.method:
            yield value


def _applied(route: Route, function: Function) -> Sequence[AnyExpression]:
    """The decorators that stand between a route and its handler: what is written above the one that registers wraps
    what nobody calls, and a request comes past it."""
    every = function.decorators
    if route.framework not in _AT_ONCE or function.owner >= 0 or route.registered != route.handler.path:
        return every
    made = [one for one in every if one.line == route.line and isinstance(one, Call)]
    if len(made) != 1 or chain(made[0].func).rpartition(".")[2] not in _REGISTERING:
        return every
    return [one for one in every if one.line >= route.line]


def _asked(route: Route) -> Asked:
    method = "" if route.method in {"ANY", "WEBSOCKET"} else route.method
    return Asked(route.path, method, route.name, route.framework == "http.server", route.url_name)


class Guards:
    """Guards by route, found on demand and remembered."""

    def __init__(self, picture: Looked) -> None:
        self._picture = picture
        self._project = picture.project
        self._guarding = Guarding(picture.project)
        self.demands = Demands(picture.project)
        self._mounted: set[Holder | None] | None = None
        self._ambient = tuple(self._around())
        self._of: dict[tuple[Place, int, Asked, tuple[Attachment, ...], Place], Known] = {}

    def of(self, route: Route) -> Known:
        """What stands before a route."""
        key = (route.handler, route.view, _asked(route), route.attached, route.of)
        if key not in self._of:
            self._of[key] = self._find(route)
        return self._of[key]

    def before(self, route: Route) -> tuple[Place, ...]:
        """The functions of the project that run before a route's handler, wherever they are attached."""
        around = (*self._near(route), *self._afar(route))
        return tuple(dict.fromkeys((*(one.place for one in around if one.place.path), *route.dependencies)))

    def _near(self, route: Route) -> list[Attachment]:
        """What is attached to a route, its handler and its class, in that order."""
        function = self._project.function(route.handler)
        own = self._own(route, function) if function is not None and route.view < 0 else ()
        asked = permissions(self._project, route, _asked(route))
        return [*route.attached, *own, *(asked or ()), *self._of_class(route, asked is not None)]

    def _find(self, route: Route) -> Known:
        handler, project = route.handler, self._project
        function = project.function(handler)
        if function is None and route.view < 0 and not route.library:
            return Known((), False, False)
        safe = route.method in _SAFE
        asked = _asked(route)
        found: list[Guard] = []
        opened = spared = optional = ending = meant = False
        near = self._near(route)
        for one in near:
            if self._only_of_records(one) and not self._about_a_record(route):
                continue  # it is asked about one record, and here is none, or one that nobody asks about
            demand = self._guarding.any_of(one, safe=safe, asked=asked)
            opened, spared = opened or demand == "open", spared or demand == "spared"
            if demand == "authenticated":
                found.append(self._least(one, route, asked))
            elif self._guarding.looks(one) and not self._only_watches(one):
                meant = meant or (
                    one.level == "handler" and not one.optional and _ASKS_ALONE.search(one.dotted) is not None
                )
                optional, ending = True, ending or self._doubtful(one.place)
        for place in set(route.dependencies) - {one.place for one in near}:
            if self._guarding.demand(place, 0, Run(asked, raising=True)):
                found.append(self._guard_at(place))
            elif self._guarding.looks_at(place):
                optional, ending = True, ending or self._doubtful(place)
        opened = opened or (function is not None and self._exempt(function))
        if (not found or route.framework == "Litestar") and not opened:  # own guards come behind the authentication
            afar = list(self._from_afar(route, safe, asked))
            found.extend(one for one in afar if isinstance(one, Guard))
            spared = spared or len(found) < len(afar)
        inside = self.demands.inside(handler)
        own = function if route.view < 0 else None
        guards = not found and bool(self._guarding.demand(handler, 0, Run(asked))) and not self._strange(route)
        guards = guards or (not found and own is not None and self._guarding.ends_for_strangers(handler, asked))
        if own is not None and not found and not guards and self._guarding.believes(handler):
            optional = ending = True
        if own is not None and (guards or (found and RANK[inside.kind] > 1)):
            name = project.qualified(handler)
            kind = inside.kind or "authenticated"
            found.append(Guard(kind, handler.path, own.line, name, inside.wanted, handler))
        return Known(tuple(sorted(set(found))), (opened or spared) and not found, optional, ending, meant)

    def _doubtful(self, place: Place) -> bool:
        """Whether it is not plain that a function which looks at who is asking lets strangers pass, or whether that is
        told elsewhere, where it believes a token."""
        return self._guarding.ends(place) or self._guarding.believes(place)

    def _only_watches(self, one: Attachment) -> bool:
        """Whether what runs around the whole application keeps nothing of what it sees for those behind it."""
        function = self._project.function(one.place) if one.level == "application" and one.place.path else None
        if function is None or self._guarding.ends(one.place):
            return False
        written = (use.chain for use in function.uses if use.kind == "write" and not use.chain.isidentifier())
        called = (use.chain for use in function.uses if use.kind == "call")
        return not any(map(_HANDED_ON.search, written)) and not any(
            name.endswith((".set", "setattr")) for name in called
        )

    def _strange(self, route: Route) -> bool:
        """Whether a handler refuses, and not for who is asking: it cannot know that."""
        if route.framework in _AT_HAND:
            return asks_nobody(self._project, route.handler)
        told = route.framework == "FastAPI"
        return told and knows_nobody(self._project, route.handler, route.dependencies)

    def _permitting(self, one: Attachment) -> str:
        """The method of a permission class that an attachment stands for, ``""`` for what is none."""
        function = self._project.function(one.place) if one.place.path else None
        return function.name if function is not None and function.owner >= 0 and function.name in _PERMITTING else ""

    def _only_of_records(self, one: Attachment) -> bool:
        """Whether a permission says nothing but whose a record is."""
        if self._permitting(one) != _PERMITTING[1]:
            return False
        bases = self._project.classes.externals(one.place.path, self._project.owner_index(one.place))
        return all(base.rpartition(".")[2] not in LIBRARY for base in bases)

    def _about_a_record(self, route: Route) -> bool:
        """Whether permissions are asked about the single record that a route is for."""
        return "{" in route.path and (route.framework != "Django" or asked_about_records(self._project, route))

    def _least(self, one: Attachment, route: Route, asked: Asked) -> Guard:
        """What guards, and where one of several is enough the one that demands least."""
        every = [each for each in (one, *one.instead) if not self._guarding.never(each, asked)] or [one]
        return min((self._guard(each, route) for each in every), key=lambda each: RANK[each.demand])

    def _guard(self, one: Attachment, route: Route | None = None) -> Guard:
        """Something attached that guards, with what it demands."""
        method = self._permitting(one)
        if route is None or not method or self._about_a_record(route):
            told = self.demands.attached(one)
        else:
            told = self.demands.of(one.place) if method == _PERMITTING[0] else Demand("")
        told = told if told.kind else Demand("authenticated")
        return Guard(told.kind, one.path, one.line, one.dotted, told.wanted, one.place)

    def _guard_at(self, place: Place) -> Guard:
        """A function that guards, with what it demands."""
        function, told = self._project.function(place), self.demands.of(place)
        name = self._project.qualified(place)
        line = function.line if function else 1
        return Guard(told.kind or "authenticated", place.path, line, name, told.wanted, place)

    def _own(self, route: Route, function: Function) -> Iterator[Attachment]:
        """Decorators of the handler, what is injected into it, and what its registration lists."""
        handler = route.handler
        listing = _LISTING if route.framework != "Django Ninja" else ()
        outside = Place(handler.path, function.parent)
        for decorator in _applied(route, function):
            one = attachment(self._project, outside, decorator, "handler")
            if one is not None:
                yield one
            if isinstance(decorator, Call) and chain(decorator.func).rpartition(".")[2] == "permission_classes":
                given = argument(decorator, 0)
                yield from attachments(self._project, outside, given, "handler")
                if isinstance(given, Display) and not given.items:
                    yield Attachment("handler", Place("", -1), ALLOW_ANY, handler.path, decorator.line)
            if isinstance(decorator, Call):
                shown = chain(decorator.func).rpartition(".")[2]
                for keyword in listing if shown != "action" else ():
                    yield from attachments(self._project, outside, argument(decorator, 99, keyword), "handler")
        yield from provided(self._project, handler, function)
        for parameter in function.parameters if function.parent >= 0 else ():
            # ``user: User = deps.current_user`` of a handler in a function that is given its dependencies
            held = attachment(self._project, outside, parameter.default, "handler") if _named(parameter) else None
            if held is not None:
                yield held

    def _exempt(self, function: Function) -> bool:
        """Whether the registration says that everybody may call it, by a keyword or in words."""
        calls = [one for one in function.decorators if isinstance(one, Call)]
        flagged = [argument(one, 99, keyword) for one in calls for keyword in _OPENING]
        options = [one for one in (argument(call, 99, "opt") for call in calls) if isinstance(one, Mapping)]
        pairs = [pair for one in options for pair in zip(one.keys, one.values, strict=True)]
        flagged = [*flagged, *(value for key, value in pairs if isinstance(key, Constant) and key.value in _OPENING)]
        if any(isinstance(one, Constant) and one.value is True for one in flagged):
            return True
        spoken = (argument(one, 99, keyword) for one in calls for keyword in ("summary", "tags"))
        return any(
            isinstance(node, Constant) and isinstance(node.value, str) and _PUBLIC.search(node.value)
            for one in spoken
            for node in (walk(one) if one is not None else ())
        )

    def _of_class(self, route: Route, permitted: bool) -> Iterator[Attachment]:
        """What the handler's class brings: its decorators, lists, bases and hooks, inherited ones too; ``permitted``
        where its permissions are known."""
        project, handler = self._project, route.handler
        path, owner = view_class(project, route)
        if owner < 0:
            return
        told: set[str] = {"permission_classes", "get_permissions"} if permitted else set()
        tested = "test_func" in dict(project.classes.methods(path, owner))
        for item in project.classes.order(path, owner):
            if item.kind != "class":
                if item.dotted.rpartition(".")[2] in LIBRARY and not (tested and item.dotted == _TESTED):
                    yield Attachment("class", Place("", -1), item.dotted, handler.path, 1, self._required(path, owner))
                continue
            outline = project.outline(item.path)
            own = outline.classes[item.index]
            place = Place(item.path, -1)
            for decorator in own.decorators:
                one = attachment(project, place, decorator, "class")
                if one is not None:
                    yield one
            for name in _CLASS_LISTS:
                value = None if name in told else self._last(item.path, f"{own.qualname}.{name}")
                if value is not None:
                    told.add(name)
                    at, listed = Place(value[0], -1), value[1]
                    items = list(_for_method(listed, route)) if isinstance(listed, Mapping) else [listed]
                    empty = name == "permission_classes" and not getattr(listed, "items", True)
                    if empty:
                        yield Attachment("class", Place("", -1), "rest_framework.permissions.AllowAny", item.path, 1)
                    for inner in items:
                        yield from attachments(project, at, inner, "class")
            methods = project.namespace(item.path).methods.get(item.index, {})
            for name in _CLASS_HOOKS:
                if name in methods and name not in told and (methods[name] != handler.index or route.view >= 0):
                    hook = Place(item.path, methods[name])
                    if name == "get_permissions":
                        yield Attachment("class", Place("", -1), "IsAuthenticated", item.path, own.line)
                    elif name == "test_func":
                        told.add(name)
                        yield from self._tested(hook, own.line)
                    else:
                        yield Attachment("class", hook, project.qualified(hook), item.path, own.line)

    def _tested(self, hook: Place, line: int) -> Iterator[Attachment]:
        """``test_func`` of a view: what it asks for where that can be told; one that never says no asks for nothing."""
        if always(self._project.body(hook), True):
            return
        if self.demands.of(hook).kind:
            yield Attachment("class", hook, self._project.qualified(hook), hook.path, line, verified=True)
        else:
            yield Attachment("class", Place("", -1), _TESTED, hook.path, line)

    def _last(self, path: str, name: str) -> tuple[str, AnyExpression] | None:
        """The value that a class variable ends up with: of several assignments in a class's body the last counts."""
        values = self._project.namespace(path).variables.get(name, ())
        return self._project.variable(path, name) or ((path, values[-1]) if values else None)

    def _required(self, path: str, owner: int) -> tuple[str, ...]:
        """``permission_required = "shop.change_item"`` of a class of Django's."""
        held = self._project.classes.variable(path, owner, "permission_required")
        if held is None:
            return ()
        place = Place(held[0], -1)
        one = text(self._project, place, held[1])
        return (one,) if one is not None else tuple(texts(self._project, place, held[1]) or ())

    def _from_afar(self, route: Route, safe: bool, asked: Asked) -> Iterator[Guard | None]:
        """Middleware and settings of the application that the handler belongs to; ``None`` for each that names the
        route among those it leaves alone."""
        for one in self._afar(route):
            if one.dotted == "JWTAuth" and any(_leaves(pattern, route.path) for pattern in one.words):
                yield None
                continue
            demand = self._guarding.any_of(one, safe=safe, asked=asked)
            if demand == "authenticated":
                yield self._least(one, route, asked)
            elif demand == "spared":
                yield None

    def _afar(self, route: Route) -> Iterator[Attachment]:
        """What the application runs before a route, written somewhere else."""
        modules = set(self._picture.application(route.handler.path))
        for framework, one in self._ambient:
            if one.path not in modules or not route.framework.startswith(framework):
                continue
            if one.level == "settings" and not self._by_rest_framework(route):
                continue
            if one.dotted == _EVERY_VIEW and (self._by_rest_framework(route) or self._lets_in(route)):
                continue  # REST framework takes its views out of it, and asks by itself
            yield one

    def _lets_in(self, route: Route) -> bool:
        """Whether a view is one of Django's for people who cannot be logged in yet."""
        path, owner = view_class(self._project, route)
        bases = self._project.classes.externals(path, owner) if owner >= 0 else [route.library]
        return not _LETTING_IN.isdisjoint(bases)

    def _by_rest_framework(self, route: Route) -> bool:
        """Whether the settings of REST framework hold for a route: class views, and functions that it wraps."""
        if route.framework != "Django":
            return False
        path, owner = view_class(self._project, route)
        if owner >= 0:
            return by_rest_framework(self._project, path, owner)
        function = self._project.function(route.handler)
        named = (one.func if isinstance(one, Call) else one for one in (function.decorators if function else ()))
        return any(chain(one).rpartition(".")[2] == "api_view" for one in named)

    def _around(self) -> Iterator[tuple[str, Attachment]]:
        project = self._project
        # What an application below another one is made with stands around that part, as its routes say themselves.
        parts = {
            (one.path, one.line, one.dotted)
            for route in self._picture.routes
            for one in route.attached
            if one.level == "router" and route.framework in {"FastAPI", "Starlette"}
        }
        for path in project.paths():
            namespace = project.namespace(path)
            place = Place(path, -1)
            for name in _SETTINGS:
                for value in (*namespace.variables.get(name, ()), *self._grown(place, name)):
                    for one in attachments(project, place, value, "application"):
                        if one.dotted.endswith("LoginRequiredMiddleware"):
                            one = msgspec.structs.replace(one, dotted=_EVERY_VIEW)
                        yield "Django", one
                        yield from (("Django", further) for further in self._further(place, one))
            for value in namespace.variables.get("REST_FRAMEWORK", ()):
                yield from (("Django", one) for one in self._defaults(place, value))
        for place in project.places():
            function = project.function(place)
            uses = function.uses if function else project.outline(place.path).uses
            for use in uses:
                if use.kind == "call" and use.chain.removesuffix("[]").endswith("Auth"):
                    target = project.resolve(place, use.chain.removesuffix("[]"), use.line)
                    if target is not None and target.dotted.startswith("litestar.security."):
                        # Its ``on_app_init`` may be called anywhere, a plugin say; it then stands before every route.
                        left = self._left_alone(place, use.line)
                        yield (
                            "Litestar",
                            Attachment("application", Place("", -1), "JWTAuth", place.path, use.line, left),
                        )
            if any(use.kind == "call" and use.chain.rpartition(".")[2] in _CREATING for use in uses):
                below = set(self._below(place))
                for node in walk(project.body(place)):
                    if id(node) in below:
                        continue
                    if isinstance(node, Call) and chain(node.func).rpartition(".")[2] in _CREATING:
                        for keyword in ("middlewares", "middleware", "auth", "guards", "on_app_init"):
                            given = argument(node, 99, keyword)
                            for one in attachments(project, place, given, "application"):
                                if (one.path, one.line, one.dotted) not in parts:
                                    yield "", one

    def _left_alone(self, place: Place, line: int) -> tuple[str, ...]:
        """The paths that Litestar's authentication is made to leave alone: ``JWTAuth(…, exclude=["/login"])``."""
        for node in walk(self._project.body(place)):
            given = argument(node, 99, "exclude") if isinstance(node, Call) and node.line == line else None
            if given is not None:
                one = text(self._project, place, given)
                return (one,) if one is not None else tuple(texts(self._project, place, given) or ())
        return ()

    def _grown(self, place: Place, name: str) -> Iterator[AnyExpression]:
        """What is added to a list of settings: ``MIDDLEWARE.append("shop.gate.Gate")``."""
        adding = {f"{name}.append": 0, f"{name}.extend": 0, f"{name}.insert": 1}
        if any(use.kind == "call" and use.chain in adding for use in self._project.outline(place.path).uses):
            for node in walk(self._project.body(place)):
                if isinstance(node, Call) and chain(node.func) in adding:
                    given = argument(node, adding[chain(node.func)])
                    yield from [given] if given is not None else []

    def _further(self, place: Place, one: Attachment) -> Iterator[Attachment]:
        """The other methods of a middleware that Django calls before a view, beside the one that is attached."""
        target = named_target(self._project, place, one.dotted) if one.place.path else None
        if target is not None and target.kind == "class":
            methods = dict(self._project.classes.methods(target.path, target.index))
            for name in ("process_request", "process_view"):
                if name in methods and methods[name] != one.place:
                    yield msgspec.structs.replace(one, place=methods[name])

    def _below(self, place: Place) -> Iterator[int]:
        """The calls of a function, by identity, that make an application which is mounted in another one: what runs
        before its routes runs before no others."""
        if self._mounted is None:
            project = self._project
            given = (
                (at, argument(call, 1, "app")) for at, call in calls(project, frozenset({"mount", "Mount", "Host"}))
            )
            self._mounted = {holder(project, at, chain(one)) for at, one in given if one is not None}
        for node in walk(self._project.body(place)):
            named = [chain(target) for target in node.targets] if isinstance(node, Assign) else []
            if isinstance(node, Assign) and any(Holder(place.path, place.index, one) in self._mounted for one in named):
                yield id(node.value)

    def _defaults(self, place: Place, value: AnyExpression) -> Iterator[Attachment]:
        """``DEFAULT_PERMISSION_CLASSES`` of REST framework's settings."""
        if isinstance(value, Mapping):
            for key, listed in zip(value.keys, value.values, strict=True):
                if isinstance(key, Constant) and key.value == "DEFAULT_PERMISSION_CLASSES":
                    yield from attachments(self._project, place, listed, "settings")
