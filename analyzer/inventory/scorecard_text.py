"""The scorecard as text for people and as JSON for trends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.inventory.scorecard import Controller, Package, Scorecard, Violation
from analyzer.model import visible

VERSION = 1
"""Of the JSON's fields: raised when one changes its meaning or goes away."""
MOST_PACKAGES = 15
MOST_ROWS = 20
MOST_EVIDENCE = 8
"""Rows of text; more are counted, JSON has all."""
_KINDS = ("upward", "jump", "contract")
_QUIET = {"collaborator", "read"}
"""Evidence that says little by itself; shown only where there is room."""
_SIGNS = str.maketrans("", "", ",.")


def as_json(found: Scorecard) -> str:
    """Everything, with the number of its format."""
    return json.dumps({"version": VERSION, **msgspec.to_builtins(found)}, indent=2, ensure_ascii=True) + "\n"


def as_text(found: Scorecard) -> str:
    """Sections with a heading each, aligned."""
    sections = [
        _section("shape", (f"{visible(one.name)}: {one.kind} (confidence: {one.confidence})" for one in found.shapes)),
        _section("layers", _table(_layers(found))),
        _section("dependencies", _table(_edges(found))),
        _section(_counted(found.violations), _violations(found.violations)),
        _section(_circles_head(found), _circles(found)),
        _section("packages, the farthest from the main sequence first", _table(_packages(found.packages))),
        _section("handlers that do the most themselves", _controllers(found.controllers)),
    ]
    return "\n".join(section for section in sections if section)


def _section(head: str, lines: Iterator[str]) -> str:
    listed = [f"  {line}".rstrip() for line in lines]
    return "\n".join([head, *(listed or ["  none"])]) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns aligned, numbers (after the first column) to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            text.ljust(width) if number == 0 or not _is_number(rows, number) else text.rjust(width)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _is_number(rows: Sequence[Sequence[str]], column: int) -> bool:
    return all(row[column].translate(_SIGNS).isdigit() for row in rows[1:] if row[column] not in ("", "–"))


def _layers(found: Scorecard) -> list[Sequence[str]]:
    rows = [(layer.name, f"{layer.modules:,}", f"{layer.lines:,}") for layer in found.layers]
    return [("", "modules", "lines"), *rows] if rows else []


def _edges(found: Scorecard) -> list[Sequence[str]]:
    rows = [
        (f"{edge.source} → {edge.target}", f"{edge.count:,}", f"{edge.violations:,}" if edge.violations else "–")
        for edge in found.edges
    ]
    return [("", "edges", "against"), *rows] if rows else []


def _counted(violations: Sequence[Violation]) -> str:
    kinds = Counter(item.kind for item in violations)
    parts = ", ".join(f"{kinds[kind]} {kind}" for kind in _KINDS if kinds[kind])
    return f"violations: {parts}" if parts else "violations"


def _violations(violations: Sequence[Violation]) -> Iterator[str]:
    for item in violations[:MOST_ROWS]:
        target = f" → {visible(item.target)}" if item.target else ""
        yield f"{item.kind:<8}  {visible(item.source)}{target}  ({visible(item.file)}:{item.line})"
    yield from _more(len(violations) - MOST_ROWS)


def _circles_head(found: Scorecard) -> str:
    number = len(found.circles)
    return f"cycles: {number}" if number else "cycles"


def _circles(found: Scorecard) -> Iterator[str]:
    for circle in found.circles[:MOST_ROWS]:
        names = ", ".join(map(visible, circle.modules[:6])) + (" …" if len(circle.modules) > 6 else "")
        fewest = "cut" if circle.exact else "cut (no fewer were found)"
        yield f"{len(circle.modules)} modules: {names}"
        for edge in circle.cut[:MOST_EVIDENCE]:
            yield f"  {fewest} {visible(edge.source)} → {visible(edge.target)}  ({visible(edge.file)}:{edge.line})"
        yield from _more(len(circle.cut) - MOST_EVIDENCE, "  ")
    yield from _more(len(found.circles) - MOST_ROWS)


def _packages(packages: Sequence[Package]) -> list[Sequence[str]]:
    ordered = sorted(packages, key=lambda item: (-(item.distance if item.distance is not None else -1), item.name))
    rows: list[Sequence[str]] = [
        (
            visible(item.name),
            f"{item.modules:,}",
            f"{item.afferent:,}",
            f"{item.efferent:,}",
            _share(item.instability),
            _share(item.abstractness),
            _share(item.distance),
        )
        for item in ordered[:MOST_PACKAGES]
    ]
    left = len(ordered) - MOST_PACKAGES
    rows += [(f"and {left} more", "", "", "", "", "", "")] if left > 0 else []
    return [("", "modules", "in", "out", "instability", "abstractness", "distance"), *rows] if rows else []


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _controllers(controllers: Sequence[Controller]) -> Iterator[str]:
    for item in controllers:
        yield f"{item.score:g}  {visible(item.name)}  {visible(item.route)}  ({visible(item.file)}:{item.line})"
        telling = [piece for piece in item.evidence if piece.kind not in _QUIET] or list(item.evidence)
        for piece in telling[:MOST_EVIDENCE]:
            yield f"    l. {piece.line}: {visible(piece.text)}"
        yield from _more(len(telling) - MOST_EVIDENCE, "    ")


def _more(number: int, indent: str = "") -> Iterator[str]:
    if number > 0:
        yield f"{indent}and {number} more"
