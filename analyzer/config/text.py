"""Words for messages: hostile text made harmless, and the nearest right spelling of a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

LONGEST_SHOWN = 200
"""Characters of foreign text that a message repeats at most, so that no name can flood a terminal."""


def shown(text: str) -> str:
    """Text from outside as it may be printed: control, formatting and undecodable characters spelt as escapes."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _escaped(letter: str) -> str:
    """One character as an escape; an undecodable byte of a file name (PEP 383) as ``\\xNN``."""
    point = ord(letter)
    if 0xDC80 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    return letter.encode("unicode_escape", "backslashreplace").decode("ascii")


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` for the known word most like ``word``, or nothing when none is.

    The cut-off is difflib's own default of 0.6.
    """
    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = difflib.get_close_matches(word.casefold()[:LONGEST_SHOWN], list(folded), n=1)
    return f'; did you mean "{folded[close[0]]}"?' if close else ""


def shown_path(path: Path) -> str:
    """A path as a user knows it: relative to the working folder when it lies there, absolute otherwise."""
    try:
        return shown(path.relative_to(Path.cwd()).as_posix())
    except (OSError, ValueError):
        return shown(path.as_posix())
