"""Comprehensions and generator expressions."""

from __future__ import annotations

from typing import Any

import libcst as cst

from analyzer.facts.expressions import AnyExpression, Comprehension, Generator, Starred
from analyzer.syntax.sources import note_local
from analyzer.syntax.targets import target
from analyzer.syntax.work import Work

_KINDS: dict[type, str] = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "generator"}


def simple(work: Work, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> AnyExpression:
    """A list, set or generator comprehension."""
    element = work.expression(node.elt)
    place = work.positions.display(node) if isinstance(node, cst.GeneratorExp) else work.at(node)
    return Comprehension(*place, _KINDS[type(node)], element, None, _generators(work, node.for_in))


def mapping(work: Work, node: cst.DictComp) -> AnyExpression:
    """A dict comprehension."""
    key = work.expression(node.key)
    value = work.expression(node.value)
    return Comprehension(*work.at(node), "dict", key, value, _generators(work, node.for_in))


def unpacked(work: Work, node: Any) -> AnyExpression:
    """``{**each for each in many}`` (PEP 798): the element is starred and there is no value."""
    value = work.expression(node.value)
    element = Starred(value.line, value.column, value.end_line, value.end_column, value)
    return Comprehension(*work.at(node), "dict", element, None, _generators(work, node.for_in))


def _generators(work: Work, node: cst.CompFor) -> list[Generator]:
    found: list[Generator] = []
    step: cst.CompFor | None = node
    while step is not None:
        bound = target(work, step.target)
        iterable = work.expression(step.iter)
        note_local(work, bound, iterable, "for")
        conditions = [work.expression(condition.test) for condition in step.ifs]
        found.append(Generator(bound, iterable, conditions, step.asynchronous is not None))
        step = step.inner_for_in
    return found
