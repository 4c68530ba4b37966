"""The measured backends: pinned releases, fetched through pip and unpacked down to their ``.py`` files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec


class Backend(msgspec.Struct, frozen=True):
    """A release of a real backend. ``name`` is its distribution's name."""

    name: str
    version: str

    @property
    def wheel_pattern(self) -> str:
        """The file names its wheels have."""
        return f"{self.name.replace('-', '_')}-{self.version}-*.whl"


class Sources(msgspec.Struct, frozen=True):
    """The unpacked ``.py`` files of a backend: ``lines`` counts line ends, ``changeable`` is a file of median size."""

    tree: Path
    files: int
    lines: int
    changeable: Path


class BenchmarkError(Exception):
    """The measurement cannot be taken: one line, what and why."""


BACKENDS = (
    Backend("open-webui", "0.12.4"),
    Backend("apache-superset", "6.1.0"),
    Backend("litellm", "1.109.1"),
)


def workspace() -> Path:
    """Where wheels and unpacked sources lie, outside the repository: ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "backend-audit-benchmarks"


def fetch(backend: Backend, folder: Path) -> Path:
    """The backend's wheel in ``folder``; asks pip for it when it is not there yet. Raises ``BenchmarkError``."""
    found = sorted(folder.glob(backend.wheel_pattern)) if folder.is_dir() else []
    if found:
        return found[0]
    folder.mkdir(parents=True, exist_ok=True)
    requirement = f"{backend.name}=={backend.version}"
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run([*command, "--dest", str(folder), requirement], check=False)
    found = sorted(folder.glob(backend.wheel_pattern))
    if done.returncode or not found:
        raise BenchmarkError(f"{requirement}: pip could not download it (exit code {done.returncode})")
    return found[0]


def unpack(wheel: Path, tree: Path) -> Sources:
    """Write the wheel's ``.py`` files to ``tree``, which is emptied first, so that every run starts from the same."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    sizes: list[tuple[int, Path]] = []
    lines = 0
    for name, data in _python_files(wheel):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        sizes.append((len(data), target))
        lines += data.count(b"\n")
    if not sizes:
        raise BenchmarkError(f"{wheel.name}: holds no .py file")
    sizes.sort()
    return Sources(tree=tree, files=len(sizes), lines=lines, changeable=sizes[len(sizes) // 2][1])


def _python_files(wheel: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Names and bytes of a wheel's ``.py`` files; names that would leave the tree are passed over."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            path = PurePosixPath(name)
            if path.suffix == ".py" and not path.is_absolute() and ".." not in path.parts:
                yield path, archive.read(name)
