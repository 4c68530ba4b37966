"""BA001 and BA005: what the audit could not see, as findings that stand beside the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.model import Finding, Location, Note, Rule, Span


def unreadable(rule: Rule, problems: Iterable[tuple[str, int, int, str]]) -> Iterator[Finding]:
    """BA001 for every ``(path, line, column, reason)``: a file that was not analysed."""
    for path, line, column, reason in problems:
        yield Finding(
            rule=rule.code,
            location=Location(path, Span(line, column, line, column + 1)),
            message=f"this file was not analysed: {reason}",
            fix="Correct the file, or name it in `extend-exclude` so that the gap is deliberate.",
            severity=rule.severity,
            confidence=rule.confidence,
        )


def degraded(rule: Rule, gaps: Iterable[tuple[str, str, str]]) -> Iterator[Finding]:
    """BA005 for every ``(engine, path, reason)`` that concerns one file."""
    for engine, path, reason in gaps:
        if path:
            yield Finding(
                rule=rule.code,
                location=Location(path, Span(1, 1, 1, 2)),
                message=f"{engine} did not analyse this file completely: {reason}",
                fix=f"Our own analysis covers the file; `--verbose` shows what {engine} said.",
                severity=rule.severity,
                confidence=rule.confidence,
                key=engine,
            )


def notes(gaps: Iterable[tuple[str, str, str]]) -> Iterator[Note]:
    """A note for every engine that is degraded as a whole (its path is empty)."""
    for engine, path, reason in gaps:
        if not path:
            yield Note("engine", f"BA005 degraded-engine: {engine} {reason}")
