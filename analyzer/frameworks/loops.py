"""Registrations in loops: calls as they run when a loop goes over a constant list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Expression, Name, Sequence
from analyzer.facts.expressions import Mapping as Dict
from analyzer.facts.statements import AnyStatement, Assign, For
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import children
from analyzer.project.project import Project
from analyzer.project.target import Place

_LIMIT = 200
"""Longer lists are data, not registrations: a larger backend has some tens of routes in one loop."""


def unrolled(project: Project, names: frozenset[str]) -> Iterator[tuple[Place, Call]]:
    """Every call of a function or method with one of these names; in a loop over a constant list once an item.

    Loop variables are replaced by what they stand for, so ``add(f"/{name}", view)`` arrives with constants.
    """
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if any(use.kind == "call" and _last(use.chain) in names for use in uses):
            for node in _nodes(project, place, project.body(place), {}):
                if _last(chain_of(node.func)) in names:
                    yield place, node


def _last(chain: str) -> str:
    return chain.removesuffix("()").rpartition(".")[2]


def _nodes(
    project: Project,
    place: Place,
    nodes: list[AnyStatement] | list[msgspec.Struct],
    known: Mapping[str, AnyExpression],
) -> Iterator[Call]:
    for node in nodes:
        if isinstance(node, For):
            rounds = rounds_of(project, place, node)
            for names in rounds if rounds is not None else [{}]:
                yield from _nodes(project, place, node.body, {**known, **names})
            yield from _nodes(project, place, node.otherwise, known)
            continue
        if isinstance(node, Call):
            replaced = substitute(node, known) if known else node
            if isinstance(replaced, Call):
                yield replaced
        yield from _nodes(project, place, list(children(node)), known)


def rounds_of(project: Project, place: Place, loop: For) -> list[dict[str, AnyExpression]] | None:
    """The names bound in each round of a loop over a constant list; ``None`` where the list is not constant."""
    items = constant_items(project, place, loop.iterable)
    if items is None or len(items) > _LIMIT:
        return None
    if isinstance(loop.target, Name):
        return [{loop.target.id: item} for item in items]
    if not isinstance(loop.target, Sequence):
        return None
    names = [target.id for target in loop.target.items if isinstance(target, Name)]
    rounds: list[dict[str, AnyExpression]] = []
    for item in items:
        if not isinstance(item, Sequence) or len(item.items) != len(loop.target.items) or len(names) != len(item.items):
            return None
        rounds.append(dict(zip(names, item.items, strict=True)))
    return rounds


def constant_items(project: Project, place: Place, iterable: AnyExpression | None) -> list[AnyExpression] | None:
    """The items of a list, tuple or dict (``.items()`` as pairs) written out or held by a variable written once."""
    pairs = chain_of(iterable).endswith(".items()")
    if pairs and isinstance(iterable, Call) and isinstance(iterable.func, Attribute):
        iterable = iterable.func.value
    if isinstance(iterable, Name):
        local = [
            statement.value
            for statement in (project.body(place) if place.index >= 0 else [])
            if isinstance(statement, Assign) and any(chain_of(target) == iterable.id for target in statement.targets)
        ]
        found = project.variable(place.path, iterable.id)
        iterable = local[0] if len(local) == 1 else (found[1] if found and not local else None)
    if isinstance(iterable, Sequence):
        return list(iterable.items)
    if isinstance(iterable, Dict) and None not in iterable.keys:
        keys = [key for key in iterable.keys if key is not None]
        if not pairs:
            return keys
        return [
            Sequence(key.line, key.column, key.end_line, key.end_column, "tuple", [key, value])
            for key, value in zip(keys, iterable.values, strict=True)
        ]
    return None


def substitute(node: msgspec.Struct, known: Mapping[str, AnyExpression]) -> msgspec.Struct:
    """An expression with names replaced by what they stand for."""
    if isinstance(node, Name):
        return known.get(node.id, node)
    changes: dict[str, object] = {}
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, Expression):
            changes[field] = substitute(value, known)
        elif type(value) is list:
            changes[field] = [substitute(one, known) if isinstance(one, msgspec.Struct) else one for one in value]
        elif isinstance(value, msgspec.Struct):
            changes[field] = substitute(value, known)
    return msgspec.structs.replace(node, **changes) if changes else node
