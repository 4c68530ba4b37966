"""String literals: plain, joined by the grammar, formatted."""

from __future__ import annotations

import re
from typing import Any

import libcst as cst

from analyzer.facts.expressions import AnyExpression, Bytes, Constant, Format, Interpolation, Secret
from analyzer.syntax import strings
from analyzer.syntax.quoted import annotation
from analyzer.syntax.secrets import hide
from analyzer.syntax.work import Work

_EQUAL = re.compile(r"\s*=\s*")
_TEXTS: frozenset[type] = frozenset({cst.FormattedStringText, cst.TemplatedStringText})


def plain(work: Work, node: cst.SimpleString) -> AnyExpression:
    """One literal that is neither formatted nor joined to another."""
    return _finish(work, work.at(node), strings.literal(node.value))


def _finish(work: Work, place: tuple[int, int, int, int], value: str | bytes) -> AnyExpression:
    if isinstance(value, bytes):
        return hide(place, value.decode("latin-1")) or Bytes(*place, value)
    if work.context == "annotate":
        found = annotation(work, place, value)
        if found is not None:
            return found
    return hide(place, value) or Constant(*place, value)


def formatted(work: Work, node: Any) -> AnyExpression:
    """An f-string or t-string."""
    parts = _merged(_parts(work, node.parts, raw="r" in node.start.lower()))
    return Format(*work.at(node), parts, type(node) is cst.TemplatedString)


def concatenated(work: Work, node: cst.ConcatenatedString) -> AnyExpression:
    """Neighbouring literals: one constant, or one formatted text when any of them is formatted."""
    pieces: list[Any] = []
    stack: list[Any] = [node]
    while stack:
        piece = stack.pop()
        if type(piece) is cst.ConcatenatedString:
            stack += (piece.right, piece.left)
        else:
            pieces.append(piece)
    if all(type(piece) is cst.SimpleString for piece in pieces):
        values = [strings.literal(piece.value) for piece in pieces]
        if isinstance(values[0], bytes):
            joined: str | bytes = b"".join(value for value in values if isinstance(value, bytes))
        else:
            joined = "".join(value for value in values if isinstance(value, str))
        return _finish(work, work.at(node), joined)
    parts: list[AnyExpression] = []
    for piece in pieces:
        if type(piece) is cst.SimpleString:
            value = strings.literal(piece.value)
            text = value if isinstance(value, str) else value.decode("latin-1")
            parts.append(Constant(*work.at(piece), text))
        else:
            parts += _parts(work, piece.parts, raw="r" in piece.start.lower())
    template = any(type(piece) is cst.TemplatedString for piece in pieces)
    return Format(*work.at(node), _merged(parts), template)


def _parts(work: Work, nodes: Any, *, raw: bool) -> list[AnyExpression]:
    found: list[AnyExpression] = []
    for node in nodes:
        start, end = work.positions.start(node), work.positions.end(node)
        place = work.positions.between(start, end)
        if type(node) in _TEXTS:
            body = node.value.replace("{{", "{").replace("}}", "}")
            found.append(Constant(*place, strings.text(body, raw=raw)))
            continue
        value = work.expression(node.expression)
        conversion = node.conversion
        if node.equal is not None:
            inner = work.positions.end(node.expression)
            equal = _EQUAL.match(work.positions.text, inner)
            spelled = work.positions.text[start + 1 : equal.end() if equal else inner]
            found.append(Constant(*place, spelled))
            if conversion is None and node.format_spec is None:
                conversion = "r"
        spec: AnyExpression | None = None
        if node.format_spec is not None:
            inside = _parts(work, node.format_spec, raw=raw)
            spec = Format(*(_around(inside) or place), _merged(inside))
        found.append(Interpolation(*place, value, conversion, spec))
    return found


def _around(parts: list[AnyExpression]) -> tuple[int, int, int, int] | None:
    if not parts:
        return None
    return parts[0].line, parts[0].column, parts[-1].end_line, parts[-1].end_column


def _merged(parts: list[AnyExpression]) -> list[AnyExpression]:
    """Neighbouring texts become one; one that shows a known token becomes a :class:`Secret`."""
    merged: list[AnyExpression] = []
    for part in parts:
        before = merged[-1] if merged else None
        if isinstance(part, Constant) and isinstance(before, Constant):
            joined = f"{before.value}{part.value}"
            merged[-1] = Constant(before.line, before.column, part.end_line, part.end_column, joined)
        else:
            merged.append(part)
    return [_masked(part) if type(part) is Constant else part for part in merged]


def _masked(part: Constant) -> Constant | Secret:
    place = (part.line, part.column, part.end_line, part.end_column)
    return hide(place, str(part.value)) or part
