"""``backend-audit contracts import [FILE]``: the contracts of another tool as ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.streams import write_error, write_out
from analyzer.config.text import shown, shown_path
from analyzer.model.errors import UserError

contracts = typer.Typer(help="Contracts about imports, in [tool.backend-audit.contracts].", no_args_is_help=True)


@contracts.callback()
def group() -> None:
    """Contracts about imports, in [tool.backend-audit.contracts]."""


@contracts.command("import")
def import_contracts(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="A .importlinter, setup.cfg, pyproject.toml or tach.toml; without one the first of them here.",
            show_default=False,
        ),
    ] = None,
    own_file: Annotated[
        bool, typer.Option("--own-file", metavar="", help="Write tables for backend-audit.toml, not pyproject.toml.")
    ] = False,
) -> None:
    """Print the contracts of import-linter or tach as TOML of ours. Nothing is run and no file is changed."""
    from analyzer.config.contract_text import contract_table
    from analyzer.config.foreign_contracts import NAMES, Imported, find_foreign, read_foreign

    tried: list[str] = []
    found: Imported | None = None
    origin = file
    for path in [file] if file is not None else find_foreign(Path()):
        try:
            found, origin = read_foreign(path), path
            break
        except UserError as error:
            tried.append(str(error))
    if found is None or origin is None:
        raise UserError("\n".join(tried) or f"contracts import: no {', '.join(NAMES[:-1])} or {NAMES[-1]} here")
    for remark in found.remarks:
        write_error(f"backend-audit: {shown_path(origin)}: {shown(remark)}")
    prefix = "contracts" if own_file else "tool.backend-audit.contracts"
    write_out("\n".join(contract_table(contract, prefix) for contract in found.contracts))
