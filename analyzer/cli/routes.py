"""``backend-audit routes PATH…``: the table of routes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.looking import (
    CacheOption,
    ColorOption,
    ConfigOption,
    IsolatedOption,
    JobsOption,
    Looking,
    NoCacheOption,
    QuietOption,
    canvas,
    display,
    expected,
    settings,
)
from analyzer.cli.streams import write_error, write_out
from analyzer.config.text import shown
from analyzer.model.errors import UserError

if TYPE_CHECKING:
    from analyzer.config import Config
    from analyzer.inventory.rows import Inventory

FORMATS = ("text", "json", "csv", "markdown", "openapi")


def routes(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders to look at.")],
    output: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to write them.")] = "text",
    unguarded: Annotated[
        bool, typer.Option("--unguarded", metavar="", help="Only routes that nothing guards.")
    ] = False,
    method: Annotated[
        list[str] | None, typer.Option(metavar="M", help="Only this method; may be given several times.")
    ] = None,
    path: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only paths like '/api/*', or that answer at '/users/42'.")
    ] = None,
    entry_points: Annotated[
        bool, typer.Option("--entry-points", metavar="", help="List gRPC methods, tasks and commands instead.")
    ] = False,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    jobs: JobsOption = None,
    no_cache: NoCacheOption = False,
    cache_dir: CacheOption = None,
    color: ColorOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """List the routes: method, path, handler, guards, inputs, response, limits, layers."""
    looking = Looking(
        config=config, isolated=isolated, jobs=jobs, no_cache=no_cache, cache_dir=cache_dir, color=color, quiet=quiet
    )
    mistakes = [] if output in FORMATS else [expected("--output", FORMATS, output)]
    if entry_points and (unguarded or method or output == "openapi"):
        mistakes.append("--entry-points: what it lists has no guards, methods or OpenAPI; only --path chooses among it")
    roots = [Path(item) for item in paths]
    settled = settings(roots, looking, mistakes)
    from analyzer.inventory import table

    found = _found(roots, settled, looking)
    for note in () if quiet else found.notes:
        write_error(f"backend-audit: {note}")
    if entry_points:
        _entry_points(found, path or (), output, looking)
        return
    wrong = [expected("--method", table.METHODS, one) for one in table.unknown_methods(found, method or ())]
    if wrong:
        raise UserError("\n".join(wrong))
    for glob in () if quiet else table.missing_paths(found, path or ()):
        write_error(f'backend-audit: --path: no route is like "{shown(glob)}"')
    found = table.chosen(found, method or (), path or (), unguarded)
    if output == "openapi":
        from analyzer.inventory.openapi import as_openapi

        document, left_out = as_openapi(found)
        for line in () if quiet else left_out:
            write_error(f"backend-audit: {line}")
        write_out(document)
        return
    if output == "text":
        write_out(table.as_text(found, *canvas(looking)))
        return
    write_out({"json": table.as_json, "csv": table.as_csv, "markdown": table.as_markdown}[output](found))


def _found(roots: list[Path], settled: Config, looking: Looking) -> Inventory:
    """The table of the last run where that still holds; the stages that make one are only loaded where it does not."""
    from analyzer.unchanged import known_routes

    known = known_routes(roots, settled)
    if known is not None:
        return known
    from analyzer import pipeline

    with display(looking) as shown:
        return pipeline.routes(roots, settled, shown)


def _entry_points(found: Inventory, names: Sequence[str], output: str, looking: Looking) -> None:
    from analyzer.inventory import entries

    rows = entries.chosen(found, names)
    if output == "text":
        write_out(entries.as_text(rows, *canvas(looking)))
    else:
        write_out({"json": entries.as_json, "csv": entries.as_csv, "markdown": entries.as_markdown}[output](rows))
