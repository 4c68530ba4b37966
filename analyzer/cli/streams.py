"""Writing to the terminal, pipes and files, without a traceback when the other side is gone."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from analyzer.config.text import shown
from analyzer.model.errors import UserError

PIPE_WIDTH = 100
"""Columns where no terminal says how many there are: the width of a workflow log."""


def write_out(text: str) -> None:
    """Write to standard output, in UTF-8 when it is no terminal. A reader that went away (``| head``) is no error."""
    stream = sys.stdout
    encoding = (stream.encoding or "utf-8") if stream.isatty() else "utf-8"
    try:
        binary = getattr(stream, "buffer", None)
        if binary is None:
            stream.write(text)
        else:
            stream.flush()
            binary.write(text.encode(encoding, "backslashreplace"))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)


def write_error(text: str) -> None:
    """Write lines to standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(text.encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr, flush=True)


def _silence(stream: TextIO) -> None:
    """Send what is still written, and the interpreter's last flush, to nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def use_color(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour: the option, then ``NO_COLOR`` (no-color.org), then ``FORCE_COLOR``, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Columns to fill: the terminal's, or ``PIPE_WIDTH``; ``COLUMNS`` overrides both."""
    if not stream.isatty() and not os.environ.get("COLUMNS"):
        return PIPE_WIDTH
    return max(40, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)


def check_writable(path: Path) -> str:
    """Why ``path`` cannot be written, or nothing when it can. Writes nothing itself."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        return "it is a folder"
    if not target.parent.is_dir():
        return f"there is no folder {shown(str(target.parent))}"
    place = target if target.exists() and not target.is_file() else target.parent
    return "" if os.access(place, os.W_OK) else "permission denied"


def write_file(path: Path, text: str) -> None:
    """Write a whole file or none: beside the target first, then in its place. Raises ``UserError``.

    A pipe or device (``/dev/stdout``, ``>(…)``) is written to directly; a link keeps pointing at its target.
    """
    target = Path(os.path.realpath(path))
    data = text.encode("utf-8", "backslashreplace")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:100]}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(data)
                file.close()
                temporary.chmod(_mode(target))
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UserError(f"{shown(str(path))}: cannot write it: {error.strerror or error}") from error


def append_file(path: Path, text: str) -> None:
    """Add to a file that others write to as well. Failing is a remark, since the report itself went elsewhere."""
    try:
        with path.open("ab") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        write_error(f"backend-audit: cannot write {shown(str(path))}: {error.strerror or error}")


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
