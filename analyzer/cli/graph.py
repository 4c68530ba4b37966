"""``backend-audit graph PATH…``: who depends on whom, violations marked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.looking import (
    CacheOption,
    ConfigOption,
    IsolatedOption,
    JobsOption,
    Looking,
    NoCacheOption,
    QuietOption,
    display,
    expected,
    settings,
)
from analyzer.cli.streams import write_error, write_out
from analyzer.config.text import nearest, shown
from analyzer.model.errors import UserError

FORMATS = ("mermaid", "dot", "json")
LEVELS = ("layer", "module", "symbol")


def graph(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders to look at.")],
    output: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to write it.")] = "mermaid",
    level: Annotated[str, typer.Option(metavar="|".join(LEVELS), help="What a node is.")] = "layer",
    around: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this node, module or package and its neighbours.")
    ] = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    jobs: JobsOption = None,
    no_cache: NoCacheOption = False,
    cache_dir: CacheOption = None,
    quiet: QuietOption = False,
) -> None:
    """Draw the dependencies between layers, modules or symbols, violations marked."""
    looking = Looking(config=config, isolated=isolated, jobs=jobs, no_cache=no_cache, cache_dir=cache_dir, quiet=quiet)
    asked = (("--output", FORMATS, output), ("--level", LEVELS, level))
    mistakes = [expected(option, known, given) for option, known, given in asked if given not in known]
    roots = [Path(item) for item in paths]
    settled = settings(roots, looking, mistakes)
    from analyzer import pipeline
    from analyzer.inventory import graph_text, zoom
    from analyzer.inventory.graphs import graph_of

    with display(looking) as bars, pipeline.picture_of(roots, settled, bars) as (_, picture):
        found = graph_of(picture, level)
    if around is not None:
        near = zoom.around(found, around)
        if near is None:
            names = [node.name for node in found.nodes]
            raise UserError(f'--around: no {level} is called "{shown(around)}"{nearest(around, names)}')
        found = near
    if output == "json":
        write_out(graph_text.as_json(found))
        return
    found = zoom.readable(found)
    for note in () if quiet else found.notes:
        write_error(f"backend-audit: {note}")
    write_out(graph_text.as_dot(found) if output == "dot" else graph_text.as_mermaid(found))
