"""The settings of an audit, one frozen value that is passed to whoever needs it."""

from __future__ import annotations

import msgspec

from analyzer.model.contract import Contract
from analyzer.model.scale import Confidence, Severity


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a user can set, in ``[tool.backend-audit]`` (kebab-case) or on the command line.

    ``select``/``ignore``/``extend_select`` hold codes, code prefixes, slugs, tags or families. ``fail_on`` is the
    least severity that makes the exit code 1, ``None`` for never. Sizes are bytes, times seconds.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    pedantic: bool = False
    min_severity: Severity = Severity.NOTE
    min_confidence: Confidence = Confidence.MEDIUM
    fail_on: Severity | None = Severity.WARNING

    exclude: tuple[str, ...] | None = None
    """Replaces the default excludes (gitignore patterns); ``None`` keeps them."""
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    max_file_size: int = 2_000_000
    tests: tuple[str, ...] = ()
    """More gitignore patterns of files that are tests."""

    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs of a gitignore pattern and the rules silent there."""
    honour: tuple[str, ...] = ()
    """Foreign suppression comments that count: ``nosec``, ``noqa``, ``nosemgrep``."""

    roles: tuple[tuple[str, str], ...] = ()
    """Pairs of a glob (path or dotted name) and the role its symbols have."""

    contracts: tuple[Contract, ...] = ()
    """What the project says about its own imports."""

    semgrep: bool = True
    bandit: bool = True
    semgrep_timeout: int = 300

    jobs: int = 0
    """Worker processes; 0 means one a core."""
    cache: bool = True
    cache_dir: str = ""
    """Empty: ``$XDG_CACHE_HOME/backend-audit`` or the platform's equivalent."""
