"""What is called without a route, as text, JSON, CSV and Markdown: gRPC methods, tasks, commands."""

from __future__ import annotations

import csv
import fnmatch
import io
import json
from collections.abc import Sequence

import msgspec

from analyzer.inventory.markup import cell
from analyzer.inventory.rows import EntryRow, Inventory
from analyzer.inventory.table import counted, folded, harmless, unbroken
from analyzer.model import visible

COLUMNS = ("kind", "name", "handler", "framework", "layers")


def chosen(found: Inventory, names: Sequence[str]) -> tuple[EntryRow, ...]:
    """Only those with one of the name globs, as far as any is asked."""
    return tuple(
        row for row in found.entry_points if not names or any(fnmatch.fnmatchcase(row.name, glob) for glob in names)
    )


def as_text(rows: Sequence[EntryRow], width: int | None, color: bool) -> str:
    """A table for people, folded to ``width`` or a line each where it is ``None``; then how many there are."""
    shown = [[visible(text) for text in _cells(row)] for row in rows]
    lines = unbroken(list(COLUMNS), shown) if width is None else folded(list(COLUMNS), shown, width, color)
    return "\n".join([*(lines if rows else []), *([""] if rows else []), counted(rows) or "0 entry points"]) + "\n"


def as_json(rows: Sequence[EntryRow]) -> str:
    """One entry a function."""
    document = {"entry_points": [msgspec.to_builtins(row) for row in rows]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def as_csv(rows: Sequence[EntryRow]) -> str:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(("kind", "name", "handler", "file", "line", "framework", "layers"))
    for row in rows:
        values = (row.kind, row.name, row.handler, row.file, str(row.line), row.framework, " → ".join(row.layers))
        writer.writerow([harmless(value) for value in values])
    return target.getvalue()


def as_markdown(rows: Sequence[EntryRow]) -> str:
    """A table of GitHub Flavored Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(cell(text) for text in _cells(row)) + " |" for row in rows]
    return "\n".join([*lines, "", cell(counted(rows) or "0 entry points")]) + "\n"


def _cells(row: EntryRow) -> tuple[str, ...]:
    return row.kind, row.name, f"{row.handler} ({row.file}:{row.line})", row.framework, " → ".join(row.layers)
