"""Text from audited code made harmless to look at: what would not be seen, or would move the cursor, is spelt out."""

from __future__ import annotations

import unicodedata

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Controls, format characters (bidirectional overrides, zero-width), surrogates, private use, and the two separators
a terminal or browser may break a line at (Unicode Standard, chapter 4.5). Unassigned is left out: it depends on the
host's Python, and the same input must give the same output."""

_BLANK_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by category, drawn as nothing."""

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    """``text`` with every control, bidirectional, zero-width or blank-drawn character written as an escape.

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
        or 0xE0000 <= code <= 0xE0FFF  # tags and variation selectors, all drawn as nothing, that can smuggle text
    )
    if not hidden:
        return character
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
