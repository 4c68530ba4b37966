"""The comments by which people ask an analyzer to be silent, read and split into their parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

import msgspec

_DIRECTIVE = re.compile(r"#\s*backend-audit\s*:\s*(?P<body>.*)", re.IGNORECASE | re.DOTALL)
_IGNORE = re.compile(
    r"(?P<verb>ignore-file|ignore)\s*\[(?P<names>[^\]]*)\]\s*(?P<reason>.*)", re.IGNORECASE | re.DOTALL
)
MOST_NAMES = 100
"""Rules that one comment names; there are not as many."""
_NAME = re.compile(r"[^\s,]+")
_NEXT_COMMENT = re.compile(
    r"\s#\s*(?:backend-audit\s*:|nosec\b|noqa\b|nosemgrep\b|type\s*:|pragma\s*:|pylint\s*:|fmt\s*:)"
)
_RIGHT = "write `# backend-audit: ignore[BA101] reason`"
_REASON_LEAD = " \t-–—:;,"
_FOREIGN = {
    "nosec": re.compile(r"#\s*nosec(?![a-z])\s*:?(?P<names>[^#]*)", re.IGNORECASE),
    "noqa": re.compile(r"#\s*noqa(?![a-z])(?P<names>\s*:[^#]*)?", re.IGNORECASE),
    "nosemgrep": re.compile(r"#\s*nosemgrep(?![a-z])(?P<names>\s*:[^#]*)?", re.IGNORECASE),
}


Comment = tuple[int, int, str, bool]
"""A comment as the facts give it: 1-based line, column of its ``#``, its text from there on, and whether nothing
else stands on its line."""


class Name(msgspec.Struct, frozen=True):
    """A rule as a comment names it, with the columns it stands at (end exclusive)."""

    text: str
    column: int
    end_column: int


class Directive(msgspec.Struct, frozen=True, kw_only=True):
    """One ``# backend-audit: ignore[…] reason``; it ignores nothing when ``malformed`` says what is wrong with it."""

    line: int
    column: int
    end_column: int
    own_line: bool
    whole_file: bool = False
    names: tuple[Name, ...] = ()
    reason: str = ""
    malformed: str = ""


class Foreign(msgspec.Struct, frozen=True, kw_only=True):
    """A comment written for another tool. ``names`` is empty when it silences everything."""

    line: int
    own_line: bool
    tool: str
    names: tuple[str, ...]
    text: str


def directives(comments: Iterable[Comment]) -> list[Directive]:
    """Our own directives among some comments, in order of line; a comment may carry several."""
    found: list[Directive] = []
    for line, column, text, own_line in comments:
        position = 0
        while match := _DIRECTIVE.search(text, position):
            begin = match.start("body")
            cut = _NEXT_COMMENT.search(text, begin)
            position = cut.start() if cut else len(text)
            body = text[begin:position].rstrip()
            found.append(_directive(line, own_line, column + match.start(), column + begin, body))
    return sorted(found, key=lambda directive: (directive.line, directive.column))


def _directive(line: int, own_line: bool, column: int, body_column: int, body: str) -> Directive:
    match = _IGNORE.fullmatch(body)
    names = list(islice(_NAME.finditer(match["names"]), MOST_NAMES + 1)) if match else []
    if match is None or not 0 < len(names) <= MOST_NAMES:
        return Directive(
            line=line,
            column=column,
            end_column=body_column + len(body),
            own_line=own_line,
            malformed=_malformed(body) if not names else f"names more than {MOST_NAMES} rules; {_RIGHT}",
        )
    offset = body_column + match.start("names")
    return Directive(
        line=line,
        column=column,
        end_column=body_column + len(body),
        own_line=own_line,
        whole_file=match["verb"].lower() == "ignore-file",
        names=tuple(Name(text=name[0], column=offset + name.start(), end_column=offset + name.end()) for name in names),
        reason=_reason(match["reason"]),
    )


def _reason(text: str) -> str:
    reason = text.strip().lstrip(_REASON_LEAD).strip()
    return reason if any(character.isalnum() for character in reason) else ""


def _malformed(body: str) -> str:
    verb = "ignore-file" if body.lower().startswith("ignore-file") else "ignore"
    if body.lower().startswith("ignore"):
        return f"names no rule; write `# backend-audit: {verb}[BA101] reason`"
    return f"is not understood; {_RIGHT}"


def foreign_comments(comments: Iterable[Comment], honoured: Iterable[str]) -> list[Foreign]:
    """The comments for other tools that the configuration honours (``nosec``, ``noqa``, ``nosemgrep``)."""
    found: list[Foreign] = []
    tools = [tool for tool in _FOREIGN if tool in set(honoured)]
    for line, _, text, own_line in comments:
        for tool in tools:
            if match := _FOREIGN[tool].search(text):
                found.append(
                    Foreign(
                        line=line,
                        own_line=own_line,
                        tool=tool,
                        names=tuple(name[0] for name in re.finditer(r"[\w.\-]+", match["names"] or "")),
                        text=match[0].strip(),
                    )
                )
    return found
