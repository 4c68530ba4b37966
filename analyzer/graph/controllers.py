"""Controllers as units: the handlers of one class, or of one module outside classes, and whom they work with."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import networkx as nx

from analyzer.graph.access import CallSite
from analyzer.graph.classes import owner_class
from analyzer.graph.dealings import application_handlers
from analyzer.graph.entities import entities
from analyzer.graph.picture import Picture
from analyzer.project import Place, Target

COLLABORATORS = {"service", "repository", "client"}
"""Roles of those who do the work. Sessions, settings, schemas and guards are tools that every handler may hold."""

_COMMON = 1 / 3
"""Whoever a third of the routes works with is what the controller is about, and divides nothing."""
_SUBJECT = 3
"""Collaborators up to which a group is about a subject; routes that need more bring others together."""


class Controller(msgspec.Struct, frozen=True):
    """The handlers of a class (``index`` into the outline's classes) or of a module (−1), in source order.

    ``collaborators`` gives the handlers that call a service, repository or client, or query a persisted class
    themselves, by the dotted name of each.
    """

    path: str
    index: int
    handlers: tuple[Place, ...]
    collaborators: Mapping[str, tuple[Place, ...]]


class Subject(msgspec.Struct, frozen=True):
    """Routes that work with the same collaborators and share none of them with other subjects."""

    handlers: tuple[Place, ...]
    names: tuple[str, ...]


def controllers(picture: Picture) -> list[Controller]:
    """The controllers of main code, sorted; those beside the application (scripts, examples) are left aside."""
    found: dict[tuple[str, int], list[Place]] = {}
    for handlers in application_handlers(picture):
        for handler in handlers:
            if not picture.is_side(handler.path):
                owner = picture.project.outline(handler.path).functions[handler.index].owner
                found.setdefault((handler.path, owner), []).append(handler)
    return [Controller(*key, tuple(sorted(found[key])), _collaborators(picture, found[key])) for key in sorted(found)]


def _collaborators(picture: Picture, handlers: list[Place]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, set[Place]] = {}
    for handler in handlers:
        for site in picture.calls_of(handler):
            name = collaborator(picture, handler, site)
            if name:
                found.setdefault(name, set()).add(handler)
        if any(access.kind != "transaction" for access in picture.accesses_of(handler)):
            for name in entities(picture, handler):
                found.setdefault(name, set()).add(handler)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def subjects(controller: Controller) -> tuple[list[str], list[Subject]]:
    """The collaborators that a controller is about, and its other subjects of two routes or more, the largest first."""
    common: list[str] = []
    graph: nx.Graph[str | Place] = nx.Graph()
    for name, handlers in controller.collaborators.items():
        if len(handlers) >= _COMMON * len(controller.handlers):
            common.append(name)
        else:
            graph.add_edges_from((name, handler) for handler in handlers)
    found = []
    for members in nx.connected_components(graph):
        places = tuple(sorted(member for member in members if isinstance(member, Place)))
        names = tuple(sorted(member for member in members if isinstance(member, str)))
        if len(places) > 1 and len(names) <= _SUBJECT:
            found.append(Subject(places, names))
    return common, sorted(found, key=lambda item: (-len(item.handlers), item.handlers))


def collaborator(picture: Picture, place: Place, site: CallSite) -> str:
    """Whom a call asks to do the work: a class or the module of a function, ``""`` where it is no collaborator.

    Making an object asks nothing of it, and neither does asking for one. A method that is inherited belongs to the
    class it was called on: five repositories of one base are five. Use cases that are a class each count as their
    package.
    """
    target = site.target
    role = picture.target_role(target).name
    if role not in COLLABORATORS or target.kind == "class" or target.path == place.path or provides(picture, target):
        return ""
    owner = owner_class(picture.roles, _receiver(picture, place, site) or target)
    if owner is None:
        return picture.project.module_name(target.path) if target.path else target.dotted.partition("()")[0]
    if role == "service" and _is_use_case(picture, *owner):
        return picture.project.module_name(owner[0]).rpartition(".")[0] or picture.project.module_name(owner[0])
    return picture.project.class_target(*owner).dotted


def _receiver(picture: Picture, place: Place, site: CallSite) -> Target | None:
    holder = site.shown.rpartition(".")[0]
    found = picture.project.resolve(place, holder, site.line) if holder and site.target.kind == "function" else None
    return found if found is not None and found.kind in {"class", "instance"} else None


def provides(picture: Picture, target: Target) -> bool:
    """Whether a function outside classes only hands out who does the work."""
    if target.kind != "function" or picture.project.owner_index(Place(target.path, target.index)) >= 0:
        return False
    given = picture.project.returned(Place(target.path, target.index))
    return given is not None and picture.target_role(given).name in {*COLLABORATORS, "session", "settings"}


def _is_use_case(picture: Picture, path: str, index: int) -> bool:
    """Whether a class does one thing: a command with one public method of its own, ``validate`` beside it or not."""
    methods = picture.project.namespace(path).methods.get(index, {})
    return len([name for name in methods if not name.startswith("_") and name != "validate"]) <= 1
