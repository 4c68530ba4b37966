"""One segment of a gitignore pattern as a regular expression: ``*``, ``?``, ``[…]``, ``\\x``, as git's wildmatch."""

from __future__ import annotations

import re

CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~",
    "cntrl": r"\x00-\x1f\x7f",
    "graph": "!-~",
    "print": " -~",
}
"""The POSIX character classes wildmatch knows, for ASCII."""


class BadPattern(ValueError):
    """A pattern that can match nothing; the message says why."""


def translate_segment(text: str) -> str:
    """The regular expression of one segment; stars never backtrack over each other. Raises ``BadPattern``."""
    fixed = [""]
    position = 0
    while position < len(text):
        letter = text[position]
        position += 1
        if letter == "*":
            if fixed[-1] or len(fixed) == 1:
                fixed.append("")
        elif letter == "?":
            fixed[-1] += "[^/]"
        elif letter == "[":
            expression, position = _bracket(text, position)
            fixed[-1] += expression
        elif letter == "\\":
            if position == len(text):
                raise BadPattern("it ends in a lone backslash")
            fixed[-1] += re.escape(text[position])
            position += 1
        else:
            fixed[-1] += re.escape(letter)
    if len(fixed) == 1:
        return fixed[0]
    first, *middle, last = fixed
    return first + "".join(f"(?>[^/]*?{part})" for part in middle) + "[^/]*" + last


def _bracket(text: str, position: int) -> tuple[str, int]:
    """The expression of ``[…]`` whose inside begins at ``position``, and where the text goes on."""
    negated = text[position : position + 1] in ("!", "^")
    position += negated
    members: list[str] = []
    first = True
    while True:
        letter = text[position : position + 1]
        if not letter:
            raise BadPattern('its "[" is never closed')
        if letter == "]" and not first:
            break
        first = False
        if text.startswith("[:", position) and (end := text.find(":]", position + 2)) != -1:
            members.append(_class(text[position + 2 : end]))
            position = end + 2
            continue
        low, position = _member(text, position)
        following = text[position + 1 : position + 2]
        if text[position : position + 1] == "-" and following not in ("", "]"):
            high, position = _member(text, position + 1)
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            members.append(re.escape(low))
    if not members:
        return ("[^/]" if negated else "(?!)"), position + 1
    return f"(?!/)[{'^' if negated else ''}{''.join(members)}]", position + 1


def _class(name: str) -> str:
    """The members of a POSIX class."""
    if name not in CLASSES:
        raise BadPattern(f'"[:{name}:]" is not a class of characters')
    return CLASSES[name]


def _member(text: str, position: int) -> tuple[str, int]:
    """One character inside brackets, with its backslash taken away, and the place after it."""
    if text[position] == "\\":
        position += 1
        if position == len(text):
            raise BadPattern('its "[" is never closed')
    return text[position], position + 1
