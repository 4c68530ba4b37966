"""The only home of libcst: bytes of Python files to facts, without ever raising on bad input.

In: :class:`SourceTree` (or the bytes of one file). Out: :class:`ModuleFacts`, and for a tree :class:`Modules`.
"""

from analyzer.syntax.lowering import lower
from analyzer.syntax.reading import read_modules

__all__ = ["lower", "read_modules"]
