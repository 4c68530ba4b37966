"""Registrations in loops: calls as they run when a loop goes over a constant list, of this module or of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from analyzer.facts.statements import Assign, Augment, For, If, Try, While, With
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import children, statements, walk
from analyzer.frameworks.spelling import spelt
from analyzer.project.project import Project
from analyzer.project.target import Place

_LIMIT = 200
"""Longer lists are data, not registrations: a larger backend has some tens of routes in one loop."""
_MOST = 2000
"""Rounds of loops in loops, all together."""
_DEPTH = 8
_VIEWS = frozenset({"items", "values", "keys"})
Item = tuple[Place, AnyExpression]
"""An expression with the place it is written in, where its names mean something."""
Known = Mapping[str, Item]


class Registration(msgspec.Struct, frozen=True):
    """A call with its names replaced by what they stand for; ``origins`` tells where the replacements were written,
    ``known`` what the loops around it make of names."""

    place: Place
    call: Call
    origins: Mapping[int, Place] = {}
    known: Known = {}

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


def calls_of(project: Project, place: Place) -> Iterator[Registration]:
    """Every call in a function or a module's own code, in a loop over a constant list once an item."""
    return _nodes(project, place, project.body(place), {})


def _last(chain: str) -> str:
    return chain.removesuffix("()").rpartition(".")[2]


def _nodes(
    project: Project, place: Place, nodes: Iterable[msgspec.Struct], known: Known, depth: int = 0, width: int = 1
) -> Iterator[Registration]:
    for node in nodes:
        if isinstance(node, For):
            rounds = _rounds(project, place, node, known, depth, width)
            for names in rounds:
                yield from _nodes(project, place, node.body, {**known, **names}, depth, width * len(rounds))
            yield from _nodes(project, place, node.otherwise, known, depth, width)
            continue
        if isinstance(node, Comprehension) and len(node.generators) == 1 and not node.generators[0].conditions:
            # ``[api.add_resource(*one) for one in routes]``, a loop in other words.
            rounds = _rounds(project, place, node.generators[0], known, depth, width)
            for names in rounds:
                yield from _nodes(project, place, [node.element], {**known, **names}, depth, width * len(rounds))
            continue
        if isinstance(node, Call):
            yield replaced(place, node, known)
        yield from _nodes(project, place, list(children(node)), known, depth, width)
        known = _assigned(place, node, known)


def _rounds(
    project: Project, place: Place, loop: For | Generator, known: Known, depth: int, width: int
) -> list[dict[str, Item]]:
    """The rounds of a loop, also inside others (``for prefix, routers in GROUPS: for one in routers``); one that binds
    nothing where the list is not constant, or filled by others."""
    at = place
    if known and any(isinstance(node, Name) and node.id in known for node in walk(loop.iterable)):
        at, inner = _replaced(place, loop.iterable, known)
        loop = msgspec.structs.replace(loop, iterable=inner)
    rounds = rounds_of(project, at, loop, depth)
    return rounds if rounds and width * len(rounds) <= _MOST else [{}]


def replaced(place: Place, call: Call, known: Known) -> Registration:
    """A call with names replaced by what is known of them."""
    if not known:
        return Registration(place, call)
    origins: dict[int, Place] = {}
    found = substitute(call, known, origins)
    return Registration(place, found if isinstance(found, Call) else call, origins, known)


Wanted = Callable[[msgspec.Struct], bool]


def rounds_around(project: Project, place: Place, wanted: Wanted) -> list[Known]:
    """What names stand for in each round of the loops of a function (or a module's own code) that something stands in:
    one empty round for what is in no loop, or in one over no constant list."""
    looping: dict[Place, bool] = vars(project).setdefault("_looping_places", {})
    body = project.body(place)
    if place not in looping:
        looping[place] = any(isinstance(one, For) for one in statements(body))
    return (list(_rounds_to(project, place, body, wanted, {}, 1)) if looping[place] else []) or [{}]


