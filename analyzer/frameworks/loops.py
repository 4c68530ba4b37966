"""Registrations in loops: calls as they run when a loop goes over a constant list, of this module or of another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Binary,
    Call,
    Comprehension,
    Constant,
    Expression,
    Generator,
    Name,
    Sequence,
    Starred,
    Subscript,
)
from analyzer.facts.expressions import Mapping as Dict
from analyzer.facts.statements import Assign, For
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import children, walk
from analyzer.project.project import Project
from analyzer.project.target import Place

_LIMIT = 200
"""Longer lists are data, not registrations: a larger backend has some tens of routes in one loop."""
_DEPTH = 8
_VIEWS = (".items()", ".values()", ".keys()")
Item = tuple[Place, AnyExpression]
"""An expression with the place it is written in, where its names mean something."""
Known = Mapping[str, Item]


class Registration(msgspec.Struct, frozen=True):
    """A call with its names replaced by what they stand for; ``origins`` tells where the replacements were written."""

    place: Place
    call: Call
    origins: Mapping[int, Place] = {}

    def where(self, expression: AnyExpression | None) -> Place:
        """The place to read an expression of the call in."""
        for node in walk(expression) if expression is not None and self.origins else ():
            if id(node) in self.origins:
                return self.origins[id(node)]
        return self.place


def unrolled(project: Project, names: frozenset[str]) -> Iterator[tuple[Place, Call]]:
    """Every call of a function or method with one of these names; in a loop over a constant list once an item.

    Loop variables are replaced by what they stand for, so ``add(f"/{name}", view)`` arrives with constants.
    """
    yield from ((one.place, one.call) for one in registrations(project, names))


def registrations(project: Project, names: frozenset[str]) -> Iterator[Registration]:
    """As :func:`unrolled`, with the place that each replaced name is to be read in."""
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if any(use.kind == "call" and _last(use.chain) in names for use in uses):
            for one in _nodes(project, place, project.body(place), {}):
                if _last(chain_of(one.call.func)) in names:
                    yield one


def _last(chain: str) -> str:
    return chain.removesuffix("()").rpartition(".")[2]


def _nodes(project: Project, place: Place, nodes: Iterable[msgspec.Struct], known: Known) -> Iterator[Registration]:
    for node in nodes:
        if isinstance(node, For):
            rounds = rounds_of(project, place, node)
            for names in rounds if rounds is not None else [{}]:
                yield from _nodes(project, place, node.body, {**known, **names})
            yield from _nodes(project, place, node.otherwise, known)
            continue
        if isinstance(node, Comprehension) and len(node.generators) == 1 and not node.generators[0].conditions:
            # ``[api.add_resource(*one) for one in routes]``, a loop in other words.
            rounds = rounds_of(project, place, node.generators[0])
            for names in rounds if rounds is not None else [{}]:
                yield from _nodes(project, place, [node.element], {**known, **names})
            continue
        if isinstance(node, Call):
            yield replaced(place, node, known)
        yield from _nodes(project, place, list(children(node)), known)


def replaced(place: Place, call: Call, known: Known) -> Registration:
    """A call with names replaced by what is known of them."""
    if not known:
        return Registration(place, call)
    origins: dict[int, Place] = {}
    found = substitute(call, known, origins)
    return Registration(place, found if isinstance(found, Call) else call, origins)


def rounds_of(project: Project, place: Place, loop: For | Generator) -> list[dict[str, Item]] | None:
    """The names bound in each round of a loop over a constant list; ``None`` where the list is not constant."""
    items = constant_items(project, place, loop.iterable)
    if items is None or len(items) > _LIMIT:
        return None
    if isinstance(loop.target, Name):
        return [{loop.target.id: item} for item in items]
    if not isinstance(loop.target, Sequence):
        return None
    names = [target.id for target in loop.target.items if isinstance(target, Name)]
    rounds: list[dict[str, Item]] = []
    for at, item in items:
        if not isinstance(item, Sequence) or len(item.items) != len(loop.target.items) or len(names) != len(item.items):
            return None
        rounds.append({name: (at, one) for name, one in zip(names, item.items, strict=True)})
    return rounds


def constant_items(project: Project, place: Place, iterable: AnyExpression | None, depth: int = 0) -> list[Item] | None:
    """The items of a list, tuple or dict (``.items()`` as pairs), written out, joined, or held by a variable that is
    written once."""
    view = next((one for one in _VIEWS if chain_of(iterable).endswith(one)), "")
    if view and isinstance(iterable, Call) and isinstance(iterable.func, Attribute):
        iterable = iterable.func.value
    if depth > _DEPTH:
        return None
    if isinstance(iterable, Binary) and iterable.op == "+":
        sides = [constant_items(project, place, one, depth + 1) for one in (iterable.left, iterable.right)]
        return None if None in sides else [item for side in sides for item in side or ()]
    if isinstance(iterable, Name | Attribute):
        held = _held(project, place, iterable)
        if held is None:
            return None
        place, iterable = held
        if isinstance(iterable, Binary):
            return constant_items(project, place, iterable, depth + 1)
    if isinstance(iterable, Sequence):
        found: list[Item] = []
        for item in iterable.items:
            inner = constant_items(project, place, item.value, depth + 1) if isinstance(item, Starred) else None
            found += inner if inner is not None else [(place, item)]
        return found
    if isinstance(iterable, Dict) and None not in iterable.keys:
        keys = [key for key in iterable.keys if key is not None]
        pairs = zip(keys, iterable.values, strict=True)
        if view == ".items()":
            return [(place, _pair(key, value)) for key, value in pairs]
        return [(place, value) for _, value in pairs] if view == ".values()" else [(place, key) for key in keys]
    return None


def _held(project: Project, place: Place, named: Name | Attribute) -> Item | None:
    """What a name holds, of the function or of a module, when it is written once."""
    chain = chain_of(named)
    local = [
        statement.value
        for statement in (project.body(place) if place.index >= 0 else [])
        if isinstance(statement, Assign) and any(chain_of(target) == chain for target in statement.targets)
    ]
    if local:
        return (place, local[0]) if len(local) == 1 and local[0] is not None else None
    found = project.variable(place.path, chain)
    return (Place(found[0], -1), found[1]) if found is not None else None


def _pair(key: AnyExpression, value: AnyExpression) -> Sequence:
    return Sequence(key.line, key.column, key.end_line, key.end_column, "tuple", [key, value])


def substitute(node: msgspec.Struct, known: Known, origins: dict[int, Place] | None = None) -> msgspec.Struct:
    """An expression with names replaced by what they stand for, entries taken out of tables, stars written out."""
    if isinstance(node, Name):
        if node.id not in known:
            return node
        place, value = known[node.id]
        if origins is not None:
            origins[id(value)] = place
        return value
    changes: dict[str, object] = {}
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, Expression):
            changes[field] = substitute(value, known, origins)
        elif type(value) is list:
            changes[field] = [
                substitute(one, known, origins) if isinstance(one, msgspec.Struct) else one for one in value
            ]
        elif isinstance(value, msgspec.Struct):
            changes[field] = substitute(value, known, origins)
    made = msgspec.structs.replace(node, **changes) if changes else node
    kept = partial(_kept, origins)
    if isinstance(made, Subscript):
        entry = _entry(made)
        return kept(made.value, entry) if entry is not None else made
    if isinstance(made, Call) and any(one.star for one in made.arguments):
        written = [
            Argument(kept(one.value, inner.value), inner.keyword) if inner is not one else one
            for one in made.arguments
            for inner in _written_out(one)
        ]
        return msgspec.structs.replace(made, arguments=written)
    return made


def _kept(origins: dict[int, Place] | None, holder: AnyExpression, inner: AnyExpression) -> AnyExpression:
    """What is taken out of something comes from where that comes from."""
    if origins is not None and id(holder) in origins:
        origins[id(inner)] = origins[id(holder)]
    return inner


def _entry(node: Subscript) -> AnyExpression | None:
    """``{"path": "/x"}["path"]`` and ``("/x", view)[0]``: what is taken out."""
    index = node.index.value if isinstance(node.index, Constant) else None
    if (
        isinstance(node.value, Sequence)
        and type(index) is int
        and -len(node.value.items) <= index < len(node.value.items)
    ):
        return node.value.items[index]
    if isinstance(node.value, Dict) and isinstance(index, str):
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            if isinstance(key, Constant) and key.value == index:
                return value
    return None


def _written_out(one: Argument) -> list[Argument]:
    """The arguments that ``*("/x", view)`` and ``**{"path": "/x"}`` are; itself where that is not known."""
    if one.star == 1 and isinstance(one.value, Sequence) and not any(isinstance(i, Starred) for i in one.value.items):
        return [Argument(item) for item in one.value.items]
    if one.star == 2 and isinstance(one.value, Dict):
        keys = [key.value if isinstance(key, Constant) else None for key in one.value.keys]
        if all(isinstance(key, str) for key in keys):
            return [Argument(value, str(key)) for key, value in zip(keys, one.value.values, strict=True)]
    return [one]
