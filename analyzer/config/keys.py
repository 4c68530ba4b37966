"""The settings by the name a user writes: how each is read, and which ones only the command line may give."""

from __future__ import annotations

import msgspec

from analyzer.config import values
from analyzer.config.contracts import contracts
from analyzer.config.settings import Config

MOST_JOBS = 256
"""More processes than any machine we know of has cores; keeps a slip of the finger from forking without end."""
LARGEST_FILE = 100_000_000
"""Bytes. Above this a lowered file needs more memory than the machines audits run on have."""


class Setting(msgspec.Struct, frozen=True):
    """One setting. ``private`` ones cannot come from a file, because the file belongs to the audited code."""

    parse: values.Parser
    private: bool = False


SETTINGS: dict[str, Setting] = {
    "select": Setting(values.listed(values.selector)),
    "ignore": Setting(values.listed(values.selector)),
    "extend-select": Setting(values.listed(values.selector)),
    "pedantic": Setting(values.flag),
    "min-severity": Setting(values.severity),
    "min-confidence": Setting(values.confidence),
    "fail-on": Setting(values.fail_on),
    "exclude": Setting(values.listed(values.pattern)),
    "extend-exclude": Setting(values.listed(values.pattern)),
    "respect-gitignore": Setting(values.flag),
    "max-file-size": Setting(values.number(1, LARGEST_FILE)),
    "tests": Setting(values.listed(values.pattern)),
    "per-file-ignores": Setting(values.tabled(values.listed(values.selector))),
    "honour": Setting(values.listed(values.foreign_comment)),
    "roles": Setting(values.tabled(values.role, values.place)),
    "contracts": Setting(contracts),
    "semgrep": Setting(values.flag),
    "bandit": Setting(values.flag),
    "semgrep-timeout": Setting(values.number(1, 86_400)),
    "jobs": Setting(values.number(0, MOST_JOBS)),
    "cache": Setting(values.flag),
    "cache-dir": Setting(values.text, private=True),
}
"""In the order ``--show-settings`` prints them."""


def field_of(key: str) -> str:
    """The field of :class:`Config` that a setting fills."""
    return key.replace("-", "_")


def missing_settings() -> set[str]:
    """Fields of ``Config`` that no setting fills; a test keeps this empty."""
    return set(Config.__struct_fields__) - {field_of(key) for key in SETTINGS}
