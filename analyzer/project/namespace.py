"""What each module binds at its top level, straight from its outline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from analyzer.facts.expressions import AnyExpression, Attribute, Name, Sequence
from analyzer.facts.outline import Class, Function, Import, Outline
from analyzer.facts.statements import AnyStatement, Assign, Augment, For, If, Match, Try, TypeAlias, While, With


class Namespace:
    """The names of one module: definitions, imports and variables, apart, so that the linker can rank them."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline

    @cached_property
    def functions(self) -> dict[str, int]:
        """Top-level functions by name; the last definition wins."""
        return {f.name: i for i, f in enumerate(self.outline.functions) if f.owner < 0 and f.parent < 0}

    @cached_property
    def classes(self) -> dict[str, int]:
        """Top-level classes by name; the last definition wins."""
        return {c.name: i for i, c in enumerate(self.outline.classes) if c.owner < 0 and c.parent < 0}

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        """Module-level imports by bound name, the best first: run time before fallback before type checking."""
        found: dict[str, list[Import]] = {}
        for item in self.outline.imports:
            if item.scope < 0 and item.bound:
                found.setdefault(item.bound, []).append(item)
        rank = {"": 0, "try": 0, "if": 1, "fallback": 2, "type": 3}
        for items in found.values():
            items.sort(key=lambda item: rank.get(item.guard, 1))
        return found

    @cached_property
    def stars(self) -> list[Import]:
        """Star imports, in order."""
        return [item for item in self.outline.imports if item.name == "*" and item.scope < 0]

    @cached_property
    def lazy(self) -> dict[int, list[Import]]:
        """Imports inside functions, by the function's index."""
        found: dict[int, list[Import]] = {}
        for item in self.outline.imports:
            if item.scope >= 0:
                found.setdefault(item.scope, []).append(item)
        return found

    @cached_property
    def variables(self) -> dict[str, list[AnyExpression]]:
        """Values assigned to module-level names (any branch), in order; ``Class.name`` for class attributes."""
        found: dict[str, list[AnyExpression]] = {}
        _collect(self.outline.body, "", found)
        for item in self.outline.classes:
            if item.parent < 0:
                _collect(item.body, item.qualname + ".", found)
        return found

    @cached_property
    def nested(self) -> dict[int, dict[str, tuple[str, int]]]:
        """Functions and classes defined inside a function: ``{function: {name: (kind, index)}}``."""
        found: dict[int, dict[str, tuple[str, int]]] = {}
        for index, function in enumerate(self.outline.functions):
            if function.parent >= 0 and function.owner < 0:
                found.setdefault(function.parent, {})[function.name] = ("function", index)
        for index, item in enumerate(self.outline.classes):
            if item.parent >= 0 and item.owner < 0:
                found.setdefault(item.parent, {})[item.name] = ("class", index)
        return found

    @cached_property
    def methods(self) -> dict[int, dict[str, int]]:
        """Methods by class index and name; the last definition wins, a property's getter before its setter."""
        found: dict[int, dict[str, int]] = {}
        for index, function in enumerate(self.outline.functions):
            if function.owner >= 0 and not _accessor(function):
                found.setdefault(function.owner, {})[function.name] = index
        return found

    @cached_property
    def inner_classes(self) -> dict[int, dict[str, int]]:
        """Classes defined in a class body, by the outer class's index."""
        found: dict[int, dict[str, int]] = {}
        for index, item in enumerate(self.outline.classes):
            if item.owner >= 0:
                found.setdefault(item.owner, {})[item.name] = index
        return found

    def class_of(self, index: int) -> Class:
        """The class at an index."""
        return self.outline.classes[index]


def _accessor(function: Function) -> bool:
    return any(isinstance(item, Attribute) and item.attr in {"setter", "deleter"} for item in function.decorators)


def _collect(body: list[AnyStatement], prefix: str, found: dict[str, list[AnyExpression]]) -> None:
    for statement in body:
        if isinstance(statement, Assign):
            if statement.value is not None:
                for target in statement.targets:
                    for name, value in _bound(target, statement.value):
                        found.setdefault(prefix + name, []).append(value)
        elif isinstance(statement, Augment):
            # ``APPS += ["debug"]``: what is added is a value of the name as well, and the first is not all there is.
            if isinstance(statement.target, Name):
                found.setdefault(prefix + statement.target.id, []).append(statement.value)
        elif isinstance(statement, TypeAlias):
            found.setdefault(prefix + statement.name, []).append(statement.value)
        else:
            for inner in _blocks(statement):
                _collect(inner, prefix, found)


def _bound(target: AnyExpression, value: AnyExpression) -> Iterator[tuple[str, AnyExpression]]:
    if isinstance(target, Name):
        yield target.id, value
    elif isinstance(target, Sequence) and isinstance(value, Sequence) and len(target.items) == len(value.items):
        for one, other in zip(target.items, value.items, strict=True):
            yield from _bound(one, other)


def _blocks(statement: AnyStatement) -> Iterator[list[AnyStatement]]:
    if isinstance(statement, If | For | While):
        yield statement.then if isinstance(statement, If) else statement.body
        yield statement.otherwise
    elif isinstance(statement, With):
        yield statement.body
    elif isinstance(statement, Try):
        yield statement.body
        for handler in statement.handlers:
            yield handler.body
        yield statement.otherwise
        yield statement.final
    elif isinstance(statement, Match):
        for case in statement.cases:
            yield case.body
