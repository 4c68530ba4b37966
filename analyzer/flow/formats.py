"""Text templates taken apart: ``%`` formatting, ``str.format`` and ``string.Template``."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator

from analyzer.flow.parts import Row, Value, concat, harmless, single

_PERCENT = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?(?P<kind>[diouxXeEfFgGcrsa%])"
)
_DOLLAR = re.compile(r"\$(?:(?P<escaped>\$)|(?P<key>\w+)|\{(?P<braced>\w+)\})")
_NUMERIC = frozenset("diouxXeEfFgG")
_NUMERIC_SPECS = frozenset("bcdeEfFgGnoxX%")

Supply = Callable[[int | str], Value]
"""The value for a position or a key of a template."""

Hole = tuple[str, int | str | None, bool]
"""Text before a hole, what the hole is filled with (``None``: nothing), whether only a number fits."""


def filled(template: Value, holes: Callable[[str], Iterator[Hole]], supply: Supply) -> Value:
    """The template with its holes filled; parts of it that are not constant stay as they are."""
    rows: list[Row] = []
    for row in template.rows:
        pieces: list[Value] = []
        automatic = 0
        for part in row:
            if part.kind != "text":
                pieces.append(Value(((part,),)))
                continue
            for text, what, numeric in holes(part.text):
                pieces.append(single("text", text, part.line))
                if what is None:
                    continue
                if what == "":
                    what, automatic = automatic, automatic + 1
                value = supply(what)
                pieces.append(harmless(value, "number", "", part.line) if numeric else value)
        rows.extend(concat(pieces).rows)
    return Value(tuple(dict.fromkeys(rows)))


def percent(text: str) -> Iterator[Hole]:
    """The holes of ``%`` formatting."""
    at = 0
    for found in _PERCENT.finditer(text):
        before, at = text[at : found.start()], found.end()
        if found["kind"] == "%":
            yield before + "%", None, False
        else:
            yield before, found["key"] or "", found["kind"] in _NUMERIC
    yield text[at:], None, False


def braces(text: str) -> Iterator[Hole]:
    """The holes of ``str.format``; text that is no valid template is kept as it is."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError:
        yield text, None, False
        return
    for before, field, spec, _ in parsed:
        if field is None:
            yield before, None, False
            continue
        name: str = re.split(r"[.\[]", field, maxsplit=1)[0]
        yield before, int(name) if name.isdigit() else name, (spec or "")[-1:] in _NUMERIC_SPECS


def dollars(text: str) -> Iterator[Hole]:
    """The holes of ``string.Template``."""
    at = 0
    for found in _DOLLAR.finditer(text):
        before, at = text[at : found.start()], found.end()
        if found["escaped"]:
            yield before + "$", None, False
        else:
            yield before, found["key"] or found["braced"], False
    yield text[at:], None, False
