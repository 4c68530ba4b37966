"""The values of string and bytes literals from their spelling."""

from __future__ import annotations

import re
import unicodedata

_PREFIX = re.compile(r"[A-Za-z]*")
_ESCAPE = re.compile(
    r"\\(?:(\r\n|\r|\n)|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^{}]+)\}|(.))",
    re.DOTALL,
)
_SIMPLE = {
    "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip


def literal(spelling: str) -> str | bytes:
    """The value of a plain literal as spelled, prefix and quotes included."""
    if spelling[0] in "\"'":
        prefix, rest = "", spelling
    else:
        found = _PREFIX.match(spelling)
        prefix = found.group().lower() if found else ""
        rest = spelling[len(prefix) :]
    quote = 3 if rest[:3] in ('"""', "'''") and len(rest) >= 6 else 1
    body = text(rest[quote:-quote], raw="r" in prefix, binary="b" in prefix)
    return body.encode("latin-1", "replace") if "b" in prefix else body


def text(body: str, *, raw: bool, binary: bool = False) -> str:
    """The value of what stands between the quotes. Escapes Python refuses stay as they are written."""
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in body:
        return body
    value = _ESCAPE.sub(_byte if binary else _character, body)
    # A lone surrogate is legal in a literal but is no Unicode text, and facts are.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _character(found: re.Match[str]) -> str:
    newline, octal, two, four, eight, name, other = found.groups()
    if newline is not None:
        return ""
    if octal is not None:
        return chr(int(octal, 8))
    digits = two or four or eight
    if digits is not None:
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF else found.group()
    if name is not None:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return found.group()
    return _SIMPLE.get(other) or found.group()


def _byte(found: re.Match[str]) -> str:
    newline, octal, two, _four, _eight, _name, other = found.groups()
    if newline is not None:
        return ""
    if octal is not None:
        return chr(int(octal, 8) & 0xFF)
    if two is not None:
        return chr(int(two, 16))
    return _SIMPLE.get(other) or found.group() if other is not None else found.group()
