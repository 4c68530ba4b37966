"""What an engine said about one content: small, without source text, fit to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from analyzer.model import Span


class Match(msgspec.Struct, frozen=True, order=True, array_like=True):
    """One report: ``check`` is a semgrep rule id or a bandit test id; ``certainty`` the engine's own word, or empty."""

    check: str
    span: Span
    certainty: str = ""


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """All reports on one content, sorted, and why they are not all (``gaps``, short reasons; empty when they are)."""

    matches: tuple[Match, ...] = ()
    gaps: tuple[str, ...] = ()


NOTHING = Outcome()

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Outcome)


def encode(outcome: Outcome) -> bytes:
    """The outcome as bytes for the store."""
    return _ENCODER.encode(outcome)


def decode_all(stored: Mapping[str, bytes]) -> dict[str, Outcome]:
    """The outcomes that can be read back, by digest; damaged ones are left out and asked again."""
    outcomes = {}
    for digest, data in stored.items():
        try:
            outcomes[digest] = _DECODER.decode(data)
        except msgspec.DecodeError:
            continue
    return outcomes


class Learned(msgspec.Struct):
    """What one run of an engine adds: outcomes by digest, those worth keeping, and gaps as (digest or "", reason)."""

    outcomes: dict[str, Outcome] = {}
    lasting: set[str] = set()
    """Digests whose outcome depends on the content alone; a time-out is asked again."""
    gaps: list[tuple[str, str]] = []


class ResultStore(Protocol):
    """The part of the store that engines use; it never raises."""

    def get(self, kind: str, keys: list[str]) -> dict[str, bytes]:
        """The values known for these keys."""

    def put(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Keep these values."""
