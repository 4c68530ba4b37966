"""``backend-audit architecture PATH…``: the architecture in numbers."""

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
from analyzer.cli.streams import write_out

FORMATS = ("text", "json")


def architecture(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders to look at.")],
    output: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to write it.")] = "text",
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    jobs: JobsOption = None,
    no_cache: NoCacheOption = False,
    cache_dir: CacheOption = None,
    quiet: QuietOption = False,
) -> None:
    """Measure the architecture: layers, violations, cycles, packages, the fullest handlers."""
    looking = Looking(config=config, isolated=isolated, jobs=jobs, no_cache=no_cache, cache_dir=cache_dir, quiet=quiet)
    mistakes = [] if output in FORMATS else [expected("--output", FORMATS, output)]
    roots = [Path(item) for item in paths]
    settled = settings(roots, looking, mistakes)
    from analyzer import pipeline
    from analyzer.inventory import scorecard_text
    from analyzer.inventory.scorecard import scorecard

    with display(looking) as shown, pipeline.picture_of(roots, settled, shown) as (_, picture):
        found = scorecard(picture)
    write_out(scorecard_text.as_json(found) if output == "json" else scorecard_text.as_text(found))
