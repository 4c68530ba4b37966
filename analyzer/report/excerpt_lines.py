"""An excerpt laid out for a terminal: numbered lines, the span marked under or beside them."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size
from rich.text import Text

from analyzer.model import Excerpt, Finding

_TAB = 4
_ROWS = 8
"""Lines of a long span that are shown unless all are asked for: its beginning says what, its end where it stops."""
_TAIL = 2
_CUT = "…"

Mark = tuple[int, int]


def excerpt_lines(finding: Finding, width: int, style: str, *, everything: bool) -> list[Text]:
    """The finding's excerpt as lines of at most ``width`` cells; nothing when it has none.

    A span on one line is underlined with carets, one over several lines has a bar beside it. ``everything`` shows
    the context and leaves no line out.
    """
    if finding.excerpt is None or not finding.excerpt.lines:
        return []
    inner = finding.excerpt
    shown = finding.context if everything and finding.context is not None else inner
    digits = len(str(shown.first_line + len(shown.lines) - 1))
    several = finding.location.span.end_line > finding.location.span.line
    room = width - digits - (7 if several else 5)
    result: list[Text] = []
    for number, line, mark in _rows(shown, inner, everything):
        if line is None:
            result.append(Text(f"{'⋮':>{digits + 2}} │", "dim"))
            continue
        text, mark = _fitted(line, mark, room)
        row = Text.assemble((f"  {number:>{digits}} │ ", "dim"))
        if several:
            row.append(_bar(finding, inner, number), style)
        row.append(text)
        result.append(row)
        if mark and not several:
            begin = cell_len(text[: mark[0]])
            carets = max(1, cell_len(text[mark[0] : mark[1]]))
            under = Text.assemble((f"  {'':>{digits}} │ ", "dim"))
            under.append(" " * begin + "^" * carets, style)
            result.append(under)
    return result


def _rows(shown: Excerpt, inner: Excerpt, everything: bool) -> list[tuple[int, str | None, Mark | None]]:
    """Line numbers with their text and mark; ``None`` for the text stands for lines left out."""
    marks = dict(enumerate(inner.marks, start=inner.first_line))
    rows: list[tuple[int, str | None, Mark | None]] = [
        (number, line, marks.get(number)) for number, line in enumerate(shown.lines, start=shown.first_line)
    ]
    if everything or len(rows) <= _ROWS:
        return rows
    return [*rows[: _ROWS - _TAIL - 1], (0, None, None), *rows[-_TAIL:]]


def _bar(finding: Finding, inner: Excerpt, number: int) -> str:
    span = finding.location.span
    if number == span.line:
        return "╭ "
    if number == span.end_line:
        return "╰ "
    return "│ " if span.line < number < span.end_line and number < inner.first_line + len(inner.lines) else "  "


def _fitted(line: str, mark: Mark | None, room: int) -> tuple[str, Mark | None]:
    """The line with tabs as blanks and cut to ``room`` cells around its mark, and where the mark is then."""
    text, mark = _without_tabs(line, mark)
    if cell_len(text) <= room:
        return text, mark
    begin = 0
    if mark and cell_len(text[: mark[1]]) > room - 1:
        before = room // 4
        begin = mark[0]
        while begin > 0 and cell_len(text[begin - 1 : mark[0]]) <= before:
            begin -= 1
    head = _CUT if begin else ""
    end, cells = begin, len(head) + 1
    while end < len(text) and cells + get_character_cell_size(text[end]) <= room:
        cells += get_character_cell_size(text[end])
        end += 1
    cut = head + text[begin:end] + (_CUT if end < len(text) else "")
    if mark is None:
        return cut, None
    shift = len(head) - begin
    return cut, (max(0, mark[0] + shift), min(len(cut), mark[1] + shift))


def _without_tabs(line: str, mark: Mark | None) -> tuple[str, Mark | None]:
    if "\t" not in line:
        return line, mark
    places: list[int] = []
    text = ""
    for character in line:
        places.append(len(text))
        text += " " * (_TAB - cell_len(text) % _TAB) if character == "\t" else character
    places.append(len(text))
    return text, (places[mark[0]], places[mark[1]]) if mark else None
