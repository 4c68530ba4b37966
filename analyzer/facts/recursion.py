"""Room for recursion while deep facts are made, written or read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_FRAMES = 20_000
"""Python frames; the deepest tree that is lowered needs about 2,000. They lie on the heap since Python 3.11."""


@contextmanager
def roomy() -> Iterator[None]:
    """Python's recursion limit, which also counts levels of encoded data, is high within."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
