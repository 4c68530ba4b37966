"""Where every node of a tree stands, found while the tree writes itself out again.

libcst writes a module as a series of tokens and tells a ``CodegenState`` when a node begins and ends. Writing loses
next to nothing, so the number of code points written so far is the node's place in the text. Tokens and marks go
into one list by ``list.append`` (no Python frame of ours a token); one loop over it afterwards adds up the lengths.
Measured: 0.5 times the parse, against 2–4 times for libcst's own position provider.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, cast

import libcst as cst
from libcst._nodes.internal import CodegenState

_NEWLINE = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python's tokenizer. A form feed, ``\\x85`` or ``\\u2028`` does not."""

_BLANK = re.compile(r"(?:[ \t\f]|\\(?:\r\n|\r|\n))*")

UNMARKED: frozenset[type] = frozenset(
    {
        cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.TrailingWhitespace, cst.Newline, cst.Dot, cst.Comma,
        cst.Colon, cst.AssignEqual, cst.AssignTarget, cst.Arg, cst.Element, cst.DictElement, cst.SubscriptElement,
        cst.ComparisonTarget, cst.Annotation, cst.Parameters, cst.LeftSquareBracket, cst.RightSquareBracket,
        cst.LeftCurlyBrace, cst.RightCurlyBrace, cst.IndentedBlock, cst.SimpleStatementLine, cst.AsName,
    }
)  # fmt: skip
"""Frequent nodes whose place nobody asks for."""


_DROPPED = frozenset(" \t\f\\\r\n")

_OFTEN = 100
"""Levels of the tree below which it does not matter what they are."""


def _levels(tape: list[Any]) -> int:
    """The depth of the tree, joined literals counted as one."""
    flat = UNMARKED | {str, cst.ConcatenatedString}
    inside: set[int] = set()
    deepest = 0
    for item in tape:
        if type(item) not in flat:
            key = id(item)
            if key in inside:
                inside.discard(key)
            else:
                inside.add(key)
                deepest = max(deepest, len(inside))
    return deepest


class _Tape(CodegenState):
    """Tokens and node marks in the order they are written."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.tape: list[Any] = cast("Any", self.tokens)
        # Bound list methods instead of methods of this class: they are called some fifty times a line.
        self.add_token = self.before_codegen = self.after_codegen = self.tape.append  # type: ignore[method-assign]
        self._nothing = threading.RLock()

    def record_syntactic_position(  # type: ignore[override]
        self, *_node: object, **_others: object
    ) -> AbstractContextManager[Any]:
        """Nothing to record: parentheses have marks of their own. A re-entrant lock is the cheapest context."""
        return self._nothing

    def pop_trailing_newline(self) -> None:
        """The line end written last is not in the text."""
        for place in range(len(self.tape) - 1, -1, -1):
            if type(self.tape[place]) is str:
                self.tape[place] = ""
                return


class Positions:
    """Offsets of nodes in the text (code points from 0), and lines and columns of offsets (from 1).

    ``depth`` is the number of levels of the tree, blanks not counted; ``dropped`` what the text has and the tree lacks
    (``None``: the tree does not say what the text does).
    """

    __slots__ = ("_ends", "_lines", "_starts", "comments", "depth", "dropped", "text")

    def __init__(self, module: cst.Module, text: str) -> None:
        state = _Tape(module)
        module._codegen(state)
        self.text = text
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self.comments: list[cst.Comment] = []
        self.dropped: str | None = ""
        self._lines = [0, *(found.end() for found in _NEWLINE.finditer(text))]
        self._add_up(state.tape)

    def _add_up(self, tape: list[Any]) -> None:
        starts, ends, skipped = self._starts, self._ends, UNMARKED
        offset = level = deepest = 0
        for item in tape:
            kind = type(item)
            if kind is str:
                offset += len(item)
            elif kind not in skipped:
                key = id(item)
                if key in starts:
                    ends[key] = offset
                    level -= 1
                else:
                    starts[key] = offset
                    level += 1
                    if level > deepest:
                        deepest = level
                    if kind is cst.Comment:
                        self.comments.append(item)
        if offset != len(self.text):
            self._mend("".join(item for item in tape if type(item) is str))
        # Neighbouring literals hang in one another like a chain, yet are lowered to one text.
        self.depth = deepest if deepest <= _OFTEN else _levels(tape)

    def _mend(self, written: str) -> None:
        """Shift places behind what the parser drops: form feeds and empty continued lines before a statement."""
        dropped: list[int] = []
        missing: list[str] = []
        place = 0
        for character in self.text:
            if place < len(written) and written[place] == character:
                place += 1
            elif character in _DROPPED:
                dropped.append(place)
                missing.append(character)
            else:
                self.dropped = None
                return
        self.dropped = "".join(missing) if place == len(written) else None
        for key, offset in self._starts.items():
            self._starts[key] = offset + bisect_right(dropped, offset)
        for key, offset in self._ends.items():
            self._ends[key] = offset + bisect_left(dropped, offset)

    def agrees(self, joints: Sequence[int]) -> bool:
        """Whether the tree says what the text does, but for the continued parts deleted before it was read."""
        return self.dropped is not None and self.dropped.count("\\") == len(joints)

    @property
    def line_count(self) -> int:
        """Lines of the text; text behind the last line break counts as a line."""
        return len(self._lines) - (self._lines[-1] == len(self.text))

    def start(self, node: cst.CSTNode) -> int:
        """Offset of the first code point a node writes, parentheses and leading comment lines included."""
        return self._starts[id(node)]

    def end(self, node: cst.CSTNode) -> int:
        """Offset behind the last code point a node writes."""
        return self._ends[id(node)]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def expression(self, node: Any) -> tuple[int, int, int, int]:
        """Line, column, end line and end column of an expression without the parentheses around it."""
        if node.lpar:
            start, end = self._ends[id(node.lpar[-1])], self._starts[id(node.rpar[0])]
        else:
            key = id(node)
            start, end = self._starts[key], self._ends[key]
        return self.between(start, end)

    def display(self, node: Any) -> tuple[int, int, int, int]:
        """As :meth:`expression`, with the innermost parentheses: they are a tuple's or a generator's own."""
        if node.lpar:
            return self.between(self._starts[id(node.lpar[-1])], self._ends[id(node.rpar[0])])
        return self.expression(node)

    def between(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Line, column, end line and end column of a stretch of text."""
        lines = self._lines
        line = bisect_right(lines, start)
        begin = lines[line - 1]
        if line == len(lines) or end < lines[line]:
            return line, start - begin + 1, line, end - begin + 1
        last = bisect_right(lines, end)
        return line, start - begin + 1, last, end - lines[last - 1] + 1

    def first_token(self, node: Any) -> tuple[int, int]:
        """Line and column of a compound statement's first token, its leading comment lines left out."""
        if node.leading_lines:
            start = self._ends[id(node.leading_lines[-1])]
        elif getattr(node, "decorators", None):
            return self.first_token(node.decorators[0])
        else:
            start = self._starts[id(node)]
        found = _BLANK.match(self.text, start)
        return self.place(found.end() if found else start)

    def alone(self, offset: int) -> bool:
        """Whether nothing but blanks stands before an offset on its line."""
        begin = self._lines[bisect_right(self._lines, offset) - 1]
        return not self.text[begin:offset].strip(" \t\f")
