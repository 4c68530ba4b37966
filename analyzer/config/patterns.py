"""Gitignore patterns, the language of ignore files and of every path setting.

In: lines of patterns. Out: which paths they name. The rules are those of gitignore(5) and of git's ``wildmatch``:
a pattern names an entry, the last one that does decides, and what lies in an ignored folder is out of reach of a
negation. Matching takes time linear in the path, whatever the pattern (an ignore file belongs to the audited code):
after a star the first place that fits is taken and never reconsidered, the way CPython's ``fnmatch`` does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from analyzer.config.wildcards import BadPattern, translate_segment

__all__ = ["BadPattern", "Pattern", "PatternList", "parse_pattern"]


class Pattern(msgspec.Struct, frozen=True):
    """One compiled line. ``whole`` patterns see the path relative to their folder, others the last name of it."""

    regex: re.Pattern[str]
    negated: bool
    folders_only: bool
    whole: bool


class PatternList(msgspec.Struct, frozen=True):
    """The patterns of one file or setting; paths are relative to the folder they belong to."""

    patterns: tuple[Pattern, ...]

    @classmethod
    def parse(cls, lines: Iterable[str]) -> PatternList:
        """Compile lines as git does: comments and blank lines mean nothing, and neither does a malformed pattern."""
        found: list[Pattern] = []
        for line in lines:
            try:
                pattern = parse_pattern(line)
            except BadPattern:
                continue
            if pattern is not None:
                found.append(pattern)
        return cls(tuple(found))

    def decide(self, path: str, folder: bool) -> bool | None:
        """Whether the entry ``path`` itself is named (``True``), un-named by a negation (``False``) or neither."""
        name = path.rpartition("/")[2]
        for pattern in reversed(self.patterns):
            if pattern.folders_only and not folder:
                continue
            if pattern.regex.fullmatch(path if pattern.whole else name):
                return not pattern.negated
        return None

    def covers(self, path: str) -> bool:
        """Whether the file ``path`` is named, or any folder it lies in."""
        end = path.find("/")
        while end != -1:
            if self.decide(path[:end], True):
                return True
            end = path.find("/", end + 1)
        return bool(self.decide(path, False))


def parse_pattern(line: str) -> Pattern | None:
    """Compile one line; ``None`` for a blank line or a comment. Raises ``BadPattern`` saying what is wrong."""
    text = _without_trailing_spaces(line.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    if negated:
        text = text[1:]
    folders_only = text.endswith("/")
    if folders_only:
        text = text[:-1]
    whole = "/" in text
    text = text.removeprefix("/")
    if not text:
        raise BadPattern("it names nothing")
    return Pattern(_compile(text, whole), negated, folders_only, whole)


def _without_trailing_spaces(text: str) -> str:
    """Trailing spaces do not count unless a backslash is before them."""
    stripped = text.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    if backslashes % 2 and len(stripped) < len(text):
        stripped += " "
    return stripped


@lru_cache(maxsize=4096)
def _compile(text: str, whole: bool) -> re.Pattern[str]:
    """The regular expression for a name, or for a whole path whose ``**`` segments span any number of folders."""
    segments = text.split("/") if whole else [text]
    if not whole:
        return re.compile(translate_segment(text))
    if "" in segments:
        raise BadPattern("it has an empty folder name")
    chunks: list[list[str]] = [[]]
    for segment in segments:
        if segment == "**":
            chunks.append([])
        else:
            chunks[-1].append(translate_segment(segment))
    return re.compile(_joined(["/".join(chunk) for chunk in chunks]))


def _joined(chunks: list[str]) -> str:
    """Chunks of fixed segments with ``**`` between them; an empty one at an end means that ``**`` stands there."""
    if len(chunks) == 1:
        return chunks[0]
    first, *middle, last = chunks
    parts = [first + "/"] if first else []
    parts += [f"(?>(?:[^/]+/)*?{chunk}/)" for chunk in middle if chunk]
    parts.append(f"(?:[^/]+/)*{last}" if last else r"[\s\S]+")
    return "".join(parts)


def rebase(pattern: str, folder: str) -> str:
    """The same pattern, written for the root, of a pattern that belongs to ``folder`` (relative to the root)."""
    if not folder or not pattern.strip() or pattern.startswith("#"):
        return pattern
    negation, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    base = re.sub(r"([\\*?\[\] ])", r"\\\1", folder)
    anchored = "/" in body.rstrip(" ")[:-1]
    return f"{negation}/{base}/{body.removeprefix('/')}" if anchored else f"{negation}/{base}/**/{body}"
