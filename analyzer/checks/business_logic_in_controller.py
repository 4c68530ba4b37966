"""BA501: a handler that decides and computes instead of asking a service to do it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.business import WEIGHTS, Business, business, length
from analyzer.graph.dealings import application_handlers
from analyzer.graph.homes import Homes
from analyzer.graph.picture import Picture
from analyzer.graph.workings import Piece
from analyzer.knowledge import known
from analyzer.model import Confidence, Finding, Location, Related, Rule, Span
from analyzer.project import Place

_MEASURE, _REPORTED, _SURE = "handler-evidence", 80, 90
"""A handler is reported when its evidence is like that of the upper fifth of the handlers that work something out, and
with high confidence from the upper tenth on (docs/calibration.md)."""
_KINDS = 2
"""Kinds of work a handler must mix: one row of assignments is a mapping until shown otherwise."""
_DECISIONS = 2
"""Decisions about data that say as much by themselves."""
_SHORT = 6
"""Lines below which no handler holds that much, its helpers included: its body is not even opened."""
_MOST = 12
"""Places shown; those that weigh least are left out first."""
_LINES, _NAMES = 5, 3
"""Lines and names spelt out for one kind of work in the message."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a handler, at its ``def``, with its evidence as related places."""
    least, sure = (known().calibration.threshold(_MEASURE, share) for share in (_REPORTED, _SURE))
    for handlers in application_handlers(picture):
        for handler in handlers:
            if length(picture, handler) < _SHORT:
                continue
            found = business(picture, handler)
            decisions = len({piece.line for piece in found.pieces if piece.kind == "branch"})
            if found.score < least or (found.kinds < _KINDS and decisions < _DECISIONS):
                continue
            confidence = Confidence.HIGH if found.score >= sure else Confidence.MEDIUM
            yield _finding(picture, rule, handler, found, confidence)


def _finding(picture: Picture, rule: Rule, handler: Place, found: Business, confidence: Confidence) -> Finding:
    function = picture.project.outline(handler.path).functions[handler.index]
    label = picture.handlers()[handler][0].label
    places = _places(found.pieces)
    cut = f" {_MOST} of {len(places)} places are listed." if len(places) > _MOST else ""
    return Finding(
        rule=rule.code,
        location=Location(handler.path, Span(function.line, function.column, function.line, function.end_column)),
        message=f"`{function.qualname}` ({label}) does a service's work: {_told(found.pieces)}.{cut}",
        fix=(
            f"Move this into {_target(picture, handler)} that knows nothing of HTTP; leave `{function.name}` "
            "to read the request, make one call and word the answer."
        ),
        severity=rule.severity,
        confidence=confidence,
        related=tuple(
            Related(Location(handler.path, Span(line, 1, line, 1)), text) for line, text in sorted(places[:_MOST])
        ),
    )


def _target(picture: Picture, handler: Place) -> str:
    """Where the work could go: into a service there is, or into a new one."""
    home = picture.shared(Homes).of(handler)
    if home is None:
        return "a function or class of its own (a service)"
    why = f"already works on `{home.entity}`" if home.entity else "lies in the same package"
    return f"`{home.name}`, which {why}, as something"


def _places(pieces: tuple[Piece, ...]) -> list[tuple[int, str]]:
    """Lines with what happens there, the weightiest first."""
    by_line: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_line.setdefault(piece.line, []).append(piece)
    weight = {line: max(WEIGHTS[piece.kind] for piece in found) for line, found in by_line.items()}
    return [
        (line, "; ".join(dict.fromkeys(piece.text for piece in by_line[line])))
        for line in sorted(by_line, key=lambda line: (-weight[line], line))
    ]


_WORDS = (
    ("branch", "decides on domain data"),
    ("limit", "checks limits"),
    ("rule", "checks the state of records"),
    ("arithmetic", "calculates"),
    ("loop", "loops and changes state"),
    ("sum", "loops and works values out"),
    ("change", "sets fields"),
    ("write", "writes"),
    ("read", "reads"),
    ("transaction", "opens a transaction"),
    ("outbound", "calls other systems"),
    ("job", "hands on jobs"),
    ("file", "works on files"),
    ("crypto", "makes or checks secrets"),
)


def _told(pieces: tuple[Piece, ...]) -> str:
    parts = []
    for kind, words in _WORDS:
        found = [piece for piece in pieces if piece.kind == kind]
        if found:
            parts.append(f"{words} ({_at(found)})")
    asked = [piece for piece in pieces if piece.kind == "collaborator"]
    names = list(dict.fromkeys(piece.text.removeprefix("calls ") for piece in asked))
    if names:
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        parts.append(f"orchestrates {', '.join(names[:_NAMES])}{more} ({_at(asked)})")
    return ", ".join(parts)


def _at(pieces: list[Piece]) -> str:
    lines = sorted({piece.line for piece in pieces})
    return f"l. {', '.join(str(line) for line in lines[:_LINES])}" + (" …" if len(lines) > _LINES else "")
