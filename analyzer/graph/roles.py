"""Roles of functions, classes and modules, inferred lazily from what the code is and does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from analyzer.facts.outline import Function
from analyzer.facts.statements import Return
from analyzer.facts.visit import statements
from analyzer.frameworks import Backend, Route, persistence
from analyzer.graph import roots
from analyzer.graph.access import Accesses
from analyzer.graph.classes import behind, class_role, owner_class
from analyzer.graph.names import SIDE_FOLDERS, class_hint, module_hint, segments, word_hint
from analyzer.graph.role import UTILITY, Evidence, Role, role
from analyzer.model import Confidence, Tier
from analyzer.project import Place, Target

_WEIGHT = ("controller", "repository", "service", "model", "client", "schema", "session", "middleware", "settings")
"""Roles a module may take from its definitions; the order decides between equals."""
_REFUSALS = re.compile(r"HTTPException|abort|Unauthorized|Forbidden|PermissionDenied|NotAuthenticated")
_PART = 3
"""A role of medium confidence needs this share of a module's definitions (one in three) to become the module's."""
_CROWD = 6
_ENOUGH = 4
"""A few handlers, each among more functions than this, make no controller: they are wrappers in a module of helpers."""
_FOLDERS = {"controller", "service", "repository", "model"}
_INNER = _FOLDERS - {"controller"}


_MANY = 4
"""Handlers that call a function which tells them nothing, from which on it keeps a trail for all of them."""


class Roles:
    """The roles of a backend. ``overrides`` pairs globs of paths or dotted names with roles; the first match wins."""

    def __init__(
        self,
        backend: Backend,
        tiers: Mapping[str, Tier],
        overrides: Sequence[tuple[str, str]],
        accesses: Accesses,
    ) -> None:
        self.project = backend.project
        self.accesses = accesses
        self.handlers: Mapping[Place, Sequence[Route]] = backend.handlers()
        self._tiers = tiers
        self._overrides = overrides
        self.doors = backend.doors()
        self._handler_modules: Counter[str] = Counter(place.path for place in self.handlers)
        self._dependencies = {place for route in backend.routes for place in route.dependencies}
        self._used: dict[tuple[str, str, int], int] | None = None
        self._functions: dict[Place, Role] = {}
        self._classes: dict[tuple[str, int], Role] = {}
        self._modules: dict[str, Role] = {}
        self._own: dict[str, Role] = {}
        self._roots: dict[str, bool] = {}
        self._packages: dict[tuple[str, str], str] = {}
        self._services: dict[str, bool] = {}
        self._wholes: dict[str, bool] = {}

    def of(self, place: Place) -> Role:
        """The role of a function, or of a module for index −1."""
        if place.index < 0:
            return self.of_module(place.path)
        if place not in self._functions:
            self._functions[place] = UTILITY
            self._functions[place] = self._given(place.path, self.project.qualified(place)) or self._function(place)
        return self._functions[place]

    def of_class(self, path: str, index: int) -> Role:
        """The role of a class."""
        key = (path, index)
        if key not in self._classes:
            self._classes[key] = UTILITY
            dotted = self.project.class_target(path, index).dotted
            self._classes[key] = self._given(path, dotted) or class_role(self, path, index)
        return self._classes[key]

    def of_module(self, path: str) -> Role:
        """The role of a module: its own, or that of the package it belongs to."""
        if path not in self._modules:
            own = self.own_role(path)
            if own.name in {"utility", "session"} and self.tier(path) is Tier.MAIN:
                self._modules[path] = self._member(path) or own
            else:
                self._modules[path] = own
        return self._modules[path]

    def of_target(self, target: Target | None) -> Role:
        """The role of whatever a chain leads to."""
        if target is None:
            return UTILITY
        if target.kind == "external":
            return external_role(target.dotted)
        owner = owner_class(self, target)
        if owner is not None:
            return self.of_class(*owner)
        if target.kind == "function":
            return self.of(Place(target.path, target.index))
        return self.of_module(target.path) if target.kind == "module" and not target.path.endswith("/") else UTILITY

    def used(self, path: str, kind: str, index: int) -> int:
        """How many handlers call a class (``class``) or function (``function``)."""
        if self._used is None:
            self._used = {}
            for handler in self.handlers:
                keys = set()
                for site in self.accesses.calls(handler):
                    if site.target.path == handler.path:
                        continue
                    owner = owner_class(self, site.target)
                    keys.add((*owner, "class") if owner else (site.target.path, site.target.index, "function"))
                for one, at, what in keys:
                    self._used[one, what, at] = self._used.get((one, what, at), 0) + 1
        return self._used.get((path, kind, index), 0)

    def own_role(self, path: str) -> Role:
        """A module's role by what stands in it, its package left aside."""
        if path not in self._own:
            self._own[path] = UTILITY
            self._own[path] = self._given(path, self.project.module_name(path)) or self._module(path)
        return self._own[path]

    def is_root(self, path: str) -> bool:
        """Whether a module wires the application together and so may know every layer."""
        if path not in self._roots:
            self._roots[path] = roots.is_root(self.project, path, self._handler_modules[path])
        return self._roots[path]

    def tier(self, path: str) -> Tier:
        """What kind of code a file holds."""
        return self._tiers.get(path, Tier.MAIN)

    def creates(self, path: str) -> bool:
        """Whether a module holds the application's factory or the application itself."""
        return roots.wiring(self.project, path).startswith("creates")

    # How it is found

    def _given(self, path: str, dotted: str) -> Role | None:
        for glob, name in self._overrides:
            if fnmatchcase(path, glob) or fnmatchcase(dotted, glob):
                return role(name, Confidence.HIGH, f"the configuration says so ({glob})", path)
        return None

    def _by_tier(self, path: str) -> Role | None:
        tier = self.tier(path)
        if tier is Tier.TEST:
            return role("test", Confidence.HIGH, "is a test", path)
        if tier is Tier.MIGRATION:
            return role("migration", Confidence.HIGH, "is a migration", path)
        return None

    def _function(self, place: Place) -> Role:
        path = place.path
        function = self.project.outline(path).functions[place.index]
        found = self._by_tier(path)
        if found is not None:
            return found
        if place in self.handlers:
            return role("controller", Confidence.HIGH, f"answers {self.handlers[place][0].label}", path, function.line)
        if place in self.doors:
            return behind(self.doors[place], path, function.line)
        if function.owner >= 0:
            return self.of_class(path, function.owner)
        if function.parent >= 0:
            return self.of(Place(path, function.parent))
        return self._free(place, function)

    def hint(self, path: str) -> tuple[str, str]:
        """The role a module's place suggests and the word that says so. Folders outside of its package say nothing of
        layers: ``services/`` above whole applications holds services of another kind."""
        found, word = module_hint(path)
        inside = self.project.module_name(path).lower().split(".")
        return (found, word) if found not in _FOLDERS or word in inside else ("", "")

    def _free(self, place: Place, function: Function) -> Role:
        """A module-level function: by what it does, else by what most others of a module of services do."""
        found = self._alone(place, function)
        if found is UTILITY and self.hint(place.path)[0] == "service" and not function.name.startswith("_"):
            return self._beside(place.path) or found
        return found

    def _beside(self, path: str) -> Role | None:
        """The role of public functions among services that do not show theirs: they notify, they pass on."""
        if path not in self._services:
            self._services[path] = False
            functions = enumerate(self.project.outline(path).functions)
            public = [
                self._alone(Place(path, index), one).name
                for index, one in functions
                if one.owner < 0 and one.parent < 0 and not one.name.startswith("_")
            ]
            self._services[path] = 2 * public.count("service") > len(public)
        text = f"stands among services in {self.hint(path)[1]}"
        return role("service", Confidence.MEDIUM, text, path) if self._services[path] else None

    def _alone(self, place: Place, function: Function) -> Role:
        path, line = place.path, function.line
        if provides_handle(self, place, function):
            return role("session", Confidence.HIGH, "provides a database session", path, line)
        if (place in self._dependencies or self._handler_modules[path]) and _refuses(function):
            return role("guard", Confidence.MEDIUM, "can refuse a request", path, line)
        used = self.used(path, "function", place.index)
        hint, word = self.hint(path)
        hint = class_hint(word_to_class(function.name)) or hint
        if hint in {"service", "repository"} or used:
            busy = self.accesses.of(place)
            if hint == "repository" and busy:
                return role("repository", Confidence.HIGH, f"runs queries and lies in {word}", path, line)
            if hint == "service" and (used or busy or self._calls(place, "repository")):
                text = "is called by handlers" if used else "works on stored data"
                return role("service", Confidence.HIGH, f"{text} and lies in {word}", path, line)
            # What looks something up and refuses may be a helper of guards; what writes or commits works on data.
            works = not _refuses(function) or any(access.kind != "read" for access in busy)
            if used and busy and not self._handler_modules[path] and works and not self._records(place, used):
                if self._calls(place, "service"):
                    return role(
                        "service", Confidence.MEDIUM, "runs queries and calls services for handlers", path, line
                    )
                return role("repository", Confidence.MEDIUM, "runs queries for handlers", path, line)
        return UTILITY

    def _records(self, place: Place, used: int) -> bool:
        """Whether a function writes for many handlers and tells them nothing: a trail of what was done
        (``log_audit(…)``, ``count("logins")``) is no layer that a handler could pass by."""
        if used < _MANY or all(access.kind == "read" for access in self.accesses.of(place)):
            return False
        body = self.project.body(place)
        return not any(isinstance(node, Return) and node.value is not None for node in statements(body))

    def _calls(self, place: Place, name: str) -> bool:
        return any(
            site.target.path != place.path and self.of_target(site.target).name == name
            for site in self.accesses.calls(place)
        )

    def _module(self, path: str) -> Role:
        found = self._by_tier(path)
        if found is not None:
            return found
        handlers = self._handler_modules[path]
        wired = roots.wiring(self.project, path)
        if wired and handlers <= roots.FEW:
            return role("entrypoint", Confidence.HIGH, wired, path)
        if handlers >= _ENOUGH or (handlers and _CROWD * handlers >= self._size(path)):
            first = min(place for place in self.handlers if place.path == path)
            label = self.handlers[first][0].label
            return role("controller", Confidence.HIGH, f"answers {label}", path, self.handlers[first][0].line)
        return self._by_definitions(path)

    def _size(self, path: str) -> int:
        """How many functions, methods included, a module defines."""
        return len(self.project.outline(path).functions)

    def _by_definitions(self, path: str) -> Role:
        outline = self.project.outline(path)
        weight: Counter[str] = Counter()
        best: dict[str, Role] = {}
        size = 0
        for index, item in enumerate(outline.classes):
            if item.owner < 0 and item.parent < 0:
                size += 1
                _vote(self.of_class(path, index), 3, weight, best)
        for index, function in enumerate(outline.functions):
            if function.owner < 0 and function.parent < 0:
                size += 1
                _vote(self.of(Place(path, index)), 1, weight, best)
        if not weight:
            for name in self.project.namespace(path).variables:
                target = self.project.member(path, name) if "." not in name else None
                if target is not None and target.kind in {"external", "instance"}:
                    found = self.of_target(target)
                    if found.name == "repository":
                        _vote(found, 1, weight, best)
                    elif persistence.is_handle(target.dotted) or target.dotted.endswith("SQLAlchemy()"):
                        _vote(role("session", Confidence.HIGH, "holds the database", path), 1, weight, best)
        if not weight:
            return UTILITY
        name = max(weight, key=lambda item: (weight[item], -_WEIGHT.index(item)))
        if best[name].confidence < Confidence.HIGH and _PART * weight[name] < size:
            return UTILITY  # one function that runs a query makes no repository of a module of helpers
        return best[name]

    def _member(self, path: str) -> Role | None:
        """The role of a module that does nothing telling itself but lies among modules that do."""
        parts = path.split("/")
        package = self.project.module_name(path).count(".") + path.endswith("/__init__.py")
        for depth in range(len(parts) - 1, max(0, len(parts) - 1 - package), -1):
            folder = "/".join(parts[:depth])
            hint = word_hint(parts[depth - 1].lower())
            if hint in _FOLDERS:
                sibling = self._proof(folder, hint)
                if sibling and sibling != path and not (hint == "controller" and self._whole(folder)):
                    text = f"lies in {parts[depth - 1]}/ with {sibling.rpartition('/')[2]}"
                    return role(hint, Confidence.MEDIUM, text, path)
            if hint:
                return None
        return None

    def _whole(self, folder: str) -> bool:
        """Whether a folder called ``api`` is a whole application: models, services or queries lie in it as well."""
        if folder not in self._wholes:
            inside = [path for path in self.project.paths() if path.startswith(folder + "/")]
            self._wholes[folder] = any(
                self.tier(path) is Tier.MAIN and self.own_role(path).name in _INNER for path in inside
            )
        return self._wholes[folder]

    def _proof(self, folder: str, hint: str) -> str:
        """A module of the folder that has the role by its own doing, empty when there is none."""
        key = (folder, hint)
        if key not in self._packages:
            self._packages[key] = ""
            for path in self.project.paths():
                if path.startswith(folder + "/") and self.tier(path) is Tier.MAIN and self.own_role(path).name == hint:
                    self._packages[key] = path
                    break
        return self._packages[key]


