"""REST framework's routers: view sets by router, routers below one another, the actions and methods of a view set."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Sequence
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import listed
from analyzer.frameworks.backend import Attachment, Found, Unresolved
from analyzer.frameworks.loops import registrations
from analyzer.frameworks.registry import VERBS, Creation, Holder, creations, holder
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_NESTED = frozenset(
    f"{module}.{name}"
    for module in ("rest_framework_nested.routers", "rest_framework_nested.routers.routers")
    for name in ("NestedSimpleRouter", "NestedDefaultRouter")
)
_ROUTERS = _NESTED | frozenset(
    f"{module}.{name}Router"
    for module in ("rest_framework.routers", "rest_framework_nested.routers", "rest_framework_extensions.routers")
    for name in ("Base", "Simple", "Default", "ExtendedSimple", "ExtendedDefault")
)
_ACTIONS = {
    "list": ("GET", False),
    "create": ("POST", False),
    "retrieve": ("GET", True),
    "update": ("PUT", True),
    "partial_update": ("PATCH", True),
    "destroy": ("DELETE", True),
}
"""The standard actions with their method, and whether they are about one record."""
_BROUGHT = {
    "list": "ListModelMixin",
    "create": "CreateModelMixin",
    "retrieve": "RetrieveModelMixin",
    "update": "UpdateModelMixin",
    "partial_update": "UpdateModelMixin",
    "destroy": "DestroyModelMixin",
}
_EXTRA = frozenset({"action", "list_route", "detail_route"})
_DEPTH = 8


class _Set(msgspec.Struct, frozen=True):
    """A view set under its prefix in a router."""

    prefix: str
    target: Target
    where: tuple[str, int]


class _Parent(msgspec.Struct, frozen=True):
    """What a nested router hangs below: a router, the prefix of a view set there, and what its key is called after."""

    router: Holder
    prefix: str
    lookup: str


class Offered(msgspec.Struct, frozen=True):
    """One method and path that a router makes: ``action`` is the name of the method of the view set that answers."""

    verb: str
    path: str
    target: Target
    action: str
    where: tuple[str, int]
    handler: Place | None = None
    attached: tuple[Attachment, ...] = ()


class RestRouters(msgspec.Struct, frozen=True):
    """The routers of a project with what is registered on each."""

    registered: dict[Holder, list[_Set]] = {}
    parents: dict[Holder, _Parent] = {}
    bare: set[Holder] = set()
    """Routers whose paths do not end in a slash."""
    roots: set[Holder] = set()
    """Routers that answer at the path they are included at, with a list of what they have."""

    def offered(self, project: Project, held: Holder) -> Iterator[Offered]:
        """All that a router makes, below the place where its ``urls`` are included."""
        start, slash = self._start(project, held), "" if self._bare(held) else "/"
        for one in self.registered[held]:
            yield from _offered(project, one, start, slash)

    def _bare(self, held: Holder, depth: int = 0) -> bool:
        above = self.parents.get(held)
        if above is None or depth > _DEPTH:
            return held in self.bare
        return self._bare(above.router, depth + 1)

    def _start(self, project: Project, held: Holder, depth: int = 0) -> str:
        """The path of the record that a nested router hangs below."""
        above = self.parents.get(held)
        if above is None or depth > _DEPTH:
            return ""
        sets = self.registered.get(above.router, ())
        viewset = next((one.target for one in sets if one.prefix == above.prefix), None)
        key = _key(project, viewset) if viewset is not None else "pk"
        prefix = f"{above.prefix}/" if above.prefix else ""
        return f"{self._start(project, above.router, depth + 1)}{prefix}{{{above.lookup}_{key}}}/"


def rest_routers(project: Project, found: Found) -> RestRouters:
    """View sets by router: ``router.register("prefix", ViewSet)`` wherever it is written, in loops too."""
    known = RestRouters({}, {}, set(), set())
    routers: set[Holder] = set()
    for made in creations(project, _ROUTERS):
        routers.add(made.holder)
        if made.dotted in _NESTED:
            _nest(project, made.place, made.call, made.holder, known)
            continue
        slash = argument(made.call, 0, "trailing_slash")
        if isinstance(slash, Constant) and slash.value in {False, ""}:
            known.bare.add(made.holder)
        if made.dotted.endswith("DefaultRouter") and _has_root(project, made):
            known.roots.add(made.holder)
    for one in registrations(project, frozenset({"register"})):
        call = one.call
        if len(call.arguments) < 2:
            continue
        given, view = argument(call, 0, "prefix"), argument(call, 1, "viewset")
        held = holder(project, one.where(call.func), chain_of(call.func).rpartition(".")[0])
        prefix = text(project, one.where(given), given)
        target = project.resolve_expression(one.where(view), view)
        where = (one.place.path, call.line)
        if prefix is not None and held is not None and target is not None and target.kind == "class":
            known.registered.setdefault(held, []).append(_Set(plain(prefix).strip("/"), target, where))
        elif held in routers and (target is None or prefix is None):
            why = "the prefix is not constant" if prefix is None else "the view set is not a plain class"
            found.unresolved.append(Unresolved(*where, why))
    for one in registrations(project, frozenset({"extend"})):
        chain, given = chain_of(one.call.func), argument(one.call, 0)
        if chain.endswith(".registry.extend") and chain_of(given).endswith(".registry"):
            into = holder(project, one.where(one.call.func), chain.removesuffix(".registry.extend"))
            other = holder(project, one.where(given), chain_of(given).removesuffix(".registry"))
            if into is not None and other is not None:
                known.registered.setdefault(into, []).extend(known.registered.get(other, ()))
    return known


def _has_root(project: Project, made: Creation) -> bool:
    """Whether a default router has a root view: it may be told not to by its class."""
    target = project.resolve_expression(made.place, made.call.func)
    ours = target is not None and target.kind == "class"
    value = project.classes.variable(target.path, target.index, "include_root_view") if target and ours else None
    return value is None or not (isinstance(value[1], Constant) and value[1].value is False)


def _nest(project: Project, place: Place, call: Call, held: Holder, known: RestRouters) -> None:
    parent = holder(project, place, chain_of(argument(call, 0, "parent_router")))
    prefix = text(project, place, argument(call, 1, "parent_prefix"))
    if parent is None or prefix is None:
        return
    depth, above = 1, known.parents.get(parent)
    while above is not None and depth < _DEPTH:
        depth, above = depth + 1, known.parents.get(above.router)
    lookup = text(project, place, argument(call, 99, "lookup")) or f"nested_{depth}"
    known.parents[held] = _Parent(parent, plain(prefix).strip("/"), lookup)


def plain(regex: str) -> str:
    """A regular expression as a readable path: named groups become ``<name>``, anchors go."""
    shown = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", regex)
    return shown.lstrip("^").rstrip("$").replace("\\Z", "").replace("\\.", ".")


def _key(project: Project, target: Target) -> str:
    """What the key of a record is called in the path."""
    for name in ("lookup_url_kwarg", "lookup_field"):
        value = project.classes.variable(target.path, target.index, name)
        said = text(project, Place(value[0], -1), value[1]) if value is not None else None
        if said:
            return said
    return "pk"


def allowed(project: Project, target: Target) -> set[str] | None:
    """The methods that a view answers at all (``http_method_names``), ``None`` where it does not say."""
    value = project.classes.variable(target.path, target.index, "http_method_names")
    said = _verbs(project, Place(value[0], -1), value[1]) if value is not None else None
    return {one.upper() for one in said} if said is not None else None


def _offered(project: Project, one: _Set, start: str, slash: str) -> Iterator[Offered]:
    target, key = one.target, "{" + _key(project, one.target) + "}"
    methods = dict(project.classes.methods(target.path, target.index))
    only = allowed(project, target)
    record = f"{start}{one.prefix}/{key}" if one.prefix else f"{start}{key}"
    whole = f"{start}{one.prefix}{slash}" if one.prefix else start
    for action in _supplied(project, target, methods):
        verb, single = _ACTIONS[action]
        if only is None or verb in only:
            yield Offered(verb, f"{record}{slash}" if single else whole, target, action, one.where)
    for extra in _extra(project, methods):
        if only is None or extra.verb in only:
            base = record if extra.single else f"{start}{one.prefix}".rstrip("/")
            path = f"{base}/{extra.path}{slash}" if base else f"{extra.path}{slash}"
            yield Offered(extra.verb, path, target, extra.name, one.where, extra.method, extra.attached)


def _supplied(project: Project, target: Target, methods: dict[str, Place]) -> list[str]:
    """The standard actions a view set has: those it defines and those its generic bases bring."""
    bases = " ".join(project.classes.externals(target.path, target.index))
    found = []
    for action in _ACTIONS:
        whole = re.search(r"\bModelViewSet\b", bases)
        reading = re.search(r"\bReadOnlyModelViewSet\b", bases) and action in {"list", "retrieve"}
        if action in methods or whole or reading or _BROUGHT[action] in bases:
            found.append(action)
    return found


class _Extra(msgspec.Struct, frozen=True):
    """One method of an action that a view set adds: its path, whether it is about one record, what answers."""

    verb: str
    path: str
    single: bool
    method: Place
    name: str
    attached: tuple[Attachment, ...] = ()


def _extra(project: Project, methods: dict[str, Place]) -> Iterator[_Extra]:
    actions: dict[str, tuple[str, bool, tuple[Attachment, ...]]] = {}
    for name, method in sorted(methods.items()):
        function = project.function(method)
        for decorator in function.decorators if function else ():
            called = chain_of(decorator.func).rpartition(".")[2] if isinstance(decorator, Call) else ""
            if not isinstance(decorator, Call) or called not in _EXTRA:
                continue
            place = Place(method.path, -1)
            verbs = _verbs(project, place, argument(decorator, 0, "methods")) or ["get"]
            detail = argument(decorator, 1, "detail")
            single = called == "detail_route" or (isinstance(detail, Constant) and detail.value is True)
            path = plain(text(project, place, argument(decorator, 99, "url_path")) or name)
            actions[name] = path, single, tuple(listed(project, place, decorator, "handler", "permission_classes"))
            for verb in verbs:
                yield _Extra(verb.upper(), path, single, method, name)
    for name, method in sorted(methods.items()):
        function = project.function(method)
        for decorator in function.decorators if function else ():
            # ``@buy.mapping.delete``: another method of the action ``buy``, with all that this one is given.
            action, _, verb = chain_of(decorator).partition(".mapping.")
            if action in actions and verb in VERBS:
                path, single, attached = actions[action]
                yield _Extra(verb.upper(), path, single, method, name, attached)


def _verbs(project: Project, place: Place, given: AnyExpression | None) -> list[str] | None:
    """The methods in a list: texts, and members of ``HTTPMethod``."""
    if isinstance(given, Sequence):
        found = [
            one.attr if isinstance(one, Attribute) and one.attr.isupper() else text(project, place, one)
            for one in given.items
        ]
        return None if None in found else [one.lower() for one in found if one is not None]
    return texts(project, place, given)
