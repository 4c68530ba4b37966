"""``backend-audit profile PATH…``: the stack in six lines."""

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


def profile(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders to look at.")],
    output: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to write it.")] = "text",
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    jobs: JobsOption = None,
    no_cache: NoCacheOption = False,
    cache_dir: CacheOption = None,
    quiet: QuietOption = False,
) -> None:
    """Tell the stack and the architecture's shape, with evidence."""
    looking = Looking(config=config, isolated=isolated, jobs=jobs, no_cache=no_cache, cache_dir=cache_dir, quiet=quiet)
    mistakes = [] if output in FORMATS else [expected("--output", FORMATS, output)]
    roots = [Path(item) for item in paths]
    settled = settings(roots, looking, mistakes)
    from analyzer import pipeline
    from analyzer.inventory import profile_text
    from analyzer.inventory.profile import profile as made
    from analyzer.inventory.project_files import read_files

    with display(looking) as shown, pipeline.picture_of(roots, settled, shown) as (tree, picture):
        found = made(picture, read_files(Path(tree.root), roots))
    write_out(profile_text.as_json(found) if output == "json" else profile_text.as_text(found))
