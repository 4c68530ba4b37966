"""Findings counted by family and severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.text import Text

from analyzer.model import Report, Rule, Severity, visible

_SEVERITIES = tuple(sorted(Severity, reverse=True))
_CELL = 9


def summary_table(report: Report, rules: Mapping[str, Rule]) -> list[Text]:
    """A row a family in the order of its rules' codes, a column a severity, and the sums below several rows."""
    counts: Counter[tuple[str, Severity]] = Counter()
    first_code: dict[str, str] = {}
    for finding in report.findings:
        family = rules[finding.rule].family if finding.rule in rules else finding.rule
        counts[family, finding.severity] += 1
        first_code[family] = min(finding.rule, first_code.get(family, finding.rule))
    families = sorted(first_code, key=lambda family: (first_code[family], family))
    width = max(len("family"), *(len(visible(family)) for family in families))
    rows = [Text(_row("family", [severity.label for severity in _SEVERITIES], width), "bold")]
    rows.append(Text("─" * (width + _CELL * len(_SEVERITIES)), "dim"))
    for family in families:
        numbers = [counts[family, severity] for severity in _SEVERITIES]
        rows.append(Text(_row(visible(family), [str(number or "·") for number in numbers], width)))
    if len(families) > 1:
        sums = [sum(counts[family, severity] for family in families) for severity in _SEVERITIES]
        rows.append(Text(_row("all", [str(number or "·") for number in sums], width), "bold"))
    return rows


def _row(name: str, cells: list[str], width: int) -> str:
    return name.ljust(width) + "".join(cell.rjust(_CELL) for cell in cells)
