"""``backend-audit routes PATH…``: the table of routes."""

from __future__ import annotations

import re
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
from analyzer.cli.outputs import Output, parse_outputs
from analyzer.cli.streams import write_error, write_file, write_out
from analyzer.config.text import shown
from analyzer.model.errors import UserError

if TYPE_CHECKING:
    from analyzer.config import Config
    from analyzer.inventory.rows import Inventory

FORMATS = ("text", "json", "csv", "markdown", "openapi")


def routes(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders to look at.")],
    output: Annotated[
        str, typer.Option(metavar="|".join(FORMATS), help="How to write them; =FILE puts them there.")
    ] = ("text"),
    unguarded: Annotated[
        bool, typer.Option("--unguarded", metavar="", help="Only routes that nothing guards.")
    ] = False,
    method: Annotated[
        list[str] | None, typer.Option(metavar="M", help="Only this method; may be given several times.")
    ] = None,
    path: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only paths like '/api/*', or that answer at '/users/42'.")
    ] = None,
    application: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only this application, where there are several.")
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
    into, mistakes = _asked(output)
    if entry_points and (unguarded or method or application or into.format == "openapi"):
        mistakes.append("--entry-points: what it lists has no guards, methods or OpenAPI; only --path chooses among it")
    roots = [Path(item) for item in paths]
    settled = settings(roots, looking, mistakes)
    from analyzer.inventory import table

    found = _found(roots, settled, looking)
    for note in () if quiet else found.notes:
        write_error(f"backend-audit: {note}")
    if entry_points:
        _entry_points(found, path or (), into, looking)
        return
    wrong = [expected("--method", table.METHODS, one) for one in table.unknown_methods(found, method or ())]
    wrong += [
        expected("--application", found.applications(), one)
        if found.applications()
        else f'--application: there is one application only, and none is called "{shown(one)}"'
        for one in table.unknown_applications(found, application or ())
    ]
    if wrong:
        raise UserError("\n".join(wrong))
    for glob in () if quiet else table.missing_paths(found, path or ()):
        write_error(f'backend-audit: --path: no route is like "{shown(glob)}"')
    found = table.chosen(found, method or (), path or (), unguarded, application or ())
    if into.format == "openapi":
        _openapi(found, into, quiet)
    elif into.format == "text":
        _write(table.as_text(found, *(canvas(looking) if into.file is None else (None, False))), into.file)
    else:
        form = {"json": table.as_json, "csv": table.as_csv, "markdown": table.as_markdown}[into.format]
        _write(form(found), into.file)


def _asked(output: str) -> tuple[Output, list[str]]:
    """What ``--output`` asks for, and what is wrong with it."""
    name = output.partition("=")[0]
    if name not in FORMATS:
        return Output("text"), [expected("--output", FORMATS, name)]
    try:
        return parse_outputs([output], FORMATS)[0], []
    except UserError as error:
        return Output("text"), [str(error)]


def _write(text: str, file: Path | None) -> None:
    if file is None:
        write_out(text)
    else:
        write_file(file, text)


def _openapi(found: Inventory, into: Output, quiet: bool) -> None:
    """One document; of several applications one file each, where files are asked for."""
    from analyzer.inventory.openapi import as_openapi, documents

    for name, part in documents(found) if into.file is not None else [("", found)]:
        document, left_out = as_openapi(part)
        file = into.file
        if file is not None and name:
            plain = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "application"
            file = file.with_name(f"{file.stem}-{plain}{file.suffix}")
        for line in () if quiet else left_out:
            write_error(f"backend-audit: {f'{shown(name)}: ' if name else ''}{line}")
        _write(document, file)
        if name and not quiet:
            write_error(f"backend-audit: {shown(name)} is in {shown(str(file))}")


def _found(roots: list[Path], settled: Config, looking: Looking) -> Inventory:
    """The table of the last run where that still holds; the stages that make one are only loaded where it does not."""
    from analyzer.unchanged import known_routes

    known = known_routes(roots, settled)
    if known is not None:
        return known
    from analyzer import pipeline

    with display(looking) as shown:
        return pipeline.routes(roots, settled, shown)


def _entry_points(found: Inventory, names: Sequence[str], into: Output, looking: Looking) -> None:
    from analyzer.inventory import entries

    rows = entries.chosen(found, names)
    if into.format == "text":
        _write(entries.as_text(rows, *(canvas(looking) if into.file is None else (None, False))), into.file)
    else:
        form = {"json": entries.as_json, "csv": entries.as_csv, "markdown": entries.as_markdown}[into.format]
        _write(form(rows), into.file)
