"""``--output FORMAT[=FILE]``: which formats go where, checked before the audit begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from analyzer.cli.streams import check_writable, is_standard_output
from analyzer.config.text import nearest, shown
from analyzer.model.errors import UserError


class Output(msgspec.Struct, frozen=True):
    """One rendering of the report; ``file`` is ``None`` for standard output."""

    format: str
    file: Path | None = None


def parse_outputs(values: Sequence[str], formats: Sequence[str]) -> tuple[Output, ...]:
    """The outputs asked for; text to the terminal when none is. ``formats`` are those there are.

    Only one format may go to standard output, and every file must be writable and named once. Raises ``UserError``
    with a line a mistake.
    """
    outputs: list[Output] = []
    mistakes: list[str] = []
    for value in values:
        name, equals, file = value.partition("=")
        path = None if file == "-" or not equals or is_standard_output(Path(file)) else Path(file)
        if name not in formats:
            mistakes.append(
                f'--output: no format is called "{shown(name)}" (there are {", ".join(formats)})'
                f"{nearest(name, formats)}"
            )
        elif equals and not file:
            mistakes.append(f'--output: "{shown(value)}" names no file after "="')
        elif path is not None and (reason := check_writable(path)):
            mistakes.append(f"--output: cannot write {shown(file)}: {reason}")
        else:
            outputs.append(Output(name, path))
    mistakes += _clashes(outputs)
    if mistakes:
        raise UserError("\n".join(mistakes))
    return tuple(outputs) or (Output("text"),)


def _clashes(outputs: Sequence[Output]) -> list[str]:
    """Two formats in one place."""
    mistakes: list[str] = []
    printed = [output.format for output in outputs if output.file is None]
    if len(printed) > 1:
        mistakes.append(
            f"--output: only one format can go to standard output, not {' and '.join(printed)}; "
            f"write {printed[1]}=FILE for the others"
        )
    taken: set[str] = set()
    for output in outputs:
        if output.file is None:
            continue
        place = os.path.realpath(output.file)
        if place in taken:
            mistakes.append(f"--output: {shown(str(output.file))} is named twice")
        taken.add(place)
    return mistakes
