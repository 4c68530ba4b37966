"""The commands, their help and what they share."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer import __version__
from analyzer.cli import exits
from analyzer.cli.architecture import architecture
from analyzer.cli.cache import cache
from analyzer.cli.check import check
from analyzer.cli.contracts import contracts
from analyzer.cli.explain import explain
from analyzer.cli.graph import graph
from analyzer.cli.group import AuditGroup
from analyzer.cli.profile import profile
from analyzer.cli.routes import routes
from analyzer.cli.rules import rules
from analyzer.cli.streams import write_error, write_out
from analyzer.cli.why import why

EPILOG = """[bold]Examples[/bold]

[cyan]backend-audit src/[/cyan]   audit a folder

[cyan]backend-audit . --select BA1,secrets --fail-on error[/cyan]   some rules; only errors fail

[cyan]backend-audit . --output github --output sarif=audit.sarif[/cyan]   annotations to the log, SARIF to a file

[cyan]backend-audit explain string-built-sql[/cyan]   what a rule finds, why, and how to fix it

[bold]Exit codes[/bold]

0 nothing at or above --fail-on · 1 findings · 2 wrong use or configuration · 3 nothing to audit ·
4 the audit could not be completed
"""

app = typer.Typer(
    name="backend-audit",
    cls=AuditGroup,
    help="Audit a Python backend: from the route a client calls to the line that hurts.",
    epilog=EPILOG,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check", epilog=EPILOG)(check)
app.command("routes")(routes)
app.command("profile")(profile)
app.command("graph")(graph)
app.command("architecture")(architecture)
app.command("why")(why)
app.command("rules")(rules)
app.command("explain")(explain)
app.add_typer(contracts, name="contracts")
app.add_typer(cache, name="cache")


@app.callback()
def group(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", metavar="", help="Show the version and exit.")] = False,
) -> None:
    """Audit a Python backend: from the route a client calls to the line that hurts."""
    if version:
        write_out(f"backend-audit {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        write_error(f"{context.get_usage()}\nbackend-audit: name a path to audit, or see backend-audit --help")
        raise typer.Exit(exits.WRONG_USE)
