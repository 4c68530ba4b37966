"""Sanic: applications, blueprints with prefixes and versions, class views, and the middleware around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Sequence
from analyzer.facts.outline import Class
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import attachment
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved, registered_class
from analyzer.frameworks.imported import called_by_name
from analyzer.frameworks.loops import unrolled
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import Holder, imports_any
from analyzer.frameworks.sanic_blueprints import APPLICATIONS, BLUEPRINTS, Blueprints, Options, Way, whole
from analyzer.frameworks.text import argument, rooted, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_DECORATORS = frozenset({*_VERBS, "route", "websocket"})
_ADDERS = frozenset({"add_route", "add_websocket_route"})
_VIEWS = frozenset({"sanic.views.HTTPMethodView", "sanic.HTTPMethodView"})
_HOOKS = frozenset({"on_request", "middleware", "register_middleware"})
_SEGMENTS = re.compile(r"/(?=[^>]*(?:<(?<!\?<)|$))")
"""A slash that stands between two segments: one inside a parameter's regular expression does not."""
_PARAMETER = re.compile(r"<\s*(\w+)")
_DEPTH = 6


def recognise(project: Project) -> Found | None:
    """The routes of Sanic; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"sanic"})):
        return None
    walk = _Walk(project)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            outside = Place(place.path, function.parent if function else -1)
            walk.hook(outside, decorator, place)
    for place, call in unrolled(project, _HOOKS):
        walk.hooked(place, call)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            if isinstance(decorator, Call):
                outside = Place(place.path, function.parent if function else -1)
                walk.registered(outside, decorator, project.function_target(place.path, place.index), ())
    for place, call in unrolled(project, _DECORATORS | _ADDERS | {"attach"}):
        walk.called(place, call)
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            walk.attached(path, index, item)
    for place, call, chain in called_by_name(project, _DECORATORS | _ADDERS | {"blueprint"}):
        walk.unnamed(place, call, chain)
    return walk.found


class _Walk:
    """One look at a project: its routers, what runs before their routes, and what is found."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.found = Found()
        self.blueprints = Blueprints(project, self.found)
        self.hooks: dict[Holder, list[Attachment]] = {}

    def unnamed(self, place: Place, call: Call, chain: str) -> None:
        """``getattr(app, verb)("/x")(view)``: what it registers hangs on a name that is made at run time."""
        inner = call.func
        owner = argument(inner, 0) if isinstance(inner, Call) and chain else None
        held = self.blueprints.held(place, owner)
        if any(one in self.blueprints.routers for one in held) or self.blueprints.typed(
            place, owner, APPLICATIONS | BLUEPRINTS
        ):
            why = "the method that registers is named at run time"
            self.found.unresolved.append(Unresolved(place.path, call.line, why))

    def hook(self, place: Place, decorator: AnyExpression, handler: Place) -> None:
        """``@app.on_request``, ``@bp.middleware("request")`` above a function."""
        call = decorator if isinstance(decorator, Call) else None
        plain = call.func if call is not None else decorator
        if not isinstance(plain, Attribute) or plain.attr not in _HOOKS:
            return
        given = argument(call, 99 if plain.attr == "on_request" else 0, "attach_to") if call is not None else None
        if given is None or text(self.project, place, given) == "request":
            self._hook(place, plain.value, handler, self.project.qualified(handler), decorator.line)

    def hooked(self, place: Place, call: Call) -> None:
        """``app.register_middleware(check, "request")``, ``bp.on_request(check)``."""
        if not isinstance(call.func, Attribute) or call.func.attr not in _HOOKS:
            return
        when = argument(call, 99 if call.func.attr == "on_request" else 1, "attach_to")
        given = argument(call, 0, "middleware", "middleware_or_request")
        one = attachment(self.project, place, given, "router") if text(self.project, place, given) is None else None
        if one is not None and (when is None or text(self.project, place, when) == "request"):
            self._hook(place, call.func.value, one.place, one.dotted, call.line)

    def _hook(self, place: Place, owner: AnyExpression, handler: Place, dotted: str, line: int) -> None:
        for held in self.blueprints.held(place, owner):
            router = self.blueprints.routers.get(held)
            if router is not None:
                level = "application" if router.kind == "application" else "router"
                self.hooks.setdefault(held, []).append(Attachment(level, handler, dotted, place.path, line))

    def called(self, place: Place, call: Call) -> None:
        """``app.add_route(view, "/x")``, ``app.get("/x")(view)``, ``View.attach(app, uri="/x")``."""
        name = chain_of(call.func).removesuffix("()").rpartition(".")[2]
        if isinstance(call.func, Call):
            if name in _DECORATORS and self._owners(place, call.func):
                handler, around = self._handler(place, argument(call, 0))
                self.registered(place, call.func, handler, around)
        elif name in _ADDERS:
            handler, around = self._handler(place, argument(call, 0, "handler"))
            self.registered(place, call, handler, around)
        elif name == "attach" and isinstance(call.func, Attribute):
            target = self.project.resolve_expression(place, call.func.value)
            if target is not None and target.kind == "class" and self._is_view(target):
                uri = rooted(self.project, place, argument(call, 1, "uri"))
                to = argument(call, 0, "to")
                if to is not None:
                    self._add(place, to, target, ["GET"], uri, self._options(place, call), call.line)

    def attached(self, path: str, index: int, item: Class) -> None:
        """``class View(HTTPMethodView, attach=app, uri="/x")``."""
        keywords = dict(item.keywords)
        target = self.project.class_target(path, index)
        if "attach" not in keywords or not self._is_view(target):
            return
        place = Place(path, item.parent)
        given = keywords.get("uri")
        uri = text(self.project, place, given) if given is not None else ""
        options = Options(
            None,
            self.blueprints.value(place, keywords.get("version"), "{…}"),
            self.blueprints.value(place, keywords.get("version_prefix"), UNKNOWN),
        )
        self._add(place, keywords["attach"], target, ["GET"], uri, options, item.line)

    def _is_view(self, target: Target) -> bool:
        return self.project.classes.descends(target.path, target.index, _VIEWS)

    def registered(self, place: Place, call: Call, handler: Target | None, around: tuple[Attachment, ...]) -> None:
        """A registration by a method of a router, with the handler it registers."""
        if not isinstance(call.func, Attribute) or call.func.attr not in _DECORATORS | _ADDERS:
            return
        if not self._owners(place, call):
            return
        name = call.func.attr
        uri = rooted(self.project, place, argument(call, 1 if name in _ADDERS else 0, "uri"))
        methods = self._methods(place, call, name)
        if methods is None:
            self.found.unresolved.append(Unresolved(place.path, call.line, "the methods are not constant"))
            return
        options = self._options(place, call)
        self._add(place, call.func.value, handler, methods, uri, options, call.line, around)

    def _owners(self, place: Place, call: Call) -> bool:
        """Whether a call is one of a router of Sanic."""
        owner = call.func.value if isinstance(call.func, Attribute) else None
        if any(held in self.blueprints.routers for held in self.blueprints.held(place, owner)):
            return True
        return self.blueprints.typed(place, owner, APPLICATIONS | BLUEPRINTS)

    def _options(self, place: Place, call: Call) -> Options:
        return self.blueprints.options(place, call)

    def _methods(self, place: Place, call: Call, name: str) -> list[str] | None:
        if name in _VERBS:
            return [name.upper()]
        if "websocket" in name:
            return ["WEBSOCKET"]
        given = argument(call, 2 if name == "add_route" else 1, "methods")
        if given is None:
            return ["GET"]
        listed = texts(self.project, place, given)
        if listed is None and isinstance(given, Sequence):
            # HTTPMethod.POST beside plain texts.
            named = [text(self.project, place, item) or chain_of(item).rpartition(".")[2] for item in given.items]
            listed = named if all(item.lower() in _VERBS for item in named) else None
        return sorted(item.upper() for item in listed) if listed is not None else None

    def _handler(
        self, place: Place, given: AnyExpression | None, depth: int = 0
    ) -> tuple[Target | None, tuple[Attachment, ...]]:
        """The function or class view behind a handler, and the decorators called in place around it."""
        if not isinstance(given, Call):
            target = self.project.resolve_expression(place, given)
            if target is not None and target.kind == "function":
                return target, ()
            variable = self.project.variable(place.path, chain_of(given)) if given is not None else None
            inner = variable[1] if variable is not None else None
            view = isinstance(inner, Call) and chain_of(inner.func).endswith(".as_view")
            return self._handler(Place(variable[0], -1), inner, depth + 1) if variable and view else (None, ())
        if isinstance(given.func, Attribute) and given.func.attr == "as_view":
            target = self.project.resolve_expression(place, given.func.value)
            return (
                (target, ()) if target is not None and target.kind == "class" and self._is_view(target) else (None, ())
            )
        if depth > _DEPTH:
            return None, ()
        if self.project.callee(place, given) == "functools.partial":
            return self._handler(place, argument(given, 0), depth + 1)
        one = attachment(self.project, place, given.func, "handler") if self._wraps(place, given.func) else None
        if one is None:
            return None, ()
        target, around = self._handler(place, argument(given, 0), depth + 1)
        return target, (one, *around)

    def _wraps(self, place: Place, wrapper: AnyExpression) -> bool:
        """Whether a function of ours gives back a function of its own, as decorators and factories of them do."""
        plain = wrapper.func if isinstance(wrapper, Call) else wrapper
        target = self.project.resolve_expression(place, plain)
        if target is None or target.kind != "function":
            return False
        made = Place(target.path, target.index)
        function = self.project.function(made)
        sources = [local.source for local in (function.locals if function else ()) if local.target == "return"]
        inner = [self.project.resolve(made, source) for source in sources]
        functions = self.project.outline(made.path).functions
        return bool(inner) and all(
            one is not None and one.kind == "function" and functions[one.index].parent == made.index
            for one in inner
            if one is None or one.path == made.path
        )

    def _add(
        self,
        place: Place,
        owner: AnyExpression,
        handler: Target | None,
        methods: list[str],
        uri: str | None,
        options: Options,
        line: int,
        around: tuple[Attachment, ...] = (),
    ) -> None:
        if handler is None or uri is None:
            why = "the handler is not a plain function" if handler is None else "the path is not constant"
            self.found.unresolved.append(Unresolved(place.path, line, why))
            return
        for path, before in dict.fromkeys(self._paths(place, owner, uri, options, line)):
            shown = "/".join(_shown(part) for part in _SEGMENTS.split(path))
            attached = (*before, *around)
            for method, answer in self._answers(handler, methods):
                of = registered_class(self.project, answer, handler)
                self.found.routes.append(
                    Route(shown, method, answer, "Sanic", place.path, line, path, (), attached, of=of)
                )

    def _answers(self, handler: Target, methods: list[str]) -> Iterator[tuple[str, Place]]:
        if handler.kind == "function":
            yield from ((method, Place(handler.path, handler.index)) for method in methods)
            return
        for name, place in sorted(self.project.classes.methods(handler.path, handler.index)):
            if name in _VERBS:
                yield name.upper(), place

    def _paths(
        self, place: Place, owner: AnyExpression, uri: str, options: Options, line: int
    ) -> Iterator[tuple[str, tuple[Attachment, ...]]]:
        """Every path a registration gets, with what runs before the handler there."""
        routers = self.blueprints.routers
        known = [held for held in self.blueprints.held(place, owner) if held in routers]
        if not known and self.blueprints.typed(place, owner, APPLICATIONS):
            yield whole(uri, None, options, Way(None, Options()), Options()), ()
        elif not known:
            self.found.unresolved.append(Unresolved(place.path, line, "nobody is seen to hand over the blueprint"))
        for held in known:
            if routers[held].kind == "application":
                yield whole(uri, None, options, Way(held, Options()), routers[held].options), self._before(held)
            for one in self.blueprints.copies(held) if routers[held].kind == "blueprint" else ():
                for way in self.blueprints.ways.get(one, ()):
                    above = routers[way.application].options if way.application is not None else Options()
                    around = self._before(one, held, *sorted(self.blueprints.groups.get(one, ())))
                    before = (*self._before(way.application), *around) if way.application is not None else around
                    yield whole(uri, routers[one].options, options, way, above), tuple(dict.fromkeys(before))

    def _before(self, *held: Holder) -> tuple[Attachment, ...]:
        return tuple(one for item in held for one in self.hooks.get(item, ()))


def _shown(segment: str) -> str:
    named = _PARAMETER.match(segment)
    return "{" + named[1] + "}" if named else segment
