"""The values of a file's secrets taken out of its encoded facts, where they stand inside other texts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analyzer.facts import literals
from analyzer.facts.expressions import Secret

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_LITERAL = re.compile(r"[A-Za-z]{0,2}([\"'])(?P<value>.+)\1")
_SHORTEST = 8
"""Code points; a shorter value, or one without a digit and a sign, is part of ordinary words and names."""


def values_of(data: bytes, secrets: Iterable[Secret]) -> list[bytes]:
    """The values that must not be kept, longest first: of literals on one line, and those inside statements."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = _LINE_BREAK.split(text)
    found: set[str] = set()
    for secret in secrets:
        if secret.line == secret.end_line <= len(lines):
            written = _LITERAL.fullmatch(lines[secret.line - 1][secret.column - 1 : secret.end_column - 1])
            if written is not None and "\\" not in written["value"]:
                found.add(written["value"])
    if b"insert" in data.lower():
        found.update(literals.inserted(text))
    return sorted((value.encode() for value in found if _stands_out(value)), key=lambda value: (-len(value), value))


def without(encoded: bytes, values: Iterable[bytes]) -> bytes:
    """Encoded facts with stars for every occurrence; the length stays, so the encoding stays valid."""
    for value in values:
        if value in encoded:
            encoded = encoded.replace(value, b"*" * len(value))
    return encoded


def _stands_out(value: str) -> bool:
    """Whether a value is no name: replacing it cannot change what the code says."""
    mixed = any(character.isdigit() for character in value) and any(character.isalpha() for character in value)
    return len(value) >= _SHORTEST and (mixed or not value.replace("-", "_").isidentifier())