def _rounds_to(
    project: Project, place: Place, nodes: Iterable[msgspec.Struct], wanted: Wanted, known: Known, width: int
) -> Iterator[Known]:
    for node in nodes:
        if not any(map(wanted, walk(node))):
            known = _assigned(place, node, known)
        elif isinstance(node, For):
            rounds = _rounds(project, place, node, known, 0, width)
            for names in rounds:
                yield from _rounds_to(project, place, node.body, wanted, {**known, **names}, width * len(rounds))
        elif isinstance(node, If | While | Try | With):
            yield from _rounds_to(project, place, list(children(node)), wanted, known, width)
        else:
            yield known


def _assigned(place: Place, node: msgspec.Struct, known: Known) -> Known:
    """What is known after ``prefix = f"/{name}"`` in the body of a loop: the next statements have it."""
    if known and isinstance(node, Assign) and len(node.targets) == 1 and node.value is not None:
        target = node.targets[0]
        # An object that is made there is the same wherever its name stands: it cannot be written twice.
        made = isinstance(node.value, Call) and _last(chain_of(node.value.func))[:1].isupper()
        hangs = any(isinstance(one, Name) and one.id in known for one in walk(node.value))
        if isinstance(target, Name) and hangs and not made:
            return {**known, target.id: _replaced(place, node.value, known)}
    return known


def agree(one: Known, other: Known) -> bool:
    """Whether two rounds are the same as far as both know."""
    return all(name not in other or spelt(value) == spelt(other[name][1]) for name, (_, value) in one.items())


def _replaced(place: Place, value: AnyExpression, known: Known) -> Item:
    origins: dict[int, Place] = {}
    made: AnyExpression = substitute(value, known, origins)  # type: ignore[assignment]
    return next((origins[id(one)] for one in walk(made) if id(one) in origins), place), made


def rounds_of(project: Project, place: Place, loop: For | Generator, depth: int = 0) -> list[dict[str, Item]] | None:
    """The names bound in each round of a loop over a constant list; ``None`` where the list is not constant."""
    items = constant_items(project, place, loop.iterable, depth)
    if items is None or len(items) > _LIMIT:
        return None
    rounds = [_bound(project, loop.target, item) for item in items]
    return None if None in rounds else [one for one in rounds if one is not None]


def _by_name(project: Project, item: Item) -> Item:
    """An object of a class of the project whose fields are given in order, with their names: ``Part(router, "/x")``."""
    place, value = item
    if not isinstance(value, Call) or all(one.keyword is not None or one.star for one in value.arguments):
        return item
    target = project.resolve_expression(place, value.func)
    if target is None or target.kind != "class" or target.index < 0:
        return item
    init = dict(project.classes.methods(target.path, target.index)).get("__init__")
    function = project.function(init) if init is not None else None
    fields = project.classes.fields(target.path, target.index)
    names = [one.name for one in function.parameters[1:]] if function else list(dict.fromkeys(one[0] for one in fields))
    plain = [one for one in value.arguments if one.keyword is None]
    if len(plain) > len(names) or any(one.star for one in plain):
        return item
    named = [Argument(one.value, name) for one, name in zip(plain, names, strict=False)]
    rest = [one for one in value.arguments if one.keyword is not None]
    return place, msgspec.structs.replace(value, arguments=[*named, *rest])


def _bound(project: Project, target: AnyExpression, item: Item) -> dict[str, Item] | None:
    """The names that a loop's target takes out of an item; ``None`` where their shapes differ."""
    if isinstance(target, Name):
        return {target.id: _by_name(project, item)}
    at, value = item
    if not isinstance(target, Sequence) or not isinstance(value, Sequence) or len(target.items) != len(value.items):
        return None
    found: dict[str, Item] = {}
    for one, inner in zip(target.items, value.items, strict=True):
        bound = _bound(project, one, (at, inner))
        if bound is None:
            return None
        found |= bound
    return found


