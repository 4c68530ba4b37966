"""Reading the knowledge files."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from analyzer.knowledge.schema import Calibration, Knowledge, Requests, Weights


@cache
def known() -> Knowledge:
    """The knowledge that ships with the product. It never changes while a process runs."""
    return read(sorted(Path(__file__).parent.glob("*.toml")))


def read(files: Iterable[Path]) -> Knowledge:
    """All entries of some files, in the order of the files.

    Raises ``msgspec.ValidationError`` for a field or a type the schema does not have.
    """
    parts = [msgspec.toml.decode(file.read_bytes(), type=Knowledge) for file in files]
    weights = next((part.weights for part in parts if part.weights != Weights()), Weights())
    return Knowledge(
        sinks=tuple(one for part in parts for one in part.sinks),
        hashers=tuple(one for part in parts for one in part.hashers),
        decoders=tuple(one for part in parts for one in part.decoders),
        signers=tuple(one for part in parts for one in part.signers),
        clients=tuple(one for part in parts for one in part.clients),
        issuers=tuple(one for part in parts for one in part.issuers),
        primitives=tuple(one for part in parts for one in part.primitives),
        urls=tuple(one for part in parts for one in part.urls),
        weights=weights,
        requests=next((part.requests for part in parts if part.requests != Requests()), Requests()),
        calibration=next((part.calibration for part in parts if part.calibration != Calibration()), Calibration()),
    )
