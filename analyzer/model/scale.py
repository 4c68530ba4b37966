"""The ordered scales a finding is measured on."""

from __future__ import annotations

import enum


class Severity(enum.IntEnum):
    """How much it matters. RFC 2119: a MUST NOT is an error, a MUST or a practice a warning, a hint a note."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word users write and read: ``note``, ``warning``, ``error``."""
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure we are that the finding is true."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        """The word users write and read: ``low``, ``medium``, ``high``."""
        return self.name.lower()


class Tier(enum.StrEnum):
    """What kind of code a file holds, which decides how loudly rules speak about it."""

    MAIN = "main"
    TEST = "test"
    MIGRATION = "migration"
