"""The exit codes, which scripts and workflows rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.model import Report, Severity

CLEAN = 0
FINDINGS = 1
WRONG_USE = 2
NOTHING = 3
INCOMPLETE = 4
INTERRUPTED = 130
"""128 and SIGINT's number, as shells count."""


def exit_code(report: Report, fail_on: Severity | None) -> int:
    """``INCOMPLETE`` when a stage failed, else whether a finding is at least as severe as ``fail_on``."""
    if not report.complete:
        return INCOMPLETE
    worst = report.worst()
    return FINDINGS if fail_on is not None and worst is not None and worst >= fail_on else CLEAN
