"""Flask-Classful and Flask-Classy: the public methods of a ``FlaskView`` are routes once the class is registered.

The path is the class's own name or its ``route_base``, the method's name unless it is called like an HTTP method, and
the method's parameters without a default (their documentation, "Routing" and "Using multiple routes").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.loops import registrations
from analyzer.frameworks.registry import methods_of
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

MODULES = frozenset({"flask_classful", "flask_classy"})
_VIEWS = frozenset(f"{module}.FlaskView" for module in MODULES)
_SPECIAL = {"index": "GET", "get": "GET", "put": "PUT", "patch": "PATCH", "post": "POST", "delete": "DELETE"}
_OWN = frozenset(
    {"register", "parse_options", "make_proxy_method", "build_rule", "get_route_base", "default_route_base",
     "build_route_name"}
)  # fmt: skip
"""What the library's class has itself, and no route is made of."""
_CONVERTERS = {"int": "int", "float": "float", "str": "string", "UUID": "uuid"}
_NOT_ROUTED = frozenset({"classmethod", "staticmethod", "property", "cached_property"})


class Classful(msgspec.Struct, frozen=True):
    """One route of a registered class: ``application`` is what it is registered on, ``rule`` its path below that,
    ``None`` where it is not constant."""

    application: AnyExpression
    place: Place
    rule: str | None
    methods: tuple[str, ...]
    handler: Place
    where: tuple[str, int]
    attached: tuple[Attachment, ...]


def registered(project: Project) -> Iterator[Classful]:
    """The routes of all classes that are registered."""
    for one in registrations(project, frozenset({"register"})):
        call = one.call
        view = call.func.value if isinstance(call.func, Attribute) else None
        application = argument(call, 0, "app")
        target = project.resolve_expression(one.where(view), view) if application is not None else None
        if target is None or target.kind != "class" or application is None:
            continue
        if project.classes.descends(target.path, target.index, _VIEWS):
            yield from _View(project, target, one.place, call).routes(application)


class _View:
    """A class, as one registration sees it."""

    def __init__(self, project: Project, target: Target, place: Place, call: Call) -> None:
        self._project, self._target, self._place, self._call = project, target, place, call
        self._slash = self._flag(4, "trailing_slash", True)
        self._dashes = self._flag(5, "method_dashified", False)
        self._methods = dict(project.classes.methods(target.path, target.index))

    def routes(self, application: AnyExpression) -> Iterator[Classful]:
        base = self._base()
        never = set(self._listed("excluded_methods"))
        for name, handler in sorted(self._methods.items()):
            function = self._project.function(handler)
            if function is None or name in never | _OWN or name.startswith(("_", "before_", "after_")):
                continue
            if _NOT_ROUTED.intersection(chain_of(one) for one in function.decorators):
                continue
            for rule, methods, line in self._rules(base, name, handler, function):
                where = (handler.path, line) if line else (self._place.path, self._call.line)
                yield Classful(application, self._place, rule, methods, handler, where, self._before(name))

    def _rules(
        self, base: str | None, name: str, handler: Place, function: Function
    ) -> Iterator[tuple[str | None, tuple[str, ...], int]]:
        given = [one for one in function.decorators if self._is(handler, one, "route")]
        for one in given:
            if isinstance(one, Call):
                rule = text(self._project, Place(handler.path, -1), argument(one, 0, "rule"))
                whole = None if base is None or rule is None else _joined(base, rule)
                yield whole, tuple(methods_of(self._project, Place(handler.path, -1), one, "route")), one.line
        if given:
            return
        if name in _SPECIAL:
            yield self._whole(base, "/", function), (_SPECIAL[name],), 0
            return
        told = [
            text(self._project, Place(handler.path, -1), argument(one, 0, "method"))
            for one in function.decorators
            if isinstance(one, Call) and self._is(handler, one, "method")
        ]
        methods = [one.upper() for one in told if one] or self._listed("default_methods") or ["GET"]
        yield self._whole(base, name.replace("_", "-") if self._dashes else name, function), tuple(methods), 0

    def _whole(self, base: str | None, name: str, function: Function) -> str | None:
        if base is None:
            return None
        ignored = {*re.findall(r"<(?:[^<>:]+:)?([^<>]+)>", base), *self._listed("base_args"), "self"}
        needed = [one for one in function.parameters if one.kind in {"positional", "normal"} and one.default is None]
        if self._constant("inspect_args") is False:
            needed = []
        parts = [_part(one.name, one.annotation) for one in needed if one.name not in ignored]
        rule = _joined(base, name, *parts)
        return (
            f"{rule}/" if self._slash and not rule.endswith("/") else rule if self._slash else rule.rstrip("/") or "/"
        )

    def _base(self) -> str | None:
        """The path all methods share; ``None`` when it is not constant."""
        parts = []
        for position, name in ((3, "route_prefix"), (1, "route_base")):
            given = argument(self._call, position, name)
            if isinstance(given, Constant) and given.value is None:
                given = None
            kept = self._variable(name)
            if given is not None:
                part = text(self._project, self._place, given)
            elif kept is not None and not (isinstance(kept[1], Constant) and kept[1].value is None):
                part = text(self._project, Place(kept[0], -1), kept[1])
            else:
                part = self._default() if name == "route_base" else ""
            if part is None:
                return None
            parts.append(part)
        return _joined(*parts)

    def _default(self) -> str:
        name = self._project.outline(self._target.path).classes[self._target.index].name.removesuffix("View")
        if any(one.startswith("flask_classy.") for one in self._project.classes.externals(*self._at())):
            return name.lower()
        return re.sub(r"(?<=.)([A-Z][a-z]+)|(?<=[a-z0-9])([A-Z])", r"-\g<0>", name).lower()

    def _before(self, name: str) -> tuple[Attachment, ...]:
        """What the class runs before a route: ``before_request``, ``before_index``; what they answer is the answer."""
        found = []
        for one, level in (("before_request", "class"), (f"before_{name}", "handler")):
            place = self._methods.get(one)
            function = self._project.function(place) if place is not None else None
            if place is not None and function is not None:
                found.append(Attachment(level, place, self._project.qualified(place), place.path, function.line))
        return tuple(found)

    def _is(self, handler: Place, decorator: AnyExpression, name: str) -> bool:
        func = decorator.func if isinstance(decorator, Call) else decorator
        target = self._project.resolve_expression(Place(handler.path, -1), func)
        return target is not None and target.dotted in {f"{module}.{name}" for module in MODULES}

    def _flag(self, position: int, name: str, default: bool) -> bool:
        given = argument(self._call, position, name)
        value = given.value if isinstance(given, Constant) else self._constant(name)
        return value if isinstance(value, bool) else default

    def _constant(self, name: str) -> object:
        kept = self._variable(name)
        return kept[1].value if kept is not None and isinstance(kept[1], Constant) else None

    def _listed(self, name: str) -> list[str]:
        kept = self._variable(name)
        if kept is None or not isinstance(kept[1], Sequence):
            return []
        return texts(self._project, Place(kept[0], -1), kept[1]) or []

    def _variable(self, name: str) -> tuple[str, AnyExpression] | None:
        return self._project.classes.variable(*self._at(), name)

    def _at(self) -> tuple[str, int]:
        return self._target.path, self._target.index


def _part(name: str, annotation: AnyExpression | None) -> str:
    kind = _CONVERTERS.get(chain_of(annotation).rpartition(".")[2])
    return f"<{kind}:{name}>" if kind else f"<{name}>"


def _joined(*parts: str) -> str:
    return re.sub(r"/{2,}", "/", "/" + "/".join(one for one in parts if one))
