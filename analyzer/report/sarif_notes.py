"""What is to be known about the audit itself, as SARIF notifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analyzer.model import Note
from analyzer.report.project import URL
from analyzer.report.sarif_places import sentence

_MOST = 1000
"""Notifications of one audit; a tree with more unreadable files has one cause for them."""

_KINDS = {
    "engine": ("degraded-engine", "warning", "An engine was missing, failed or did only part of its work."),
    "cache": ("no-cache", "note", "The audit went on without its cache."),
    "file": ("file-not-analysed", "note", "A file was left out of the audit."),
    "limit": ("output-cut", "warning", "Results were left out to keep a limit."),
    "configuration": ("configuration", "warning", "A setting does not do what it seems to."),
}
_OTHER = ("other", "note", "Something else to be known about the audit.")

NOTIFICATIONS: list[dict[str, Any]] = [
    {
        "id": f"audit/{name}",
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text},
        "helpUri": f"{URL}/blob/main/docs/outputs.md",
        "defaultConfiguration": {"level": level},
    }
    for name, level, text in (*_KINDS.values(), _OTHER)
]
"""The descriptors that notifications refer to."""

_INDEX = {described["id"]: number for number, described in enumerate(NOTIFICATIONS)}


def notifications(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """One notification a note, in their order."""
    told = [notification(note.kind, note.message) for note in notes]
    if len(told) > _MOST:
        told = [*told[:_MOST], notification("limit", f"{len(told) - _MOST} more notes left out")]
    return told


def notification(kind: str, message: str) -> dict[str, Any]:
    """One notification of a note's kind."""
    name, level, _ = _KINDS.get(kind, _OTHER)
    return {
        "descriptor": {"id": f"audit/{name}", "index": _INDEX[f"audit/{name}"]},
        "level": level,
        "message": {"text": sentence(message)},
    }
