"""``backend-audit check PATH…``, which is also ``backend-audit PATH…``: the audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.complete import complete_format, complete_level, complete_selector

RULES = "Which rules"
WHERE = "What counts and where it goes"
SETTINGS = "Settings"
RUNNING = "How it runs"


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Files and folders to audit.", show_default=False)
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE,…",
            help="Run only these: codes, prefixes (BA1), slugs, tags, families. Sets a configured selection aside.",
            autocompletion=complete_selector,
            rich_help_panel=RULES,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE,…", help="Leave these out.", autocompletion=complete_selector, rich_help_panel=RULES
        ),
    ] = None,
    extend_select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE,…", help="Run these as well.", autocompletion=complete_selector, rich_help_panel=RULES
        ),
    ] = None,
    pedantic: Annotated[
        bool, typer.Option("--pedantic", metavar="", help="Run pedantic rules too.", rich_help_panel=RULES)
    ] = False,
    min_severity: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Report nothing below: note, warning, error.",
            autocompletion=complete_level,
            rich_help_panel=WHERE,
        ),
    ] = None,
    min_confidence: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="Report nothing below: low, medium, high.", rich_help_panel=WHERE),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Exit with 1 from this severity on, or never. [dim]default: warning[/dim]",
            autocompletion=complete_level,
            rich_help_panel=WHERE,
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT[=FILE]",
            help="text, json, sarif, github or github-summary, to standard output or a file; may be given again.",
            autocompletion=complete_format,
            rich_help_panel=WHERE,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Read settings from this file only.", rich_help_panel=SETTINGS),
    ] = None,
    isolated: Annotated[
        bool, typer.Option("--isolated", metavar="", help="Read no configuration file.", rich_help_panel=SETTINGS)
    ] = False,
    show_settings: Annotated[
        bool,
        typer.Option(
            "--show-settings", metavar="", help="Show every setting and where it comes from.", rich_help_panel=SETTINGS
        ),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes; 0 is one a core.", rich_help_panel=RUNNING)
    ] = None,
    no_semgrep: Annotated[
        bool, typer.Option("--no-semgrep", metavar="", help="Go without semgrep.", rich_help_panel=RUNNING)
    ] = False,
    no_bandit: Annotated[
        bool, typer.Option("--no-bandit", metavar="", help="Go without bandit.", rich_help_panel=RUNNING)
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", metavar="", help="Neither read nor write the cache.", rich_help_panel=RUNNING)
    ] = False,
    cache_dir: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Keep the cache here.", rich_help_panel=RUNNING)
    ] = None,
    color: Annotated[
        str, typer.Option(metavar="auto|always|never", help="Colour the text.", rich_help_panel=RUNNING)
    ] = "auto",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", metavar="", help="Say more.", rich_help_panel=RUNNING)
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", metavar="", help="Say less.", rich_help_panel=RUNNING)
    ] = False,
) -> None:
    """Audit files and folders. [dim]backend-audit PATH... is the same.[/dim]"""
    from analyzer.cli.audit import Request, run_audit

    overrides: dict[str, object] = {
        "select": _split(select),
        "ignore": _split(ignore),
        "extend-select": _split(extend_select),
        "pedantic": pedantic or None,
        "min-severity": min_severity,
        "min-confidence": min_confidence,
        "fail-on": fail_on,
        "jobs": jobs,
        "semgrep": False if no_semgrep else None,
        "bandit": False if no_bandit else None,
        "cache": False if no_cache else None,
        "cache-dir": cache_dir,
    }
    request = Request(
        paths=tuple(paths or ()),
        overrides=overrides,
        outputs=tuple(output or ()),
        config=config,
        isolated=isolated,
        show_settings=show_settings,
        color=color,
        verbose=verbose,
        quiet=quiet,
    )
    raise typer.Exit(run_audit(request))


def _split(values: Sequence[str] | None) -> list[str] | None:
    """``--select A,B --select C`` as one list; ``None`` when the option was not given."""
    if not values:
        return None
    return [part.strip() for value in values for part in value.split(",") if part.strip()] or [""]
