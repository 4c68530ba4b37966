"""The step summary of a workflow: Markdown, to be appended to the file ``$GITHUB_STEP_SUMMARY`` names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from analyzer.model import Finding, Report, Rule, Severity
from analyzer.report.markdown import code, escaped, fenced, prose
from analyzer.report.options import Options
from analyzer.report.project import NAME
from analyzer.report.ranking import worst_first
from analyzer.report.words import conclusion, name_of, plural, route_chain, rules_by_code

FORMAT = "github-summary"
LIMIT = 1024 * 1024
"""Bytes GitHub takes a step (*Workflow commands*, "Adding a job summary"); a larger one is refused as a whole."""
_RESERVE = 4096
"""Bytes kept for the closing lines and for what another command of the same step may have written."""
_MOST_NOTES = 50

_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.NOTE: "🔵"}


def render(report: Report, options: Options) -> str:
    """The summary: conclusion, counts by rule, notes, then findings worst first as far as the limit lets them."""
    del options
    rules = rules_by_code(report)
    blocks = [f"## {NAME}", escaped(conclusion(report))]
    if not report.complete:
        blocks.append("**The audit could not be completed.**")
    if report.findings:
        blocks.append(_table(report, rules))
    blocks += _notes(report)
    size = sum(_bytes(block) for block in blocks)
    findings = worst_first(report.findings, rules)
    for index, finding in enumerate(findings):
        block = _finding(finding, rules)
        size += _bytes(block)
        if size > LIMIT - _RESERVE:
            blocks.append(
                f"{plural(len(findings) - index, 'more finding')} left out here: see the SARIF or JSON report."
            )
            break
        blocks.append(block)
    return "\n\n".join(blocks) + "\n"


def _bytes(block: str) -> int:
    return len(block.encode("utf-8", "replace")) + 2


def _table(report: Report, rules: Mapping[str, Rule]) -> str:
    counts = Counter((finding.rule, finding.severity) for finding in report.findings)
    rows = ["| | rule | what | findings |", "|---|---|---|---:|"]
    for (rule_code, severity), count in sorted(counts.items(), key=lambda item: (-item[0][1], item[0][0])):
        rule = rules.get(rule_code)
        name = escaped(name_of(rule_code, rules))
        rows.append(f"| {_SIGNS[severity]} | {name} | {escaped(rule.title) if rule else ''} | {count:,} |")
    return "\n".join(rows)


def _notes(report: Report) -> list[str]:
    notes = [note for note in report.notes if note.kind != "file"]
    told = [f"- {escaped(note.kind)}: {prose(note.message)}" for note in notes[:_MOST_NOTES]]
    if len(notes) > _MOST_NOTES:
        told.append(f"- and {plural(len(notes) - _MOST_NOTES, 'more note')}")
    return ["\n".join(told)] if told else []


def _finding(finding: Finding, rules: Mapping[str, Rule]) -> str:
    span = finding.location.span
    head = f"{_SIGNS[finding.severity]} <b>{escaped(name_of(finding.rule, rules))}</b> "
    head += code(f"{finding.location.path}:{span.line}:{span.column}")
    lines = [f"<details><summary>{head}</summary>", "", prose(finding.message)]
    if chain := route_chain(finding):
        lines += ["", f"Reached by {code(chain)}"]
    if finding.excerpt is not None:
        lines += ["", fenced(finding.excerpt.lines)]
    lines += ["", f"**Fix:** {prose(finding.fix)}", "", "</details>"]
    return "\n".join(lines)
