"""Compound statements that hold blocks: conditions, loops, handlers, contexts."""

from __future__ import annotations

from typing import Any

import libcst as cst

from analyzer.facts.expressions import Name
from analyzer.facts.outline import Guard
from analyzer.facts.statements import AnyStatement, For, Handler, If, Try, While, With, WithItem
from analyzer.syntax import guards
from analyzer.syntax.sources import note_local
from analyzer.syntax.suites import suite
from analyzer.syntax.targets import target
from analyzer.syntax.work import Work


def condition(work: Work, node: cst.If) -> AnyStatement:
    """``if`` with everything that hangs on it; a long row of ``elif`` is walked, not descended."""
    row: list[tuple[Any, ...]] = []
    outer = work.guard, work.when
    step: cst.If | None = node
    otherwise: list[AnyStatement] = []
    last = 0
    while step is not None:
        line, column = work.positions.first_token(step)
        test = work.expression(step.test)
        positive, negative = guards.branches(work, test)
        with work.guarded(positive, guards.asked(test, holds=True)):
            then, last = suite(work, step.body)
        row.append((line, column, test, then))
        work.guard, work.when = negative, work.when + guards.asked(test, holds=False)
        tail = step.orelse
        step = None
        if isinstance(tail, cst.If):
            step = tail
        elif tail is not None:
            otherwise, last = suite(work, tail.body)
    work.guard, work.when = outer
    while True:
        line, column, test, then = row.pop()
        result = If(line, column, last, test, then, otherwise)
        if not row:
            return result
        otherwise = [result]


def _otherwise(work: Work, node: cst.Else | cst.Finally | None, last: int) -> tuple[list[AnyStatement], int]:
    return ([], last) if node is None else suite(work, node.body)


def loop(work: Work, node: cst.For) -> AnyStatement:
    """``for`` and ``async for``."""
    line, column = work.positions.first_token(node)
    bound = target(work, node.target)
    iterable = work.expression(node.iter)
    note_local(work, bound, iterable, "for")
    body, last = suite(work, node.body)
    otherwise, last = _otherwise(work, node.orelse, last)
    return For(line, column, last, bound, iterable, body, otherwise, node.asynchronous is not None)


def repeat(work: Work, node: cst.While) -> AnyStatement:
    """``while``."""
    line, column = work.positions.first_token(node)
    test = work.expression(node.test)
    body, last = suite(work, node.body)
    otherwise, last = _otherwise(work, node.orelse, last)
    return While(line, column, last, test, body, otherwise)


def attempt(work: Work, node: cst.Try | cst.TryStar) -> AnyStatement:
    """``try`` with ``except`` or ``except*``."""
    line, column = work.positions.first_token(node)
    expects = any(guards.catches_import_error(handler.type) for handler in node.handlers)
    with work.guarded(guards.within(work.guard, "try") if expects else work.guard):
        body, last = suite(work, node.body)
    handlers: list[Handler] = []
    for handler in node.handlers:
        found, last = _handler(work, handler)
        handlers.append(found)
    otherwise, last = _otherwise(work, node.orelse, last)
    final, last = _otherwise(work, node.finalbody, last)
    return Try(line, column, last, body, handlers, otherwise, final, isinstance(node, cst.TryStar))


def _handler(work: Work, node: cst.ExceptHandler | cst.ExceptStarHandler) -> tuple[Handler, int]:
    line, column = work.positions.first_token(node)
    kind = work.optional(node.type)
    name = None
    if node.name is not None and isinstance(node.name.name, cst.Name):
        name = node.name.name.value
        work.use(name, "write", Name(*work.at(node.name.name), name))
    guard: Guard = "fallback" if guards.catches_import_error(node.type) else "if"
    with work.guarded(guards.within(work.guard, guard)):
        body, last = suite(work, node.body)
    return Handler(line, column, kind, name, body), last


def context(work: Work, node: cst.With) -> AnyStatement:
    """``with`` and ``async with``."""
    line, column = work.positions.first_token(node)
    items: list[WithItem] = []
    guard = work.guard
    for item in node.items:
        value = work.expression(item.item)
        bound = None
        if item.asname is not None:
            bound = target(work, item.asname.name)
            note_local(work, bound, value, "with")
        if guards.suppresses_import_error(value):
            guard = guards.within(work.guard, "try")
        items.append(WithItem(value, bound))
    with work.guarded(guard):
        body, last = suite(work, node.body)
    return With(line, column, last, items, body, node.asynchronous is not None)
