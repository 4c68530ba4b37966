"""What all tables are made of: a method, a path and the dotted name of what answers."""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

Entry = tuple[str, str, Any, Any]
"""Method, path, the function that answers, and the class it answers for (``None`` for a plain function)."""

_DEPTH = 32


def write(dump: Callable[[Any], Iterator[Entry]]) -> None:
    """Load the application that the command line names, and write its table to the file named there."""
    source, package, target = sys.argv[1:4]
    rows = {_row(entry, package) for entry in dump(load(source))}
    table = [dict(zip(("method", "path", "handler", "defined"), row, strict=True)) for row in sorted(rows)]
    Path(target).write_text(json.dumps(table, indent=1), encoding="utf-8")


def load(source: str) -> Any:
    """The value of ``module:expression``, the expression read inside the module; the module where none is given.

    The sources are those of ``benchmarks/applications.py``; nothing else is evaluated."""
    module, _, expression = source.partition(":")
    loaded = importlib.import_module(module)
    return eval(expression, vars(loaded)) if expression else loaded


def plain(function: Any) -> Any:
    """The function under bound methods, ``partial`` and decorators that say what they wrap."""
    for _ in range(_DEPTH):
        inner = getattr(function, "__func__", None) or getattr(function, "__wrapped__", None)
        if inner is None and isinstance(function, functools.partial):
            inner = function.func
        if inner is None:
            inner = enclosed(function)
        if inner is None:
            break
        function = inner
    return function


def enclosed(function: Any) -> Any:
    """What a decorator wraps that does not say so: the one function, beside its own helpers, that a closure keeps."""
    if "<locals>" not in getattr(function, "__qualname__", ""):
        return None
    cells = getattr(function, "__closure__", None) or ()
    kept = [cell.cell_contents for cell in cells if isinstance(cell.cell_contents, FunctionType | MethodType)]
    return kept[0] if len(kept) == 1 else None


def dotted(thing: Any) -> str:
    """Module and qualified name, as the analyzer spells them."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}.{named.__qualname__}".replace(".<locals>", "")


def _row(entry: Entry, package: str) -> tuple[str, str, str, str]:
    """``defined``: ``here`` for a function of the package, ``inherited`` for a library's function that answers for a
    class of the package, ``elsewhere`` for what a library brings."""
    method, path, function, owner = entry
    function = plain(function)
    if _within(function, package):
        return method, path, dotted(function), "here"
    if owner is not None and _within(owner, package):
        return method, path, dotted(owner), "inherited"
    return method, path, dotted(function), "elsewhere"


def _within(thing: Any, package: str) -> bool:
    module = str(getattr(thing, "__module__", "") or type(thing).__module__)
    return module == package or module.startswith(f"{package}.")
