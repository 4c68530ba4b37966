"""The nouns of the flow stage: what a value may be made of.

A *source* is where foreign data enters a value; a *sanitizer* is what made it harmless on the way. A value is joined
over the paths that lead to a point, so it has alternatives; each alternative is a row of parts in text order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

ALTERNATIVES = 8
"""Texts kept apart for one value. Code that builds a query over more independent branches is summed up in one row of
parts, which loses the order of the text but no source."""
ROW = 160
"""Parts kept in one alternative."""

SOURCES = frozenset({"request", "parameter", "attribute", "call", "unknown"})
"""Kinds of parts that carry foreign data; all other kinds are constant or went through a sanitizer."""


class Part(msgspec.Struct, frozen=True, order=True):
    """One piece of a value.

    ``kind``: ``text`` (constant, its value in ``text``), ``secret`` (a constant whose value is not kept), ``number``
    (int, float, UUID, date, digest … — cannot carry syntax), ``enum``, ``allowed`` (checked against an allow-list, a
    full match or a constant), ``hashed`` (went through a password hash),
    ``quoted`` (escaped by a quoting function or
    a composable), ``setting`` (environment or configuration), ``supplied`` (a parameter that all callers of today
    give a constant), ``schema`` (a table's or column's own name), and the sources: ``request``, ``parameter``,
    ``attribute``, ``call``, ``unknown``. For all but ``text`` the field ``text`` is how the code spells it and
    ``line`` where. ``type`` tells ``None``, numbers and booleans from strings for constants; it is ``object`` for
    what a library made of a source, which need not be text at all, ``asking`` for a request or websocket itself, and
    ``segment`` for text without a slash.
    """

    kind: str
    text: str = ""
    line: int = 0
    type: str = "str"

    @property
    def source(self) -> bool:
        """Whether the part carries foreign data."""
        return self.kind in SOURCES


Row = tuple[Part, ...]


class Value(msgspec.Struct, frozen=True):
    """What an expression may be made of: one row of parts for each alternative, never empty. ``keys`` are those of a
    mapping all of whose keys are written out; ``None`` for anything else."""

    rows: tuple[Row, ...]
    keys: tuple[str, ...] | None = None

    def parts(self) -> Iterator[Part]:
        """All parts of all alternatives."""
        for row in self.rows:
            yield from row

    def sources(self) -> list[Part]:
        """The parts that carry foreign data, once each, in order."""
        return list(dict.fromkeys(part for part in self.parts() if part.source))

    @property
    def asking(self) -> bool:
        """Whether the value is a request or a websocket itself."""
        parts = list(self.parts())
        return bool(parts) and all(part.type == "asking" for part in parts)

    def constants(self) -> list[str] | None:
        """Every text the value can be, or ``None`` when a part of it is not constant."""
        if any(part.kind != "text" for part in self.parts()):
            return None
        return list(dict.fromkeys("".join(part.text for part in row) for row in self.rows))

    def constant(self) -> str | None:
        """The one text the value is, or ``None``."""
        texts = self.constants()
        return texts[0] if texts is not None and len(texts) == 1 else None


EMPTY = Value(((),))
"""The empty text."""


def single(kind: str, text: str = "", line: int = 0, type: str = "str") -> Value:
    """A value of one part."""
    return Value(((Part(kind, text, line, type),),))


def concat(values: Iterable[Value]) -> Value:
    """The values one after another; every combination of alternatives up to the limit."""
    rows: list[Row] = [()]
    for value in values:
        if len(rows) * len(value.rows) > ALTERNATIVES:
            rows, value = [_sum(rows)], Value((_sum(value.rows),))
        rows = [_merge(left, right) for left in rows for right in value.rows]
    return Value(tuple(dict.fromkeys(rows)) or ((),))


def union(values: Iterable[Value]) -> Value:
    """One of the values."""
    values = list(values)
    keys = shared_keys(values)
    rows = list(dict.fromkeys(row for value in values for row in value.rows))
    if len(rows) > ALTERNATIVES:
        if all(part.kind == "text" for row in rows for part in row):
            rows = rows[: ALTERNATIVES * 4]
        else:
            rows = [_sum(rows)]
    return Value(tuple(rows) or ((),), keys)


def shared_keys(values: Sequence[Value]) -> tuple[str, ...] | None:
    """The keys that one of several mappings may have, ``None`` where those of one are not known."""
    values = [value for value in values if not _none(value)] if len(values) > 1 else values
    if not values or any(value.keys is None and not _none(value) for value in values):
        return None
    return tuple(sorted({key for value in values for key in value.keys or ()}))


def _none(value: Value) -> bool:
    """Whether a value is ``None``: where a mapping may be handed over, that is one without keys."""
    return all(part.type == "NoneType" for part in value.parts()) and value.rows != ((),)


def harmless(value: Value, kind: str, spelled: str, line: int) -> Value:
    """The value after a sanitizer: constants stay, every source becomes one part of ``kind``."""
    if not value.sources():
        return value
    return single(kind, spelled, line)


def _merge(left: Row, right: Row) -> Row:
    if left and right and left[-1].kind == right[0].kind == "text":
        joined = Part("text", left[-1].text + right[0].text, left[-1].line)
        row = (*left[:-1], joined, *right[1:])
    else:
        row = (*left, *right)
    return row if len(row) <= ROW else _shorten(row)


def _sum(rows: Iterable[Row]) -> Row:
    """One row for many: the row with most sources, and the sources only others have behind it."""
    ordered = sorted(rows, key=lambda row: (sum(part.source for part in row), len(row)), reverse=True)
    main = ordered[0] if ordered else ()
    extra = dict.fromkeys(part for row in ordered[1:] for part in row if part.source)
    return _shorten((*main, *(part for part in extra if part not in main)))


def _shorten(row: Row) -> Row:
    if len(row) <= ROW:
        return row
    sources = list(dict.fromkeys(part for part in row if part.source))
    return (*row[: ROW // 2], *sources[: ROW // 2])
