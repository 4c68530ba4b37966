"""``backend-audit why A B [PATH…]``: how one thing comes to depend on another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli import exits
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
from analyzer.config.text import shown
from analyzer.model.errors import UserError

if TYPE_CHECKING:
    from analyzer.inventory.naming import Names, Node
    from analyzer.inventory.why import Step

FORMATS = ("text", "json")


def why(
    source: Annotated[str, typer.Argument(metavar="A", help="A dotted name, a module, or a route: 'POST /login'.")],
    target: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Where to look; default: here.")] = None,
    inside: Annotated[
        list[str] | None, typer.Option("--in", metavar="PATH", help="Where to look; may be given several times.")
    ] = None,
    output: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How to write it.")] = "text",
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    jobs: JobsOption = None,
    no_cache: NoCacheOption = False,
    cache_dir: CacheOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show the shortest chain from A to B, edge by edge. Exits with 1 when there is none."""
    looking = Looking(config=config, isolated=isolated, jobs=jobs, no_cache=no_cache, cache_dir=cache_dir, quiet=quiet)
    mistakes = [] if output in FORMATS else [expected("--output", FORMATS, output)]
    roots = [Path(item) for item in (*(paths or ()), *(inside or ()))] or [Path()]
    settled = settings(roots, looking, mistakes)
    from analyzer import pipeline
    from analyzer.inventory.naming import Names
    from analyzer.inventory.why import chain

    with display(looking) as bars, pipeline.picture_of(roots, settled, bars) as (_, picture):
        names = Names(picture)
        start, goal = _both(names, source, target)
        found = chain(picture, start, goal)
    if output == "json":
        steps = None if found is None else [{name: getattr(step, name) for name in _FIELDS} for step in found]
        write_out(json.dumps({"from": source, "to": target, "chain": steps}, indent=2) + "\n")
    else:
        write_out(_text(source, target, found))
    if found is None:
        raise typer.Exit(exits.FINDINGS)


_FIELDS = ("source", "verb", "target", "file", "line")


def _both(names: Names, source: str, target: str) -> tuple[frozenset[Node], frozenset[Node]]:
    """What the two names stand for. Raises ``UserError`` with a line for each that is unknown or ambiguous."""
    mistakes, found = [], []
    for name in (source, target):
        nodes, near = names.find(name)
        found.append(nodes)
        if not nodes:
            several = any(item.endswith("." + name) for item in near)
            spelt = ", ".join(f'"{shown(item)}"' for item in near)
            hint = f"; {'it may be' if several else 'did you mean'} {spelt}{'' if several else '?'}" if near else ""
            what = "several things end with" if several else "nothing is called"
            mistakes.append(f'why: {what} "{shown(name)}"{hint}')
    if mistakes:
        raise UserError("\n".join(mistakes))
    return found[0], found[1]


def _text(source: str, target: str, found: Sequence[Step] | None) -> str:
    """A line an edge, after one that says how many there are."""
    head = f"{shown(source)} → {shown(target)}"
    if found is None:
        return f"{head}: no chain of calls, imports or injections leads there\n"
    if not found:
        return f"{head}: one lies inside the other\n"
    lines = [f"{head}: {len(found)} step{'' if len(found) == 1 else 's'}", f"  {shown(found[0].source)}"]
    lines += [f"    {step.verb} {shown(step.target)}  ({shown(step.file)}:{step.line})" for step in found]
    return "\n".join(lines) + "\n"
