"""Classes across files: their order of look-up, their members, what ``self.x`` holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from analyzer.facts.expressions import AnyExpression, Call, Constant, Name, Opaque
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, Jump, Raise
from analyzer.facts.visit import chain as chain_of
from analyzer.project import declared
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.project.project import Project

PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_KEEPING = 4
"""Classes that keep a protocol without descending from it; with more its methods are everybody's (``close()``)."""


class Classes:
    """The class hierarchy of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._orders: dict[tuple[str, int], tuple[Target, ...]] = {}
        self._attributes: dict[tuple[str, int, str], Target | None] = {}
        self._below: dict[tuple[str, int], list[Target]] | None = None
        self._kept: dict[tuple[str, int], list[Target]] | None = None

    def order(self, path: str, index: int) -> tuple[Target, ...]:
        """A class, then its bases depth first, left to right: ours as ``class``, others as ``external`` targets.

        Depth first is not quite Python's C3 order; they differ only where a diamond overrides a name twice.
        """
        key = (path, index)
        if key not in self._orders:
            self._orders[key] = (self._project.class_target(path, index),)
            found = list(self._orders[key])
            for base in self._project.outline(path).classes[index].bases:
                for target in self._base(path, index, base):
                    if target not in found:
                        found.append(target)
            self._orders[key] = tuple(found)
        return self._orders[key]

    def _base(self, path: str, index: int, base: object) -> tuple[Target, ...]:
        item = self._project.outline(path).classes[index]
        target = self._project.resolve(Place(path, item.parent), chain_of(base).replace("[]", ""), item.line)  # type: ignore[arg-type]
        if target is None or target.kind in {"module", "function", "variable"}:
            return ()
        if target.kind == "external":
            return (target,)
        return self.order(target.path, target.index)

    def externals(self, path: str, index: int) -> tuple[str, ...]:
        """Dotted names of all library classes a class descends from."""
        return tuple(item.dotted for item in self.order(path, index) if item.kind == "external")

    def descends(self, path: str, index: int, names: frozenset[str] | set[str]) -> bool:
        """Whether a class descends from any of these dotted library classes."""
        return any(name in names for name in self.externals(path, index))

    def below(self, path: str, index: int) -> list[Target]:
        """Every class of the project that descends from a class, or keeps it where it is a protocol; sorted."""
        if self._below is None:
            self._below = {}
            for one in self._project.paths():
                for at in range(len(self._project.outline(one).classes)):
                    for base in (*self.order(one, at)[1:], *self.protocols(one, at)):
                        if base.kind == "class":
                            self._below.setdefault((base.path, base.index), []).append(
                                self._project.class_target(one, at)
                            )
        return self._below.get((path, index), [])

    def protocols(self, path: str, index: int) -> list[Target]:
        """The protocols of the project that a class keeps without descending from them: it has each of their methods,
        with the same parameters."""
        if self._kept is None:
            self._kept = {}
            for protocol in self._promising():
                wanted = self._shapes(protocol.path, protocol.index)
                keeping = [one for one in self._having(wanted) if protocol not in self.order(one.path, one.index)]
                for one in keeping if len(keeping) <= _KEEPING else ():
                    self._kept.setdefault((one.path, one.index), []).append(protocol)
        return self._kept.get((path, index), [])

    def implementations(self, place: Place) -> list[Place]:
        """The methods below a method that only promises (``...``, ``raise NotImplementedError``); none for another."""
        below = self.overriding(place)
        if not below or not promises(self._project.body(place)):
            return []
        return [one for one in below if not promises(self._project.body(one))]

    def overriding(self, place: Place) -> list[Place]:
        """The methods of the same name in classes below a method's own."""
        function = self._project.function(place)
        if function is None or function.owner < 0:
            return []
        methods = (
            (one.path, self._project.namespace(one.path).methods.get(one.index, {}).get(function.name))
            for one in self.below(place.path, function.owner)
        )
        return [Place(path, at) for path, at in methods if at is not None]

    def own(self, path: str, index: int) -> list[Place]:
        """The methods that a class defines itself."""
        return [Place(path, at) for at in self._project.namespace(path).methods.get(index, {}).values()]

    def _promising(self) -> Iterator[Target]:
        for path in self._project.paths():
            for index, item in enumerate(self._project.outline(path).classes):
                if item.bases and self.descends(path, index, PROTOCOLS) and self._shapes(path, index):
                    yield self._project.class_target(path, index)

    def _shapes(self, path: str, index: int) -> dict[str, tuple[str, ...]]:
        """The names of the parameters of each public method of a class, own or inherited."""
        return {
            name: tuple(one.name for one in function.parameters)
            for name, place in self.methods(path, index)
            if not name.startswith("__") and (function := self._project.function(place)) is not None
        }

    def _having(self, wanted: dict[str, tuple[str, ...]]) -> Iterator[Target]:
        """The classes with methods of these names and parameters that are no protocols themselves."""
        for path in self._project.paths():
            names = self._project.namespace(path).methods
            for index in range(len(self._project.outline(path).classes)):
                if names.get(index, {}).keys().isdisjoint(wanted) or self.descends(path, index, PROTOCOLS):
                    continue
                if wanted.items() <= self._shapes(path, index).items():
                    yield self._project.class_target(path, index)

    def parent(self, place: Place) -> Target | None:
        """What ``super()`` stands for: an object whose look-up begins behind the method's own class."""
        owner = self._project.owner_index(place)
        if owner < 0:
            return None
        order = self.order(place.path, owner)
        return Target("instance", "super", place.path, owner) if len(order) > 1 else None

    def attribute(self, target: Target, name: str) -> Target | None:
        """``Class.name`` or ``object.name``: method, inner class, declared or assigned attribute, inherited or own."""
        order = self.order(target.path, target.index)
        for item in order[1:] if target.dotted == "super" else order:
            if item.kind == "external":
                continue
            found = self._own(item.path, item.index, name)
            if found is not None:
                return found
        for item in order[1:]:
            if item.kind == "external" and item.dotted not in _PLAIN:
                suffix = "()" if target.kind == "instance" else ""
                return Target("external", f"{item.dotted}{suffix}.{name}")
        return None

    def methods(self, path: str, index: int) -> Iterator[tuple[str, Place]]:
        """Own and inherited methods by name, the nearest definition of each."""
        seen: set[str] = set()
        for item in self.order(path, index):
            if item.kind != "class":
                continue
            for name, at in self._project.namespace(item.path).methods.get(item.index, {}).items():
                if name not in seen:
                    seen.add(name)
                    yield name, Place(item.path, at)

    def variable(self, path: str, index: int, name: str) -> tuple[str, AnyExpression] | None:
        """The one value of a class variable, own or inherited, with the file it stands in; ``None`` as for
        :meth:`Project.variable`."""
        for item in self.order(path, index):
            if item.kind == "class":
                qualname = self._project.outline(item.path).classes[item.index].qualname
                found = self._project.variable(item.path, f"{qualname}.{name}")
                if found is not None:
                    return found
        return None

    def fields(self, path: str, index: int) -> Iterator[tuple[str, str, Assign]]:
        """Every name that the bodies of a class and of its bases of ours assign or annotate, the nearest class first:
        name, file, statement. A name that several of them assign comes once for each."""
        for item in self.order(path, index):
            if item.kind != "class":
                continue
            for statement in self._project.outline(item.path).classes[item.index].body:
                if isinstance(statement, Assign):
                    for target in statement.targets:
                        if isinstance(target, Name):
                            yield target.id, item.path, statement

    def _own(self, path: str, index: int, name: str) -> Target | None:
        key = (path, index, name)
        if key not in self._attributes:
            self._attributes[key] = None
            self._attributes[key] = self._look(path, index, name)
        return self._attributes[key]

    def _look(self, path: str, index: int, name: str) -> Target | None:
        project = self._project
        namespace = project.namespace(path)
        method = namespace.methods.get(index, {}).get(name)
        if method is not None:
            return project.function_target(path, method)
        inner = namespace.inner_classes.get(index, {}).get(name)
        if inner is not None:
            return project.class_target(path, inner)
        item = project.outline(path).classes[index]
        place = Place(path, item.parent)
        for local in item.locals:
            if local.target == name:
                method = namespace.methods.get(index, {}).get(local.source)  # ``by_name = find`` below ``def find``
                if method is not None:
                    return project.function_target(path, method)
                if local.how == "annotation":
                    found = project.annotated(place, declared.from_chain(local.source, local.line))
                else:
                    found = project.resolve(place, local.source, local.line)
                if found is not None:
                    return found
        return self._assigned(path, index, name)

    def _assigned(self, path: str, index: int, name: str) -> Target | None:
        project = self._project
        for at in project.namespace(path).methods.get(index, {}).values():
            place = Place(path, at)
            for local in project.outline(path).functions[at].locals:
                if local.target == f"self.{name}":
                    if local.how == "annotation":
                        found = project.annotated(place, declared.from_chain(local.source, local.line))
                    else:
                        found = project.resolve(place, local.source, local.line)
                    if found is not None:
                        return found
        return None


_PLAIN = {
    "builtins.object",
    "abc.ABC",
    "typing.Generic",
    "typing.Protocol",
    "builtins.Exception",
    "enum.Enum",
}


def promises(body: Sequence[AnyStatement]) -> bool:
    """Whether a body does nothing: a docstring, ``...``, ``pass``, ``raise NotImplementedError``."""
    return all(
        (isinstance(one, Evaluate) and isinstance(one.value, Constant | Opaque))
        or (isinstance(one, Jump) and one.kind == "pass")
        or (isinstance(one, Raise) and one.exception is not None and "NotImplemented" in _raised(one.exception))
        for one in body
    )


def _raised(value: AnyExpression) -> str:
    return chain_of(value.func if isinstance(value, Call) else value)
