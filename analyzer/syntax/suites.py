"""Runs of statements, and where statements begin and end."""

from __future__ import annotations

from collections.abc import Sequence as Series
from typing import Any

import libcst as cst

from analyzer.facts.statements import AnyStatement
from analyzer.syntax.work import Work

Head = tuple[int, int, int]


def suite(work: Work, node: cst.BaseSuite) -> tuple[list[AnyStatement], int]:
    """A block's statements, and the line of its last token."""
    return sequence(work, node.body)


def sequence(work: Work, nodes: Series[Any], *, documented: bool = False) -> tuple[list[AnyStatement], int]:
    """Statements in order, and the line of the last token. ``documented``: leave out the first, a docstring."""
    found: list[AnyStatement] = []
    last = 0
    for node in nodes:
        kind = type(node)
        small = node.body if kind is cst.SimpleStatementLine else (node,)
        for one in small:
            if documented:
                documented = False
                last = head(work, one)[2]
                continue
            statement = work.statement(one)
            found.append(statement)
            last = statement.end_line
    return found, last


def head(work: Work, node: Any) -> Head:
    """Line and column of a small statement's first token, and the line of its last."""
    semicolon = node.semicolon
    end = work.positions.start(semicolon) if isinstance(semicolon, cst.Semicolon) else work.positions.end(node)
    line, column, end_line, _ = work.positions.between(work.positions.start(node), end)
    return line, column, end_line
