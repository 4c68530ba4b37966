"""Functions and classes by another name: ``alias = run``, ``fetch = store.find``, ``by_name = find`` in a class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from analyzer.facts.outline import Local
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.project.project import Project


class Renamed:
    """What such names stand for, in whatever module they are used."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def own_name(self, place: Place, chain: str, line: int) -> str:
        """The name in the definition of what a chain ends in, ``""`` where it ends in that name or in no other one."""
        last = chain.rpartition(".")[2]
        if last not in self._others and last not in self._inside.get(place, ()):
            return ""
        name = self._name(self._project.resolve(place, chain, line))
        return "" if name == last else name

    @cached_property
    def _others(self) -> frozenset[str]:
        """Names that a module, a class or an object gives to functions and classes, and what imports make of them."""
        found: set[str] = set()
        for place, item in self._given():
            if place.index < 0 or "." in item.target:
                self._note(found, place, item)
        for path, outline in self._project.modules.outlines.items():
            for index, klass in enumerate(outline.classes):
                for item in klass.locals:
                    if item.how == "assign" and item.target not in found and item.source in self._names:
                        kept = self._project.classes.attribute(self._project.class_target(path, index), item.target)
                        if self._name(kept) not in ("", item.target):
                            found.add(item.target)
        for outline in self._project.modules.outlines.values():
            found.update(one.bound for one in outline.imports if one.aliased and one.name in found)
        return frozenset(found)

    @cached_property
    def _inside(self) -> dict[Place, set[str]]:
        """Names that a function gives to functions and calls by that name itself."""
        found: dict[Place, set[str]] = {}
        for place, item in self._given():
            function = self._project.function(place)
            if function is None or "." in item.target:
                continue
            if any(use.kind == "call" and use.chain == item.target for use in function.uses):
                self._note(found.setdefault(place, set()), place, item)
        return found

    def _given(self) -> Iterator[tuple[Place, Local]]:
        """Every assignment of what may be a function or a class to another name than its own, outside of classes."""
        for path, outline in self._project.modules.outlines.items():
            kept = [(Place(path, -1), outline.locals)]
            kept += [(Place(path, index), function.locals) for index, function in enumerate(outline.functions)]
            for place, items in kept:
                for item in items:
                    last = item.source.rpartition(".")[2]
                    if item.how == "assign" and last in self._names and last != item.target.rpartition(".")[2]:
                        yield place, item

    @cached_property
    def _names(self) -> frozenset[str]:
        """What functions and classes are called, and names that are given to these."""
        outlines = self._project.modules.outlines.values()
        found: set[str] = set()
        for outline in outlines:
            found.update(one.name for one in outline.functions)
            found.update(one.name for one in outline.classes)
        for outline in outlines:
            found.update(one.target for one in outline.locals if one.how == "assign" and one.source in found)
            found.update(one.bound for one in outline.imports if one.aliased and one.name in found)
        return frozenset(found)

    def _note(self, found: set[str], place: Place, item: Local) -> None:
        last = item.target.rpartition(".")[2]
        if last not in found and self._name(self._project.resolve(place, item.source, item.line)):
            found.add(last)

    def _name(self, target: Target | None) -> str:
        """The name in a function's or a class's own definition."""
        if target is None or target.kind not in ("function", "class"):
            return ""
        outline = self._project.outline(target.path)
        if target.kind == "function":
            return outline.functions[target.index].name
        return outline.classes[target.index].name
