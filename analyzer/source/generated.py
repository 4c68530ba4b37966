"""Files that a program wrote and says so at the top."""

from __future__ import annotations

import re

HEAD = 2_000
"""Bytes; the opening comment and docstring of every generator's output we have seen end before this."""

_COMMENTS = re.compile(rb"(?:[ \t\f]*(?:#[^\n]*)?(?:\r?\n|\Z))*")
_DOCSTRING = re.compile(rb"[rRuU]?(?:\"\"\"(.*?)(?:\"\"\"|\Z)|'''(.*?)(?:'''|\Z))", re.DOTALL)
_MARK = re.compile(rb"^[ \t#]*@(?:partially-)?generated\b", re.MULTILINE)
_GENERATED = re.compile(
    rb"generated\s+(?:by|from|with|using|code|file)\b|auto-?generated\b|automatically\s+generated", re.I
)
_HANDS_OFF = re.compile(rb"do\s+not\s+(?:edit|modify|change)|don't\s+edit", re.IGNORECASE)


def is_generated(data: bytes) -> bool:
    """Whether the opening comment or docstring holds ``@generated``, or says generated *and* not to be edited.

    Only the head counts, so that code that writes such headers is not taken for its own output.
    """
    text = data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if b"enerated" not in text and b"ENERATED" not in text:
        return False
    comments = _COMMENTS.match(text)
    end = comments.end() if comments else 0
    head = text[:end]
    if docstring := _DOCSTRING.match(text, end):
        head += b"\n" + (docstring[1] or docstring[2] or b"")
    if _MARK.search(head):
        return True
    # A sentence may run over several comment lines.
    words = re.sub(rb"\n[ \t]*#?", b" ", head)
    return bool(_GENERATED.search(words) and _HANDS_OFF.search(words))
