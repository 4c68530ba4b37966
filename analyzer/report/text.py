"""The report for a person at a terminal or reading a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.text import Text

from analyzer.model import Finding, Report, Rule, Severity, Step, visible
from analyzer.report.canvas import Canvas
from analyzer.report.excerpt_lines import excerpt_lines
from analyzer.report.options import Options
from analyzer.report.summary_table import summary_table
from analyzer.report.words import conclusion, name_of, place, plural, route_chain, rules_by_code

FORMAT = "text"

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_LABEL = 7
"""Cells of ``route: ``, the widest label with its blank."""
_RELATED = 10
"""Related places of one finding that are listed unless all are asked for."""


def render(report: Report, options: Options) -> str:
    """The report as text; see :func:`analyzer.report.render`."""
    rules = rules_by_code(report)
    if options.quiet:
        return "".join(f"{_one_line(finding, rules)}\n" for finding in report.findings)
    canvas = Canvas(options)
    for path, group in groupby(report.findings, key=lambda finding: finding.location.path):
        findings = list(group)
        _file_header(canvas, path, len(findings))
        for finding in findings:
            _finding(canvas, finding, rules)
    if options.verbose:
        _suppressed(canvas, report, rules)
    if report.findings:
        canvas.add(*summary_table(report, rules), Text())
    _notes(canvas, report)
    style = STYLES[worst] if (worst := report.worst()) else "bold green"
    canvas.paragraph(Text(conclusion(report), style))
    if not report.complete:
        canvas.paragraph(Text("The audit could not be completed; what is missing is told above.", "bold red"))
    return canvas.text()


def _one_line(finding: Finding, rules: Mapping[str, Rule]) -> str:
    name = name_of(finding.rule, rules)
    return f"{place(finding.location)}: {finding.severity.label} {name}: {visible(finding.message)}"


def _file_header(canvas: Canvas, path: str, count: int) -> None:
    head = Text.assemble(("── ", "dim"), (visible(path), "bold"), (f" ── {plural(count, 'finding')} ", "dim"))
    head.append("─" * max(0, canvas.options.columns - head.cell_len), "dim")
    canvas.add(head, Text())


def _finding(canvas: Canvas, finding: Finding, rules: Mapping[str, Rule]) -> None:
    style = STYLES[finding.severity]
    head = Text.assemble(
        (place(finding.location), "bold"),
        "  ",
        (finding.severity.label.upper(), style),
        "  ",
        (name_of(finding.rule, rules), "bold"),
    )
    seen = Text(f"({finding.confidence.label}, seen by {', '.join(map(visible, finding.engines))})", "dim")
    if head.cell_len + 2 + seen.cell_len <= canvas.options.columns:
        canvas.add(Text.assemble(head, "  ", seen))
    else:
        canvas.add(head)
        canvas.paragraph(seen, indent=2)
    canvas.paragraph(canvas.prose(finding.message), indent=2)
    lines = excerpt_lines(finding, canvas.options.columns, style, everything=canvas.options.verbose)
    canvas.add(Text(), *lines, *([Text()] if lines else []))
    _evidence(canvas, finding)
    _labelled(canvas, "fix", canvas.prose(finding.fix), "bold green")
    _labelled(canvas, "more", Text(f"backend-audit explain {finding.rule}"), "dim")
    canvas.add(Text())


def _evidence(canvas: Canvas, finding: Finding) -> None:
    """What leads to the finding and what belongs to it."""
    if chain := route_chain(finding):
        _labelled(canvas, "route", Text(chain), "cyan")
    if canvas.options.verbose:
        for step in finding.chain:
            _labelled(canvas, "", Text.assemble((place(step.location), "bold"), "  ", visible(step.message)), "cyan")
    for index, step in enumerate(_shown_steps(finding, canvas.options)):
        told = Text.assemble(f"{index + 1}. ", (place(step.location), "bold"), "  ", canvas.prose(step.message))
        _labelled(canvas, "" if index else "via", told, "cyan")
    listed = finding.related if canvas.options.verbose else finding.related[:_RELATED]
    for index, related in enumerate(listed):
        told = Text.assemble((place(related.location), "bold"), "  ", canvas.prose(related.message))
        _labelled(canvas, "" if index else "also", told, "cyan")
    if hidden := len(finding.related) - len(listed):
        _labelled(canvas, "", Text(f"and {plural(hidden, 'more place')} (--verbose shows all)", "dim"), "cyan")


def _shown_steps(finding: Finding, options: Options) -> Sequence[Step]:
    """Every step when all is asked for. Else a flow of data is told by where it comes in, the calls it goes through and
    where it ends, and not at all where the finding's own lines show that."""
    if options.verbose:
        return finding.steps
    steps = [step for step in finding.steps if step.kind != "assign"]
    span = finding.location.span
    apart = any(
        not step.kind
        or step.location.path != finding.location.path
        or not span.line <= step.location.span.line <= span.end_line
        for step in steps
    )
    return steps if apart else ()


def _labelled(canvas: Canvas, label: str, text: Text, style: str) -> None:
    head = Text(f"{label}:" if label else "", style)
    head.pad_right(_LABEL - head.cell_len)
    canvas.paragraph(text, indent=2, head=head)


def _suppressed(canvas: Canvas, report: Report, rules: Mapping[str, Rule]) -> None:
    for entry in report.suppressed:
        why = f"{entry.kind}: {visible(entry.reason)}" if entry.reason else entry.kind
        canvas.paragraph(Text(f"suppressed  {_one_line(entry.finding, rules)} [{why}]", "dim"))
    if report.suppressed:
        canvas.add(Text())


def _notes(canvas: Canvas, report: Report) -> None:
    """What the reader must know about the audit; single files only when everything is asked for."""
    notes = [note for note in report.notes if canvas.options.verbose or note.kind != "file"]
    for note in notes:
        canvas.paragraph(canvas.prose(note.message), head=Text("note: ", "bold yellow"))
    if notes:
        canvas.add(Text())
