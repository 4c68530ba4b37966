"""What the parts of BA401 about numbers share: those that a handler declares or makes without a bound on one side, and
where they are used, through the functions that it calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard

import msgspec

from analyzer.checks._raw import Given, given, raw_parts, reads_body, validates
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Constant,
    Name,
    Parameter,
    Subscript,
    Unary,
)
from analyzer.facts.statements import Assign, For
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.named import method
from analyzer.flow.questions import location, written
from analyzer.flow.sources import injected
from analyzer.frameworks.persistence import is_schema
from analyzer.model import Step
from analyzer.project import Place, Project, Target

DEPTH = 3
"""Functions followed from a handler to where its numbers are used."""
_NUMBERS = frozenset({"int", "float", "Decimal"})
_VALIDATOR = re.compile(r"validat", re.IGNORECASE)
_COPYING = frozenset({"model_dump", "dict", "copy", "to_dict"})


class Side(msgspec.Struct, frozen=True):
    """One side of a range: the arguments and annotations that bound it (pydantic, msgspec, Litestar, marshmallow), and
    the names of functions that may look at it, which only ever make a rule silent."""

    arguments: frozenset[str]
    annotations: re.Pattern[str]
    looking: re.Pattern[str]
    small: int | None = None
    """The greatest number that bounds nothing on this side: ``size > 1`` says nothing about the highest size."""


class Used(msgspec.Struct, frozen=True):
    """Where a number of a client's is used: the expression, how the code spells the number, and what it does there."""

    node: AnyExpression
    number: str
    does: str
    steps: tuple[Step, ...] = ()


Uses = Callable[[Flow, Place, Sequence[object], set[str]], Iterator[Used]]
"""The uses that a rule tells, in a function whose nodes are given, of numbers that it spells so."""


class Declared(msgspec.Struct, frozen=True):
    """Where the type of a number stands, and the schema that it is a field of (``None`` for a parameter's own)."""

    place: Place
    node: AnyExpression
    schema: Target | None


def declared(project: Project, place: Place, side: Side) -> dict[str, Declared]:
    """The numbers that a handler's signature declares without a bound, by how the handler spells them."""
    function = project.function(place)
    found: dict[str, Declared] = {}
    for one in function.parameters if function is not None else ():
        if one.kind in {"args", "kwargs"} or one.annotation is None:
            continue
        if _is_number(one.annotation, side):
            if not _bounds(one.default, side) and not injected(one):
                found[one.name] = Declared(place, one.annotation, None)
        elif not injected(one) or _of_its_type(one):
            for name, where in _fields(project, place, one, side):
                found.setdefault(f"{one.name}.{name}", where)
    return found


def _of_its_type(parameter: Parameter) -> bool:
    """``paging: Paging = Depends()``: the fields of the type are what is sent."""
    return isinstance(parameter.default, Call) and not parameter.default.arguments


def _fields(project: Project, place: Place, parameter: Parameter, side: Side) -> Iterator[tuple[str, Declared]]:
    target = project.annotated(place, parameter.annotation) if parameter.annotation is not None else None
    if target is not None and target.kind in {"class", "instance"}:
        yield from _numbers_of(project, target, side, DEPTH)


def _numbers_of(project: Project, schema: Target, side: Side, depth: int) -> Iterator[tuple[str, Declared]]:
    """The fields of a schema that hold numbers without a bound; ``items[].quantity`` for those of a list."""
    if schema.index < 0 or not is_schema(project, schema.path, schema.index):
        return
    looked = looked_at(project, schema)
    for name, path, made in project.classes.fields(schema.path, schema.index):
        if made.annotation is None or name in looked or "*" in looked:
            continue
        if _is_number(made.annotation, side):
            if not _bounds(made.value, side):
                yield name, Declared(Place(path, -1), made.annotation, schema)
        elif depth > 0:
            inner = _listed(made.annotation)
            of = project.annotated(Place(path, -1), inner if inner is not None else made.annotation)
            if of is not None and of.kind in {"class", "instance"} and of.index >= 0 and of != schema:
                mark = "[]" if inner is not None else ""
                for one, where in _numbers_of(project, of, side, depth - 1):
                    yield f"{name}{mark}.{one}", where


