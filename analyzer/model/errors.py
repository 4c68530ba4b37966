"""What can go wrong by the user's hand or the system's. Everything else is a bug and keeps its traceback."""

from __future__ import annotations


class UserError(Exception):
    """Wrong use or wrong configuration: each line says what, where and what to do. Exit code 2."""

    exit_code = 2


class NothingToAudit(UserError):
    """The paths hold no Python file to audit. Exit code 3."""

    exit_code = 3


class SystemFailure(UserError):
    """The system refuses what the audit needs: a full disk, a closed stream. Nobody's mistake. Exit code 4."""

    exit_code = 4
