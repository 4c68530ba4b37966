"""What Pyramid's configurators are told: routes below their prefixes, and views, followed from function to function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlparse

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.statements import AnyStatement, Assign, For, With
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import children
from analyzer.frameworks.attachments import attachment
from analyzer.frameworks.backend import Attachment, Found, Unresolved
from analyzer.frameworks.loops import Item, Known, rounds_of, substitute
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

CONFIGURATORS = frozenset({"pyramid.config.Configurator"})
_POLICY = re.compile(r"^(?:set_)?(?:\w+_)?(?:security|authorization|authentication)_policy$")
"""``set_security_policy``, the older pair, and what extensions add (``set_jwt_authentication_policy``)."""
_DEPTH = 12


class Pattern(msgspec.Struct, frozen=True):
    """A named route: its whole pattern, the methods it is limited to (``None``: any), where it is added."""

    name: str
    pattern: str
    methods: tuple[str, ...] | None
    path: str
    line: int


class View(msgspec.Struct, frozen=True):
    """One ``add_view``, the call as it runs."""

    place: Place
    call: Call


class Configuration:
    """Everything that the configurators of a project are told."""

    def __init__(self, project: Project, found: Found) -> None:
        self.project = project
        self.found = found
        self.patterns: dict[str, list[Pattern]] = {}
        self.views: list[View] = []
        self.tweens: list[Attachment] = []
        self.secured = False
        """Whether a policy is set; a permission means nothing without one."""
        self.default: AnyExpression | None = None
        """The permission of views that name none."""
        self._directives: dict[str, Target] = {}
        self._reached: set[Place] = set()
        self._included: set[Place] = set()
        self._running: list[tuple[Place, str]] = []

    def read(self) -> None:
        """Follow every configurator from where it is made; then what nobody is seen to include, at no prefix."""
        for place in self.project.places():
            function = self.project.function(place)
            uses = function.uses if function else self.project.outline(place.path).uses
            if any(use.kind == "call" and use.chain.endswith("Configurator") for use in uses):
                self._included = set()
                self._run(place, {})
        for place in self.project.places():
            function = self.project.function(place)
            if function is None or place in self._reached:
                continue
            for parameter in function.parameters:
                target = self.project.annotated(place, parameter.annotation) if parameter.annotation else None
                typed = target is not None and target.dotted.removesuffix("()") in CONFIGURATORS
                if typed or parameter.name == "config" or (function.name == "includeme" and not function.owner >= 0):
                    self._run(place, {parameter.name: ""})
                    break

    def _run(self, place: Place, known_configs: dict[str, str], known: Known | None = None) -> None:
        """The body of one function, with the configurators it can name and the prefixes in force."""
        key = (place, repr(sorted(known_configs.items())))
        if key in self._running or len(self._running) > _DEPTH:
            return
        self._reached.add(place)
        self._running.append(key)
        self._nodes(place, list(self.project.body(place)), dict(known_configs), known or {})
        self._running.pop()

    def _nodes(
        self,
        place: Place,
        nodes: list[AnyStatement] | list[msgspec.Struct],
        configs: dict[str, str],
        known: Known,
    ) -> None:
        for node in nodes:
            if isinstance(node, For):
                rounds = rounds_of(self.project, place, node)
                for names in rounds if rounds is not None else [{}]:
                    self._nodes(place, node.body, configs, {**known, **names})
                self._nodes(place, node.otherwise, configs, known)
            elif isinstance(node, With):
                self._with(place, node, configs, known)
            else:
                if isinstance(node, Assign) and isinstance(node.value, Call):
                    prefix = self._made(place, node.value)
                    for target in node.targets if prefix is not None else ():
                        configs[chain_of(target)] = prefix or ""
                call = substitute(node, known) if isinstance(node, Call) and known else node
                if isinstance(call, Call):
                    self._call(place, call, configs)
                self._nodes(place, list(children(node)), configs, known)

    def _with(self, place: Place, node: With, configs: dict[str, str], known: Known) -> None:
        inner = dict(configs)
        for item in node.items:
            context = substitute(item.context, known) if known else item.context
            bound = chain_of(item.target)
            if not isinstance(context, Call):
                if chain_of(item.context) in configs and bound:
                    inner[bound] = configs[chain_of(item.context)]
                continue
            prefix = self._made(place, context)
            owner, _, name = chain_of(context.func).rpartition(".")
            if name == "route_prefix_context" and owner in configs:
                prefix = self._below(place, configs[owner], argument(context, 0, "route_prefix"))
                inner[owner] = prefix
            if prefix is not None and bound:
                inner[bound] = prefix
        self._nodes(place, node.body, inner, known)
        configs.update({name: prefix for name, prefix in inner.items() if name not in configs})

    def _made(self, place: Place, call: Call) -> str | None:
        """The prefix of the configurator that a call makes, ``None`` when it makes none."""
        target = self.project.resolve_expression(place, call.func)
        if target is None:
            return None
        if target.kind == "function":
            made = self.project.returned(Place(target.path, target.index))
            return "" if made is not None and made.dotted.removesuffix("()") in CONFIGURATORS else None
        ours = target.kind == "class" and self.project.classes.descends(target.path, target.index, CONFIGURATORS)
        if not ours and target.dotted not in CONFIGURATORS:
            return None
        for item in call.arguments:
            self.secured = self.secured or bool(item.keyword and _POLICY.match(item.keyword))
        self.default = argument(call, 99, "default_permission") or self.default
        return self._below(place, "", argument(call, 99, "route_prefix"))

    def _below(self, place: Place, prefix: str, given: AnyExpression | None) -> str:
        if given is None or (isinstance(given, Constant) and given.value is None):
            return prefix
        more = text(self.project, place, given)
        if more is None:
            self.found.unresolved.append(Unresolved(place.path, given.line, "the route prefix is not constant"))
            more = UNKNOWN
        return f"{prefix.rstrip('/')}/{more.lstrip('/')}".strip("/")

    def _call(self, place: Place, call: Call, configs: dict[str, str]) -> None:
        owner, _, name = _spelled(call).rpartition(".")
        if owner not in configs:
            self._helper(place, call, configs)
        elif name == "include":
            self._include(place, call, configs[owner])
        elif name == "add_route":
            self._route(place, call, configs[owner])
        elif name == "add_view":
            self.views.append(View(place, call))
        elif name == "add_tween":
            self._tween(place, call)
        elif name == "add_directive":
            given = text(self.project, place, argument(call, 0, "name"))
            target = self.named(place, argument(call, 1, "directive"))
            if given is not None and target is not None and target.kind == "function":
                self._directives[given] = target
        elif name == "set_default_permission":
            self.default = argument(call, 0, "permission")
        elif _POLICY.match(name):
            self.secured = True
        elif name in self._directives:
            self._follow(place, self._directives[name], call, {0: configs[owner]}, 1)

    def _tween(self, place: Place, call: Call) -> None:
        target = self.named(place, argument(call, 0, "tween_factory"))
        one = attachment(self.project, place, argument(call, 0, "tween_factory"), "application")
        if one is not None and target is not None and target.kind == "function":
            one = msgspec.structs.replace(one, place=Place(target.path, target.index), dotted=target.dotted)
        if one is not None:
            self.tweens.append(one)

    def _helper(self, place: Place, call: Call, configs: dict[str, str]) -> None:
        """A function of ours that is handed a configurator."""
        given: dict[int | str, str] = {}
        for position, item in enumerate(call.arguments):
            chain = chain_of(item.value)
            if chain in configs:
                given[item.keyword or position] = configs[chain]
        target = self.project.resolve_expression(place, call.func) if given else None
        if target is not None and target.kind == "function":
            self._follow(place, target, call, given, 0)

    def _follow(self, place: Place, target: Target, call: Call, given: Mapping[int | str, str], shift: int) -> None:
        """Run a function of ours with the configurators and the constant texts it is given."""
        made = Place(target.path, target.index)
        function = self.project.function(made)
        names = [parameter.name for parameter in function.parameters] if function else []
        if function is not None and function.owner >= 0 and names[:1] in (["self"], ["cls"]):
            names = names[1:]
        configs = {
            (key if isinstance(key, str) else names[key]): prefix
            for key, prefix in given.items()
            if isinstance(key, str) or key < len(names)
        }
        known: dict[str, Item] = {}
        for position, item in enumerate(call.arguments):
            constant = text(self.project, place, item.value)
            at = position + shift
            name = item.keyword or (names[at] if at < len(names) and not item.star else "")
            if constant is not None and name:
                value = item.value
                known[name] = place, Constant(value.line, value.column, value.end_line, value.end_column, constant)
        self._run(made, configs, known)

    def _include(self, place: Place, call: Call, prefix: str) -> None:
        given = argument(call, 0, "callable")
        below = self._below(place, prefix, argument(call, 1, "route_prefix"))
        target = self.named(place, given)
        if target is None:
            if text(self.project, place, given) is None:
                why = "what is included is not a plain name"
                self.found.unresolved.append(Unresolved(place.path, call.line, why))
            return
        if target.kind == "module" and target.path and not target.path.endswith("/"):
            target = self.project.member(target.path, "includeme") or target
        if target.kind != "function":
            return
        made = Place(target.path, target.index)
        function = self.project.function(made)
        # Pyramid includes the same function once; what it is told later is ignored.
        if function is not None and function.parameters and made not in self._included:
            self._included.add(made)
            self._run(made, {function.parameters[0].name: below})

    def named(self, place: Place, given: AnyExpression | None) -> Target | None:
        """What a name or a dotted text (``".views"``, ``"app.views.index"``) stands for."""
        dotted = text(self.project, place, given)
        if dotted is None:
            return self.project.resolve_expression(place, given)
        plain = dotted.replace(":", ".")
        rest = plain.lstrip(".")
        level = len(plain) - len(rest)
        origin = self._origin(place.path, level, rest)
        if origin and not origin.endswith("/"):
            return self.project.module_target(origin)
        module, _, name = rest.rpartition(".")
        origin = self._origin(place.path, level, module) if module or level else None
        return self.project.member(origin, name) if origin and not origin.endswith("/") else None

    def _origin(self, path: str, level: int, module: str) -> str | None:
        layout = self.project.layout
        return layout.relative(path, level, module) if level else layout.absolute(path, module)

    def _route(self, place: Place, call: Call, prefix: str) -> None:
        name = text(self.project, place, argument(call, 0, "name"))
        pattern = text(self.project, place, argument(call, 1, "pattern", "path"))
        fixed = argument(call, 99, "static")
        if isinstance(fixed, Constant) and fixed.value is True:
            return
        if name is None or pattern is None:
            why = "the name or the pattern of the route is not constant"
            self.found.unresolved.append(Unresolved(place.path, call.line, why))
            return
        if urlparse(pattern).hostname:
            return
        slash = argument(call, 99, "inherit_slash")
        if prefix and pattern == "" and isinstance(slash, Constant) and slash.value is True:
            pattern = prefix
        elif prefix:
            pattern = prefix.rstrip("/") + "/" + pattern.lstrip("/")
        given = argument(call, 99, "request_method")
        methods = self.methods(place, given)
        if given is not None and methods is None:
            self.found.unresolved.append(Unresolved(place.path, call.line, "the request method is not constant"))
            return
        one = Pattern(name, "/" + pattern.lstrip("/"), methods, place.path, call.line)
        if one not in self.patterns.setdefault(name, []):
            self.patterns[name].append(one)

    def methods(self, place: Place, given: AnyExpression | None) -> tuple[str, ...] | None:
        """One method or several; ``None`` when nothing is given or it is not constant."""
        one = text(self.project, place, given)
        listed = [one] if one is not None else texts(self.project, place, given)
        return tuple(sorted(item.upper() for item in listed)) if listed is not None else None


def _spelled(call: Call) -> str:
    """``config.add_route``, also as ``getattr(config, "add_route")``."""
    func = call.func
    if isinstance(func, Call) and chain_of(func.func) == "getattr" and len(func.arguments) > 1:
        holder, name = func.arguments[0].value, func.arguments[1].value
        if chain_of(holder) and isinstance(name, Constant) and isinstance(name.value, str):
            return f"{chain_of(holder)}.{name.value}"
    return chain_of(func)
