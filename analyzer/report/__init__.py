"""In: a :class:`~analyzer.model.Report`. Out: text in one of the formats; one module here a format, found by walking.

A module is a format when it has ``FORMAT`` (the name users write) and ``render(report, options) -> str``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from analyzer.model import Report, UserError
from analyzer.report.options import Options

__all__ = ["Options", "formats", "render"]


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    return tuple(sorted(_modules()))


def render(
    report: Report,
    format: str,
    *,
    color: bool = False,
    width: int = 100,
    verbose: bool = False,
    quiet: bool = False,
) -> str:
    """The report in a format, ending in a line feed unless it is empty.

    ``color``, ``width`` (terminal cells), ``verbose`` and ``quiet`` matter to formats for people only. Raises
    :class:`~analyzer.model.UserError` for a format there is not.
    """
    module = _modules().get(format)
    if module is None:
        raise UserError(f"--output: no format `{format}`; choose one of {', '.join(formats())}")
    text = module.render(report, Options(color=color, width=width, verbose=verbose, quiet=quiet))
    if not isinstance(text, str):
        raise TypeError(f"format {format} did not give text")
    return text


@cache
def _modules() -> dict[str, ModuleType]:
    found: dict[str, ModuleType] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        name = getattr(module, "FORMAT", None)
        if isinstance(name, str):
            found[name] = module
    return found
