"""The route table as text, JSON, CSV and Markdown. Names of the audited code are made harmless wherever they appear."""

from __future__ import annotations

import contextlib
import csv
import fnmatch
import io
import json
from collections.abc import Sequence

import msgspec

from analyzer.inventory.addresses import answers
from analyzer.inventory.markup import cell
from analyzer.inventory.rows import EntryRow, Gap, GuardRow, Input, Inventory, Row
from analyzer.model import visible

COLUMNS = ("method", "path", "handler", "guard", "input", "response", "limit", "layers", "documented")
METHODS = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "ANY", "WEBSOCKET", "QUERY",
    "MUTATION", "SUBSCRIPTION",
)  # fmt: skip
_APPLICATION = "application"
_GUARD = COLUMNS.index("guard")
KINDS = {"rpc": "RPC", "task": "task", "command": "command"}
"""Kinds of entry points in the order in which they are counted, and what one of them is called."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""Beginnings that a spreadsheet takes for a formula or a command (OWASP, CSV Injection)."""
_MOST_GAPS = 20
"""Registrations spelt out below the table; more are counted, JSON has them all."""
_MOST_INPUTS = 6


def chosen(
    found: Inventory,
    methods: Sequence[str],
    paths: Sequence[str],
    unguarded: bool,
    applications: Sequence[str] = (),
) -> Inventory:
    """Only the rows with one of the methods, one of the path globs or addresses, without a guard, and of one of the
    applications, as far as each is asked."""
    wanted = {method.upper() for method in methods}
    rows = tuple(
        row
        for row in found.rows
        if (not wanted or row.method in wanted or (row.method == "ANY" and "WEBSOCKET" not in wanted))
        and (not paths or any(_like(row, glob) for glob in paths))
        and not (unguarded and row.guards)
        and (not applications or any(fnmatch.fnmatchcase(row.application, glob) for glob in applications))
    )
    return msgspec.structs.replace(found, rows=rows)


def _like(row: Row, glob: str) -> bool:
    return fnmatch.fnmatchcase(row.path, glob) or answers(row.path, glob, row.pattern)


def unknown_methods(found: Inventory, methods: Sequence[str]) -> list[str]:
    """The methods that neither HTTP (RFC 9110, section 9; PATCH of RFC 5789) nor any route of the table has."""
    known = {*METHODS, *(row.method for row in found.rows)}
    return [method for method in methods if method.upper() not in known]


def unknown_applications(found: Inventory, applications: Sequence[str]) -> list[str]:
    """The globs that no application is called like."""
    names = found.applications()
    return [glob for glob in applications if not any(fnmatch.fnmatchcase(name, glob) for name in names)]


def missing_paths(found: Inventory, paths: Sequence[str]) -> list[str]:
    """The globs that no path of the table is like."""
    return [glob for glob in paths if not any(_like(row, glob) for row in found.rows)]


def cells(row: Row) -> tuple[str, ...]:
    """One text a column, unescaped."""
    # What the handler checks itself is worth a word only where nothing stands before it.
    before = [one for one in row.guards if one.name != row.handler or one.demand != "authenticated"] or row.guards
    guards = [f"{_short(item.name)} ({demanded(item)})" for item in before]
    response = " ".join([row.response, *map(str, row.statuses)]).strip()
    return (
        row.method,
        row.path,
        f"{row.handler} ({row.file}:{row.line})",
        ", ".join(dict.fromkeys(guards)),
        ", ".join(_input(item) for item in row.inputs[:_MOST_INPUTS])
        + (f", {len(row.inputs) - _MOST_INPUTS} more" if len(row.inputs) > _MOST_INPUTS else ""),
        response,
        ", ".join([*row.limits, *(f"{one} (application)" for one in row.application_limits)]),
        " → ".join(row.layers),
        row.documented,
    )


def demanded(item: GuardRow) -> str:
    """What a guard demands: ``role admin``, ``authenticated``."""
    return f"{item.demand} {item.wanted}".rstrip()


def _short(name: str) -> str:
    """The last two parts of a dotted name; a phrase stays whole."""
    return name if " " in name else ".".join(name.split(".")[-2:])


def _input(item: Input) -> str:
    name = f" {item.name}" if item.name else ""
    return f"{item.kind}{name}" + (f": {item.type}" if item.type != "raw" else "")


