"""The stack in six lines and the architecture's shape, each with what it was seen from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.outline import Import
from analyzer.graph.picture import Picture
from analyzer.inventory.project_files import DataFile, Dependency, dependencies
from analyzer.model import Tier

UNDECIDED = "undecided — ask"
"""What a line says where the code does not."""


class Seen(msgspec.Struct, frozen=True, order=True):
    """One reason: a phrase and where it can be seen."""

    text: str
    file: str = ""
    line: int = 0


class Line(msgspec.Struct, frozen=True):
    """One line of the profile. ``value`` is :data:`UNDECIDED` where nothing tells."""

    name: str
    value: str
    evidence: tuple[Seen, ...] = ()


class Profile(msgspec.Struct, frozen=True):
    """Six lines on the stack; a line on the shape for every application in the tree."""

    stack: tuple[Line, ...]
    shapes: tuple[Line, ...]


_MIGRATING = frozenset({"migrations", "alembic"})
"""Folders whose imports say how a database is changed, and not how the application reaches it."""


class Material:
    """What the lines are made from: main code's imports, handlers, files, dependencies."""

    def __init__(self, picture: Picture, files: Sequence[DataFile]) -> None:
        self.picture = picture
        self.files = tuple(files)
        self.dependencies: tuple[Dependency, ...] = dependencies(files)
        self.paths = [
            path
            for path in picture.project.paths()
            if picture.is_main(path) and "test" not in path.lower() and _MIGRATING.isdisjoint(path.split("/"))
        ] or list(picture.project.paths())

    def imports(self) -> Iterator[tuple[str, Import]]:
        """Every absolute import of main code that leads out of the project, with its file."""
        layout = self.picture.project.layout
        for path in self.paths:
            for item in self.picture.project.outline(path).imports:
                if not item.level and item.module and layout.absolute(path, item.module) is None:
                    yield path, item

    def importing(self, package: str) -> list[Seen]:
        """The files that import a package or one of its modules, each once."""
        found: dict[str, Seen] = {}
        for path, item in self.imports():
            whole = f"{item.module}.{item.name}" if item.name else item.module
            if whole == package or whole.startswith(package + "."):
                found.setdefault(path, Seen(f"imports {package}", path, item.line))
        return list(found.values())

    def packages(self) -> Counter[str]:
        """How many files import each top-level package."""
        pairs = {(path, item.module.partition(".")[0]) for path, item in self.imports()}
        return Counter(package for _, package in pairs)

    def asks_for(self, name: str) -> Seen | None:
        """The dependency of this name, where it is asked for."""
        for item in self.dependencies:
            if item.name == name:
                return Seen(f"depends on {name}", item.path, item.line)
        return None


def line(name: str, parts: Sequence[str], evidence: Sequence[Seen]) -> Line:
    """A line of the parts that are known."""
    known = [part for part in parts if part]
    return Line(name, ", ".join(known) if known else UNDECIDED, tuple(evidence) if known else ())


def profile(picture: Picture, files: Sequence[DataFile]) -> Profile:
    """The profile of a picture and the files beside its code."""
    from analyzer.inventory import profile_access, profile_data, profile_run

    material = Material(picture, files)
    stack = (
        profile_run.runtime(material),
        profile_run.framework(material),
        profile_data.database(material),
        profile_access.style(material),
        profile_access.authentication(material),
        profile_run.deployment(material),
    )
    return Profile(stack, tuple(_shapes(material)))


def _shapes(material: Material) -> Iterator[Line]:
    """One line an application that has handlers; the largest group of modules where none has."""
    picture = material.picture
    groups: dict[tuple[str, ...], int] = {}
    for place in picture.handlers():
        group = picture.application(place.path)
        groups[group] = groups.get(group, 0) + 1
    if not groups and material.paths:
        groups = {max((picture.application(path) for path in material.paths), key=len): 0}
    for group, _ in sorted(groups.items(), key=lambda item: (-item[1], item[0]))[:8]:
        shape = picture.shape(group[0])
        roles = Counter(picture.module_role(path).name for path in group if picture.tier(path) is Tier.MAIN)
        counted = ", ".join(
            f"{roles[name]} {name}" for name in ("controller", "service", "repository", "model") if roles[name]
        )
        evidence = [Seen(item.text, item.path, item.line) for item in shape.evidence]
        evidence.append(Seen(f"modules by role: {counted}" if counted else f"{len(group)} modules", group[0], 1))
        name = "shape" if len(groups) == 1 else f"shape of {picture.project.module_name(group[0])} …"
        yield Line(name, f"{shape.kind} (confidence: {shape.confidence.name.lower()})", tuple(evidence))
