"""Sanic's blueprints: how each is registered, directly or in groups, under which prefix and which version."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Constant, Name, Sequence, Starred
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.aiohttp import passed
from analyzer.frameworks.backend import Found, Unresolved
from analyzer.frameworks.loops import unrolled
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import Holder, created, creations, holder
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

APPLICATIONS = frozenset({"sanic.Sanic", "sanic.app.Sanic"})
BLUEPRINTS = frozenset({"sanic.Blueprint", "sanic.blueprints.Blueprint"})
_BUILT = frozenset({"sanic.blueprint_group.BlueprintGroup", "sanic.blueprints.BlueprintGroup"})
_LOOKED_UP = frozenset({"sanic.Sanic.get_app", "sanic.app.Sanic.get_app"})
_GROUPED = frozenset(f"{name}.group" for name in BLUEPRINTS)
_DEPTH = 12
_PLAIN = "/v"
"""Sanic's own version prefix, which stands for none being given."""


class Options(msgspec.Struct, frozen=True):
    """What a route, a blueprint, a group or a registration says of paths; ``None``: nothing."""

    prefix: str | None = None
    version: str | None = None
    version_prefix: str | None = None
    strict: bool | None = None


class Router(msgspec.Struct, frozen=True):
    """An application, blueprint or group: where it is made, its own options, and the blueprint it is a copy of."""

    kind: str
    place: Place
    call: Call
    options: Options
    original: Holder | None = None


class Way(msgspec.Struct, frozen=True):
    """One registration of a blueprint: the application (``None``: nobody is seen to), the options in force there."""

    application: Holder | None
    options: Options


