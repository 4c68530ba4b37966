"""Which refusals follow a rule of the business: for the state of a record, or because there is one already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Call,
    Compare,
    Constant,
    Name,
    Unary,
)
from analyzer.facts.statements import AnyStatement, Raise, Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.graph.operands import is_nothing

_PERSON = re.compile(
    r"(?:^|[._])(?:id|uid|pk|uuid|owner|author|creator|user|current_user|created_by|role|roles|is_(?:super|admin|staff)\w*)$"
    r"|current_user\.|request\.user|\b(?:password|hashed_password)\b",
    re.IGNORECASE,
)
_MAY = re.compile(
    r"perm|role|password|owner|access|allow|authori[sz]|authentic|belongs|(?:^|_)(?:can|may)_", re.IGNORECASE
)
_OUTCOME = re.compile(
    r"(?:^|[._])(?:is_)?(?:ok|success\w*|succeeded|failed|failure|errors?|valid|status_code|message|msg|detail)$"
)
"""What a collaborator tells of its own work; wording that for the client is no rule."""
_REFUSED = re.compile(r"(?:^|[._])(?:HTTP_4\d\d\w*|BAD_REQUEST|CONFLICT|UNPROCESSABLE_\w+)$")
_TOLD = re.compile(r"(?:^|\.)(?:flash|abort|add_error|messages\.(?:error|warning|info|add_message))$")


def parts(test: AnyExpression) -> Iterator[AnyExpression]:
    """The conditions that a test is made of, whichever way they are turned."""
    if isinstance(test, Boolean):
        for value in test.values:
            yield from parts(value)
    elif isinstance(test, Unary):
        yield from parts(test.operand)
    else:
        yield test


def demanded(test: AnyExpression, is_loaded: Callable[[AnyExpression], bool]) -> str:
    """What a refusal demands of a record that was loaded, its owner left aside: ``invitation.used``,
    ``invitation.is_over()``."""
    for node in parts(test):
        sides = [node.left, *node.comparators] if isinstance(node, Compare) else [node]
        if any(_PERSON.search(chain_of(side)) for side in sides) or any(is_nothing(side) for side in sides):
            continue
        asked = next((side for side in sides if is_loaded(side) and _is_state(side)), None)
        if asked is not None:
            return chain_of(asked)
    return ""


def _is_state(side: AnyExpression) -> bool:
    if isinstance(side, Call):
        name = side.func.attr if isinstance(side.func, Attribute) and isinstance(side.func.value, Name) else ""
        return bool(name) and _MAY.search(name) is None and _OUTCOME.search(name) is None
    return isinstance(side, Attribute) and _OUTCOME.search(side.attr) is None


def taken(test: AnyExpression, is_asked: Callable[[AnyExpression], bool]) -> str:
    """What a test finds to be there already (``existing``, ``query.exists()``), ``""`` where it asks something else."""
    if isinstance(test, Await):
        return taken(test.value, is_asked)
    if isinstance(test, Boolean):
        return next((found for found in (taken(value, is_asked) for value in test.values) if found), "")
    if isinstance(test, Compare):
        present = len(test.comparators) == 1 and (
            (test.operators[0] == "is not" and is_nothing(test.comparators[0]))
            or (test.operators[0] in {">", ">="} and isinstance(test.comparators[0], Constant))
        )
        return taken(test.left, is_asked) if present else ""
    if isinstance(test, Call) and chain_of(test.func) == "len" and test.arguments:
        return taken(test.arguments[0].value, is_asked)
    return chain_of(test) if isinstance(test, Name | Call) and is_asked(test) else ""


def refuses_for(body: Sequence[AnyStatement]) -> bool:
    """Whether a branch that leaves says that the client asks for something that cannot be."""
    if isinstance(body[-1], Raise):
        return True
    for node in walk(body):
        if isinstance(node, Call) and _TOLD.search(chain_of(node.func)):
            return True
    last = body[-1]
    return isinstance(last, Return) and last.value is not None and _is_refusal(last.value)


def _is_refusal(value: AnyExpression) -> bool:
    """``{"error": …}, 409``, ``Response(…, status=400)``"""
    for node in walk(value):
        if isinstance(node, Constant) and isinstance(node.value, int) and 400 <= node.value < 500:
            return True
        if isinstance(node, Attribute) and _REFUSED.search(chain_of(node)):
            return True
    return False
