"""Names, attributes, calls and subscripts: whatever a dotted chain is made of.

Functions here return an expression together with its chain (``""`` when it does not start at a name) and leave it to
the caller to say what is done to the chain.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Call,
    Constant,
    Name,
    Sequence,
    Slice,
    Starred,
    Subscript,
)
from analyzer.facts.outline import UseKind
from analyzer.syntax.dynamic import note_import
from analyzer.syntax.secrets import reveal, reveal_call
from analyzer.syntax.work import Work

_SINGLETONS: dict[str, bool | None] = {"None": None, "True": True, "False": False}


def chained(work: Work, node: Any) -> tuple[AnyExpression, str]:
    """Lower an expression whose own chain the caller records."""
    kind = type(node)
    if kind is cst.Name:
        value = node.value
        if value in _SINGLETONS:
            return Constant(*work.at(node), _SINGLETONS[value]), ""
        return Name(*work.at(node), value), value
    if kind is cst.Attribute:
        base, chain = chained(work, node.value)
        attr = node.attr.value
        return Attribute(*work.at(node), base, attr), chain and f"{chain}.{attr}"
    if kind is cst.Call:
        return _called(work, node)
    if kind is cst.Subscript:
        return _indexed(work, node)
    return work.expression(node), ""


def chain(work: Work, node: Any) -> AnyExpression:
    """Lower a chain that is read or called."""
    result, text = chained(work, node)
    if text and type(result) is not Call:
        work.use(text, "read", result)
    return result


def _called(work: Work, node: cst.Call) -> tuple[AnyExpression, str]:
    func, chain = chained(work, node.func)
    if chain:
        work.use(chain, "call", func)
    elif type(func) is Attribute:
        work.use(f"().{func.attr}", "call", func)
    if work.context == "annotate":
        with work.inside(None):
            arguments = [_argument(work, arg) for arg in node.args]
    else:
        arguments = [_argument(work, arg) for arg in node.args]
    call = reveal_call(Call(*work.at(node), func, arguments), chain)
    note_import(work, call, chain)
    return call, chain and f"{chain}()"


def _argument(work: Work, node: cst.Arg) -> Argument:
    value = work.expression(node.value)
    if node.keyword is not None:
        keyword = node.keyword.value
        return Argument(reveal(keyword, value), keyword)
    return Argument(value, None, len(node.star)) if node.star else Argument(value)


def _indexed(work: Work, node: cst.Subscript) -> tuple[AnyExpression, str]:
    value, chain = chained(work, node.value)
    last = chain.rpartition(".")[2]
    if work.context == "annotate" and last in ("Literal", "Annotated"):
        items = [_index(work, node.slice[0], None if last == "Literal" else "annotate")]
        items += [_index(work, element, None) for element in node.slice[1:]]
    else:
        items = [_index(work, element, work.context) for element in node.slice]
    plain = len(items) == 1 and type(node.slice[-1].comma) is not cst.Comma
    if plain and type(items[0]) is not Starred:
        index = items[0]
    else:
        index = Sequence(*_span(work, node), "tuple", items)
    return Subscript(*work.at(node), value, index), chain and f"{chain}[]"


def _span(work: Work, node: cst.Subscript) -> tuple[int, int, int, int]:
    """Where several indices stand, a trailing comma included as Python does it."""
    last = node.slice[-1]
    end = work.positions.end(last.slice)
    if isinstance(last.comma, cst.Comma):
        end = work.positions.text.index(",", end) + 1
    return work.positions.between(work.positions.start(node.slice[0].slice), end)


def _index(work: Work, node: cst.SubscriptElement, context: UseKind | None) -> AnyExpression:
    part = node.slice
    if context != work.context:
        with work.inside(context):
            return _index(work, node, context)
    if isinstance(part, cst.Index):
        value = work.expression(part.value)
        if part.star:
            place = work.positions.between(work.positions.start(part), work.positions.end(part))
            return Starred(*place, value)
        return value
    assert isinstance(part, cst.Slice)
    place = work.positions.between(work.positions.start(part), work.positions.end(part))
    return Slice(*place, work.optional(part.lower), work.optional(part.upper), work.optional(part.step))
