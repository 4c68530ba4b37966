"""The text of the files that findings stand in, read at most once each and only when asked for."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
"""The line ends of Python's lexical analysis, section 2.1.2; a form feed or U+2028 ends no line."""


class Source:
    """One file: its bytes, and its lines without their ends. A file that cannot be read is empty."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.text = decode(data)
        self.lines: tuple[str, ...] = tuple(_LINE_BREAK.split(self.text))

    def line(self, number: int) -> str:
        """The line with a 1-based number; empty when the file has no such line."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""


class Sources:
    """Files by path, remembered. ``read`` gives the bytes of a path and may raise ``OSError`` or ``KeyError``."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._known: dict[str, Source] = {}

    def __getitem__(self, path: str) -> Source:
        """The source at ``path``; never raises for a file that is missing, unreadable or not text."""
        if path not in self._known:
            try:
                data = self._read(path)
            except (OSError, KeyError, ValueError):
                data = b""
            self._known[path] = Source(data)
        return self._known[path]


def decode(data: bytes) -> str:
    """Python source as text: the declared encoding of PEP 263, without a byte order mark; never raises."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    except (SyntaxError, LookupError, ValueError, TypeError):
        return data.decode("utf-8", errors="replace").removeprefix("\ufeff")
