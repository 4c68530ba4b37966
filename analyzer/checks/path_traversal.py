"""BA103: request data in the path of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._reaching import reaching
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import Pictured
from analyzer.model import Finding, Rule

_INNER = re.compile(r"(?:^|\.)(?:path|url|file|files|FILES|read|body|stream|text)(?:$|[.(\[])")
"""Reads of a request that are no name a client chose: the upload itself, its content, the matched URL. What
``http.server`` gives as ``self.path`` is matched with nothing and as the client wrote it."""


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA103, in order of places."""
    says = "{data} comes from the client and becomes part of the path that {sink} opens: `../` leads anywhere"
    yield from reaching(picture, rule, "path", _named, says)


def _named(row: Row) -> Part | None:
    for part in row:
        if part.kind != "request" or part.type in {"object", "segment"}:
            continue
        if part.text.startswith("self.path") or not _INNER.search(part.text):
            return part
    return None
