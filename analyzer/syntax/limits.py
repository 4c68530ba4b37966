"""What is too deep to be analysed is refused before the parser sees it.

libcst's parser descends with its input on the machine's stack and would take the process down with it (measured with
8 MB: 1,000–3,000 nested brackets, 8,000 unary operators in a row, 5,000 lambdas), and its time grows with more than the
square of a chain's length (3,000 chained calls: 22 s). One scan over brackets, commas and line ends finds such text;
it costs 2.5 µs a line where the parse costs 60–90.
"""

from __future__ import annotations

import re

MAX_BRACKETS = 200
"""Nested brackets: CPython's tokenizer refuses more (``MAXLEVEL`` in Parser/lexer/state.h)."""

MAX_STRETCH = 6_000
"""Code points of one expression outside strings, comments and inner brackets, up to the next comma or line end.

The longest in 3.9 million lines of applications and libraries is 3,585: a table of concatenated strings.
"""

MAX_ALTERNATIVES = 3_000
"""``elif`` in one file. The most in the same lines: 401."""

MAX_TREE = 250
"""Levels of the syntax tree, joined literals counted as one. The deepest in the same lines: 62."""

_TOKEN = re.compile(
    r"([(\[{])|([)\]}])|[,;\n]"
    r"|(\"\"\"(?:[^\\\"]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^\\']|\\.|'(?!''))*'''"
    r"|\"(?:[^\\\"\n]|\\.)*\"|'(?:[^\\'\n]|\\.)*'|\#[^\n]*)",
    re.DOTALL,
)


def too_deep(text: str) -> tuple[int, str] | None:
    """Offset and description of what is nested too deeply; ``None`` when the text may be parsed."""
    if text.count("elif") > MAX_ALTERNATIVES:
        return 0, "too many alternatives"
    run = last = 0
    runs: list[int] = []
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        run += start - last
        last = end
        kind = found.lastindex
        if kind == 3:
            continue
        if run > MAX_STRETCH:
            return start, "expression too long to be analysed"
        if kind == 1:
            runs.append(run)
            run = 0
            if len(runs) > MAX_BRACKETS:
                return start, "too many nested parentheses"
        elif kind == 2:
            run = runs.pop() + 2 if runs else 0
        elif not runs or text[start] != "\n":
            run = 0
    if run + len(text) - last > MAX_STRETCH:
        return last, "expression too long to be analysed"
    return None
