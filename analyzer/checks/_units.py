"""Controllers and services as units, with what each is handed and what it ties itself to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks._wires import Wire, Wires
from analyzer.graph.controllers import collaborator
from analyzer.graph.injection import Injection
from analyzer.graph.picture import Picture
from analyzer.graph.role import Role
from analyzer.model import Confidence
from analyzer.project import Place

_CONTEXT = frozenset({"__enter__", "__aenter__"})
"""A unit of work opens its session and makes its repositories when somebody enters it."""


class Unit(msgspec.Struct, frozen=True):
    """A class, or a function outside classes (``owner`` −1), that is a controller or a service.

    ``given`` are the kinds of collaborators it is handed, ``wires`` those it makes or shares itself; ``asks`` says that
    it calls a collaborator, wherever that comes from.
    """

    path: str
    place: Place
    owner: int
    role: str
    given: frozenset[str]
    wires: tuple[Wire, ...]
    asks: bool


def units(picture: Picture, modules: Sequence[str]) -> list[Unit]:
    """The controllers and services of an application that are no providers and wire nothing together, by place."""
    return [unit for path in modules if picture.is_main(path) for unit in _of_module(picture, path)]


def _of_module(picture: Picture, path: str) -> Iterator[Unit]:
    project, wires, injection = picture.project, picture.shared(Wires), picture.shared(Injection)
    functions = project.outline(path).functions
    found: dict[tuple[int, int], tuple[str, set[str], list[Wire]]] = {}
    asking: set[tuple[int, int]] = set()
    for index, function in enumerate(functions):
        place, owner = Place(path, index), project.owner_index(Place(path, index))
        role = picture.role_of(place)
        if not _works(picture, place, role) or (
            owner >= 0 and _CONTEXT & dict(project.classes.methods(path, owner)).keys()
        ):
            continue
        while owner < 0 and function.parent >= 0:
            index, function = function.parent, functions[function.parent]
        key = (owner, index if owner < 0 else -1)
        if key not in asking and any(collaborator(picture, place, site) for site in picture.calls_of(place)):
            asking.add(key)
        _, given, made = found.setdefault(key, (role.name, set(), []))
        given |= injection.of(place)
        made += wires.of(place)
    for (owner, index), (name, given, made) in found.items():
        given |= injection.of_class(path, owner) if owner >= 0 else frozenset()
        yield Unit(
            path,
            Place(path, index),
            owner,
            name,
            frozenset(given),
            tuple(sorted(made, key=lambda wire: wire.line)),
            (owner, index) in asking,
        )


def _works(picture: Picture, place: Place, role: Role) -> bool:
    """Whether a function does the work of a controller or service, and is asked for it by a client in the end."""
    if role.name not in {"controller", "service"} or role.confidence is Confidence.LOW:
        return False
    if place in picture.handlers():
        return True
    return place not in picture.shared(Providers).places and not (
        role.name == "service" and picture.is_root(place.path)
    )


class Providers:
    """The functions that frameworks call for what handlers ask for."""

    def __init__(self, picture: Picture) -> None:
        self.places = {place for route in picture.routes for place in route.dependencies}