def _refuses(function: Function) -> bool:
    return any(_REFUSALS.search(use.chain) for use in function.uses)


def _vote(found: Role, points: int, weight: Counter[str], best: dict[str, Role]) -> None:
    if found.name in _WEIGHT:
        weight[found.name] += points
        known = best.get(found.name)
        if known is None or found.confidence > known.confidence:
            best[found.name] = found


def provides_handle(roles: Roles, place: Place, function: Function) -> bool:
    """Whether a function hands out a database session: a dependency, or one whose name speaks of it."""
    telling = any(word in function.name.lower() for word in ("db", "session", "conn", "cursor", "engine"))
    if not telling and not function.is_generator:
        return False
    target = roles.project.returned(place)
    return target is not None and target.kind == "external" and persistence.is_handle(target.dotted)


def external_role(dotted: str) -> Role:
    """The role of a library's object: a generic repository (``fastcrud.FastCRUD()``) is one, most others are none."""
    if persistence.is_handle(dotted):
        return Role("session", Confidence.HIGH)
    for part in dotted.split(".")[1:]:
        name = part.replace("()", "").replace("[]", "")
        if name[:1].isupper() and class_hint(name) == "repository":
            return Role("repository", Confidence.HIGH, (Evidence(f"is made by {name}", "", 0),))
    return UTILITY


def word_to_class(name: str) -> str:
    """``order_service`` as a class would be called, so that one vocabulary does for both."""
    return "".join(part.capitalize() for part in name.split("_"))


def is_side_module(path: str) -> bool:
    """Scripts, tools and examples, whose imports nobody layers."""
    return not SIDE_FOLDERS.isdisjoint(segments(path)[:-1])
