"""Refusals that refuse nobody: what sends to the login page because the work is done (somebody has registered, or set a
password anew), and what asks who it is only after that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.statements import For, If, Return, Try, While, With
from analyzer.facts.visit import chain, statements, walk
from analyzer.graph.refusals import sends_to_login

_ASKING = re.compile(
    r"user|session|auth|login|logged|token|cookie|account|identity|permission|role|admin|owner|member|customer", re.I
)
"""What names of things that say who is asking contain; any of them makes a test one that strangers may fail."""
_CHECKED = frozenset({"validate_on_submit", "is_valid", "validate", "is_submitted", "method"})
"""What tests ask that only look at what was sent."""
_DONE = frozenset(
    "commit save asave insert_one update_one delete_one insert create_user set_password executescript create acreate "
    "delete adelete".split()
)
"""Calls that have changed something when what follows them runs."""


_STATEMENT = re.compile(r"\s*(?:insert\s+into|update\s+\S+\s+set|delete\s+from)\b", re.IGNORECASE)


def after_success(body: Sequence[msgspec.Struct]) -> set[int]:
    """The statements and expressions of a function, by identity, that refuse nobody the work that it does: returns that
    send to the login page whoever got that far, and all that stands behind a branch in which everything was done."""
    return {*_found(body, branched=False), *_behind(body)}


def _behind(body: Sequence[msgspec.Struct]) -> Iterator[int]:
    """What follows ``if request.method == "POST":`` where strangers do it all, and leave."""
    for at, statement in enumerate(body):
        if isinstance(statement, If) and _looks_at_input(statement.test) and not statement.otherwise:
            asked = any(isinstance(node, If) and _asks(node.test) for node in statements(statement.then))
            ends = bool(statement.then) and isinstance(statement.then[-1], Return)
            if ends and not asked and any(_changes(one) or _states(one) for one in statement.then):
                yield from (id(node) for node in walk(body[at + 1 :]))
                return
        elif isinstance(statement, If) and _asks(statement.test):
            return


def _states(statement: msgspec.Struct) -> bool:
    texts = (node.value for node in walk(statement) if isinstance(node, Constant))
    return any(isinstance(text, str) and _STATEMENT.match(text) for text in texts)


def _found(block: Iterable[msgspec.Struct], *, branched: bool, done: bool = False) -> Iterator[int]:
    asked = False
    for statement in block:
        if isinstance(statement, Return):
            if sends_to_login(statement) and (done or not (branched or asked)):
                yield id(statement)
        elif isinstance(statement, If):
            inner = branched or not _looks_at_input(statement.test)
            yield from _found(statement.then, branched=inner)
            yield from _found(statement.otherwise, branched=inner)
            # What another test lets through before is answered there; the rest may well be strangers.
            answered = bool(statement.then) and isinstance(statement.then[-1], Return)
            asked = asked or _asks(statement.test) or (answered and not _looks_at_input(statement.test))
        elif isinstance(statement, Try):
            yield from _found(statement.body, branched=branched)
            for handler in statement.handlers:
                yield from _found(handler.body, branched=True)
            worked = done or any(_changes(one) or _states(one) for one in statement.body)
            yield from _found([*statement.otherwise, *statement.final], branched=branched, done=worked)
        elif isinstance(statement, With | For | While):
            yield from _found(statement.body, branched=branched)
        if not isinstance(statement, If | Try):
            done = done or _changes(statement) or _states(statement)


def _looks_at_input(test: AnyExpression) -> bool:
    """``request.method == "POST"``, ``form.validate_on_submit()``: a test of what was sent, and of nobody."""
    names = [node.attr for node in walk(test) if isinstance(node, Attribute)]
    return any(name in _CHECKED for name in names) and not _asks(test)


def _asks(test: AnyExpression) -> bool:
    return any(_ASKING.search(chain(node)) for node in walk(test) if isinstance(node, Name | Attribute))


def _changes(statement: msgspec.Struct) -> bool:
    calls = (node for node in walk(statement) if isinstance(node, Call))
    return any(isinstance(call.func, Attribute) and call.func.attr in _DONE for call in calls)
