"""What an audit comes to: one object that every format renders."""

from __future__ import annotations

import msgspec

from analyzer.model.finding import Finding
from analyzer.model.rule import Rule
from analyzer.model.scale import Severity


class Note(msgspec.Struct, frozen=True, order=True):
    """Something the reader must know about the audit itself: a degraded engine, a cache given up, output cut."""

    kind: str
    """``engine``, ``cache``, ``file``, ``limit`` or ``configuration``."""
    message: str


class Suppressed(msgspec.Struct, frozen=True):
    """A finding that somebody decided not to see; ``kind``: ``inline``, ``file``, ``configuration``, ``foreign``."""

    finding: Finding
    kind: str
    reason: str = ""


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of what was audited; ``below`` counts findings under the asked severity or confidence."""

    files: int = 0
    settings_files: int = 0
    """Files that are no Python, looked through for secrets."""
    lines: int = 0
    not_analysed: int = 0
    routes: int = 0
    below: int = 0
    refuted: int = 0
    """Engine reports dropped because our own analysis proved them wrong."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one audit, in stable order."""

    version: str
    root: str
    paths: tuple[str, ...]
    rules: tuple[Rule, ...]
    """Every rule that was enabled, sorted by code."""
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    notes: tuple[Note, ...] = ()
    statistics: Statistics = Statistics()
    frameworks: tuple[str, ...] = ()
    complete: bool = True
    """False when a stage of the audit failed; the exit code is 4 then."""

    def worst(self) -> Severity | None:
        """The highest severity among the findings, or ``None`` when there are none."""
        return max((finding.severity for finding in self.findings), default=None)
