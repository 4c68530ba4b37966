"""``backend-audit cache info|clear``: what is kept between audits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.streams import write_out

if TYPE_CHECKING:
    from analyzer.config.settings import Config

Folder = Annotated[
    str, typer.Option("--cache-dir", metavar="FOLDER", help="The cache in this folder.", show_default=False)
]

cache = typer.Typer(help="Look at or empty the cache of earlier audits.", no_args_is_help=True)


@cache.command("info")
def info(cache_dir: Folder = "") -> None:
    """Show where the cache is and how much is in it."""
    from analyzer.facts import store

    write_out(f"{store.cache_info(_config(cache_dir))}\n")


@cache.command("clear")
def clear(cache_dir: Folder = "") -> None:
    """Empty the cache."""
    from analyzer.facts import store

    write_out(f"{store.cache_clear(_config(cache_dir))}\n")


def _config(cache_dir: str) -> Config:
    """Settings that name the cache's folder."""
    from analyzer.config.settings import Config

    return Config(cache_dir=cache_dir)
