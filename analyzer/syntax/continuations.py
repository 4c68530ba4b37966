"""Logical lines that begin with nothing but a backslash, or with a form feed.

Python takes the indentation of a line begun by a backslash from its first part that has any (``cont_line_col`` in
CPython's Parser/lexer/lexer.c); libcst takes none at all, and so puts the statement into the block before it or refuses
the file. A form feed takes back the width of what is before it (language reference, section 2.1.8); libcst makes it a
part of the indentation of every line of the block. Deleting what comes before and after the indentation that counts
leaves a line which both read alike. Only blanks, line ends and backslashes are deleted:
:class:`analyzer.syntax.positions.Positions` finds places in spite of that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

import msgspec

_CANDIDATE = re.compile(r"(?:\A|[\r\n])(?:[ \t\f]*\\[\r\n]|[ \t]*\f[ \t\f]*[^ \t\f\r\n#\\])")
"""Holds whenever there is anything to do, and hardly ever otherwise."""

_BEGUN = re.compile(r"((?:[ \t\f]*\\(?:\r\n|\r|\n))*)([ \t\f]*)(?=[^ \t\f\r\n#\\])")
"""Empty parts of a logical line and the blanks before its first token; not a blank line or a comment's."""

_PART = re.compile(r"([ \t\f]*)\\(?:\r\n|\r|\n)")

_BEHIND = re.compile(r"[ \t\f]*(#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
"""A blank line or a comment's."""

_INDENTED = re.compile(r"(?:(?<=[\r\n])|\A)[ \t\f]+")

_NEWLINE = re.compile(r"\r\n|\r|\n")

_TOKEN = re.compile(
    r"([(\[{])|([)\]}])|(\r\n|\r|\n)"
    r"|\"\"\"(?:[^\\\"]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^\\']|\\.|'(?!''))*'''"
    r"|\"(?:[^\\\"\r\n]|\\\r\n|\\.)*\"|'(?:[^\\'\r\n]|\\\r\n|\\.)*'|\#[^\r\n]*|\\(?:\r\n|\r|\n)",
    re.DOTALL,
)


class Joined(msgspec.Struct, frozen=True):
    """A text without its empty continued parts. ``joints``: for each line end deleted, its line in ``text``, sorted."""

    text: str
    joints: tuple[int, ...] = ()

    def line(self, line: int) -> int:
        """Where a line of ``text`` stands in the original; lines count from 1."""
        return line + bisect_right(self.joints, line)


def join(text: str) -> Joined:
    """Delete what libcst misreads; nearly every text is given back as it is."""
    if not _CANDIDATE.search(text):
        return Joined(text)
    pieces: list[str] = []
    joints: list[int] = []
    done = lines = 0
    for start in _logical_lines(text):
        begun = _BEGUN.match(text, start)
        if not begun or (not begun[1] and "\f" not in begun[2]):
            continue
        pieces += [text[done:start], _indentation(begun)]
        lines += len(_NEWLINE.findall(text, done, start))
        joints += [lines + 1] * begun[1].count("\\")
        done = begun.end()
    return Joined("".join([*pieces, text[done:]]), tuple(joints))


def dedent_end(joined: Joined) -> Joined:
    """Take the indentation from the comments behind the last statement.

    libcst loses one of them where another that is indented less comes behind it.
    """
    text = joined.text
    starts = [0, *(found.end() for found in _NEWLINE.finditer(text))]
    kept = len(starts)
    while kept and (found := _BEHIND.fullmatch(text, starts[kept - 1], [*starts, len(text)][kept])) is not None:
        if any(quotes in (found[1] or "") for quotes in ("'''", '"""')):
            break  # perhaps the last line of a text
        kept -= 1
    begun = starts[kept] if kept < len(starts) else len(text)
    return msgspec.structs.replace(joined, text=text[:begun] + _INDENTED.sub("", text[begun:]))


def _logical_lines(text: str) -> Iterator[int]:
    """Offsets at which a logical line begins, or a blank one. Text that is no Python gives some of them."""
    yield 0
    depth = 0
    for found in _TOKEN.finditer(text):
        if found[1]:
            depth += 1
        elif found[2]:
            depth = max(depth - 1, 0)
        elif found[3] and not depth:
            yield found.end()


def _indentation(begun: re.Match[str]) -> str:
    """The first blanks that have a width; a form feed takes back the width of what is before it."""
    for part in (*_PART.findall(begun[1]), begun[2]):
        width: str = part.rpartition("\f")[2]
        if width:
            return width
    return ""