def _is_number(annotation: AnyExpression, side: Side) -> bool:
    """``int``, ``float | None``, ``Optional[Decimal]``, ``Annotated[int, …]`` without a bound in it."""
    if isinstance(annotation, Binary) and annotation.op == "|":
        return _is_number(annotation.left, side) or _is_number(annotation.right, side)
    if isinstance(annotation, Subscript):
        head = chain(annotation.value).rpartition(".")[2]
        items = getattr(annotation.index, "items", None) or [annotation.index]
        if head == "Annotated":
            return _is_number(items[0], side) and not any(_bounds(one, side) for one in items[1:])
        return head in {"Optional", "Union"} and any(_is_number(one, side) for one in items)
    return chain(annotation).rpartition(".")[2] in _NUMBERS


def _listed(annotation: AnyExpression) -> AnyExpression | None:
    """``Item`` of ``list[Item]``, ``Optional[List[Item]]`` and ``list[Item] | None``."""
    if isinstance(annotation, Binary) and annotation.op == "|":
        return _listed(annotation.left) or _listed(annotation.right)
    if not isinstance(annotation, Subscript):
        return None
    head = chain(annotation.value).rpartition(".")[2]
    if head == "Optional":
        return _listed(annotation.index)
    return annotation.index if head in {"list", "List"} else None


def _bounds(made: AnyExpression | None, side: Side) -> bool:
    """``Field(gt=0)``, ``Query(1, ge=1)``, ``Gt(0)``; a dependency is nobody's number."""
    return made is not None and any(
        isinstance(one, Call)
        and (
            side.annotations.search(chain(one.func)) is not None
            or any(given.keyword in side.arguments for given in one.arguments)
        )
        for one in walk(made)
    )


def looked_at(project: Project, schema: Target) -> set[str]:
    """The fields that a schema's own validators speak of; ``*`` where one looks at all of them."""
    found: set[str] = set()
    for target in (schema, *project.classes.order(schema.path, schema.index)):
        if target.index < 0:
            continue
        for index in project.namespace(target.path).methods.get(target.index, {}).values():
            function = project.outline(target.path).functions[index]
            validators = [one for one in function.decorators if _VALIDATOR.search(chain(one))]
            if not validators and function.name not in {"__post_init__", "model_post_init", "__init__"}:
                continue
            named = {one.value for made in validators for one in walk(made) if isinstance(one, Constant)}
            found |= {str(one) for one in named}
            for one in walk(project.body(Place(target.path, index))):
                if isinstance(one, Attribute):
                    found.add(one.attr)
                elif isinstance(one, Constant) and isinstance(one.value, str):
                    found.add(one.value)
    return found


def read(flow: Flow, place: Place) -> set[str]:
    """How a handler spells numbers that it made of a raw body, form or query, or reads from it by such a name."""
    raw = given(flow.project, place)
    if raw is None:
        return set()
    found: set[str] = set()
    for node in walk(flow.project.body(place)):
        if not isinstance(node, Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], Name):
            continue
        made = node.value
        if isinstance(made, Call) and _converts(made):
            found.add(node.targets[0].id)
            continue
        text = _text_of(made) if isinstance(made, Call) else None
        state = flow.state_at(place, made) if made is not None and text is not None else None
        if text is not None and state is not None and raw_parts(flow, raw, Point(place, text, state)):
            found.add(node.targets[0].id)
    return found if validates(flow, raw) else found | _counted(flow, raw)


def _counted(flow: Flow, raw: Given) -> set[str]:
    """How a handler spells what it reads of a raw body by the name of a number: ``data["quantity"]``."""
    found: set[str] = set()
    for point in flow.points(raw.place):
        spelled = path_of(point.expression) if isinstance(point.expression, Subscript | Call) else ""
        if spelled in found or not _COUNTING.search(spelled.rpartition(".")[2]):
            continue
        if raw_parts(flow, raw, point):
            found.add(spelled)
    return found


