"""The route table as values that can be stored and printed."""

from __future__ import annotations

import msgspec

INPUT_KINDS = ("path", "query", "header", "cookie", "body", "form", "file", "argument")
"""Where an input comes from, in the order in which it is shown; an ``argument`` is one of a GraphQL field."""
RAW = "raw"
"""The type of an input that the code reads without declaring one."""


class Input(msgspec.Struct, frozen=True, order=True):
    """One thing a client sends. ``name`` is empty for a whole body; ``type`` as the code spells it, or ``raw``."""

    kind: str
    name: str
    type: str = RAW
    required: bool = True


class GuardRow(msgspec.Struct, frozen=True, order=True):
    """What stands before a handler: ``demand`` is what it asks for, ``file`` and ``line`` where it is attached.

    ``demand`` is ``authenticated``, ``signature``, ``scope``, ``role`` or ``owner``; ``wanted`` names the role or scope
    where the code does.
    """

    name: str
    demand: str
    file: str
    line: int
    wanted: str = ""


class Row(msgspec.Struct, frozen=True):
    """One method and path. ``line`` is the handler's, ``registered`` is ``file:line`` of the registration.

    ``limits`` stand at the handler or its class, ``application_limits`` around the whole application. ``documented`` is
    ``yes``, ``hidden`` (left out of the schema), ``off`` (the document is switched off), ``no`` (nothing writes one),
    or empty where that is no question. ``application`` names the application where the repository has several.
    """

    method: str
    path: str
    handler: str
    file: str
    line: int
    framework: str
    pattern: str
    registered: str
    inputs: tuple[Input, ...]
    guards: tuple[GuardRow, ...]
    dependencies: tuple[str, ...]
    response: str
    statuses: tuple[int, ...]
    limits: tuple[str, ...]
    layers: tuple[str, ...]
    application_limits: tuple[str, ...] = ()
    documented: str = ""
    application: str = ""


class Gap(msgspec.Struct, frozen=True, order=True):
    """A registration that is beyond static reach."""

    file: str
    line: int
    why: str


class EntryRow(msgspec.Struct, frozen=True, order=True):
    """What is called without a route. ``kind`` is ``rpc``, ``task`` or ``command``, ``line`` the function's,
    ``registered`` is ``file:line`` of the registration."""

    kind: str
    name: str
    handler: str
    file: str
    line: int
    framework: str
    registered: str
    layers: tuple[str, ...]


class Inventory(msgspec.Struct, frozen=True):
    """All rows, sorted by application, path and method, what is called without a route, and what is not known."""

    rows: tuple[Row, ...]
    unresolved: tuple[Gap, ...]
    frameworks: tuple[str, ...]
    notes: tuple[str, ...] = ()
    entry_points: tuple[EntryRow, ...] = ()

    def applications(self) -> tuple[str, ...]:
        """The names of the applications, sorted; none where there is only one."""
        return tuple(sorted({row.application for row in self.rows if row.application}))
