"""The measurements of one backend as a table of plain text."""

from __future__ import annotations

from benchmarks.measure import Measurement
from benchmarks.speed import Outcome

_HEAD = f"{'':32}{'seconds':>9}{'peak MB':>9}{'÷ floor':>9}{'÷ bandit':>10}{'÷ (bandit + semgrep)':>22}"


def render(outcome: Outcome) -> str:
    """A title line, a head and a row a contender; every time also as a ratio to the floor, to bandit, and to bandit
    and semgrep one after the other."""
    backend = outcome.backend
    both = Measurement(
        seconds=outcome.bandit.seconds + outcome.semgrep.seconds,
        peak=max(outcome.bandit.peak, outcome.semgrep.peak),
    )
    rows = [
        ("floor: libcst parses, no more", outcome.floor),
        ("bandit, all its tests", outcome.bandit),
        ("semgrep, our rules", outcome.semgrep),
        ("bandit, then semgrep", both),
        ("backend-audit, cold", outcome.cold),
        ("backend-audit, warm", outcome.warm),
        ("backend-audit, one file changed", outcome.changed),
    ]
    title = f"{backend.name} {backend.version}: {outcome.files:,} files, {outcome.lines:,} lines"
    return "\n".join([title, _HEAD, *(_row(name, taken, outcome, both) for name, taken in rows)])


def _row(name: str, taken: Measurement, outcome: Outcome, both: Measurement) -> str:
    peak = f"{taken.peak / 1e6:,.0f}" if taken.peak else "?"
    ratios = [taken.seconds / base.seconds for base in (outcome.floor, outcome.bandit, both)]
    return f"{name:32}{taken.seconds:>9.2f}{peak:>9}{ratios[0]:>9.2f}{ratios[1]:>10.2f}{ratios[2]:>22.2f}"
