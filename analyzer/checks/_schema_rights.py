"""The part of BA113 about schemas: a field that gives rights or money stands in what every caller may send, and all of
it is set on a record: ``User(**data.model_dump())``, ``setattr(user, name, value)`` for whatever came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from analyzer.checks._privileged import gives_money, gives_rights
from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Name, Parameter
from analyzer.facts.expressions import Mapping as Display
from analyzer.facts.statements import AnyStatement, Assign, For
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow
from analyzer.flow.named import method
from analyzer.flow.questions import location, written
from analyzer.flow.sources import injected
from analyzer.frameworks.persistence import is_model, is_schema
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place, Target

_DUMPING = frozenset({"model_dump", "dict", "to_dict", "asdict", "jsonable_encoder", "dump", "copy", "items"})
_WRITING = frozenset({"create", "update", "values", "update_or_create", "insert"})
_DEPTH = 4
_VALIDATED = re.compile(r"(?:sqlmodel|beanie|odmantic)\.")
"""Bases of records that are schemas as well."""


class Handed(msgspec.Struct, frozen=True):
    """A schema that a function holds: under which name, and which of its fields give rights or money."""

    place: Place
    name: str
    schema: Target
    fields: tuple[str, ...]


def findings(
    flow: Flow, rule: Rule, handlers: Iterable[Place], ruled: Callable[[Place], bool], fix: str
) -> Iterator[Finding]:
    """Findings for handlers that everybody who is logged in (or not) may call; in order of handlers."""
    seen: set[tuple[Place, int, int]] = set()
    for place in handlers:
        function = flow.project.function(place)
        for one in function.parameters if function is not None else ():
            handed = _handed(flow, place, one)
            if handed is None or ruled(place):
                continue
            for at, node, field in _spread(flow, handed, _DEPTH, set()):
                if (at, node.line, node.column) not in seen:
                    seen.add((at, node.line, node.column))
                    yield Finding(
                        rule=rule.code,
                        location=location(at, node),
                        message=f"Whoever calls `{function.name if function else ''}` sets `{field}` of the record: "
                        f"`{handed.schema.dotted.rpartition('.')[2]}` has it among the fields that a client sends, and "
                        "all of them are set",
                        fix=fix,
                        severity=rule.severity,
                        confidence=Confidence.MEDIUM,
                    )


def tables(
    flow: Flow, rule: Rule, handlers: Iterable[Place], ruled: Callable[[Place], bool], fix: str
) -> Iterator[Finding]:
    """Handlers that take a whole record for their body and keep it: ``def sign_up(user: User)`` of a table."""
    for place in handlers:
        function = flow.project.function(place)
        for one in function.parameters if function is not None else ():
            held = _handed(flow, place, one, tables=True)
            if held is None or ruled(place):
                continue
            nodes = list(walk(flow.project.body(place)))
            fields = [field for field in held.fields if not _settled(nodes, field)]
            kept = next((node for node in nodes if isinstance(node, Call) and _keeps(node, one.name)), None)
            if not fields or kept is None:
                continue
            yield Finding(
                rule=rule.code,
                location=location(place, kept),
                message=f"Whoever calls `{function.name if function else ''}` sends the whole "
                f"`{held.schema.dotted.rpartition('.')[2]}` that is kept, `{fields[0]}` included",
                fix=fix,
                severity=rule.severity,
                confidence=Confidence.MEDIUM,
            )


def _keeps(call: Call, name: str) -> bool:
    """``session.add(user)``, ``await user.insert()``"""
    if not isinstance(call.func, Attribute):
        return False
    own = call.func.attr in {"insert", "save", "create"} and chain(call.func.value) == name
    return own or (call.func.attr == "add" and any(chain(one.value) == name for one in call.arguments))


def _handed(flow: Flow, place: Place, parameter: Parameter, *, tables: bool = False) -> Handed | None:
    project = flow.project
    if parameter.annotation is None or injected(parameter):
        return None
    target = project.annotated(place, parameter.annotation)
    if target is None or target.kind not in {"class", "instance"} or target.index < 0:
        return None
    bases = project.classes.externals(target.path, target.index)
    table = is_model(project, target.path, target.index) and any(map(_VALIDATED.match, bases))
    if not (table if tables else is_schema(project, target.path, target.index)):
        return None
    names = (name for name, _, _ in project.classes.fields(target.path, target.index))
    fields = tuple(dict.fromkeys(name for name in names if gives_rights(name) or gives_money(name)))
    return Handed(place, parameter.name, target, fields) if fields else None


def _spread(flow: Flow, held: Handed, depth: int, busy: set[Place]) -> Iterator[tuple[Place, AnyExpression, str]]:
    """Where all that a schema holds is set on a record, in a function and in what it hands the schema to."""
    project = flow.project
    body = project.body(held.place)
    nodes = list(walk(body))
    fields = [one for one in held.fields if not _settled(nodes, one)]
    if not fields or held.place in busy:
        return
    busy = busy | {held.place}
    whole = _dumped(nodes, held.name)
    pairs = _pairs(body, whole)
    for node in nodes:
        if not isinstance(node, Call):
            continue
        if chain(node.func) == "setattr" and len(node.arguments) == 3 and chain(node.arguments[1].value) in pairs:
            yield held.place, node, fields[0]
            continue
        target = project.resolve_expression(held.place, node.func) if chain(node.func) else None
        stars = [one.value for one in node.arguments if one.star == 2]
        if any(_is_whole(one, whole, held.name) for one in stars):
            field = next((one for one in fields if _takes(flow, target, node, one)), "")
            if field:
                yield held.place, node, field
        elif target is not None and target.kind == "function" and depth > 0:
            yield from _further(flow, held, target, node, whole, depth, busy)


def _further(
    flow: Flow, held: Handed, target: Target, call: Call, whole: set[str], depth: int, busy: set[Place]
) -> Iterator[tuple[Place, AnyExpression, str]]:
    place = Place(target.path, target.index)
    function = flow.project.function(place)
    given = bound(function, call, method(target, function, chain(call.func))) if function is not None else None
    for name, one in (given or {}).items():
        if chain(one.value) == held.name or _is_whole(one.value, whole, held.name):
            inner = msgspec.structs.replace(held, place=place, name=name)
            yield from _spread(flow, inner, depth - 1, busy)


def _dumped(nodes: Sequence[object], name: str) -> set[str]:
    """The names that hold all of a schema as a mapping."""
    found = {name}
    for node in nodes:
        if isinstance(node, Assign) and node.value is not None and _is_whole(node.value, found, name):
            found.update(one.id for one in node.targets if isinstance(one, Name))
    return found


def _is_whole(value: AnyExpression | None, whole: set[str], name: str) -> bool:
    """Whether an expression is a schema or its mapping, with nothing left out."""
    if isinstance(value, Await):
        return _is_whole(value.value, whole, name)
    if isinstance(value, Name):
        return value.id in whole
    if isinstance(value, Display):
        return any(
            key is None and _is_whole(one, whole, name) for key, one in zip(value.keys, value.values, strict=True)
        )
    if not isinstance(value, Call) or chain(value.func).rpartition(".")[2] not in _DUMPING:
        return False
    if any(one.keyword in {"exclude", "include"} for one in value.arguments):
        return False
    inner = value.func.value if isinstance(value.func, Attribute) else None
    if inner is not None and _is_whole(inner, whole, name):
        return True
    return bool(value.arguments) and _is_whole(value.arguments[0].value, whole, name)


def _pairs(body: Sequence[AnyStatement], whole: set[str]) -> set[str]:
    """The loop variables that run over all names: ``for name, value in data.items()``."""
    found: set[str] = set()
    for node in walk(body):
        if isinstance(node, For) and _is_whole(node.iterable, whole, ""):
            first = next((one for one in walk(node.target) if isinstance(one, Name)), None)
            found.update({first.id} if first is not None else ())
    return found


def _settled(nodes: Sequence[object], field: str) -> bool:
    """Whether the code has a say in a field of what it was given: sets it, takes it out, or asks for it."""
    for node in nodes:
        if isinstance(node, Attribute) and node.attr == field:
            return True
        if isinstance(node, Constant) and node.value == field:
            return True
    return False


def _takes(flow: Flow, target: Target | None, call: Call, field: str) -> bool:
    """Whether a call sets a field of that name on a record: the constructor of a class that has it, or a write."""
    if target is not None and target.kind == "class":
        if is_schema(flow.project, target.path, target.index):
            return False
        return any(name == field for name, _, _ in flow.project.classes.fields(target.path, target.index))
    own = any(one.keyword == field for one in call.arguments)
    return target is None and not own and written(call).rpartition(".")[2] in _WRITING
