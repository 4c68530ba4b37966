"""What a module holds of each layer: its handlers, services, repositories and persisted classes, with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain
from analyzer.frameworks import persistence
from analyzer.graph.classes import is_abstract
from analyzer.graph.controllers import provides
from analyzer.graph.names import class_hint
from analyzer.graph.picture import Picture
from analyzer.graph.role import LAYERS, Role
from analyzer.model import Confidence, Location, Span
from analyzer.project import Place

LAYERED = tuple(name for name in LAYERS if name != "entrypoint")
"""The layers that a member can belong to, the highest first."""


class Member(msgspec.Struct, frozen=True):
    """A top-level class or function of a module that belongs to a layer, and why we think so."""

    name: str
    role: str
    why: str
    at: Location


def members(picture: Picture, path: str) -> Mapping[str, list[Member]]:
    """The members of a module by layer, each in source order; layers without a member are left out.

    Ports promise and do nothing, providers hand over what others do, schemas describe what is sent: none is a member.
    """
    found = sorted([*_classes(picture, path), *_functions(picture, path)], key=lambda one: one.at)
    return {role: kept for role in LAYERED if (kept := [one for one in found if one.role == role])}


def _classes(picture: Picture, path: str) -> Iterator[Member]:
    answering = {picture.project.owner_index(place) for place in picture.handlers() if place.path == path}
    for index, item in enumerate(picture.project.outline(path).classes):
        if item.owner >= 0 or item.parent >= 0:
            continue
        role = picture.class_role(path, index)
        span = Span(item.line, item.column, item.line, item.end_column)
        if role.name == "controller":
            known = index in answering
        elif role.name == "model":
            known = persistence.is_model(picture.project, path, index) and not _is_base(picture, path, index)
        else:
            known = _sure(role, item.name) and not _promises(picture, path, index)
        if known and role.name in LAYERED:
            yield Member(item.name, role.name, role.why, Location(path, span))


def _is_base(picture: Picture, path: str, index: int) -> bool:
    """Whether a persisted class is only what others are made with: it has no table of its own."""
    named = any(local == "__tablename__" for local in _names(picture, path, index))
    return not named and bool(picture.project.classes.below(path, index))


def _names(picture: Picture, path: str, index: int) -> Iterator[str]:
    for statement in picture.project.outline(path).classes[index].body:
        if isinstance(statement, Assign):
            yield from (chain(target) for target in statement.targets)


def _promises(picture: Picture, path: str, index: int) -> bool:
    """Whether a class is a port itself; one that keeps the promise of a port descends from the same bases."""
    if not is_abstract(picture.roles, path, index):
        return False
    above = picture.project.classes.order(path, index)[1:]
    if all(base.kind == "external" for base in above):
        return True
    functions = picture.project.outline(path).functions
    own = picture.project.namespace(path).methods.get(index, {}).values()
    return any(chain(one).rpartition(".")[2] == "abstractmethod" for at in own for one in functions[at].decorators)


def _functions(picture: Picture, path: str) -> Iterator[Member]:
    """Handlers; without any, functions of services and repositories. Beside handlers a function is their helper."""
    answering = any(place.path == path for place in picture.handlers())
    for index, function in enumerate(picture.project.outline(path).functions):
        place = Place(path, index)
        if function.owner >= 0 or (function.parent >= 0 and place not in picture.handlers()):
            continue
        role = picture.role_of(place)
        if role.name == "controller":
            known = place in picture.handlers()
        else:
            target = picture.project.function_target(path, index)
            known = not answering and role.confidence is Confidence.HIGH and not provides(picture, target)
        if known and role.name in LAYERED:
            span = Span(function.line, function.column, function.line, function.end_column)
            yield Member(function.name, role.name, role.why, Location(path, span))


def _sure(role: Role, name: str) -> bool:
    return role.confidence is Confidence.HIGH or class_hint(name) == role.name