def constant_items(project: Project, place: Place, iterable: AnyExpression | None, depth: int = 0) -> list[Item] | None:
    """The items of a list, tuple or dict (``.items()`` as pairs), written out, joined, comprehended from such a one, or
    held by a variable that is written once, with what is appended to it beside."""
    view = ""
    if isinstance(iterable, Call) and isinstance(iterable.func, Attribute) and iterable.func.attr in _VIEWS:
        view, iterable = iterable.func.attr, iterable.func.value
    if depth > _DEPTH:
        return None
    if isinstance(iterable, Binary) and iterable.op == "+":
        sides = [constant_items(project, place, one, depth + 1) for one in (iterable.left, iterable.right)]
        return None if None in sides else [item for side in sides for item in side or ()]
    if isinstance(iterable, Comprehension):
        return _comprehended(project, place, iterable, depth)
    if isinstance(iterable, Call):
        return _handed_on(project, place, iterable, depth)
    if isinstance(iterable, Name | Attribute):
        held = held_value(project, place, iterable)
        if held is None:
            return None
        added = _grown(project, held[0], chain_of(held[2]), depth)
        place, iterable = held[0], held[1]
        if added is None or added or isinstance(iterable, Binary | Comprehension | Call):
            items = constant_items(project, place, iterable, depth + 1) if added is not None else None
            return [*items, *added] if items is not None and added is not None else None
    if isinstance(iterable, Sequence):
        found: list[Item] = []
        for item in iterable.items:
            inner = constant_items(project, place, item.value, depth + 1) if isinstance(item, Starred) else None
            found += inner if inner is not None else [(place, item)]
        return found
    if isinstance(iterable, Dict) and None not in iterable.keys:
        keys = [key for key in iterable.keys if key is not None]
        pairs = zip(keys, iterable.values, strict=True)
        if view == "items":
            return [(place, _pair(key, value)) for key, value in pairs]
        return [(place, value) for _, value in pairs] if view == "values" else [(place, key) for key in keys]
    return None


def _comprehended(project: Project, place: Place, made: Comprehension, depth: int) -> list[Item] | None:
    """The items of ``[(f"/{name}", view) for name, view in pairs]``; ``None`` where some are left out."""
    if made.value is not None or any(one.conditions or one.is_async for one in made.generators) or depth > _DEPTH:
        return None
    known: list[dict[str, Item]] = [{}]
    for generator in made.generators:
        rounds = rounds_of(project, place, generator, depth + 1)
        if rounds is None or len(rounds) * len(known) > _LIMIT:
            return None
        known = [{**outer, **inner} for outer in known for inner in rounds]
    found: list[Item] = []
    for names in known:
        found.append(_replaced(place, made.element, names))
    return found


def _handed_on(project: Project, place: Place, call: Call, depth: int) -> list[Item] | None:
    """The items of what hands on those it is given (``sorted(routes)``), numbers them or pairs them; and of ``range``
    of constants."""
    name = chain_of(call.func)
    given = [one.value for one in call.arguments if one.keyword is None and not one.star]
    if name == "range" and given:
        numbers = [one.value if isinstance(one, Constant) else None for one in given]
        if any(type(one) is not int or abs(one) > _LIMIT for one in numbers) or 0 in numbers[2:] or len(numbers) > 3:
            return None
        return [(place, _number(call, one)) for one in range(*(one for one in numbers if type(one) is int))]
    if name not in _HANDING or not given:
        return None
    lists = [constant_items(project, place, one, depth + 1) for one in (given if name == "zip" else given[:1])]
    if None in lists:
        return None
    items = [one for one in lists if one is not None]
    if name == "zip":
        return [(pair[0][0], _tuple(call, [value for _, value in pair])) for pair in zip(*items, strict=False)]
    if name == "enumerate":
        start = given[1].value if len(given) > 1 and isinstance(given[1], Constant) else 0
        first = start if type(start) is int else 0
        return [(at, _tuple(call, [_number(call, first + n), one])) for n, (at, one) in enumerate(items[0])]
    return items[0]


_HANDING = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "enumerate", "zip"})


def _number(like: AnyExpression, value: int) -> Constant:
    return Constant(like.line, like.column, like.end_line, like.end_column, value)


