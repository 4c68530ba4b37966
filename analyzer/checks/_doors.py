"""Handlers as a reader meets them: a class view that fills in what an inherited method calls is one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.frameworks import Route
from analyzer.graph.picture import Picture
from analyzer.project import Place

_DEPTH = 2


def doors(picture: Picture) -> Iterator[tuple[Place, Sequence[Route]]]:
    """Handlers with their routes. Where one method of a base of ours answers for several classes, each of them is told
    apart, by the method that it brings for it: ``save`` of ``class AddTag(PostView)``."""
    for handler, routes in picture.handlers().items():
        groups: dict[Place, list[Route]] = {}
        for route in routes:
            groups.setdefault(route.of, []).append(route)
        for registered, mine in groups.items():
            yield (_brought(picture, handler, registered) if registered.path else handler), mine


def _brought(picture: Picture, handler: Place, registered: Place) -> Place:
    """The method of a class that an inherited one calls to do the work; the inherited one where there is none."""
    project = picture.project
    own = project.namespace(registered.path).methods.get(registered.index, {})
    every = dict(project.classes.methods(registered.path, registered.index))
    front = [handler]
    for _ in range(_DEPTH):
        following = []
        for place in front:
            function = project.function(place)
            for use in sorted(function.uses, key=lambda one: one.line) if function is not None else ():
                name = use.chain.removeprefix("self.")
                if use.kind != "call" or name == use.chain or "." in name:
                    continue
                if name in own:
                    return Place(registered.path, own[name])
                if name in every:
                    following.append(every[name])
        front = following
    return handler
