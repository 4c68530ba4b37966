"""The command group: whatever is not a command is a path to audit."""

from __future__ import annotations

import os
from typing import Any

from typer.core import TyperGroup

from analyzer.config.text import nearest, shown
from analyzer.model.errors import UserError

AUDIT = "check"
"""The command that a call without one means."""
OWN_OPTIONS = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})
_HELP = "analyzer.help"


class AuditGroup(TyperGroup):
    """``backend-audit PATH…`` is ``backend-audit check PATH…``; the help and completion of both are one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the audit's name in front, unless a command or an option of the group stands there."""
        if args and args[0] not in self.commands and args[0] not in OWN_OPTIONS:
            if not ctx.resilient_parsing:
                self._refuse_misspelt(args[0])
            args = [AUDIT, *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelt(self, word: str) -> None:
        """A first word that is no path and nearly a command is a slip. Raises ``UserError``."""
        hint = nearest(word, self.commands)
        if hint and not word.startswith("-") and not os.path.lexists(word):
            raise UserError(f"{shown(word)}: no such file, folder or command{hint}")

    def get_params(self, ctx: Any) -> list[Any]:
        """For the help page the audit's arguments and options count as the group's own."""
        params: list[Any] = super().get_params(ctx)
        if ctx.meta.get(_HELP):
            own = {param.name for param in params}
            params = [param for param in self.commands[AUDIT].params if param.name not in own] + params
        return params

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """One page that shows everything."""
        ctx.meta[_HELP] = True
        super().format_help(ctx, formatter)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 (the method is inherited)
        """Both ways of calling."""
        return ["[OPTIONS] PATH... | COMMAND"]

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Commands and the options of the audit."""
        found: list[Any] = super().shell_complete(ctx, incomplete)
        if not incomplete.startswith("-"):
            return found
        known = {item.value for item in found}
        more = self.commands[AUDIT].shell_complete(ctx, incomplete)
        return found + [item for item in more if item.value not in known]
