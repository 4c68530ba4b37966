"""From an engine's byte offsets to our spans: lines from 1, columns from 1 in code points."""

from __future__ import annotations

import bisect
import codecs
import io
import re
import tokenize

from analyzer.model import Span

_BREAK = re.compile(rb"\r\n|\r|\n")


class Positions:
    """Positions in one file's bytes. Lines end as Python ends them: ``\\n``, ``\\r\\n`` or ``\\r``."""

    def __init__(self, data: bytes) -> None:
        """Note where lines begin; the encoding is the declared one (PEP 263), UTF-8 when that is unusable."""
        self._data = data
        self._starts = [0, *(match.end() for match in _BREAK.finditer(data))]
        if data.startswith(codecs.BOM_UTF8):
            self._starts[0] = len(codecs.BOM_UTF8)
        self._encoding = _encoding(data)

    def span(self, start: int, end: int) -> Span:
        """The span of ``data[start:end]``; offsets outside the data are brought inside, an empty span made one wide."""
        start = min(max(start, 0), len(self._data))
        end = min(max(end, start), len(self._data))
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        if (end_line, end_column) <= (line, column):
            end_line, end_column = line, column + 1
        return Span(line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        line = max(bisect.bisect_right(self._starts, offset), 1)
        return line, 1 + len(_text(self._data[self._starts[line - 1] : offset], self._encoding))


def _encoding(data: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return "utf-8"


def _text(data: bytes, encoding: str) -> str:
    """Never raises: some codecs are none of text (``rot13``, ``zlib``), others refuse to go on after a mistake."""
    try:
        return data.decode(encoding, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")
