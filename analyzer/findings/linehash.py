"""GitHub's ``primaryLocationLineHash``: the identity code scanning gives an alert's line.

The definition is that of github/codeql-action (``src/fingerprints.ts``): over the UTF-16 code units of a file with
spaces and tabs left out and every line end a single LF, a line's hash is the polynomial, modulo 2**64 with base 37, of
the 100 units that follow the line's start; the file ends in one unit 65535 and then zeros. ``:n`` is appended, the
count of lines up to this one with the same hash. Their value is authoritative; same bytes, same value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WINDOW = 100
_BASE = 37
_MODULUS = 1 << 64
_END_OF_FILE = "\uffff"
_WITHOUT_BLANKS = str.maketrans("", "", " \t")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def line_hashes(data: bytes, lines: Iterable[int]) -> dict[int, str]:
    """The hashes of some 1-based lines of a file. Lines the file does not have are left out."""
    wanted = sorted(set(lines))
    units = _units(data)
    starts = _starts(units)
    windows = [units[start : start + _WINDOW] for start in starts[: wanted[-1] if wanted else 0]]
    seen: dict[str, int] = {}
    hashes: dict[int, str] = {}
    for number, window in enumerate(windows, start=1):
        # Equal windows are equal hashes; the reverse holds but for collisions in 64 bits.
        seen[window] = seen.get(window, 0) + 1
        if number in wanted:
            hashes[number] = f"{_polynomial(window):x}:{seen[window]}"
    return hashes


def _units(data: bytes) -> str:
    """The characters that count, one a UTF-16 code unit, with the end mark and the padding behind them.

    The file is read as UTF-8 whatever it declares, and a byte order mark is a character, because theirs is so.
    """
    text = data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n").translate(_WITHOUT_BLANKS)
    text = _ASTRAL.sub(lambda found: _surrogates(ord(found[0])), text)
    return text + _END_OF_FILE + "\0" * _WINDOW


def _surrogates(code: int) -> str:
    offset = code - 0x10000
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))


def _starts(units: str) -> list[int]:
    """Where each line begins among the units."""
    return [0, *(found.end() for found in re.finditer("\n", units))]


def _polynomial(window: str) -> int:
    value = 0
    for unit in window:
        value = value * _BASE + ord(unit)
    return value % _MODULUS
