"""Throttles of Django REST framework: what the settings put on its views, and what a view says instead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from analyzer.facts.expressions import AnyExpression, Call, Constant, Mapping, Sequence
from analyzer.facts.visit import chain
from analyzer.frameworks import Route
from analyzer.frameworks.limits import is_none
from analyzer.frameworks.spelling import spelt
from analyzer.frameworks.text import argument, text
from analyzer.graph.picture import Picture
from analyzer.project import Place, Target

_BASES = (
    "rest_framework.", "rest_framework_simplejwt.", "rest_framework_jwt.", "rest_framework_extensions.", "knox.",
    "rest_registration.", "drf_yasg.", "drf_spectacular.", "djoser.", "dj_rest_auth.", "rest_auth.",
)  # fmt: skip
"""Libraries whose views are derived from REST framework's."""
_SCOPES = {"AnonRateThrottle": "anon", "UserRateThrottle": "user"}
"""Scopes that throttles of the library have by themselves (rest_framework/throttling.py)."""
_SCOPED = "ScopedRateThrottle"
_DECORATOR = "throttle_classes"
Item = tuple[Place, AnyExpression]
View = tuple[str, int]


class Throttles:
    """Throttles by route; of a route that REST framework does not answer, none."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project

    def of(self, route: Route) -> tuple[str, ...]:
        """What the view itself says: ``user 5/min``, ``BurstThrottle`` where no rate is told."""
        said = self._said(route)
        return self._worded(said, route) if said is not None else ()

    def by_default(self, route: Route) -> tuple[str, ...]:
        """What the settings put on a view that says nothing itself."""
        if not self._defaults or not self._answers(route) or self._said(route) is not None:
            return ()
        return self._worded(self._defaults, route)

    def of_library(self, dotted: str) -> bool:
        """Whether the settings put a throttle on a view of a library."""
        return dotted.startswith(_BASES) and bool(self._defaults)

    def _answers(self, route: Route) -> bool:
        """Whether REST framework answers a route: its view is derived from the library's, or is made one."""
        if route.library:
            return route.library.startswith(_BASES)
        view = self._view(route)
        if view is not None:
            return any(base.startswith(_BASES) for base in self._project.classes.externals(*view))
        function = self._project.function(route.handler)
        decorators = function.decorators if function else ()
        return any(chain(one).removesuffix("()").rpartition(".")[2] == "api_view" for one in decorators)

    def _view(self, route: Route) -> View | None:
        if route.of.path:
            return route.of.path, route.of.index
        index = route.view if route.view >= 0 else self._project.owner_index(route.handler)
        return (route.handler.path, index) if index >= 0 else None

    def _said(self, route: Route) -> list[Item] | None:
        """The throttle classes that a view names, nearest first looked for; ``None`` where it does not say."""
        function = self._project.function(route.handler) if route.view < 0 else None
        for one in function.decorators if function else ():
            if not isinstance(one, Call):
                continue
            named = chain(one.func).rpartition(".")[2] == _DECORATOR
            given = argument(one, 0) if named else argument(one, 99, _DECORATOR)
            if given is not None:
                return self._items(Place(route.handler.path, -1), given)
        view = self._view(route)
        value = self._project.classes.variable(*view, _DECORATOR) if view is not None else None
        return self._items(Place(value[0], -1), value[1]) if value is not None else None

    def _items(self, place: Place, given: AnyExpression) -> list[Item]:
        return [(place, one) for one in given.items] if isinstance(given, Sequence) else [(place, given)]

    def _worded(self, items: list[Item], route: Route) -> tuple[str, ...]:
        found = [word for place, item in items for word in self._word(place, item, route)]
        return tuple(dict.fromkeys(found))

    def _word(self, place: Place, item: AnyExpression, route: Route) -> Iterator[str]:
        """``anon 10/day``; the name of the class where its rate is not told, nothing where it is told not to limit."""
        named = text(self._project, place, item)
        target = self._named(place, named) if named is not None else self._project.resolve_expression(place, item)
        dotted = target.dotted if target is not None else named or spelt(item)
        last = dotted.rpartition(".")[2]
        lineage = [last]
        if target is not None and target.kind == "class":
            lineage += [base.rpartition(".")[2] for base in self._project.classes.externals(target.path, target.index)]
        scope = self._own(target, "scope") or next((_SCOPES[one] for one in lineage if one in _SCOPES), "")
        if _SCOPED in lineage:
            view = self._view(route)
            value = self._project.classes.variable(*view, "throttle_scope") if view is not None else None
            scope = text(self._project, Place(value[0], -1), value[1]) or "" if value is not None else ""
            if not scope:
                return  # without a scope it lets everything pass
        rate = self._own(target, "rate") or self._rates.get(scope, "")
        if rate is not None:
            yield f"{scope or last} {rate}" if rate else f"{last} {scope}" if _SCOPED in lineage else last

    def _own(self, target: Target | None, name: str) -> str | None:
        if target is None or target.kind != "class":
            return None
        value = self._project.classes.variable(target.path, target.index, name)
        return text(self._project, Place(value[0], -1), value[1]) if value is not None else None

    def _named(self, place: Place, dotted: str) -> Target | None:
        module, _, name = dotted.rpartition(".")
        path = self._project.layout.absolute(place.path, module) if module else None
        return self._project.member(path, name) if path and not path.endswith("/") else None

    @cached_property
    def _settings(self) -> list[tuple[Place, Mapping]]:
        """``REST_FRAMEWORK`` of any settings module; which of them an application runs with is said elsewhere."""
        return [
            (Place(path, -1), value)
            for path in self._project.paths()
            for value in self._project.namespace(path).variables.get("REST_FRAMEWORK", ())
            if isinstance(value, Mapping)
        ]

    def _values(self, name: str) -> Iterator[Item]:
        for place, table in self._settings:
            for key, value in zip(table.keys, table.values, strict=True):
                if isinstance(key, Constant) and key.value == name:
                    yield place, value

    @cached_property
    def _defaults(self) -> list[Item]:
        return [item for place, value in self._values("DEFAULT_THROTTLE_CLASSES") for item in self._items(place, value)]

    @cached_property
    def _rates(self) -> dict[str, str | None]:
        """Rates by scope, empty where they are not constant, ``None`` where the settings switch a scope off."""
        found: dict[str, str | None] = {}
        for place, table in self._values("DEFAULT_THROTTLE_RATES"):
            for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, Mapping) else ():
                scope = text(self._project, place, key)
                if scope is not None and not found.get(scope):
                    found[scope] = None if is_none(value) else text(self._project, place, value) or ""
        return found
