"""Controllers as units: the handlers of one class, or of one module outside classes, and whom they work with."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from analyzer.graph.access import CallSite
from analyzer.graph.classes import owner_class
from analyzer.graph.dealings import application_handlers
from analyzer.graph.picture import Picture
from analyzer.project import Place, Target

COLLABORATORS = {"service", "repository", "client"}
"""Roles of those who do the work. Sessions, settings, schemas and guards are tools that every handler may hold."""


class Controller(msgspec.Struct, frozen=True):
    """The handlers of a class (``index`` into the outline's classes) or of a module (−1), in source order.

    ``collaborators`` gives for each service, repository or client, by its dotted name, the handlers that call it.
    """

    path: str
    index: int
    handlers: tuple[Place, ...]
    collaborators: Mapping[str, tuple[Place, ...]]


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
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def collaborator(picture: Picture, place: Place, site: CallSite) -> str:
    """Whom a call asks to do the work: a class or the module of a function, ``""`` where it is no collaborator.

    A method that is inherited belongs to the class it was called on: five repositories of one base are five.
    """
    if picture.target_role(site.target).name not in COLLABORATORS or site.target.path == place.path:
        return ""
    owner = owner_class(picture.roles, _receiver(picture, place, site) or site.target)
    if owner is not None:
        return picture.project.class_target(*owner).dotted
    return picture.project.module_name(site.target.path) if site.target.path else site.target.dotted.partition("()")[0]


def _receiver(picture: Picture, place: Place, site: CallSite) -> Target | None:
    holder = site.shown.rpartition(".")[0]
    found = picture.project.resolve(place, holder, site.line) if holder and site.target.kind == "function" else None
    return found if found is not None and found.kind in {"class", "instance"} else None