def _tuple(like: AnyExpression, items: list[AnyExpression]) -> Sequence:
    return Sequence(like.line, like.column, like.end_line, like.end_column, "tuple", items)


_ADDING = {"append": 0, "add": 0, "insert": 1}
_OTHERWISE = frozenset({"extend", "update", "remove", "pop", "clear", "sort"})


def _grown(project: Project, place: Place, name: str, depth: int) -> list[Item] | None:
    """What is put into a list after it is made, where its own module or function does so; ``None`` where that is not
    constant."""
    known: dict[tuple[Place, str], list[Item] | None] = vars(project).setdefault("_grown_lists", {})
    asked = (place, name)
    if asked not in known:
        known[asked] = None  # a list that grows by what it holds
        known[asked] = _additions(project, place, name, depth)
    return known[asked]


def _additions(project: Project, place: Place, name: str, depth: int) -> list[Item] | None:
    function = project.function(place)
    uses = function.uses if function else project.outline(place.path).uses
    found: list[Item] = []
    if any(use.kind == "call" and use.chain.rpartition(".")[0] == name for use in uses):
        for one in _nodes(project, place, project.body(place), {}, depth + 1):
            before, _, method = chain_of(one.call.func).rpartition(".")
            if before != name or method not in _OTHERWISE | set(_ADDING):
                continue
            given = [each.value for each in one.call.arguments]
            if method in _ADDING and len(given) > _ADDING[method]:
                value = given[_ADDING[method]]
                found.append((one.where(value), value))
            elif method == "extend" and given:
                inner = constant_items(project, one.where(given[0]), given[0], depth + 1)
                if inner is None:
                    return None
                found += inner
            elif method not in {"sort"}:
                return None
    for node in walk(project.body(place)):
        if isinstance(node, Augment) and chain_of(node.target) == name:
            inner = constant_items(project, place, node.value, depth + 1)
            if inner is None:
                return None
            found += inner
    return found


def held_value(
    project: Project, place: Place, named: Name | Attribute
) -> tuple[Place, AnyExpression, AnyExpression] | None:
    """What a name holds, of the function or of a module, when it is written once; with the name it has there."""
    chain = chain_of(named)
    local = [
        statement.value
        for statement in (project.body(place) if place.index >= 0 else [])
        if isinstance(statement, Assign) and any(chain_of(target) == chain for target in statement.targets)
    ]
    if local:
        return (place, local[0], named) if len(local) == 1 and local[0] is not None else None
    found = project.variable(place.path, chain) or _imported_inside(project, place, chain, named.line)
    if found is None:
        return None
    home = Place(found[0], -1)
    same = next((name for name, values in project.namespace(found[0]).variables.items() if found[1] in values), "")
    return (home, found[1], Name(named.line, 1, named.line, 1, same or chain.rpartition(".")[2]))


def _imported_inside(project: Project, place: Place, chain: str, line: int) -> tuple[str, AnyExpression] | None:
    """The one value of a variable that a function imports itself."""
    target = project.resolve(place, chain, line) if place.index >= 0 else None
    if target is None or target.kind != "variable" or not target.ours:
        return None
    return project.variable(target.path, target.dotted.rpartition(".")[2])


def _pair(key: AnyExpression, value: AnyExpression) -> Sequence:
    return Sequence(key.line, key.column, key.end_line, key.end_column, "tuple", [key, value])


def substitute(node: msgspec.Struct, known: Known, origins: dict[int, Place] | None = None) -> msgspec.Struct:
    """An expression with names replaced by what they stand for, entries taken out of tables, stars written out."""
    if isinstance(node, Name):
        if node.id not in known:
            return node
        place, value = known[node.id]
        if origins is not None and not isinstance(value, Constant):  # which means the same everywhere
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
    if isinstance(made, Attribute) and isinstance(made.value, Call) and made is not node:
        # ``one.router`` of ``Entry(router=users, prefix="/users")``.
        named = next((one.value for one in made.value.arguments if one.keyword == made.attr), None)
        return kept(made.value, named) if named is not None else made
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
