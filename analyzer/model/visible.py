"""Text from audited code made harmless to look at: what would not be seen, or would move the cursor, is spelt out."""

from __future__ import annotations

import unicodedata

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, format characters (bidirectional overrides, zero-width, tags), surrogates, private use, unassigned,
and the two separators a terminal or browser may break a line at (Unicode Standard, chapter 4.5)."""

_BLANK_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by category, drawn as nothing."""

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    """``text`` with every control, bidirectional, zero-width, unassigned or blank-drawn character written as an escape.

    Characters of ``keep`` (a tab, a line feed) stay as they are. The result is printable on one line when ``keep``
    is empty; ordinary text comes back unchanged.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character in keep else visible_character(character) for character in text)


def visible_character(character: str) -> str:
    """One character as :func:`visible` writes it."""
    if " " <= character <= "~":
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    hidden = (
        unicodedata.category(character) in _HIDDEN_CATEGORIES
        or character in _BLANK_FILLERS
        or 0xE0100 <= code <= 0xE01EF  # variation selectors that can smuggle text
    )
    if not hidden:
        return character
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
