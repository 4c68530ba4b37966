"""Facts to bytes and back (MessagePack)."""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern

import msgspec
from msgspec.structs import force_setattr

from analyzer.facts.outline import Bodies, Local, Outline, Use

encode = msgspec.msgpack.Encoder().encode
"""Outline or Bodies → bytes."""

decode_bodies = msgspec.msgpack.Decoder(Bodies).decode
"""Bytes → Bodies. Raises as :func:`decode_outline` does."""

_NUMBERED = 10_000
"""Lines that have their number here; longer files are few."""
_NUMBERS = list(range(_NUMBERED))

_decode = msgspec.msgpack.Decoder(Outline).decode


def decode_outline(data: bytes) -> Outline:
    """Bytes → Outline. Raises ``msgspec.DecodeError`` or ``msgspec.ValidationError`` on anything else.

    Equal chains and equal line numbers are one object: a backend says ``self.db.execute`` in a thousand places, and a
    decoder would make a text and a number of its own for each, which is half of the memory that outlines take.
    """
    outline = _decode(data)
    _share(outline.uses, outline.locals)
    for one in outline.functions:
        _share(one.uses, one.locals)
    for item in outline.classes:
        _share(item.uses, item.locals)
    return outline


def _share(uses: Iterable[Use], names: Iterable[Local]) -> None:
    for use in uses:
        force_setattr(use, "chain", intern(use.chain))
        if use.line < _NUMBERED:
            force_setattr(use, "line", _NUMBERS[use.line])
        if use.end_line < _NUMBERED:
            force_setattr(use, "end_line", _NUMBERS[use.end_line])
    for local in names:
        force_setattr(local, "source", intern(local.source))
        force_setattr(local, "target", intern(local.target))
