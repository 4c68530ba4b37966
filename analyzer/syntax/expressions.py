"""Expressions: a function a node type, found by type."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Series
from typing import Any

import libcst as cst

from analyzer.facts.expressions import (
    AnyExpression,
    Await,
    Binary,
    Boolean,
    Compare,
    Conditional,
    Constant,
    Lambda,
    Mapping,
    Name,
    Opaque,
    Parameter,
    Sequence,
    Starred,
    Unary,
    Walrus,
    Yield,
)
from analyzer.syntax import comprehensions, texts
from analyzer.syntax.chains import chain
from analyzer.syntax.operators import BINARY, BOOLEAN, COMPARE, UNARY
from analyzer.syntax.secrets import reveal, reveal_compare, reveal_connection
from analyzer.syntax.sources import note_given_back, note_local
from analyzer.syntax.targets import target
from analyzer.syntax.work import Work

_LARGEST = 2**64 - 1
_SMALLEST = -(2**63)


def _integer(work: Work, node: cst.Integer) -> AnyExpression:
    try:
        value = int(node.value, 0)
    except ValueError:  # Python refuses more than 4,300 digits, and leading zeros
        return Opaque(*work.at(node), node.value[:64])
    if value > _LARGEST:
        return Opaque(*work.at(node), node.value[:64])
    return Constant(*work.at(node), value)


def _float(work: Work, node: cst.Float) -> AnyExpression:
    return Constant(*work.at(node), float(node.value.replace("_", "")))


def _imaginary(work: Work, node: cst.Imaginary) -> AnyExpression:
    return Opaque(*work.at(node), node.value)


def _ellipsis(work: Work, node: cst.Ellipsis) -> AnyExpression:
    return Opaque(*work.at(node), "...")


def _unary(work: Work, node: cst.UnaryOperation) -> AnyExpression:
    return Unary(*work.at(node), UNARY[type(node.operator)], work.expression(node.expression))


def _binary(work: Work, node: cst.BinaryOperation) -> AnyExpression:
    spine: list[cst.BinaryOperation] = []
    left: cst.BaseExpression = node
    while type(left) is cst.BinaryOperation:
        spine.append(left)
        left = left.left
    result = work.expression(left)
    while spine:
        step = spine.pop()
        right = work.expression(step.right)
        result = Binary(*work.at(step), BINARY[type(step.operator)], result, right)
    return result


def _boolean(work: Work, node: cst.BooleanOperation) -> AnyExpression:
    """``a and b and c`` is one node; a parenthesised part stays a part of its own."""
    kind = type(node.operator)
    parts: list[cst.BaseExpression] = []
    left: cst.BaseExpression = node
    while type(left) is cst.BooleanOperation and type(left.operator) is kind:
        if left is not node and left.lpar:
            break
        parts.append(left.right)
        left = left.left
    parts.append(left)
    return Boolean(*work.at(node), BOOLEAN[kind], [work.expression(part) for part in reversed(parts)])


def _compare(work: Work, node: cst.Comparison) -> AnyExpression:
    left = work.expression(node.left)
    comparators = [work.expression(target.comparator) for target in node.comparisons]
    operators = [COMPARE[type(target.operator)] for target in node.comparisons]
    return reveal_compare(Compare(*work.at(node), left, operators, comparators))


def _conditional(work: Work, node: cst.IfExp) -> AnyExpression:
    then = work.expression(node.body)
    test = work.expression(node.test)
    return Conditional(*work.at(node), test, then, work.expression(node.orelse))


def _lambda(work: Work, node: cst.Lambda) -> AnyExpression:
    generator = work.generator
    found = parameters(work, node.params)
    body = work.expression(node.body)
    work.generator = generator
    return Lambda(*work.at(node), found, body)


def parameters(work: Work, node: cst.Parameters) -> list[Parameter]:
    """The parameters of a function or a lambda, in source order."""
    found = [_parameter(work, param, "positional") for param in node.posonly_params]
    found += [_parameter(work, param, "normal") for param in node.params]
    if isinstance(node.star_arg, cst.Param):
        found.append(_parameter(work, node.star_arg, "args"))
    found += [_parameter(work, param, "keyword") for param in node.kwonly_params]
    if node.star_kwarg is not None:
        found.append(_parameter(work, node.star_kwarg, "kwargs"))
    return found


def _parameter(work: Work, node: cst.Param, kind: str) -> Parameter:
    name = node.name.value
    annotation = None if node.annotation is None else annotate(work, node.annotation)
    default = None
    if node.default is not None:
        with work.inside("default"):
            default = reveal(name, work.expression(node.default))
    line, column = work.positions.place(work.positions.start(node.name))
    return Parameter(name, kind, annotation, default, line, column)


def annotate(work: Work, node: cst.Annotation) -> AnyExpression:
    """An annotation; text in it is read as the type it spells."""
    with work.inside("annotate"):
        return work.expression(node.annotation)


def _elements(work: Work, elements: Series[cst.BaseElement]) -> list[AnyExpression]:
    return [
        _starred(work, element) if isinstance(element, cst.StarredElement) else work.expression(element.value)
        for element in elements
    ]


def _starred(work: Work, node: cst.StarredElement) -> AnyExpression:
    value = work.expression(node.value)
    start = work.positions.start(node)
    line, column = work.positions.place(start)
    return Starred(line, column, *_end(work, node.value, value), value)


def _end(work: Work, node: cst.BaseExpression, value: AnyExpression) -> tuple[int, int]:
    return work.positions.place(work.positions.end(node)) if node.rpar else (value.end_line, value.end_column)


def _tuple(work: Work, node: cst.Tuple) -> AnyExpression:
    return Sequence(*work.positions.display(node), "tuple", _elements(work, node.elements))


def _list(work: Work, node: cst.List) -> AnyExpression:
    return Sequence(*work.at(node), "list", _elements(work, node.elements))


def _set(work: Work, node: cst.Set) -> AnyExpression:
    return Sequence(*work.at(node), "set", _elements(work, node.elements))


def _dict(work: Work, node: cst.Dict) -> AnyExpression:
    keys: list[AnyExpression | None] = []
    values: list[AnyExpression] = []
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            key = work.expression(element.key)
            value = work.expression(element.value)
            if type(key) is Constant and type(key.value) is str:
                value = reveal(key.value, value)
            keys.append(key)
            values.append(value)
        else:
            keys.append(None)
            values.append(work.expression(element.value))
    return Mapping(*work.at(node), keys, reveal_connection(keys, values))


def _await(work: Work, node: cst.Await) -> AnyExpression:
    return Await(*work.at(node), work.expression(node.expression))


def _yield(work: Work, node: cst.Yield) -> AnyExpression:
    work.generator = True
    value = node.value
    if isinstance(value, cst.From):
        return Yield(*work.at(node), work.expression(value.item), True)
    given = work.optional(value)
    note_given_back(work, given, "yield")
    return Yield(*work.at(node), given, False)


def _walrus(work: Work, node: cst.NamedExpr) -> AnyExpression:
    bound = target(work, node.target)
    value = work.expression(node.value)
    note_local(work, bound, value, "assign")
    if type(bound) is Name:
        value = reveal(bound.id, value)
    return Walrus(*work.at(node), bound, value)


HANDLERS: dict[type, Callable[[Work, Any], AnyExpression]] = {
    cst.Name: chain,
    cst.Attribute: chain,
    cst.Call: chain,
    cst.Subscript: chain,
    cst.SimpleString: texts.plain,
    cst.FormattedString: texts.formatted,
    cst.TemplatedString: texts.formatted,
    cst.ConcatenatedString: texts.concatenated,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.Ellipsis: _ellipsis,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _compare,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.Dict: _dict,
    cst.StarredElement: _starred,
    cst.ListComp: comprehensions.simple,
    cst.SetComp: comprehensions.simple,
    cst.GeneratorExp: comprehensions.simple,
    cst.DictComp: comprehensions.mapping,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.NamedExpr: _walrus,
}

if hasattr(cst, "StarredDictComp"):  # PEP 798, known to libcst from 1.9 on
    HANDLERS[cst.StarredDictComp] = comprehensions.unpacked
