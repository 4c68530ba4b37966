"""Annotations in a workflow log: GitHub's workflow commands ``::error``, ``::warning`` and ``::notice``.

Escaping is that of actions/toolkit (``packages/core/src/command.ts``): ``%``, CR and LF in data, ``:`` and ``,`` too
in properties. GitHub shows ten annotations of each kind a step (*Workflow commands*, "Limitations").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from analyzer.model import Finding, Report, Rule, Severity, visible
from analyzer.report.options import Options
from analyzer.report.project import NAME
from analyzer.report.ranking import worst_first
from analyzer.report.words import conclusion, counted, name_of, plural, route_chain, rules_by_code

FORMAT = "github"
MOST_OF_A_KIND = 10
"""Annotations of one kind that GitHub shows for a step."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, options: Options) -> str:
    """At most ten commands a severity, worst first, then plain lines: what is left, notes, the conclusion."""
    del options
    rules = rules_by_code(report)
    shown: Counter[Severity] = Counter()
    left: Counter[Severity] = Counter()
    lines: list[str] = []
    for finding in worst_first(report.findings, rules):
        if shown[finding.severity] < MOST_OF_A_KIND:
            shown[finding.severity] += 1
            lines.append(_command(finding, rules))
        else:
            left[finding.severity] += 1
    if left:
        counts = counted({severity: left[severity] for severity in sorted(left, reverse=True)})
        more = plural(left.total(), "more finding")
        lines.append(f"{NAME}: {more} without an annotation ({counts}): see the SARIF report or the step summary")
    lines += [f"{NAME}: note: {visible(note.message)}" for note in report.notes if note.kind != "file"]
    lines.append(f"{NAME}: {conclusion(report)}")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, rules: Mapping[str, Rule]) -> str:
    span = finding.location.span
    properties = {"file": visible(finding.location.path), "line": str(span.line), "endLine": str(span.end_line)}
    if span.line == span.end_line:  # columns are an error to GitHub when the lines differ
        properties |= {"col": str(span.column), "endColumn": str(max(span.end_column, span.column))}
    properties["title"] = visible(name_of(finding.rule, rules))
    chain = route_chain(finding)
    parts = [
        visible(finding.message),
        f"Reached by {chain}" if chain else "",
        f"Fix: {visible(finding.fix)}" if finding.fix else "",
    ]
    told = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {told}::{escape_data(chr(10).join(filter(None, parts)))}"


def escape_data(text: str) -> str:
    """A message as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """A property's value as a workflow command takes it."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
