"""Small questions about lowered arithmetic and guard clauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.facts.expressions import (
    AnyExpression,
    Await,
    Binary,
    Call,
    Conditional,
    Constant,
    Format,
    Mapping,
    Name,
    Unary,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, Raise, Return
from analyzer.facts.visit import chain as chain_of

_TEXTS = {
    "join", "format", "str", "strip", "lower", "upper", "decode", "encode", "list", "dict", "Path", "replace", "split",
    "get_full_path",
}  # fmt: skip
_WRAPPERS = {"int", "float", "Decimal", "round", "abs"}
_NUMBERS = _WRAPPERS | {"sum", "len", "timedelta", "total_seconds", "count", "now", "today", "utcnow"}
_STOPS = {"abort", "error", "exit", "fail"}


def operands(node: AnyExpression) -> Iterator[AnyExpression]:
    """What an arithmetic expression is made of: through operators, conversions to numbers and conditionals."""
    if isinstance(node, Binary):
        yield from operands(node.left)
        yield from operands(node.right)
    elif isinstance(node, Unary):
        yield from operands(node.operand)
    elif isinstance(node, Conditional):
        yield from operands(node.then)
        yield from operands(node.otherwise)
    elif isinstance(node, Await):
        yield from operands(node.value)
    elif isinstance(node, Call) and chain_of(node.func).rpartition(".")[2] in _WRAPPERS and node.arguments:
        inner = node.arguments[0].value
        yield from (node,) if isinstance(inner, Constant) else operands(inner)  # ``Decimal("0.9")`` is no text
    else:
        yield node


def as_number(node: AnyExpression) -> AnyExpression:
    """What a conversion to a number is made of: ``card.balance`` of ``float(card.balance)``."""
    while isinstance(node, Call) and chain_of(node.func).rpartition(".")[2] in _WRAPPERS and node.arguments:
        node = node.arguments[0].value
    return node


def is_textual(node: AnyExpression) -> bool:
    """Whether an operand shows that text or lists are put together, not numbers."""
    if isinstance(node, Binary) and node.op == "%" and isinstance(node.right, Mapping | Display):
        return True  # what a translated text is filled with
    return any(
        isinstance(side, Format | Display)
        or (isinstance(side, Constant) and isinstance(side.value, str))
        or (isinstance(side, Call) and chain_of(side.func).rpartition(".")[2] in _TEXTS)
        for side in operands(node)
    )


def is_number(node: AnyExpression) -> bool:
    """Whether an expression is a number for sure; of a plain name nobody knows."""
    if isinstance(node, Await):
        return is_number(node.value)
    if isinstance(node, Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, Binary):
        return node.op != "+" or is_number(node.left) or is_number(node.right)
    if isinstance(node, Call):
        name = chain_of(node.func).rpartition(".")[2]
        return name in _NUMBERS or (name == "get" and len(node.arguments) == 2 and is_number(node.arguments[1].value))
    return isinstance(node, Unary) and node.op == "-"


def is_rate(node: AnyExpression) -> bool:
    """A constant that something is worth: ``0.2``, ``250``, ``Decimal("0.9")``; zero and one are flags as often."""
    if isinstance(node, Call) and node.arguments:
        return chain_of(node.func).rpartition(".")[2] == "Decimal" and isinstance(node.arguments[0].value, Constant)
    if not isinstance(node, Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, float) or (isinstance(node.value, int) and node.value > 1)


def is_nothing(node: AnyExpression) -> bool:
    """``None`` or an empty string."""
    return isinstance(node, Constant) and node.value in (None, "")


def bare(value: AnyExpression | None) -> AnyExpression | None:
    """An expression without its ``await``."""
    return value.value if isinstance(value, Await) else value


def refuses(body: Sequence[AnyStatement]) -> bool:
    """A guard clause: it only words a refusal or an answer and leaves (or aborts)."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, Raise | Return):
        return all(isinstance(item, Evaluate | Raise | Return) or _is_local(item) for item in body)
    if isinstance(last, Evaluate) and isinstance(last.value, Call):
        return chain_of(last.value.func).rpartition(".")[2] in _STOPS and len(body) <= 2
    return False


def _is_local(item: AnyStatement) -> bool:
    return isinstance(item, Assign) and all(isinstance(target, Name) for target in item.targets)
