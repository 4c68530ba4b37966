"""Literals that look like secrets (first cut)."""

from __future__ import annotations

from typing import NamedTuple


class Sighting(NamedTuple):
    """What a literal looks like."""

    kind: str
    preview: str
    strength: str


def by_value(value: str) -> Sighting | None:
    """What a value shows by itself."""
    return None


def by_name(name: str, value: str) -> Sighting | None:
    """What a value is that a secret's name is given to."""
    return None


def is_secret_name(name: str) -> bool:
    """Whether something of that name holds a secret."""
    return False
