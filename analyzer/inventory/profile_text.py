"""The profile as text and JSON."""

from __future__ import annotations

import json

import msgspec

from analyzer.inventory.profile import Line, Profile, Seen
from analyzer.model import visible

_MOST = 4
"""Reasons shown a line; JSON has all."""


def as_text(found: Profile) -> str:
    """A line each, aligned, with its evidence below it."""
    lines = [*found.stack, *found.shapes]
    width = max(len(item.name) for item in found.stack)
    return "\n".join(text for item in lines for text in _lines(item, width)) + "\n"


def _lines(item: Line, width: int) -> list[str]:
    head = f"{visible(item.name):<{width}}  {visible(item.value)}"
    return [head, *(f"{'':<{width}}    {_seen(reason)}" for reason in item.evidence[:_MOST])]


def _seen(reason: Seen) -> str:
    where = f" ({visible(reason.file)}:{reason.line})" if reason.file else ""
    return f"{visible(reason.text)}{where}"


def as_json(found: Profile) -> str:
    """Every line with all of its evidence."""
    return json.dumps(msgspec.to_builtins(found), indent=2, ensure_ascii=True) + "\n"