_COUNTING = re.compile(
    r"price|cost|balance|amount|stock|quantity|\bqty|credits?$|points|total|funds|limit|page_?size|per_?page",
    re.IGNORECASE,
)
"""Names of fields of a body that hold numbers."""


def _text_of(made: Call) -> AnyExpression | None:
    """What a call makes a number of: the text in ``int(text)``."""
    if len(made.arguments) == 1 and chain(made.func).rpartition(".")[2] in _NUMBERS:
        return made.arguments[0].value
    return None


def _converts(made: Call) -> bool:
    """``request.args.get("size", 20, type=int)``"""
    typed = any(one.keyword == "type" and chain(one.value) in _NUMBERS for one in made.arguments)
    return typed and isinstance(made.func, Attribute) and made.func.attr == "get" and reads_body(chain(made.func))


class Search:
    """Follows numbers through functions to where they are used."""

    def __init__(self, flow: Flow, side: Side, uses: Uses) -> None:
        self._flow = flow
        self._side = side
        self._uses = uses
        self._busy: set[Place] = set()

    def within(self, place: Place, numbers: frozenset[str], depth: int) -> Used | None:
        """The first use in a function of numbers that it spells so, and that it does not look at; else ``None``."""
        nodes = list(walk(self._flow.project.body(place)))
        held = _also_called(nodes, set(numbers))
        held -= {name for name in held if is_looked_at(nodes, name, self._side)}
        if not held:
            return None
        self._busy.add(place)
        found = next(self._uses(self._flow, place, nodes, held), None) or self._below(place, nodes, held, depth)
        self._busy.discard(place)
        return found

    def _below(self, place: Place, nodes: Sequence[object], held: set[str], depth: int) -> Used | None:
        project = self._flow.project
        for call in nodes if depth > 0 else ():
            if not isinstance(call, Call) or not chain(call.func):
                continue
            if not any(_hands(one.value, held) for one in call.arguments):
                continue
            target = project.resolve_expression(place, call.func)
            function = None
            if target is not None and target.kind == "function" and target.ours and target.index >= 0:
                function = project.outline(target.path).functions[target.index]
            if target is None or function is None or Place(target.path, target.index) in self._busy:
                continue
            arguments = bound(function, call, method(target, function, chain(call.func))) or {}
            inner = frozenset(
                known
                for name, one in arguments.items()
                for number in held
                if (known := _handed(spelling(one.value), number, name))
            )
            found = self.within(Place(target.path, target.index), inner, depth - 1) if inner else None
            if found is not None:
                at = Place(target.path, target.index)
                step = Step(location(at, found.node), f"`{found.number}` {found.does} here")
                return msgspec.structs.replace(found, node=call, steps=found.steps or (step,))
        return None


def spelling(expression: AnyExpression) -> str:
    """The chain of a number, also inside ``int(…)``, ``Decimal(str(…))`` and ``await``."""
    while True:
        if isinstance(expression, Call) and chain(expression.func).rpartition(".")[2] in _NUMBERS | {"str", "round"}:
            if len(expression.arguments) != 1:
                return ""
            expression = expression.arguments[0].value
        elif isinstance(expression, Await):
            expression = expression.value
        elif isinstance(expression, Unary):
            return ""
        else:
            return path_of(expression)


def path_of(expression: AnyExpression) -> str:
    """One spelling of ``order.items``, ``order["items"]``, ``order.get("items", [])``; ``""`` for anything else."""
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Attribute):
        above = path_of(expression.value)
        return f"{above}.{expression.attr}" if above else ""
    if isinstance(expression, Subscript):
        return _part(expression.value, expression.index)
    if isinstance(expression, Call) and isinstance(expression.func, Attribute):
        if expression.func.attr in {"get", "pop"} and expression.arguments:
            return _part(expression.func.value, expression.arguments[0].value)
        if expression.func.attr in _COPYING:
            return path_of(expression.func.value)
    if isinstance(expression, Call) and chain(expression.func).rpartition(".")[2] == "asdict" and expression.arguments:
        return path_of(expression.arguments[0].value)
    return ""


