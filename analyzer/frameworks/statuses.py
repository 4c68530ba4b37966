"""Status codes that a registration declares: numbers, names of them, and tables of responses that are put together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Constant,
    Mapping,
    Name,
    Sequence,
    Starred,
)
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.text import argument, kept
from analyzer.project.project import Project
from analyzer.project.target import Place

_NUMBERED = re.compile(r"^(?:HTTP_?)?(\d{3})(?:_|$)")
"""The last part of a name that says its number: ``status.HTTP_404_NOT_FOUND``, ``falcon.HTTP_404``."""
_STATUS = "HTTPStatus"
_DEPTH = 6


def declared(project: Project, place: Place, call: Call) -> tuple[int, ...]:
    """What ``responses=`` and ``status_code=`` of a call say, sorted."""
    found = {*codes(project, place, argument(call, 99, "responses"))}
    found.update(codes(project, place, argument(call, 99, "status_code")))
    return tuple(sorted(found))


def codes(project: Project, place: Place, given: AnyExpression | None, depth: int = 0) -> Iterator[int]:
    """The status codes of an expression: one number, a list of them, or the keys of a table, as far as they are
    constant."""
    if depth > _DEPTH or given is None:
        return
    if isinstance(given, Constant):
        yield from _number(given.value)
    elif isinstance(given, Sequence):
        for item in given.items:
            yield from codes(project, place, item.value if isinstance(item, Starred) else item, depth + 1)
    elif isinstance(given, Mapping):
        for key, value in zip(given.keys, given.values, strict=True):
            yield from codes(project, place, value if key is None else key, depth + 1)
    elif isinstance(given, Binary) and given.op == "|":
        yield from codes(project, place, given.left, depth + 1)
        yield from codes(project, place, given.right, depth + 1)
    elif isinstance(given, Call):
        yield from _called(project, place, given, depth)
    elif isinstance(given, Name | Attribute):
        yield from _named(project, place, given, depth)


def _number(value: object) -> Iterator[int]:
    if isinstance(value, str) and re.fullmatch(r"\d{3}(?: .*)?", value):
        value = int(value[:3])
    if type(value) is int and 100 <= value <= 599:
        yield value


def _called(project: Project, place: Place, call: Call, depth: int) -> Iterator[int]:
    """``dict(NOT_FOUND, **CONFLICT)``, ``errors(404, 409)``, and the table that a function of the project returns."""
    for one in call.arguments:
        yield from codes(project, place, one.value, depth + 1)
    target = project.resolve_expression(place, call.func)
    if target is not None and target.kind == "function":
        inside = Place(target.path, target.index)
        for node in walk(project.body(inside)):
            if isinstance(node, Return):
                yield from codes(project, inside, node.value, depth + 1)


def _named(project: Project, place: Place, given: Name | Attribute, depth: int) -> Iterator[int]:
    held = kept(project, place, given)
    if held is not None:
        yield from codes(project, Place(held[0], -1), held[1], depth + 1)
        return
    before, _, last = chain_of(given).removesuffix(".value").rpartition(".")
    numbered = _NUMBERED.match(last)
    if numbered:
        yield from _number(int(numbered[1]))
    elif before.rpartition(".")[2] == _STATUS and last in HTTPStatus.__members__:
        yield HTTPStatus[last].value
