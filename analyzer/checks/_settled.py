"""Checks after which a key is the caller's to use: ``if board.owner_id != me.id: abort(403)`` settles ``board_id``, and
the cards of that board need no check of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.facts.expressions import AnyExpression, Await, Boolean, Call, Compare, Constant, Unary
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, For, If, Raise, Return
from analyzer.facts.visit import chain, walk

SETTLED = "settled"
"""The mark of a key that a check has settled."""
_LEAVING = re.compile(r"(?:^|\.)(?:abort|send_error|fail|halt)$")
_SHORT = 2
"""Statements of a branch that answers and does nothing besides: perhaps a line of log, and the answer."""
_RAISING = re.compile(r"_or_(?:404|403|raise|fail)$")


def required(statement: If) -> Iterator[tuple[AnyExpression, bool]]:
    """The parts of a test that keep out whoever lacks what they ask for, each with whether it is a comparison."""
    if _leaves(statement.then):
        yield from _lacking(statement.test)
    elif _leaves(statement.otherwise):
        yield from _having(statement.test)


def required_of_some(statement: For) -> Iterator[tuple[AnyExpression, bool]]:
    """The same for a loop that looks for one, and keeps out who is not found: ``for … else: abort(403)``."""
    if _leaves(statement.otherwise):
        for inner in statement.body:
            if isinstance(inner, If):
                yield from _having(inner.test)


def flags(statement: If) -> Iterator[Assign]:
    """What a branch notes about the outcome of its test: ``member = True``."""
    for inner in statement.then:
        if isinstance(inner, Assign) and isinstance(inner.value, Constant) and isinstance(inner.value.value, bool):
            yield inner


def found_or_refused(call: Call | None) -> bool:
    """Whether a call that finds nothing ends the request: ``get_object_or_404(Membership, board=number, user=me)``."""
    return call is not None and _RAISING.search(chain(call.func)) is not None


def _leaves(block: Sequence[AnyStatement]) -> bool:
    if not block:
        return False
    last = block[-1]
    if isinstance(last, Raise):
        return True
    if isinstance(last, Evaluate):
        call = last.value.value if isinstance(last.value, Await) else last.value
        return isinstance(call, Call) and _LEAVING.search(chain(call.func)) is not None
    return isinstance(last, Return) and len(block) <= _SHORT


def _lacking(test: AnyExpression) -> Iterator[tuple[AnyExpression, bool]]:
    if isinstance(test, Boolean) and test.op == "or":
        for one in test.values:
            yield from _lacking(one)
    elif isinstance(test, Unary) and test.op == "not":
        yield from _having(test.operand)
    elif isinstance(test, Compare) and len(test.operators) == 1:
        nothing = isinstance(test.comparators[0], Constant) and test.comparators[0].value in (None, 0, False)
        if nothing and test.operators[0] in {"is", "=="}:
            yield test.left, False
        elif test.operators[0] in {"!=", "not in", "is not"} and not nothing:
            yield test, True


def _having(test: AnyExpression) -> Iterator[tuple[AnyExpression, bool]]:
    if isinstance(test, Boolean) and test.op == "and":
        for one in test.values:
            yield from _having(one)
    elif isinstance(test, Unary) and test.op == "not":
        yield from _lacking(test.operand)
    elif isinstance(test, Compare) and len(test.operators) == 1:
        nothing = isinstance(test.comparators[0], Constant) and test.comparators[0].value in (None, 0, False)
        if nothing and test.operators[0] in {"is not", "!=", ">"}:
            yield test.left, False
        elif test.operators[0] in {"==", "in", "is"} and not nothing:
            yield test, True
    elif not isinstance(test, Boolean | Compare):
        yield test, any(isinstance(node, Compare) for node in walk(test))
