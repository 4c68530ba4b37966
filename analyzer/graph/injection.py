"""Who is given its collaborators: what parameters of functions and constructors, and fields of classes, promise."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.outline import Function
from analyzer.frameworks import persistence
from analyzer.frameworks.fastapi import injections
from analyzer.graph.classes import is_abstract
from analyzer.graph.controllers import COLLABORATORS
from analyzer.graph.names import class_hint
from analyzer.graph.picture import Picture
from analyzer.graph.roles import word_to_class
from analyzer.knowledge import known
from analyzer.project import Place, Target

_FACTORY = re.compile(r"sqlalchemy\.(?:[\w.]+\.)?(?:async_)?sessionmaker(?:\[\])?\(\)$")
_STORE = re.compile(r"(?:^|_)(?:db|database|session|sessions|sessionmaker|conn|connection|pool|engine|cursor)(?:_|$)")
_ALONE = {"service": "service", "repository": "repository", "repo": "repository", "dao": "repository",
          "uow": "repository", "unit_of_work": "repository", "client": "client", "gateway": "client"}  # fmt: skip
"""Names of parameters that say it all where nobody declares a type."""


class Injection:
    """Answers what functions and classes of a picture are given, as kinds: service, repository, client, session."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self._classes: dict[tuple[str, int], frozenset[str]] = {}

    def kind(self, target: Target | None) -> str:
        """What kind of collaborator an object is, ``""`` for none."""
        if target is None:
            return ""
        if target.kind == "external":
            if persistence.is_handle(target.dotted) or _FACTORY.match(target.dotted):
                return "session"
            return "client" if known().client(target.dotted.removesuffix("()")) else ""
        return self.of_kind(target.path, target.index) if target.kind == "instance" and target.index >= 0 else ""

    def of_kind(self, path: str, index: int) -> str:
        """What kind of collaborator the objects of a class are; a port of no telling role is a service to its user."""
        name = self._picture.class_role(path, index).name
        if name in COLLABORATORS:
            return name
        return "service" if name == "utility" and is_abstract(self._picture.roles, path, index) else ""

    def parameter(self, place: Place, name: str) -> str:
        """The kind of collaborator that a parameter of a function holds: by its type, else by what it is called."""
        function = self._project.outline(place.path).functions[place.index]
        target = self._project.resolve(place, name, function.line)
        return self.kind(target) if target is not None else named(name)

    def of(self, place: Place) -> frozenset[str]:
        """The kinds of collaborators that a function is given."""
        function = self._project.function(place)
        own = function.parameters if function is not None else []
        first = 1 if function is not None and function.owner >= 0 else 0
        return frozenset(self.parameter(place, one.name) for one in own[first:]) - {""}

    def of_class(self, path: str, index: int) -> frozenset[str]:
        """The kinds that a class is given: by its constructor, own or inherited, and by declared fields."""
        key = (path, index)
        if key not in self._classes:
            self._classes[key] = frozenset()
            made = dict(self._project.classes.methods(path, index)).get("__init__")
            found = set(self.of(made)) if made is not None else set()
            for _, where, statement in self._project.classes.fields(path, index):
                if statement.annotation is not None:
                    found.add(self.kind(self._project.annotated(Place(where, -1), statement.annotation)))
            self._classes[key] = frozenset(found - {""})
        return self._classes[key]

    def is_injected(self, place: Place, function: Function, name: str) -> bool:
        """Whether the framework computes a parameter (``Depends``), so that a provider could have it as well."""
        own = [one for one in function.parameters if one.name == name]
        return any(injections(self._project, place, msgspec.structs.replace(function, parameters=own)))


def named(name: str) -> str:
    """The kind of collaborator that a parameter's name speaks of, ``""`` for none."""
    name = name.strip("_")
    hint = _ALONE.get(name) or class_hint(word_to_class(name))
    if hint in COLLABORATORS:
        return hint
    return "session" if _STORE.search(name) else ""
