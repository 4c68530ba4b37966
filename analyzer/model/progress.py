"""How stages tell how far they are, without knowing who watches."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A watcher of the audit's stages. All methods are cheap, may be called from several threads and never raise."""

    def start(self, stage: str, total: int | None = None) -> None:
        """A stage begins; ``total`` is its number of units when that is known."""

    def advance(self, stage: str, units: int = 1) -> None:
        """Some units of a stage are done."""

    def finish(self, stage: str) -> None:
        """A stage is over."""


class Silent:
    """A watcher that shows nothing."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Ignore it."""

    def advance(self, stage: str, units: int = 1) -> None:
        """Ignore it."""

    def finish(self, stage: str) -> None:
        """Ignore it."""
