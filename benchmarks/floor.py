"""The floor: parse every file with libcst and do nothing else. No audit that parses the files can be faster.

Run as ``python -m benchmarks.floor TREE PROCESSES``. Garbage collection is off, as in the audit's own workers.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
from pathlib import Path

import libcst


def parse(path: str) -> bool:
    """Whether libcst reads the file; it is dropped at once."""
    try:
        libcst.parse_module(Path(path).read_bytes())
    except (libcst.ParserSyntaxError, UnicodeDecodeError, SyntaxError, RecursionError):
        return False
    return True


def main(tree: str, processes: int) -> None:
    """Parse all ``.py`` files below ``tree``, the largest first, on ``processes`` processes."""
    files = sorted(Path(tree).rglob("*.py"), key=lambda path: path.stat().st_size, reverse=True)
    with multiprocessing.Pool(processes, initializer=gc.disable) as pool:
        read = sum(pool.imap_unordered(parse, map(str, files), chunksize=4))
    print(f"{read} of {len(files)} files parsed")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
