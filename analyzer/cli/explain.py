"""``backend-audit explain CODE|slug``: the documentation of a rule."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.complete import complete_rule
from analyzer.cli.streams import use_color, width_of, write_out

if TYPE_CHECKING:
    from analyzer.model import Rule

READING_WIDTH = 100
"""Columns; longer lines of prose are hard to read."""


def explain(
    rule: Annotated[
        str,
        typer.Argument(metavar="RULE", help="A rule's code or slug.", autocompletion=complete_rule, show_default=False),
    ],
) -> None:
    """Explain a rule: what it finds, why it matters, how to fix it."""
    write_out(_render(find_rule(rule)))


def find_rule(name: str) -> Rule:
    """The rule with this code or slug, in any case. Raises ``UserError`` with the nearest right spelling."""
    from analyzer.config.text import nearest, shown
    from analyzer.model.errors import UserError
    from analyzer.rulebook import load_rules

    names = {key: rule for rule in load_rules() for key in (rule.code, rule.slug)}
    for key, rule in names.items():
        if key.casefold() == name.strip().casefold():
            return rule
    hint = nearest(name, names) or "; see backend-audit rules"
    raise UserError(f'no rule is called "{shown(name)}"{hint}')


def _render(rule: Rule) -> str:
    """A heading with the rule's weight, then its sections."""
    import io

    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    from analyzer.cli.rules import engines_of

    color = use_color("auto", sys.stdout, os.environ)
    target = io.StringIO()
    width = min(width_of(sys.stdout), READING_WIDTH)
    console = Console(file=target, width=width, force_terminal=color, no_color=not color, highlight=False)
    console.print(Text(f"{rule.code} {rule.slug}: {rule.title}", style="bold"))
    facts = [f"{rule.severity.label}, {rule.confidence.label} confidence", rule.family]
    if rule.tier == "pedantic":
        facts.append("pedantic")
    facts += [f"CWE-{number}" for number in rule.cwe]
    facts += [*rule.owasp, "seen by " + ", ".join(engines_of(rule))]
    console.print(Text(" · ".join(facts), style="dim"))
    console.print()
    console.print(Markdown(rule.markdown, hyperlinks=False))
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"
