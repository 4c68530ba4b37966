"""Secrets kept out of everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from analyzer.findings.sources import Source
from analyzer.model import Span

MASK = "****"

Edit = tuple[int, int, str]
"""A stretch of a line (0-based, end exclusive) and the text shown in its place."""

_LITERAL = re.compile(r"(?s)(?P<prefix>[A-Za-z]{0,2})(?P<quote>\"\"\"|'''|\"|')(?P<value>.*?)(?P=quote)?")
_LEAST_VALUE = 4
"""A shorter value hides nothing when masked wherever it occurs: it is part of ordinary words."""
_LONG_VALUE = 12
"""From this length on, a value that is no plain name is masked even where no quotes stand around it."""


def line_edits(source: Source, number: int, secrets: Sequence[Span]) -> list[Edit]:
    """What must be masked on one line because a secret's span covers it, in order and without overlap."""
    line = source.line(number)
    edits: list[Edit] = []
    for span in secrets:
        if not span.line <= number <= span.end_line:
            continue
        begin = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
        end = span.end_column - 1 if number == span.end_line else len(line)
        begin, end = max(0, begin), min(len(line), end)
        if begin < end:
            quoted = span.line == span.end_line and _LITERAL.fullmatch(line[begin:end])
            edits.append((begin, end, f'"{MASK}"' if quoted else MASK))
    return united(edits)


def value_edits(line: str, values: Iterable[str]) -> list[Edit]:
    """What must be masked on a line because a secret's value stands there a second time."""
    edits: list[Edit] = []
    for value in values:
        if value not in line:
            continue  # most are not, and a search for a pattern costs forty times as much
        edits += [(found.start(), found.end(), MASK) for found in re.finditer(_pattern(value), line)]
    return united(edits)


def redacted(text: str, values: Iterable[str]) -> str:
    """``text`` without any of the secret values; an ordinary word that is one goes only where it is quoted."""
    for begin, end, mask in reversed(value_edits(text, values)):
        text = text[:begin] + mask + text[end:]
    return text


def masked(line: str, edits: Sequence[Edit]) -> str:
    """The whole line with its edits made."""
    for begin, end, mask in reversed(edits):
        line = line[:begin] + mask + line[end:]
    return line


def secret_values(source: Source, secrets: Sequence[Span]) -> tuple[str, ...]:
    """The texts that stand in the secret spans, quotes taken off, longest first."""
    values: set[str] = set()
    for span in secrets:
        if span.line == span.end_line:
            text = source.line(span.line)[max(0, span.column - 1) : max(0, span.end_column - 1)]
            literal = _LITERAL.fullmatch(text)
            values.add(literal["value"] if literal else text)
        else:
            middle = range(span.line + 1, min(span.end_line, len(source.lines) + 1))
            values.update(line for number in middle if len(line := source.line(number).strip()) >= _LONG_VALUE)
    return tuple(
        sorted((value for value in values if len(value) >= _LEAST_VALUE), key=lambda value: (-len(value), value))
    )


def united(edits: Iterable[Edit]) -> list[Edit]:
    """Edits in order, those that overlap made one; where one holds the other its mask is kept."""
    result: list[Edit] = []
    for begin, end, mask in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if result and begin < result[-1][1]:
            held = result[-1]
            result[-1] = held if end <= held[1] else (held[0], end, MASK)
        else:
            result.append((begin, end, mask))
    return result


def _pattern(value: str) -> str:
    escaped = re.escape(value)
    if value.isidentifier() or len(value) < _LONG_VALUE:
        return rf"(?<=[\"'`]){escaped}(?=[\"'`])"
    return escaped
