"""Where something stands in the audited tree."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A stretch of text: 1-based lines, 1-based columns in Unicode code points, the end column exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Location(msgspec.Struct, frozen=True, order=True):
    """A span in a file; ``path`` is relative to the root of the repository, with forward slashes."""

    path: str
    span: Span