def _part(whole: AnyExpression, name: AnyExpression) -> str:
    above = path_of(whole)
    return f"{above}.{name.value}" if above and isinstance(name, Constant) and isinstance(name.value, str) else ""


def assigns(node: object, name: str) -> TypeGuard[Assign]:
    return isinstance(node, Assign) and node.value is not None and [path_of(one) for one in node.targets] == [name]


def _hands(expression: AnyExpression, held: set[str]) -> bool:
    whole = spelling(expression)
    return bool(whole) and any(one == whole or one.startswith((f"{whole}.", f"{whole}[]")) for one in held)


def _handed(whole: str, number: str, name: str) -> str:
    """How a function that is handed something spells a number in it; ``""`` when it gets another thing."""
    if not whole:
        return ""
    if number == whole:
        return name
    return name + number[len(whole) :] if number.startswith((f"{whole}.", f"{whole}[]")) else ""


def _also_called(nodes: Sequence[object], held: set[str]) -> set[str]:
    """The numbers under all names that a function gives them: ``quantity = item.quantity``, ``for item in items``."""
    for _ in range(2):
        for node in nodes:
            if isinstance(node, Assign) and node.value is not None and len(node.targets) == 1:
                name, value = path_of(node.targets[0]), spelling(node.value)
                if name and value:
                    held |= {one for number in tuple(held) if (one := _handed(value, number, name))}
            elif isinstance(node, For):
                held |= _items(node.target, node.iterable, held)
            elif isinstance(node, Comprehension):
                for generator in node.generators:
                    held |= _items(generator.target, generator.iterable, held)
    return held


def _items(target: AnyExpression, iterable: AnyExpression, held: set[str]) -> set[str]:
    if isinstance(iterable, Boolean) and iterable.op == "or":
        iterable = iterable.values[0]  # for part in order.parts or []
    source, name = path_of(iterable), path_of(target)
    if not source or not name:
        return set()
    return {name + one[len(source) + 2 :] for one in held if one.startswith(f"{source}[]")}


def is_looked_at(nodes: Sequence[object], name: str, side: Side) -> bool:
    """Whether a number is compared with a constant, asked for its truth beside others' order, or handed to a check.

    ``balance >= abs(amount)`` looks at another number than the one that is reckoned with afterwards.
    """
    beside = {id(one) for node in nodes if isinstance(node, Compare) for one in (node.left, *node.comparators)}
    for node in nodes:
        if isinstance(node, Compare):
            sides = [node.left, *node.comparators]
            ordered = any(one in {"<", "<=", ">", ">=", "in", "not in"} for one in node.operators)
            if ordered and any(spelling(one) == name for one in sides) and any(_bounding(one, side) for one in sides):
                return True
        elif isinstance(node, Call) and side.looking.search(written(node).rpartition(".")[2]):
            if id(node) in beside and chain(node.func) in {"abs", "min", "max"}:
                continue
            looked = any(spelling(one.value) == name for one in node.arguments)
            if looked:
                return True
    return False


def _bounding(other: AnyExpression, side: Side) -> bool:
    low = isinstance(other, Constant) and isinstance(other.value, int) and side.small is not None
    return _is_fixed(other) and not (low and isinstance(other, Constant) and int(str(other.value)) <= (side.small or 0))


def _is_fixed(side: AnyExpression) -> bool:
    if isinstance(side, Unary):
        side = side.operand
    if isinstance(side, Call):
        return all(_is_fixed(one.value) for one in side.arguments)
    return isinstance(side, Constant) or (not isinstance(side, Boolean) and chain(side).rpartition(".")[2].isupper())
