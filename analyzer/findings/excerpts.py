"""Source lines as they may be shown: secrets masked, long lines cut around the span, invisible characters spelt out."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.masking import Edit, line_edits, united, value_edits
from analyzer.findings.sources import Source
from analyzer.model import Excerpt, Span
from analyzer.model.visible import visible_character

LONGEST_LINE = 300
"""Characters of a line that are shown; longer lines are generated or data, and a reader needs the span."""
MOST_LINES = 12
"""Lines of a span that are shown: a page of a terminal holds two such findings."""
AROUND = 2
"""Lines of context on either side."""
_BEFORE_SPAN = 100
"""Characters of a cut line that are shown to the left of the span."""
_CUT = "…"


def excerpt(source: Source, span: Span, secrets: Sequence[Span], values: Sequence[str]) -> Excerpt | None:
    """The lines of a span, at most :data:`MOST_LINES`, with the span's place in each; ``None`` without a text."""
    last = min(span.end_line, span.line + MOST_LINES - 1, len(source.lines))
    if not 1 <= span.line <= last or not any(source.lines):
        return None
    shown: list[str] = []
    marks: list[tuple[int, int]] = []
    for number in range(span.line, last + 1):
        begin, end = _stretch(source, span, number)
        text, mark = _show(source.line(number), _edits(source, number, secrets, values), begin, end)
        shown.append(text)
        marks.append(mark)
    return Excerpt(
        first_line=span.line,
        lines=tuple(shown),
        marks=tuple(marks),
        end_column=_stretch(source, span, span.line)[1] + 1,
    )


def context(source: Source, span: Span, secrets: Sequence[Span], values: Sequence[str]) -> Excerpt | None:
    """The same lines with :data:`AROUND` more on either side, as far as the file has them."""
    inner = excerpt(source, span, secrets, values)
    if inner is None:
        return None
    count = len(source.lines) - (1 if source.lines[-1] == "" else 0)
    first = max(1, span.line - AROUND)
    end = span.line + len(inner.lines)
    last = min(count, end - 1 + AROUND)

    def plain(number: int) -> str:
        return _show(source.line(number), _edits(source, number, secrets, values), 0, 0)[0]

    before = [plain(number) for number in range(first, span.line)]
    after = [plain(number) for number in range(end, last + 1)]
    return Excerpt(first_line=first, lines=(*before, *inner.lines, *after))


def _stretch(source: Source, span: Span, number: int) -> tuple[int, int]:
    """Where the span stands on a line, 0-based and end exclusive, inside the line; never empty on a line with text."""
    line = source.line(number)
    begin = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(line.rstrip())
    begin = min(max(0, begin), len(line))
    end = min(max(begin, end), len(line))
    if begin == end and number == span.line:
        begin, end = (begin, begin + 1) if begin < len(line) else (max(0, len(line) - 1), len(line))
    return begin, end


def _edits(source: Source, number: int, secrets: Sequence[Span], values: Sequence[str]) -> list[Edit]:
    return united([*line_edits(source, number, secrets), *value_edits(source.line(number), values)])


def _show(line: str, edits: Sequence[Edit], begin: int, end: int) -> tuple[str, tuple[int, int]]:
    """The shown text of a line and where the stretch from ``begin`` to ``end`` stands in it."""
    pieces = _Pieces(line, edits)
    start = pieces.leftmost(begin)
    shown = _CUT if start else ""
    marks: list[tuple[int, int]] = []
    position = start
    while position < len(line):
        piece, following = pieces.at(position)
        if len(shown) + len(piece) > LONGEST_LINE:
            shown += _CUT
            break
        if following > begin and position < end:
            marks.append((len(shown), len(shown) + len(piece)))
        shown += piece
        position = following
    if not marks:
        return shown, (min(begin, len(shown)), min(begin, len(shown)))
    return shown, (marks[0][0], marks[-1][1])


class _Pieces:
    """A line as the pieces it is shown in: a character, an escape, or a mask that stands for many characters."""

    def __init__(self, line: str, edits: Sequence[Edit]) -> None:
        self._line = line
        self._by_start = {edit[0]: edit for edit in edits}
        self._by_end = {edit[1]: edit for edit in edits}
        self._edits = edits

    def at(self, position: int) -> tuple[str, int]:
        """The piece that begins at a position, and the position behind it."""
        edit = self._by_start.get(position)
        if edit:
            return edit[2], edit[1]
        character = self._line[position]
        return ("\t" if character == "\t" else visible_character(character)), position + 1

    def leftmost(self, begin: int) -> int:
        """Where to begin showing so that the stretch at ``begin`` is seen: 0, or somewhat left of it on a long line."""
        for start, end, _ in self._edits:
            if start < begin < end:
                begin = start
        if len(self._line) <= LONGEST_LINE:
            return 0
        position, width = begin, 0
        while position > 0:
            edit = self._by_end.get(position)
            piece, before = (edit[2], edit[0]) if edit else (visible_character(self._line[position - 1]), position - 1)
            width += len(piece)
            if width > _BEFORE_SPAN:
                return position
            position = before
        return 0
