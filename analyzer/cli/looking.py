"""What the commands that only look at a backend share: settings from the command line, a display, an output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from analyzer.cli.streams import use_color, width_of, write_error
from analyzer.config.text import nearest, shown
from analyzer.model.errors import UserError

if TYPE_CHECKING:
    from analyzer.cli.display import Display
    from analyzer.config.settings import Config

COLORS = ("auto", "always", "never")
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Read settings from this file.")]
IsolatedOption = Annotated[bool, typer.Option("--isolated", metavar="", help="Read no configuration file.")]
JobsOption = Annotated[int | None, typer.Option("--jobs", metavar="N", help="Worker processes; 0 is one a core.")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", metavar="", help="Neither read nor write the cache.")]
CacheOption = Annotated[str | None, typer.Option("--cache-dir", metavar="FOLDER", help="Keep the cache here.")]
ColorOption = Annotated[str, typer.Option("--color", metavar="auto|always|never", help="Colour the text.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Say less.")]


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What all of these commands are told."""

    config: Path | None = None
    isolated: bool = False
    jobs: int | None = None
    no_cache: bool = False
    cache_dir: str | None = None
    color: str = "auto"
    quiet: bool = False


def settings(paths: Sequence[Path], looking: Looking, mistakes: Sequence[str] = ()) -> Config:
    """The settings for these paths. Raises ``UserError`` with every mistake, those of the caller first."""
    from analyzer.config.load import load_config
    from analyzer.config.selection import selectors_of
    from analyzer.rulebook import load_rules

    told = list(mistakes)
    if not paths:
        told.append("name a path to look at, for instance: .")
    if looking.color not in COLORS:
        told.append(expected("--color", COLORS, looking.color))
    overrides: dict[str, object] = {
        "jobs": looking.jobs,
        "cache": False if looking.no_cache else None,
        "cache-dir": looking.cache_dir,
    }
    try:
        known = selectors_of(load_rules())
        config, origins = load_config(paths, overrides, looking.config, looking.isolated, known=known)
    except UserError as error:
        told.append(str(error))
    if told:
        raise UserError("\n".join(told))
    for remark in () if looking.quiet else origins.remarks:
        write_error(f"backend-audit: {remark}")
    return config


def expected(option: str, known: Sequence[str], given: str) -> str:
    """The line for a value that an option does not know."""
    names = ", ".join(known[:-1]) + f" or {known[-1]}"
    return f'{option}: expected {names}, got "{shown(given)}"{nearest(given, known)}'


def display(looking: Looking) -> Display:
    """Progress on standard error where somebody watches."""
    from analyzer.cli.display import Display

    return Display(live=sys.stderr.isatty() and not looking.quiet)


def canvas(looking: Looking) -> tuple[int | None, bool]:
    """Columns and colour of standard output; no columns, so that lines stay whole, where it is no terminal."""
    wide = not sys.stdout.isatty() and not os.environ.get("COLUMNS")
    return None if wide else width_of(sys.stdout), use_color(looking.color, sys.stdout, os.environ)
