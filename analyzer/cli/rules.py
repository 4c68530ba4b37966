"""``backend-audit rules``: what is looked for."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.streams import use_color, width_of, write_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.model import Rule


def rules(
    output: Annotated[str, typer.Option(metavar="text|json", help="How to list them.")] = "text",
) -> None:
    """List the rules."""
    from analyzer.model.errors import UserError
    from analyzer.rulebook import load_rules

    if output not in ("text", "json"):
        from analyzer.config.text import shown

        raise UserError(f'--output: expected text or json, got "{shown(output)}"')
    listed = load_rules()
    write_out(_as_json(listed) if output == "json" else _as_text(listed))


def engines_of(rule: Rule) -> list[str]:
    """Who looks for a rule: our own analysis, semgrep, bandit with its test ids."""
    engines = ["backend-audit"] if rule.check else []
    if rule.semgrep:
        engines.append("semgrep")
    return engines + [f"bandit {test}" for test in rule.bandit]


def _as_json(listed: Sequence[Rule]) -> str:
    """What reports say of a rule, and who looks for it."""
    from analyzer.report.rule_data import rule_data

    entries = [{**rule_data(rule), "engines": engines_of(rule)} for rule in listed]
    return json.dumps({"rules": entries}, indent=2, ensure_ascii=False) + "\n"


def _as_text(listed: Sequence[Rule]) -> str:
    """A table with a heading a family."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    color = use_color("auto", sys.stdout, os.environ)
    target = io.StringIO()
    console = Console(
        file=target, width=width_of(sys.stdout), force_terminal=color, no_color=not color, highlight=False
    )
    styles = {"error": "bold red", "warning": "yellow", "note": "cyan"}
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("code", no_wrap=True)
    table.add_column("slug", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("finds")
    family = ""
    for rule in listed:
        if rule.family != family:
            if family:
                table.add_row()
            table.add_row(Text(rule.code[:3], style="bold"), Text(rule.family, style="bold"))
            family = rule.family
        severity = Text(rule.severity.label, style=styles[rule.severity.label])
        if rule.tier == "pedantic":
            severity.append(" (pedantic)", style="dim")
        table.add_row(rule.code, rule.slug, severity, Text(rule.summary))
    console.print(table)
    console.print(f"\n{len(listed)} rules; backend-audit explain CODE tells more about one.")
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"
