"""``backend-audit cache info|clear``: what is kept between audits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.streams import write_out
from analyzer.model.errors import UserError

if TYPE_CHECKING:
    from analyzer.config.settings import Config

Folder = Annotated[
    str, typer.Option("--cache-dir", metavar="FOLDER", help="The cache in this folder.", show_default=False)
]

cache = typer.Typer(help="Look at or empty the cache of earlier audits.", no_args_is_help=True)


@cache.command("info")
def info(cache_dir: Folder = "") -> None:
    """Show where the cache is and how much is in it."""
    from analyzer.facts.store import cache_info

    write_out(_told(cache_info, cache_dir))


@cache.command("clear")
def clear(cache_dir: Folder = "") -> None:
    """Empty the cache."""
    from analyzer.facts.store import cache_clear

    write_out(_told(cache_clear, cache_dir))


def as_lines(told: object) -> str:
    """What the store tells, a line a fact: a sentence, or a table or struct of named values."""
    import msgspec

    from analyzer.config.text import shown

    if isinstance(told, msgspec.Struct):
        told = msgspec.structs.asdict(told)
    if not isinstance(told, Mapping):
        return f"{shown(str(told))}\n"
    lines = [
        f"{shown(str(name)).replace('_', ' ')}: {value:,}"
        if isinstance(value, int)
        else f"{shown(str(name)).replace('_', ' ')}: {shown(str(value))}"
        for name, value in told.items()
    ]
    return "\n".join(lines) + "\n"


def _told(ask: Callable[[Config], object], cache_dir: str) -> str:
    """What the store answers for the settings that name the cache's folder. Raises ``UserError``."""
    from analyzer.config.settings import Config

    try:
        return as_lines(ask(Config(cache_dir=cache_dir)))
    except RuntimeError as error:  # nobody's home
        raise UserError(f"cache: {error} Name its folder with --cache-dir.") from error
