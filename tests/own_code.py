"""Our own code as something to look at, cut into parts: all on one Python, the first on every other one."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

OWN_PARTS = [0, *(pytest.param(part, marks=pytest.mark.once) for part in range(1, 8))]
"""For ``parametrize``."""


def own_files(part: int) -> list[Path]:
    """The files of a part of our own code, and of its tests."""
    files = sorted([*(ROOT / "analyzer").rglob("*.py"), *(ROOT / "tests").glob("*.py")])
    assert len(files) > 100
    return files[part :: len(OWN_PARTS)]
