"""The part of BA401 about amounts: numbers that a client sends and that are reckoned with against what is kept, where
nothing asks whether they are above zero. A transfer of -100 passes every check of the balance and fills the account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.checks._numbers import DEPTH, Search, Side, Used, assigns, declared, path_of, read, spelling
from analyzer.checks._reckoned_in_statements import column, reckoned_in_statements
from analyzer.facts.expressions import AnyExpression, Attribute, Binary, Call, Constant, Name, Subscript
from analyzer.facts.statements import Augment
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.questions import location
from analyzer.flow.values import spelled
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

LOWER = Side(
    frozenset({"gt", "ge", "minimum", "min_value", "exclusive_minimum", "exclusiveMinimum", "min"}),
    re.compile(r"(?:^|\.)(?:Gt|Ge|Interval|Range|PositiveInt|NonNegativeInt|PositiveFloat|NonNegativeFloat)$"),
    re.compile(r"valid|check|ensure|verify|assert|require|clamp|positive|abs$|max$", re.IGNORECASE),
)
"""The lower side of a range."""
_MONEY = re.compile(
    r"price|cost|balance|amount|stock|quantity|qty|credit|points|inventory|total|funds|salary|wallet|\bfee|discount",
    re.IGNORECASE,
)
"""Names of what is counted in money or pieces. The finding is a hint for all others."""


_EITHER_WAY = re.compile(r"change|delta|adjust|diff|offset|shift|correction", re.IGNORECASE)
"""Names of numbers that are meant to go either way."""


def reckoned(flow: Flow, rule: Rule, place: Place) -> Finding | None:
    """The finding for the first number that a handler, or what it calls, reckons with unseen; ``None`` for none."""
    sent = declared(flow.project, place, LOWER).keys() | read(flow, place)
    numbers = {one for one in sent if _EITHER_WAY.search(one.rpartition(".")[2]) is None}
    found = Search(flow, LOWER, _reckoning).within(place, frozenset(numbers), DEPTH) if numbers else None
    return _finding(rule, place, found) if found is not None else None


def _reckoning(flow: Flow, place: Place, nodes: Sequence[object], held: set[str]) -> Iterator[Used]:
    for node in nodes:
        if isinstance(node, Binary) and node.op in {"*", "-", "+"}:
            for one, other in ((node.left, node.right), (node.right, node.left)):
                name = spelling(one)
                if name in held and _is_kept(flow, place, other, held) and not (node.op == "-" and one is node.left):
                    shown = name if isinstance(one, Call) else spelled(one) or name
                    yield Used(node, shown, _DOING[node.op].format(kept=_shown(flow, place, other)))
                    break
        elif isinstance(node, Augment) and node.op in {"+=", "-=", "*=", "+", "-", "*"}:
            name = spelling(node.value)
            if name in held and _is_kept(flow, place, node.target, held):
                shown = spelled(node.target) or path_of(node.target)
                number = name if isinstance(node.value, Call) else spelled(node.value) or name
                yield Used(node.value, number, _DOING[node.op[0]].format(kept=shown))
    yield from reckoned_in_statements(nodes, held)


def _is_kept(flow: Flow, place: Place, other: AnyExpression, held: set[str]) -> bool:
    """``product.price``, ``account["balance"]``: a part of something that the function has looked up, or a column."""
    if column(flow.project, place, other):
        return True
    if isinstance(other, Name):
        taken = [one.value for one in walk(flow.project.body(place)) if assigns(one, other.id)]
        return any(_is_part(flow, place, one, held, other.id) for one in taken if one is not None)
    if not isinstance(other, Attribute | Subscript):
        return False
    text = path_of(other)
    root = text.partition(".")[0]
    if "." not in text or root in {"self", "cls"} or root.isupper() or text in held:
        return False
    if any(one.partition(".")[0].removesuffix("[]") == root for one in held if "." in one):
        return False
    function = flow.project.function(place)
    own = {one.target for one in function.locals} | {one.name for one in function.parameters} if function else set()
    return root in own


def _is_part(flow: Flow, place: Place, value: AnyExpression, held: set[str], name: str) -> bool:
    """Whether a value is a part of what was looked up: ``account.balance``, ``float(row[1])`` called ``balance``."""
    if isinstance(value, Call) and len(value.arguments) == 1 and chain(value.func) in {"int", "float", "Decimal"}:
        return _is_part(flow, place, value.arguments[0].value, held, name)
    if isinstance(value, Subscript) and isinstance(value.index, Constant) and isinstance(value.index.value, int):
        return _MONEY.search(name) is not None and chain(value).partition("[")[0] not in held
    return isinstance(value, Attribute | Subscript) and _is_kept(flow, place, value, held)


def _shown(flow: Flow, place: Place, other: AnyExpression) -> str:
    return column(flow.project, place, other) or spelled(other) or path_of(other)


_DOING = {
    "*": "is multiplied by `{kept}`",
    "-": "is taken from `{kept}`",
    "+": "is added to `{kept}`",
}


def _finding(rule: Rule, place: Place, found: Used) -> Finding:
    counted = _MONEY.search(found.number) is not None or _MONEY.search(found.does) is not None
    return Finding(
        rule=rule.code,
        location=location(place, found.node),
        message=f"`{found.number}` {found.does} as the client sent it: nothing asks whether it is above zero",
        fix="Declare the lowest value (`Field(gt=0)`), or refuse what is not above zero",
        severity=rule.severity,
        confidence=Confidence.MEDIUM if counted else Confidence.LOW,
        steps=found.steps,
    )
