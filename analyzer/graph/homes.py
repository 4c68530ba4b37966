"""Which existing service could take the work of a handler: one of the same entity, or of the same package."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from analyzer.graph.classes import owner_class
from analyzer.graph.controllers import provides
from analyzer.graph.entities import mentioned
from analyzer.graph.picture import Picture
from analyzer.project import Place

_FEATURE = 8
"""Modules up to which a package is about one thing, so that its only service is about that, too."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Home(msgspec.Struct, frozen=True):
    """A service by the name a reader knows, and why it fits: the entity it works on, or ``""`` for its package."""

    name: str
    entity: str


class _Service(msgspec.Struct, frozen=True):
    name: str
    package: str
    entity: str


class Homes:
    """The services of a picture by what they work on."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._services = _services(picture)
        modules = [picture.project.module_name(path) for path in picture.project.paths()]
        self._sizes = Counter(module.rpartition(".")[0] for module in modules)

    def of(self, handler: Place) -> Home | None:
        """The service that could take what a handler works out; ``None`` where none is about the same for sure.

        About the same entity is a service that names it more often than any other, as the handler does, and is called
        after it.
        """
        entity = _main(_worked_on(self._picture, handler))
        about = [one for one in self._services if entity and one.entity == entity and _called_after(one.name, entity)]
        if about:
            return Home(about[0].name, entity.rpartition(".")[2])
        package = self._picture.project.module_name(handler.path).rpartition(".")[0]
        if not package or self._sizes[package] > _FEATURE:
            return None
        near = [one for one in self._services if one.package == package]
        return Home(near[0].name, "") if len(near) == 1 else None


def _called_after(name: str, entity: str) -> bool:
    words = _stems(name.rpartition(".")[2])
    return bool(words) and _stems(entity.rpartition(".")[2].removesuffix("Model")) <= words


def _stems(name: str) -> set[str]:
    return {word.lower().removesuffix("s") for word in _WORDS.findall(name)}


def _main(found: Counter[str]) -> str:
    """The persisted class that is named most often, the first of several."""
    return max(found, key=lambda name: found[name], default="")


def _worked_on(picture: Picture, place: Place) -> Counter[str]:
    """The persisted classes that a function names, and those that the functions of repositories it calls name."""
    found = mentioned(picture, place)
    for site in picture.calls_of(place):
        if site.target.kind == "function" and picture.target_role(site.target).name == "repository":
            found.update(mentioned(picture, Place(site.target.path, site.target.index)))
    return found


def _services(picture: Picture) -> list[_Service]:
    """Classes, and modules of functions, that are services in main code, sorted by name."""
    found: dict[tuple[str, int], Counter[str]] = {}
    for path in picture.project.paths():
        if not picture.is_main(path):
            continue
        for index, function in enumerate(picture.project.outline(path).functions):
            place = Place(path, index)
            if function.parent >= 0 or picture.role(place) != "service":
                continue
            target = picture.project.function_target(path, index)
            owner = owner_class(picture.roles, target) or (path, -1)
            if not provides(picture, target) and (owner[1] >= 0 or picture.module_role(path).name == "service"):
                found.setdefault(owner, Counter()).update(_worked_on(picture, place))
    named = []
    for (path, index), worked_on in found.items():
        module = picture.project.module_name(path)
        name = picture.project.outline(path).classes[index].qualname if index >= 0 else module
        named.append(_Service(name, module.rpartition(".")[0], _main(worked_on)))
    return sorted(named, key=lambda one: (one.name, one.package))
