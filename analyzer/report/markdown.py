"""Text put into Markdown that GitHub renders, so that nothing in it acts as Markdown or HTML."""

from __future__ import annotations

import re

from analyzer.model import visible

_ACTIVE = re.compile(r"[!\"#$&'()*+\-.:<=>@\[\\\]^_`{|}~]")
"""ASCII punctuation that can begin a structure of GitHub Flavored Markdown, an autolink, a mention or HTML."""
_QUOTED = re.compile(r"`([^`]+)`")


def escaped(text: str) -> str:
    """Plain text; an entity reference never acts as structure (CommonMark 0.31, section 6.2 of the syntax)."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", visible(text))


def code(text: str) -> str:
    """Text in the face of code."""
    return f"<code>{escaped(text)}</code>"


def prose(text: str) -> str:
    """A sentence of ours; names between backticks in the face of code."""
    parts = _QUOTED.split(text)
    return "".join(code(part) if index % 2 else escaped(part) for index, part in enumerate(parts))


def fenced(lines: tuple[str, ...], language: str = "python") -> str:
    """Lines as a code block whose fence is longer than any run of backticks in them."""
    body = "\n".join(visible(line, keep="\t") for line in lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"
