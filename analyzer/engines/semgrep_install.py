"""Where semgrep is: beside the running interpreter, never where ``PATH`` or the working folder point."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import sysconfig
from pathlib import Path

import msgspec


class Installed(msgspec.Struct, frozen=True):
    """``core`` is the engine's binary (start-up 0.15 s), ``command`` the command line around it (2-3 s)."""

    version: str
    core: Path | None
    command: tuple[str, ...]


def find_semgrep() -> Installed | None:
    """The semgrep of this interpreter's environment, or ``None``."""
    libraries = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    for library in sorted(libraries):
        found = list(importlib.metadata.distributions(name="semgrep", path=[library]))
        if found:
            return _installed(found[0].version, Path(library))
    return None


def _installed(version: str, library: Path) -> Installed | None:
    suffix = ".exe" if os.name == "nt" else ""
    core = library / "semgrep" / "bin" / f"semgrep-core{suffix}"
    script = Path(sysconfig.get_path("scripts")) / f"pysemgrep{suffix}"
    # -P and -E: neither the working folder nor the environment adds a place to import from.
    command = (str(script),) if suffix else (sys.executable, "-P", "-E", str(script))
    if not core.is_file() and not script.is_file():
        return None
    return Installed(version, core if core.is_file() else None, command if script.is_file() else ())
