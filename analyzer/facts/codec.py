"""Facts to bytes and back (MessagePack)."""

from __future__ import annotations

import msgspec

from analyzer.facts.outline import Bodies, Outline

encode = msgspec.msgpack.Encoder().encode
"""Outline or Bodies → bytes."""

decode_outline = msgspec.msgpack.Decoder(Outline).decode
"""Bytes → Outline. Raises ``msgspec.DecodeError`` or ``msgspec.ValidationError`` on anything else."""

decode_bodies = msgspec.msgpack.Decoder(Bodies).decode
"""Bytes → Bodies. Raises as :data:`decode_outline` does."""
