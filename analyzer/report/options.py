"""What a reader asks of a format."""

from __future__ import annotations

import msgspec

NARROWEST = 40
"""Cells; below that a path and a caret have no room beside each other."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """``color`` and ``width`` (cells): the terminal; ``verbose`` asks for all, ``quiet`` for a line a finding."""

    color: bool = False
    width: int = 100
    verbose: bool = False
    quiet: bool = False

    @property
    def columns(self) -> int:
        """The width to lay out for, never below :data:`NARROWEST`."""
        return max(self.width, NARROWEST)