def as_text(found: Inventory, width: int | None, color: bool) -> str:
    """A table for people: as wide as the terminal, or with a route a line where ``width`` is ``None``.

    Several applications have a table each on a terminal, and a column that names them elsewhere. Columns that nobody
    fills are left out. Below the table stands what is not known.
    """
    several = found.applications()
    every = [tuple(visible(text) for text in cells(row)) for row in found.rows]
    used = [index for index in range(len(COLUMNS)) if index <= _GUARD or any(row[index] for row in every)]
    if len({row[-1] for row in every}) < 2:
        # What is the same for all tells nothing about any.
        used = [index for index in used if index != len(COLUMNS) - 1]
    shown = [[row[index] or ("–" if index == _GUARD else "") for index in used] for row in every]
    heads = [COLUMNS[index] for index in used]
    if not several:
        lines = unbroken(heads, shown) if width is None else folded(heads, shown, width, color)
    elif width is None:
        named = [[visible(row.application), *line] for row, line in zip(found.rows, shown, strict=True)]
        lines = unbroken([_APPLICATION, *heads], named)
    else:
        lines = []
        for name in several:
            mine = [line for row, line in zip(found.rows, shown, strict=True) if row.application == name]
            lines += [*([""] if lines else []), f"{_APPLICATION} {visible(name)}", *folded(heads, mine, width, color)]
    return "\n".join([*(lines if every else []), *([""] if every else []), *summary(found)]) + "\n"


def unbroken(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Aligned columns, whatever their width: for files and for searching."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (heads, *rows)]


def folded(heads: list[str], rows: list[list[str]], width: int, color: bool) -> list[str]:
    """A table for a terminal. rich takes a quarter of a second to load and lay out, so only people wait for it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    target = io.StringIO()
    console = Console(file=target, width=width, force_terminal=color, no_color=not color, highlight=False)
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=head == "method", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    return [line.rstrip() for line in target.getvalue().splitlines()]


def summary(found: Inventory) -> list[str]:
    """How many routes there are, of what, and which registrations are beyond reach."""
    count = len(found.rows)
    open_ones = sum(1 for row in found.rows if not row.guards)
    kinds = ", ".join(visible(name) for name in found.frameworks)
    several = found.applications()
    head = f"{count:,} route{'' if count == 1 else 's'}" + (f" ({kinds})" if kinds else "")
    head += f" of {len(several)} applications" if len(several) > 1 else ""
    lines = [f"{head}, {open_ones:,} without a guard" if count else head]
    if found.unresolved:
        number = len(found.unresolved)
        lines.append(f"unresolved: {number:,} registration{'' if number == 1 else 's'}, at")
        lines += [f"  {place(item)} ({visible(item.why)})" for item in found.unresolved[:_MOST_GAPS]]
        if number > _MOST_GAPS:
            lines.append(f"  and {number - _MOST_GAPS:,} more; --output json lists them all")
    if found.entry_points:
        lines.append(f"besides: {counted(found.entry_points)} (--entry-points lists them)")
    return lines


def counted(rows: Sequence[EntryRow]) -> str:
    """``3 RPCs (gRPC), 1 task (Celery)``."""
    parts = []
    for kind, name in KINDS.items():
        mine = [row for row in rows if row.kind == kind]
        if mine:
            of = ", ".join(sorted({visible(row.framework) for row in mine}))
            parts.append(f"{len(mine):,} {name}{'' if len(mine) == 1 else 's'} ({of})")
    return ", ".join(parts)


def place(item: Gap) -> str:
    """``file:line``."""
    return f"{visible(item.file)}:{item.line}"


def as_json(found: Inventory) -> str:
    """One entry a method and path, and what is not known."""
    routes = [{**msgspec.to_builtins(row), "unresolved": False} for row in found.rows]
    gaps = msgspec.to_builtins(found.unresolved)
    document = {"routes": routes, "unresolved": gaps, "frameworks": list(found.frameworks)}
    return _encoded(document)


def _encoded(document: object) -> str:
    """JSON with an indent of two. Lone surrogates and what hides text stay escapes, so that no reader of the file is
    misled by a name; msgspec, ten times faster, knows no such escapes and does where none is needed."""
    with contextlib.suppress(UnicodeEncodeError):
        plain = msgspec.json.encode(document)
        if plain.isascii() and b"\x7f" not in plain:
            return msgspec.json.format(plain, indent=2).decode("ascii") + "\n"
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def as_csv(found: Inventory) -> str:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(("method", "path", "handler", "file", "line", *COLUMNS[3:], "framework", _APPLICATION))
    for row in found.rows:
        method, path, _, *rest = cells(row)
        values = (method, path, row.handler, row.file, str(row.line), *rest, row.framework, row.application)
        writer.writerow([harmless(value) for value in values])
    return target.getvalue()


def harmless(text: str) -> str:
    """A cell's text that no spreadsheet executes."""
    text = visible(text)
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text


def as_markdown(found: Inventory) -> str:
    """A table of GitHub Flavored Markdown, one an application below its name where there are several; then what is not
    known."""
    lines: list[str] = []
    for name in found.applications() or ("",):
        lines += [*([""] if lines else []), f"## {cell(name)}", ""] if name else []
        lines += ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
        mine = (row for row in found.rows if not name or row.application == name)
        lines += ["| " + " | ".join(cell(text) for text in cells(row)) + " |" for row in mine]
    head, *gaps = summary(found)
    lines += ["", cell(head)]
    if gaps:
        lines += ["", cell(gaps[0]), "", *(f"- {cell(line.strip())}" for line in gaps[1:])]
    return "\n".join(lines) + "\n"
