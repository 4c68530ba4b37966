"""Addresses as clients write them, and the paths of the routes that answer there."""

from __future__ import annotations

import re
from functools import lru_cache

_PARAMETER = re.compile(r"\{[^{}]*\}")
_LONG = re.compile(r"<path:|:path\}|\*|:\.\*|:\.\+|\(\.[*+]")
"""How frameworks write a parameter that takes several parts of a path."""


def answers(path: str, address: str, pattern: str = "") -> bool:
    """Whether a route's path (``/users/{id}``) answers at an address (``/users/42``), slashes at the end aside.

    ``pattern`` is the framework's own spelling, which tells parameters that go over slashes.
    """
    return bool(_expression(path, _LONG.search(pattern) is not None).fullmatch(_bare(address)))


def parameters(path: str) -> int:
    """How many parameters a path has: of several routes that answer, the one with the fewest is meant."""
    return len(_PARAMETER.findall(path))


def _bare(address: str) -> str:
    return address.partition("?")[0].rstrip("/") or "/"


@lru_cache(maxsize=4096)
def _expression(path: str, long: bool) -> re.Pattern[str]:
    parts = [re.escape(part) for part in _PARAMETER.split(_bare(path))]
    return re.compile((".+" if long else "[^/]+").join(parts))
