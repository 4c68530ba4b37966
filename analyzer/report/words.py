"""The words several formats share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from analyzer.model import Finding, Location, Report, Rule, Severity, visible

_VERB = re.compile(r"^(?:calls|is given|hands on|handled by) ")
"""How a step of a chain says what it does; between arrows its name is enough."""


def plural(count: int, noun: str) -> str:
    """``1 file``, ``2 files``, ``1,234 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def severity_counts(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings each severity has, worst first, those without any left out."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in sorted(counts, reverse=True)}


def counted(counts: Mapping[Severity, int]) -> str:
    """``2 errors, 1 note``."""
    return ", ".join(plural(count, severity.label) for severity, count in counts.items())


def rules_by_code(report: Report) -> dict[str, Rule]:
    """The enabled rules by code."""
    return {rule.code: rule for rule in report.rules}


def name_of(code: str, rules: Mapping[str, Rule]) -> str:
    """``BA101 string-built-sql``; the bare code for a rule the report does not know."""
    return f"{code} {rules[code].slug}" if code in rules else code


def place(location: Location) -> str:
    """``path:line:column``, harmless to print."""
    return f"{visible(location.path)}:{location.span.line}:{location.span.column}"


def route_chain(finding: Finding) -> str:
    """``POST /login → AuthController.login → UserRepository.by_name``; empty when no route reaches the finding."""
    names = (_VERB.sub("", step.message) for step in finding.chain)
    return " → ".join(visible(part) for part in (finding.route, *names) if part)


def audited(report: Report) -> str:
    """``42 files (7 routes, FastAPI)``."""
    facts = [plural(report.statistics.routes, "route")] if report.statistics.routes else []
    facts += [visible(framework) for framework in report.frameworks]
    return plural(report.statistics.files, "file") + (f" ({', '.join(facts)})" if facts else "")


def left_out(report: Report) -> list[str]:
    """What a count of findings does not say: suppressed, below the asked confidence, not analysed."""
    statistics = report.statistics
    parts = []
    if report.suppressed:
        parts.append(f"{len(report.suppressed):,} suppressed")
    if statistics.below:
        parts.append(f"{statistics.below:,} below the asked confidence")
    if statistics.not_analysed:
        parts.append(f"{plural(statistics.not_analysed, 'file')} not analysed")
    return parts


def conclusion(report: Report) -> str:
    """The one line that says how the audit went."""
    if report.findings:
        counts = counted(severity_counts(report.findings))
        head = f"{plural(len(report.findings), 'finding')} ({counts}) in {audited(report)}"
    else:
        head = f"No findings in {audited(report)}"
    return ", ".join([head, *left_out(report)]) + "."