class Blueprints:
    """Every router of a project and the ways in which its blueprints are registered."""

    def __init__(self, project: Project, found: Found) -> None:
        self.project = project
        self.found = found
        self.routers: dict[Holder, Router] = {}
        self.ways: dict[Holder, list[Way]] = {}
        self.groups: dict[Holder, set[Holder]] = {}
        """The groups a blueprint is in, by blueprint."""
        self._seen: set[Holder] = set()
        self._make()
        self._register()

    def held(self, place: Place, expression: AnyExpression | None) -> list[Holder]:
        """The variables behind an expression, through parameters and factories."""
        chain = chain_of(expression)
        if "." not in chain.removesuffix("()"):
            return passed(self.project, place, expression)
        held = holder(self.project, place, chain)
        return [held] if held is not None else passed(self.project, place, expression)

    def copies(self, held: Holder) -> list[Holder]:
        """A blueprint and the copies made of it: they answer for its routes too."""
        found = [held]
        for one in found:
            found.extend(item for item, router in self.routers.items() if router.original == one and item not in found)
        return found

    def options(self, place: Place, call: Call, position: int = 99) -> Options:
        """The options that a call says, its prefix at a position or by keyword."""
        prefix = self.value(place, argument(call, position, "url_prefix"), UNKNOWN)
        version = self.value(place, argument(call, 99, "version"), UNKNOWN.strip("/"))
        return Options(
            prefix,
            version.strip("/").lstrip("v") if version is not None else None,
            self.value(place, argument(call, 99, "version_prefix"), UNKNOWN),
            self._strict(argument(call, 99, "strict_slashes")),
        )

    def _strict(self, given: AnyExpression | None) -> bool | None:
        return given.value if isinstance(given, Constant) and isinstance(given.value, bool) else None

    def value(self, place: Place, given: AnyExpression | None, unknown: str) -> str | None:
        """The text or number of an option; one that is not constant is said to be unresolved."""
        if given is None or (isinstance(given, Constant) and given.value is None):
            return None
        one = text(self.project, place, given)
        if one is not None:
            return one
        variable = self.project.variable(place.path, chain_of(given))
        value = variable[1] if variable is not None else given
        if isinstance(value, Constant) and isinstance(value.value, int | float):
            return str(value.value)
        self.found.unresolved.append(Unresolved(place.path, given.line, "the prefix or version is not constant"))
        return unknown

    def _make(self) -> None:
        wanted = APPLICATIONS | BLUEPRINTS | _BUILT
        for one in creations(self.project, wanted, _LOOKED_UP | _GROUPED):
            kind, position = self._kind(one.dotted)
            options = Options() if one.dotted in _LOOKED_UP else self.options(one.place, one.call, position)
            if kind == "blueprint" and options.prefix and options.prefix.endswith("/"):
                options = msgspec.structs.replace(options, prefix=options.prefix[:-1])
            self.routers[one.holder] = Router(kind, one.place, one.call, options)
        for held, place, call in self._copying():
            for original in self.held(place, self._copied(place, call)):
                if original in self.routers and self.routers[original].kind == "blueprint":
                    options = _laid(self.options(place, call), self.routers[original].options)
                    self.routers[held] = Router("blueprint", place, call, options, original)

    def _kind(self, dotted: str) -> tuple[str, int]:
        """What a call makes, and the position of its prefix."""
        if dotted in APPLICATIONS | _LOOKED_UP:
            return "application", 99
        return ("blueprint", 1) if dotted in BLUEPRINTS else ("group", 0 if dotted in _BUILT else 99)

    def _copying(self) -> Iterator[tuple[Holder, Place, Call]]:
        for place in self.project.places():
            function = self.project.function(place)
            uses = function.uses if function else self.project.outline(place.path).uses
            if any(use.kind == "call" and use.chain.endswith(".copy") for use in uses):
                for node in walk(self.project.body(place)):
                    if isinstance(node, Assign) and isinstance(node.value, Call):
                        target = node.targets[0]
                        if chain_of(node.value.func).endswith(".copy") and isinstance(target, Name):
                            yield Holder(place.path, place.index, target.id), place, node.value

    def _copied(self, place: Place, call: Call) -> AnyExpression | None:
        """The original of ``bp.copy("name")`` and ``Blueprint.copy(bp, "name")``."""
        if self.project.callee(place, call).removesuffix(".copy") in BLUEPRINTS and len(call.arguments) > 1:
            return argument(call, 0)
        return getattr(call.func, "value", None)

    def _register(self) -> None:
        for place, call in unrolled(self.project, frozenset({"blueprint"})):
            owner = getattr(call.func, "value", None)
            given = argument(call, 0, "blueprint")
            for application in self.applications(place, owner):
                options = self.options(place, call)
                self._expand(place, given, application, options, (), call.line)
        members = {held for groups in self._contained().values() for held in groups}
        for held, router in self.routers.items():
            if router.kind == "group" and held not in self._seen and held not in members:
                self._group(held, router, None, Options(), (), 0)
        for held, router in self.routers.items():
            if router.kind == "blueprint" and held not in self.ways:
                self.ways[held] = [Way(None, Options())]

    def applications(self, place: Place, owner: AnyExpression | None) -> list[Holder | None]:
        """The applications behind an expression; ``[None]`` for one whose creation is not seen."""
        found: list[Holder | None] = [
            held
            for held in self.held(place, owner)
            if held in self.routers and self.routers[held].kind == "application"
        ]
        return found or ([None] if self.typed(place, owner, APPLICATIONS) else [])

    def typed(self, place: Place, owner: AnyExpression | None, wanted: frozenset[str]) -> bool:
        """Whether something is of one of the wanted classes: by its annotation, or as their own ``self``."""
        target = self.project.resolve_expression(place, owner)
        if target is None:
            return False
        if target.kind == "instance" and target.path:
            return self.project.classes.descends(target.path, target.index, wanted)
        return target.dotted.endswith("()") and target.dotted.removesuffix("()") in wanted | _LOOKED_UP

    def _contained(self) -> dict[Holder, list[Holder]]:
        """The direct members of every group that are held by a variable."""
        return {
            held: [one for at, item in self.members(held, router) for one in self.held(at, item)]
            for held, router in self.routers.items()
            if router.kind == "group"
        }

    def members(self, held: Holder | None, router: Router) -> Iterator[tuple[Place, AnyExpression]]:
        """What stands in a group, what is appended to it too."""
        built = self.project.callee(router.place, router.call) in _BUILT
        for item in router.call.arguments if not built else ():
            if item.keyword is None:
                yield from self._flat(router.place, item.value)
        for place, given in self._appended.get(held, ()) if held else ():
            yield from self._flat(place, given)

    @cached_property
    def _appended(self) -> dict[Holder, list[tuple[Place, AnyExpression]]]:
        """What is appended to groups, by group. Lists are appended to everywhere: only where Sanic is imported, or to
        what is called like a group, it is asked which list that is."""
        groups = {held for held, router in self.routers.items() if router.kind == "group"}
        names = {held.name.rpartition(".")[2] for held in groups}
        paths = {
            path
            for path in self.project.paths()
            if any(item.module.partition(".")[0] == "sanic" for item in self.project.outline(path).imports)
        }
        found: dict[Holder, list[tuple[Place, AnyExpression]]] = {}
        for place, call in unrolled(self.project, frozenset({"append", "insert", "extend"})) if groups else ():
            owner = getattr(call.func, "value", None)
            if not call.arguments or not (place.path in paths or chain_of(owner).rpartition(".")[2] in names):
                continue
            for held in self.held(place, owner):
                if held in groups:
                    found.setdefault(held, []).append((place, call.arguments[-1].value))
        return found

    def _flat(self, place: Place, item: AnyExpression, depth: int = 0) -> Iterator[tuple[Place, AnyExpression]]:
        """Lists and names of lists taken apart."""
        if isinstance(item, Starred):
            item = item.value
        if isinstance(item, Sequence) and depth < _DEPTH:
            for one in item.items:
                yield from self._flat(place, one, depth + 1)
            return
        variable = self.project.variable(place.path, chain_of(item)) if isinstance(item, Name) else None
        if variable is not None and isinstance(variable[1], Sequence) and depth < _DEPTH:
            yield from self._flat(Place(variable[0], -1), variable[1], depth + 1)
        else:
            yield place, item

    def _expand(
        self,
        place: Place,
        given: AnyExpression | None,
        application: Holder | None,
        options: Options,
        groups: tuple[Holder, ...],
        line: int,
        depth: int = 0,
    ) -> None:
        """Everything one registration registers. ``groups``: those around it, outermost first."""
        for at, item in self._flat(place, given) if given is not None else ():
            inline = created(self.project, at, item, _BUILT, _GROUPED) if isinstance(item, Call) else ""
            if inline and isinstance(item, Call):
                router = Router("group", at, item, self.options(at, item, self._kind(inline)[1]))
                self._group(None, router, application, options, groups, depth)
                continue
            known = [held for held in self.held(at, item) if held in self.routers]
            if not known:
                self.found.unresolved.append(Unresolved(place.path, line, "the blueprint is not a plain name"))
            for held in known:
                router = self.routers[held]
                if router.kind == "group":
                    self._group(held, router, application, options, groups, depth)
                elif router.kind == "blueprint":
                    self.groups.setdefault(held, set()).update(groups)
                    way = Way(application, options)
                    if way not in self.ways.setdefault(held, []):
                        self.ways[held].append(way)

    def _group(
        self,
        held: Holder | None,
        router: Router,
        application: Holder | None,
        options: Options,
        groups: tuple[Holder, ...],
        depth: int,
    ) -> None:
        """A group gives each of its members its prefix and, where the member has none of its own, its version."""
        if depth > _DEPTH:
            return
        if held is not None:
            self._seen.add(held)
            groups = (*groups, held)
        for at, item in self.members(held, router):
            inner = next((self.routers[one] for one in self.held(at, item) if one in self.routers), None)
            own = inner.options if inner is not None else Options()
            if inner is None and isinstance(item, Call):
                own = self.options(at, item)
            nested = inner is None or inner.kind == "group"
            merged = [options.prefix, router.options.prefix, None if nested else own.prefix]
            given = Options(
                "/" + "/".join(one.strip("/") for one in merged if one).rstrip("/"),
                options.version if own.version is not None else router.options.version or options.version,
                self._version_prefix(options, router.options, own),
                options.strict if own.strict is not None else router.options.strict or options.strict,
            )
            self._expand(at, item, application, given, groups, item.line, depth + 1)

    def _version_prefix(self, options: Options, group: Options, own: Options) -> str | None:
        if (own.version_prefix or _PLAIN) != _PLAIN or (group.version_prefix or _PLAIN) == _PLAIN:
            return options.version_prefix
        return group.version_prefix


def whole(uri: str, blueprint: Options | None, route: Options, way: Way, application: Options) -> str:
    """The path of a route as Sanic composes it: version, prefix and the route's own part."""
    if not uri.startswith("/") and (uri or blueprint is None):
        uri = "/" + uri
    own = blueprint or Options()
    given = _laid(way.options, own)
    if given.prefix:
        uri = given.prefix + (uri[1:] if uri.startswith("/") and given.prefix.endswith("/") else uri)
        uri = uri[1:] if uri.startswith("//") else uri
    version = _laid(route, given).version
    if version is not None:
        named = (one for one in (route.version_prefix, way.options.version_prefix) if one and one != _PLAIN)
        uri = f"{next(named, own.version_prefix or _PLAIN)}{version}/{uri.lstrip('/')}"
    strict = _laid(route, _laid(given, application)).strict
    path = "/" + uri.lstrip("/")
    return path if strict or path == "/" else path.rstrip("/")


def _laid(over: Options, below: Options) -> Options:
    """Options with those below where nothing is said."""
    return Options(
        *(
            getattr(below, name) if getattr(over, name) is None else getattr(over, name)
            for name in Options.__struct_fields__
        )
    )
