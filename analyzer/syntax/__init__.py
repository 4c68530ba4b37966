"""The only home of libcst: bytes of Python files to facts, without ever raising on bad input.

In: :class:`SourceTree` (or the bytes of one file). Out: :class:`Modules` (or :class:`ModuleFacts`). libcst is imported
when the first file is lowered: an audit whose files are all known does without, which saves it 0.2 seconds.
"""

from __future__ import annotations

from analyzer.facts.outline import ModuleFacts
from analyzer.syntax.reading import read_modules

__all__ = ["lower", "read_modules"]


def lower(data: bytes) -> ModuleFacts:
    """The facts of a file. Never raises: what cannot be read is an outline with a ``problem`` and nothing else."""
    from analyzer.syntax.lowering import lower as lower_now

    return lower_now(data)
