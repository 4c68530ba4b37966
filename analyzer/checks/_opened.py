"""The part of BA303 about class views that say everybody may call them, and let everybody change those who log in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.checks import _public
from analyzer.checks._owners import Owners
from analyzer.checks._resources import Resources
from analyzer.frameworks import Route
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.project import Place

_REPLACING = frozenset({"PUT", "PATCH", "DELETE"})


def replaces(route: Route) -> bool:
    """Whether a route changes or removes the record that its path names."""
    return route.method in _REPLACING and "{" in route.path


def opened_people(picture: Picture) -> Iterator[tuple[Place, Sequence[Route], str]]:
    """Class views (file and index) with ``AllowAny`` by which whoever comes changes or removes any account: with the
    routes that do it, and what those who log in are called."""
    guards = picture.shared(Guards)
    found: dict[Place, list[Route]] = {}
    for handler, routes in picture.handlers().items():
        for route in routes:
            if replaces(route) and guards.of(route).opened:
                found.setdefault(_class_of(picture, handler, route), []).append(route)
    owners, resources = picture.shared(Owners), picture.shared(Resources)
    for view, routes in sorted(found.items()):
        if view.index < 0 or not picture.is_main(view.path):
            continue
        resource = resources.viewed_by(view.path, view.index)
        model = resources.model(resource)
        named = picture.project.outline(view.path).classes[view.index].name
        public = _public.is_open(named, routes) or resources.narrowed_by(view.path, view.index)
        if model is not None and owners.is_user(model) and not public:
            yield view, routes, resources.title(resource)


def _class_of(picture: Picture, handler: Place, route: Route) -> Place:
    if route.of.path:
        return route.of
    return Place(handler.path, route.view if route.view >= 0 else picture.project.owner_index(handler))
