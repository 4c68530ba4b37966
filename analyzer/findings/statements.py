"""Which lines make up one statement, so that a comment beside any end of it speaks for the whole."""

from __future__ import annotations

import io
import tokenize

_LAYOUT = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})


def statement_lines(text: str) -> dict[int, tuple[int, int]]:
    """For each line inside a statement of several lines: the statement's first and last line.

    A compound statement is its header only; decorators belong to the definition they stand on. Lines of one-line
    statements are left out. Text that cannot be tokenised gives what was understood before the trouble.
    """
    ranges: dict[int, tuple[int, int]] = {}
    first = 0
    decorated = 0
    is_decorator = False
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in _LAYOUT or token.type == tokenize.ENDMARKER:
                continue
            if token.type == tokenize.NEWLINE:
                last = token.start[0]
                if is_decorator:
                    decorated = decorated or first
                else:
                    _record(ranges, decorated or first, last)
                    decorated = 0
                first, is_decorator = 0, False
            elif not first:
                first = token.start[0]
                is_decorator = token.string == "@"
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return ranges


def _record(ranges: dict[int, tuple[int, int]], first: int, last: int) -> None:
    if first and last > first:
        for line in range(first, last + 1):
            ranges[line] = (first, last)
