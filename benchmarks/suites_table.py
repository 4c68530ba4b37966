"""The section of ``docs/comparison.md`` on the annotated tests of other scanners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.peers import table
from benchmarks.suites import TOOLS, Row, Score, Suite, Suites
from benchmarks.suites_notes import BY_DESIGN, TRUE_MISSES

_SOURCES = {
    "CodeQL": "CodeQL's tests of its security queries for Python (github/codeql, MIT, as copied in microsoft/codeql)",
    "ruff": "ruff's fixtures of its flake8-bandit rules (astral-sh/ruff, MIT)",
    "bandit": "bandit's examples (PyCQA/bandit, Apache 2.0)",
}


def section(found: Suites) -> str:
    """The section, its heading first."""
    suites = {suite.name: suite for suite in found.suites}
    heads = [f"{tool} {version}" for tool, version in zip(TOOLS, found.versions, strict=True)]
    parts = [_OPENING.format(date=found.date, python=found.python)]
    parts += [_CODEQL.format(**_named(suites["CodeQL"]), table=_suite(suites["CodeQL"], heads), misses=_misses(suites))]
    parts += [_OTHERS.format(**_named(suites["ruff"])), _suite(suites["ruff"], heads), ""]
    parts += [_BANDIT.format(**_named(suites["bandit"])), _suite(suites["bandit"], heads), ""]
    return "\n".join([*parts, _CLOSING])


def _named(suite: Suite) -> dict[str, str]:
    return {"source": _SOURCES[suite.name], "commit": suite.commit[:12]}


def _suite(suite: Suite, heads: list[str]) -> str:
    rows = [
        [row.title, ", ".join(row.codes), str(row.expected), *(_cell(score) for score in row.scores)]
        for row in suite.rows
    ]
    totals = [_total("all", suite.rows)]
    looked_for = [row for row in suite.rows if _kind(row) not in BY_DESIGN]
    if len(looked_for) < len(suite.rows):
        totals.append(_total("without what we do not look for", looked_for))
    return table(["What", "rules", "lines", *heads], [*rows, *totals])


def _total(title: str, rows: Sequence[Row]) -> list[str]:
    sums = [_cell(_sum(row.scores[index] for row in rows)) for index in range(len(TOOLS))]
    return [f"**{cell}**" if cell else "" for cell in (title, "", str(sum(row.expected for row in rows)), *sums)]


def _cell(score: Score) -> str:
    if not score.rules:
        return "–"
    return f"{score.found} (+{score.alarms})" if score.alarms else str(score.found)


def _sum(scores: Iterable[Score]) -> Score:
    every = list(scores)
    return Score(True, sum(score.found for score in every), sum(score.alarms for score in every))


def _misses(suites: dict[str, Suite]) -> str:
    missed = [row for row in suites["CodeQL"].rows if row.scores[0].found < row.expected]
    return "\n\n".join(
        f"{head}\n\n" + "\n".join(_miss(row, notes) for row in missed if _kind(row) in notes)
        for head, notes in (("Not looked for, or told elsewhere:", BY_DESIGN), ("True misses:", TRUE_MISSES))
    )


def _miss(row: Row, notes: dict[str, str]) -> str:
    return f"- {_kind(row)} ({row.expected - row.scores[0].found} of {row.expected}): {notes[_kind(row)]}."


def _kind(row: Row) -> str:
    return row.title.partition(" (CWE")[0]


_OPENING = """## Annotated tests of other scanners

Made by `python -m benchmarks suites` on {date} with Python {python}, from checkouts; nothing of them is kept here. A
cell holds how many of the expected lines a tool reports, and in brackets how many other lines of the same files it
reports for the same kind. A report meets a line when both lie in one statement. A dash: the tool has no rule for it.
backend-audit runs with its defaults, semgrep and bandit as engines included.
"""
_CODEQL = """### CodeQL

{source}, at `{commit}`: lines annotated `Alert` count, also those that CodeQL is known to
miss, and not those it is known to report wrongly. Files called like tests got other names in the copies,
because tests are no backend to us. Of the requests to a host of the client only those count where the client chooses
the host; a path or a query alone is no finding of ours.

{table}

{misses}
"""
_OTHERS = """### ruff

{source}, at `{commit}`: the lines of its snapshots. These rules ask whether a
call or a name is there. So the files have no route and no request, and rules of ours that follow a client's data (BA101
to BA109) have nothing to follow: a zero there says that the two products answer different questions. Rules that ask
about one line can be compared: secrets, keys, certificates, timeouts.
"""
_BANDIT = """### bandit

{source}, at `{commit}`: the lines that bandit reports, in the files for which its functional test
expects reports. bandit is therefore always right here; what was said of ruff's fixtures holds.
"""
_CLOSING = """What this does not show: tests hold what their authors thought of, and only CodeQL's follow data.
CodeQL itself is not measured; by its own annotations it would find nearly all of its lines.
"""
