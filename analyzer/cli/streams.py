"""Writing to the terminal, pipes and files, without a traceback when the other side is gone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from analyzer.config.text import shown
from analyzer.model.errors import SystemFailure

PIPE_WIDTH = 100
"""Columns where no terminal says how many there are: the width of a workflow log."""


_STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_UNWRITTEN = "standard output: cannot write to it"
_OPEN_FILE = re.compile(r"/dev/(?:std(?P<error>err)|fd/(?P<number>\d{1,9}))|/proc/self/fd/(?P<same>\d{1,9})")


def reserve_streams() -> None:
    """Put something in the place of the standard streams that the caller closed (``>&-``).

    The next file opened, a cache say, would get a closed stream's number and hold what is meant for the stream.
    Standard output stays one that cannot be written, so that nobody takes a lost report for an empty one.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "r"), (2, "stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        opened = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
        os.set_inheritable(opened, opened == number)
        setattr(sys, name, os.fdopen(opened, mode, encoding="utf-8"))


def check_standard_output() -> None:
    """Raise ``SystemFailure`` when standard output is closed."""
    if not sys.stdout.writable():
        raise SystemFailure(f"{_UNWRITTEN}: it is closed")


def write_out(text: str) -> None:
    """Write to standard output, in UTF-8 when it is no terminal. A reader that went away (``| head``) is no error.

    Raises ``SystemFailure`` when it takes no more.
    """
    check_standard_output()
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
    except OSError as error:
        _silence(stream)
        raise SystemFailure(f"{_UNWRITTEN}: {error.strerror or error}") from error


def write_error(text: str) -> None:
    """Write lines to standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(text.encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr, flush=True)


def drop_unwritten() -> None:
    """Forget what standard output did not take, so that the interpreter does not fail on it at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _silence(sys.stdout)


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


def is_standard_output(path: Path) -> bool:
    """Whether a path is one of the names of standard output itself."""
    return str(path) in _STANDARD_OUTPUT


def check_writable(path: Path) -> str:
    """Why ``path`` cannot be written, or nothing when it can. Writes nothing itself."""
    if path.is_dir():
        return "it is a folder"
    if _OPEN_FILE.fullmatch(str(path)):
        return "" if path.exists() else "nothing is open there"
    if not _is_pipe_or_device(path):
        path = Path(os.path.realpath(path)).parent
        if not path.is_dir():
            return f"there is no folder {shown(str(path))}"
    return "" if os.access(path, os.W_OK) else "permission denied"


def write_file(path: Path, text: str) -> None:
    """Write a whole file or none: beside the target first, then in its place. Raises ``SystemFailure``.

    A pipe, a device or what is open already (``/dev/stderr``, ``>(…)``) is written to as it stands, and its reader may
    go away; a link keeps pointing at its target.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if (opened := _OPEN_FILE.fullmatch(str(path))) is not None:
            # Opened again, a file would be written over from its beginning.
            _write_directly(os.dup(2 if opened["error"] else int(opened["number"] or opened["same"])), data)
        elif _is_pipe_or_device(path):
            _write_directly(os.open(path, os.O_WRONLY), data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise SystemFailure(f"{shown(str(path))}: cannot write it: {error.strerror or error}") from error


def _is_pipe_or_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _write_directly(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _replace(target: Path, data: bytes) -> None:
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
