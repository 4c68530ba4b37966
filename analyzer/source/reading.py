"""One file from disk: its bytes and digest, or the reason why it is not analysed."""

from __future__ import annotations

import hashlib
import os
import re
import stat

from analyzer.source.generated import is_generated

TOO_LARGE = "too large"
GENERATED = "generated"
LINK_OUT = "link out of the tree"
UNREADABLE = "unreadable"
NOT_PYTHON = "not a Python file"
"""Reasons for a skipped path; more may follow after a colon."""

_SHEBANG = re.compile(rb"#![^\n]*\bpython[0-9.]*\b")


class Skip(Exception):
    """A file is not analysed; the argument is the reason."""


def read_source(path: str, largest: int, named: bool) -> bytes:
    """The bytes of a regular file. ``named`` files were given by the user: generated ones count, scripts too.

    Raises ``Skip`` with the reason when the file is not to be analysed.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Skip(f"{UNREADABLE}: not a regular file")
            if status.st_size > largest:
                raise Skip(TOO_LARGE)
            data = file.read(min(status.st_size, largest) + 1)
    except OSError as error:
        raise Skip(f"{UNREADABLE}: {error.strerror or type(error).__name__}") from error
    if len(data) > largest:
        raise Skip(TOO_LARGE)
    if named and not path.endswith(".py") and ("." in path.rpartition("/")[2] or not _SHEBANG.match(data)):
        raise Skip(NOT_PYTHON)
    if not named and is_generated(data):
        raise Skip(GENERATED)
    return data


def digest_of(data: bytes) -> str:
    """The hex digest (BLAKE2b, 128 bits) under which a file's facts are stored."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def spelt(path: str) -> str:
    """A path as Unicode text that can be encoded: undecodable bytes of a name become ``\\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_text(name: str) -> bool:
    """Whether a file name is valid in the file system's encoding, so that reports can hold it."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
