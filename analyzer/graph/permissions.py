"""The permissions of REST framework's class views: an action's own list stands instead of its class's, and what
``get_permissions`` gives stands instead of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Mapping,
    Name,
    Subscript,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import AnyStatement, Assign, Return, Try
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.attachments import NOWHERE, attachments
from analyzer.frameworks.backend import Attachment, Route
from analyzer.frameworks.libraries import ready
from analyzer.frameworks.text import argument
from analyzer.graph.asked import Asked, Reading, Said
from analyzer.graph.narrowing import narrowed
from analyzer.project import Place, Project

ALLOW_ANY = "rest_framework.permissions.AllowAny"
_ACTIONS = frozenset({"action", "list_route", "detail_route"})
_GIVING = "get_permissions"
_DEPTH = 4


class Listed(msgspec.Struct, frozen=True):
    """A list of permissions and the place to read it in."""

    place: Place
    value: AnyExpression


def by_rest_framework(project: Project, path: str, owner: int) -> bool:
    """Whether a class view may be one of REST framework's: no base is known, or one is no plain view of Django's."""
    bases = project.classes.externals(path, owner)
    return not bases or not all(one.startswith(("django.", "abc.", "typing.")) for one in bases)


def view_class(project: Project, route: Route) -> tuple[str, int]:
    """The class view that answers a route, by file and index; −1 where a function does."""
    if route.of.path:
        return route.of.path, route.of.index
    return route.handler.path, route.view if route.view >= 0 else project.owner_index(route.handler)


def permissions(project: Project, route: Route, asked: Asked) -> Sequence[Attachment] | None:
    """What a class view demands before its handler, ``None`` where neither it nor its action says anything."""
    path, owner = view_class(project, route)
    if route.framework != "Django" or owner < 0:
        return None
    methods = dict(project.classes.methods(path, owner))
    held = project.classes.variable(path, owner, "permission_classes")
    given = Listed(Place(held[0], -1), held[1]) if held is not None else None
    said = _said(project, route.handler, methods) if route.view < 0 else None
    given = said or given
    brought = [one for base in project.classes.externals(path, owner) for one in ready(base)]
    if given is None and brought and _GIVING not in methods:
        guards = {one.guard for one in brought if one.method == route.method} or {brought[0].guard}
        return [Attachment("class", NOWHERE, one or ALLOW_ANY, path, route.line) for one in sorted(guards)]
    if _GIVING not in methods:
        return _attached(project, given) if given is not None else None
    return _given(project, methods[_GIVING], given, asked)


def asked_about_records(project: Project, route: Route) -> bool:
    """Whether what permissions say about single records is asked on a route: by ``self.get_object()`` of a generic
    view, or ``self.check_object_permissions(…)``. A method that loads the record by itself asks nothing."""
    path, owner = view_class(project, route)
    if owner < 0:
        return _asks(project, route.handler, {}, 0)
    methods = dict(project.classes.methods(path, owner))
    function = project.function(route.handler) if route.view < 0 else None
    if function is None or not (function.name in _ANSWERS or function.decorators):
        return looked_up_with_permission(project, path, owner)
    return _asks(project, route.handler, methods, 0)


def looked_up_with_permission(project: Project, path: str, owner: int) -> bool:
    """Whether the ``get_object`` of a class view asks permissions about what it finds; one of ours may not."""
    methods = dict(project.classes.methods(path, owner))
    return _GETTING not in methods or _asks(project, methods[_GETTING], methods, 0)


def _asks(project: Project, place: Place, methods: dict[str, Place], depth: int) -> bool:
    for node in walk(project.body(place)):
        spelled = chain(node.func) if isinstance(node, Call) else ""
        name = spelled.rpartition(".")[2]
        if name in _ASKING or (isinstance(node, Call) and any(chain(one.value) == "self" for one in node.arguments)):
            return True
        if spelled.startswith("super()."):
            return True
        if spelled == f"self.{name}" and name not in _BESIDE:
            if name not in methods:
                return True
            if depth < _DEPTH and methods[name] != place and _asks(project, methods[name], methods, depth + 1):
                return True
    return False


_GETTING = "get_object"
_ASKING = frozenset({"check_object_permissions", "has_object_permission"})
_BESIDE = frozenset(
    "get_serializer get_serializer_class get_queryset filter_queryset paginate_queryset get_paginated_response "
    "serializer_class get_serializer_context".split()
)
"""Methods of generic views that look up no single record."""
_ANSWERS = frozenset(
    "get post put patch delete head options list create retrieve update partial_update destroy".split()
)


def _said(project: Project, handler: Place, methods: dict[str, Place]) -> Listed | None:
    """``@action(permission_classes=[…])`` above a method, or above the action that it is another method of."""
    function = project.function(handler)
    for decorator in function.decorators if function is not None else ():
        named, _, verb = chain(decorator).partition(".mapping.")
        if verb and named in methods and methods[named] != handler:
            return _said(project, methods[named], {})
        if isinstance(decorator, Call) and chain(decorator.func).rpartition(".")[2] in _ACTIONS:
            value = argument(decorator, 99, "permission_classes")
            if value is not None:
                return Listed(Place(handler.path, -1), value)
    return None


def _given(project: Project, place: Place, given: Listed | None, asked: Asked) -> Sequence[Attachment] | None:
    """What ``get_permissions`` comes to for a route."""
    giving = _Giving(project, place, given, asked)
    returned = [one.value for one in walk(giving.body) if isinstance(one, Return) and one.value is not None]
    ways = [giving.way(value, 0) for value in returned]
    if len(ways) == 2 and any(isinstance(one, Try) for one in giving.body):
        # ``try: return self.permissions_by_action[self.action]``: the other is for actions that are not listed.
        ways = [ways[0] or ways[1]]
    if len(ways) == 1 and ways[0] is not None:
        return _attached(project, ways[0])
    if len(ways) == 1 and giving.given is None and _inherits(returned[0]):
        return None
    # Which of several it is cannot be told: it is one of them.
    function = project.function(place)
    line = function.line if function is not None else 1
    return [Attachment("class", NOWHERE, "IsAuthenticated", place.path, line)]


class _Giving:
    """A method that gives permissions, read for one route."""

    def __init__(self, project: Project, place: Place, given: Listed | None, asked: Asked) -> None:
        self._project = project
        self._place = place
        self._reading = Reading(project, place, asked)
        self.body: Sequence[AnyStatement] = narrowed(project, place, project.body(place), asked).body
        self.given = given
        set_here = [
            one.value
            for one in walk(self.body)
            if isinstance(one, Assign) and one.value is not None and chain(one.targets[0]) == "self.permission_classes"
        ]
        if len(set_here) == 1:
            self.given = self.way(set_here[0], 0) or Listed(place, set_here[0])

    def way(self, value: AnyExpression, depth: int) -> Listed | None:
        """The list behind ``[one() for one in self.permission_classes]``, ``super().get_permissions()``, a name, a
        list, an entry of what is listed by action."""
        if depth > _DEPTH or isinstance(value, Conditional):
            return None
        if isinstance(value, Comprehension) and len(value.generators) == 1:
            return self.way(value.generators[0].iterable, depth + 1)
        if isinstance(value, Display):
            return Listed(self._place, value)
        if _inherits(value) or chain(value) in {"self.permission_classes", "self.get_permission_classes()"}:
            return self.given
        if isinstance(value, Subscript):
            return self._entry(value.value, value.index, None, depth)
        if isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.attr == "get":
            return self._entry(value.func.value, argument(value, 0), argument(value, 1), depth)
        if isinstance(value, Name):
            return self._named(value, depth)
        if isinstance(value, Attribute) and chain(value.value) == "self":
            return self._variable(value)
        return None

    def _named(self, value: Name, depth: int) -> Listed | None:
        found = [
            one.value
            for one in walk(self.body)
            if isinstance(one, Assign) and any(chain(t) == value.id for t in one.targets)
        ]
        if len(found) == 1 and found[0] is not None:
            return self.way(found[0], depth + 1)
        known = not found and self._project.variable(self._place.path, value.id) is not None
        return Listed(self._place, value) if known else None

    def _variable(self, value: Attribute) -> Listed | None:
        owner = self._project.owner_index(self._place)
        held = self._project.classes.variable(self._place.path, owner, value.attr) if owner >= 0 else None
        return Listed(Place(held[0], -1), held[1]) if held is not None else None

    def _entry(
        self, holder: AnyExpression, key: AnyExpression | None, otherwise: AnyExpression | None, depth: int
    ) -> Listed | None:
        """``self.permissions_by_action[self.action]``, ``….get(self.action, [IsAuthenticated])``"""
        by_key = self._mapping(holder)
        wanted = self._reading.value(key)
        wanted = wanted.text if isinstance(wanted, Said) else wanted
        if by_key is None or not isinstance(wanted, str):
            return None
        place, entries = by_key
        if wanted.lower() in entries:
            return Listed(place, entries[wanted.lower()])
        return self.way(otherwise, depth + 1) if otherwise is not None else None

    def _mapping(self, holder: AnyExpression) -> tuple[Place, dict[str, AnyExpression]] | None:
        listed: tuple[Place, AnyExpression] | None = (self._place, holder)
        if isinstance(holder, Attribute) and chain(holder.value) in {"self", "type(self)", "self.__class__", "cls"}:
            held = self._variable(holder)
            listed = (held.place, held.value) if held is not None else None
        elif isinstance(holder, Name):
            local = [
                one.value
                for one in walk(self.body)
                if isinstance(one, Assign) and any(chain(t) == holder.id for t in one.targets)
            ]
            above = self._project.variable(self._place.path, holder.id)
            listed = (Place(above[0], -1), above[1]) if above is not None else None
            listed = (self._place, local[0]) if len(local) == 1 and local[0] is not None else listed
        if listed is None:
            return None
        place, value = listed
        if isinstance(value, Mapping):
            pairs = zip(value.keys, value.values, strict=True)
            return place, {
                str(key.value).lower(): one for key, one in pairs if isinstance(key, Constant) and one is not None
            }
        if isinstance(value, Call) and chain(value.func) in {"dict", "defaultdict", "collections.defaultdict"}:
            return place, {one.keyword.lower(): one.value for one in value.arguments if one.keyword}
        return None


def _inherits(value: AnyExpression) -> bool:
    return isinstance(value, Call) and chain(value) in {f"super().{_GIVING}()", f"super()().{_GIVING}()"}


def _attached(project: Project, given: Listed) -> Sequence[Attachment]:
    found = list(_every(project, given))
    if not found and isinstance(given.value, Display):
        return [Attachment("class", NOWHERE, ALLOW_ANY, given.place.path, given.value.line)]
    return found


def _every(project: Project, given: Listed) -> Iterator[Attachment]:
    yield from attachments(project, given.place, given.value, "class")
