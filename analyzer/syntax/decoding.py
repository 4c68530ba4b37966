"""Bytes to text as Python's tokenizer does it (PEP 263)."""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#[^\r\n]*)?$")
_LINE = re.compile(rb"\r\n|\r|\n")


class Undecodable(Exception):
    """The bytes are no text: ``line`` (from 1) and a message without any of the file's text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def decode(data: bytes) -> str:
    """The text of a Python file, its byte order mark removed. Raises :class:`Undecodable`."""
    marked = data.startswith(codecs.BOM_UTF8)
    if marked:
        data = data[len(codecs.BOM_UTF8) :]
    if b"\0" in data:
        raise Undecodable(_line(data, data.index(b"\0")), "source code contains a null byte")
    name, line = _cookie(data)
    if name is None:
        return _decode(data, "utf-8", 1)
    codec = _text_codec(name, line)
    if marked and codec != "utf-8":
        raise Undecodable(line, "the encoding declared is not UTF-8 but the file begins with a UTF-8 mark")
    return _decode(data, codec, line)


def _cookie(data: bytes) -> tuple[str | None, int]:
    lines = _LINE.split(data[:4096], maxsplit=2)[:2]
    for number, line in enumerate(lines, 1):
        found = _COOKIE.match(line)
        if found:
            return found.group(1).decode("ascii", "replace"), number
        if not _BLANK.match(line):
            break
    return None, 1


def _text_codec(name: str, line: int) -> str:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        raise Undecodable(line, "unknown encoding declared") from None
    # ``rot13``, ``zlib`` and other transformations are codecs, but not of text.
    if not getattr(info, "_is_text_encoding", True) or info.name in ("unicode_escape", "raw_unicode_escape"):
        raise Undecodable(line, "the encoding declared is not one of text")
    return "utf-8" if info.name in ("utf-8", "utf-8-sig") else info.name


def _decode(data: bytes, codec: str, line: int) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        where = _line(data, error.start) if codec != "utf-16" else line
        raise Undecodable(where, f"bytes that are not {codec}") from None
    except (ValueError, LookupError):
        raise Undecodable(line, f"bytes that are not {codec}") from None
    if "\0" in text:
        raise Undecodable(line, "source code contains a null byte")
    return text


def _line(data: bytes, offset: int) -> int:
    return len(_LINE.findall(data, 0, offset)) + 1
