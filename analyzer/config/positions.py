"""On which line of a TOML file each key and each list element stands; ``tomllib`` does not tell.

In: text that ``tomllib`` has accepted (grammar: toml.io/en/v1.0.0, so no error handling here). Out: a line number,
counted from 1, for every path of keys and list positions.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line of every key, table header and list element. The first mention of a path counts."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.lines


class _Scanner:
    """A reading position in the text and what was found up to it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[KeyPath, int] = {}
        self._starts = [0] + [index + 1 for index, letter in enumerate(text) if letter == "\n"]

    def document(self) -> None:
        """Read headers and assignments until the end of the text."""
        table: KeyPath = ()
        while self._next():
            if self._peek() == "[":
                table = self._header()
            else:
                self._assignment(table)

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def _next(self) -> bool:
        """Move over blanks, line ends and comments; whether something follows."""
        while letter := self._peek():
            if letter == "#":
                end = self.text.find("\n", self.position)
                self.position = len(self.text) if end == -1 else end
            elif letter in " \t\n":
                self.position += 1
            else:
                return True
        return False

    def _note(self, path: KeyPath) -> None:
        """Remember the present line for a path and, first mention only, for what it lies in."""
        line = bisect_right(self._starts, self.position)
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _header(self) -> KeyPath:
        """``[a.b]`` or ``[[a.b]]``."""
        start = self.position
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.position += brackets
        path: KeyPath = tuple(self._key())
        self.position += brackets
        self._note(path)
        return path

    def _assignment(self, table: KeyPath) -> None:
        """``a.b = value``."""
        start = self.position
        path = (*table, *self._key())
        end, self.position = self.position, start
        self._note(path)
        self.position = end + 1
        self._value(path)

    def _key(self) -> list[str]:
        """A dotted key, up to the ``=`` or ``]`` behind it."""
        parts: list[str] = []
        while True:
            self._blanks()
            start = self.position
            if self._peek() in ('"', "'"):
                self._string()
                parts.append(str(tomllib.loads("key = " + self.text[start : self.position])["key"]))
            else:
                while self._peek() not in ("", ".", "=", "]", " ", "\t"):
                    self.position += 1
                parts.append(self.text[start : self.position])
            self._blanks()
            if self._peek() != ".":
                return parts
            self.position += 1

    def _blanks(self) -> None:
        while self._peek() in (" ", "\t"):
            self.position += 1

    def _value(self, path: KeyPath) -> None:
        """Any value; those inside lists and inline tables get their own lines."""
        self._next()
        letter = self._peek()
        if letter in ('"', "'"):
            self._string()
        elif letter == "[":
            self._list(path)
        elif letter == "{":
            self._inline_table(path)
        else:
            while self._peek() not in ("", ",", "]", "}", "\n", "#"):
                self.position += 1

    def _list(self, path: KeyPath) -> None:
        self.position += 1
        index = 0
        while self._next() and self._peek() != "]":
            self._note((*path, index))
            self._value((*path, index))
            self._next()
            if self._peek() == ",":
                self.position += 1
            index += 1
        self.position += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.position += 1
        while self._next() and self._peek() != "}":
            self._assignment(path)
            self._next()
            if self._peek() == ",":
                self.position += 1
        self.position += 1

    def _string(self) -> None:
        """A basic or literal string, on one line or several."""
        quote = self._peek()
        fence = quote * 3 if self.text.startswith(quote * 3, self.position) else quote
        self.position += len(fence)
        while self._peek() and not self.text.startswith(fence, self.position):
            self.position += 2 if quote == '"' and self._peek() == "\\" else 1
        self.position += len(fence)
        if len(fence) == 3:
            # Up to two quotes may stand directly before the closing three.
            while self._peek() == quote:
                self.position += 1
