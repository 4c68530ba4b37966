"""The console script: runs one command, and decides what every error comes to."""

from __future__ import annotations

import errno
import io
import sys
import traceback
from collections.abc import Sequence

from analyzer import __version__
from analyzer.cli import exits
from analyzer.cli.endings import Endings
from analyzer.cli.streams import check_standard_output, drop_unwritten, reserve_streams, write_error, write_out
from analyzer.config.text import shown
from analyzer.model.errors import UserError

_REFUSALS = frozenset(
    getattr(errno, name, 0)
    for name in "EACCES EAGAIN EBADF EDQUOT EFBIG EIO EMFILE ENFILE ENOMEM ENOSPC EPERM EROFS ESTALE".split()
)
"""What a system answers that has no room, no right or no device to give, whatever it is asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; never raises for what a user, a pipe or a broken audit can cause. Returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _version() if words == ["--version"] else _run(words)
    except UserError as error:
        write_error(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        code = exits.INTERRUPTED
    if code == exits.INTERRUPTED:
        write_error("backend-audit: interrupted")
    return code


def _version() -> int:
    """Scripts ask for it before every run, so it waits for no import."""
    write_out(f"backend-audit {__version__}\n")
    return exits.CLEAN


def _run(words: list[str]) -> int:
    """Hand the words to the command they name; errors become lines on standard error and an exit code.

    Raises ``UserError``.
    """
    import typer

    from analyzer.cli.app import app

    try:
        result = app(args=words, prog_name="backend-audit", standalone_mode=False)
    except UserError:
        raise
    except typer.TyperException as error:
        # Empty when the help page itself was the answer.
        if message := " ".join(error.format_message().split()):
            write_error(f"backend-audit: {shown(message)} (see backend-audit --help)")
        return exits.WRONG_USE
    except typer.Abort:
        return exits.INTERRUPTED
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        # The reader of a help page went away; 1 would mean findings.
        return exits.CLEAN
    except OSError as error:
        return _refused(error)
    except Exception as error:
        return _crashed(error)
    return result if isinstance(result, int) else exits.CLEAN


def _refused(error: OSError) -> int:
    """The system's own failure is told in a line; any other ``OSError`` is a mistake of ours."""
    if isinstance(error, io.UnsupportedOperation):
        check_standard_output()  # a help page is not written by us
    if error.errno not in _REFUSALS:
        return _crashed(error)
    drop_unwritten()
    place = f" ({shown(str(error.filename))})" if error.filename else ""
    write_error(f"backend-audit: could not be completed: {error.strerror}{place}")
    return exits.INCOMPLETE


def _crashed(error: Exception) -> int:
    """A mistake of ours: the traceback for whoever mends it, and one line for whoever waits."""
    write_error("".join(traceback.format_exception(error)).rstrip())
    write_error(
        f"backend-audit: the audit could not be completed ({type(error).__name__}); "
        "this is a bug in backend-audit, please report it with the lines above"
    )
    return exits.INCOMPLETE


def run() -> None:
    """The console script."""
    reserve_streams()
    endings = Endings()
    endings.heed()
    sys.exit(endings.exit_code(main()))
