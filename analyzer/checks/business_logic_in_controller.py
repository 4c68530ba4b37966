"""BA501: a handler that decides and computes instead of asking a service to do it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.business import Business, business
from analyzer.graph.dealings import Dealings, application_handlers
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
_SHORT = 6
"""Lines below which no handler holds that much: its body is not even opened."""
_MOST = 12


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a handler, at its ``def``, with every piece of evidence as a related place."""
    dealings = picture.shared(Dealings)
    least, sure = (known().calibration.threshold(_MEASURE, share) for share in (_REPORTED, _SURE))
    for handlers in application_handlers(picture):
        service = ""
        for handler in handlers:
            function = picture.project.outline(handler.path).functions[handler.index]
            if function.end_line - function.line < _SHORT:
                continue
            found = business(picture, handler)
            if found.score < least or found.kinds < _KINDS:
                continue
            service = service or dealings.habit(handlers).service or "-"
            confidence = Confidence.HIGH if found.score >= sure else Confidence.MEDIUM
            yield _finding(picture, rule, handler, found, service.strip("-"), confidence)


def _finding(
    picture: Picture, rule: Rule, handler: Place, found: Business, service: str, confidence: Confidence
) -> Finding:
    function = picture.project.outline(handler.path).functions[handler.index]
    label = picture.handlers()[handler][0].label
    target = f"a service, as with `{service}`" if service else "a function or class of its own (a service)"
    return Finding(
        rule=rule.code,
        location=Location(handler.path, Span(function.line, function.column, function.line, function.end_column)),
        message=f"`{function.qualname}` ({label}) does a service's work: {_told(found.pieces)}.",
        fix=(
            f"Move this into {target} that knows nothing of HTTP; leave `{function.name}` to read the request, make "
            "one call and word the answer."
        ),
        severity=rule.severity,
        confidence=confidence,
        related=tuple(
            Related(Location(handler.path, Span(piece.line, 1, piece.line, 1)), piece.text)
            for piece in found.pieces[:_MOST]
            if piece.kind not in {"collaborator", "read"}
        ),
    )


_WORDS = (
    ("branch", "decides on domain data"),
    ("limit", "checks limits"),
    ("arithmetic", "calculates"),
    ("loop", "loops and changes state"),
    ("sum", "loops and works values out"),
    ("change", "sets fields"),
    ("write", "writes"),
    ("transaction", "opens a transaction"),
    ("outbound", "calls other systems"),
    ("crypto", "makes hashes or secrets"),
)


def _told(pieces: tuple[Piece, ...]) -> str:
    parts = []
    for kind, words in _WORDS:
        lines = sorted({piece.line for piece in pieces if piece.kind == kind})
        if lines:
            shown = ", ".join(str(line) for line in lines[:5]) + (" …" if len(lines) > 5 else "")
            parts.append(f"{words} (l. {shown})")
    names = {piece.text for piece in pieces if piece.kind == "collaborator"}
    if len(names) > 2:
        parts.append(f"orchestrates {len(names)} calls of services and repositories")
    return ", ".join(parts)
