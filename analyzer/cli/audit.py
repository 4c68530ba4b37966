"""One audit from the request to the exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from analyzer.cli.display import Display
from analyzer.cli.exits import CLEAN, exit_code
from analyzer.cli.outputs import Output, parse_outputs
from analyzer.cli.settings import settings_text
from analyzer.cli.streams import (
    PIPE_WIDTH,
    append_file,
    check_standard_output,
    use_color,
    width_of,
    write_error,
    write_file,
    write_out,
)
from analyzer.config.load import Origins, load_config
from analyzer.config.selection import select_rules, selectors_of
from analyzer.config.settings import Config
from analyzer.config.text import shown
from analyzer.model.errors import UserError
from analyzer.model.report import Report

COLORS = ("auto", "always", "never")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for. ``overrides`` holds settings by their names in files, ``None`` when not given."""

    paths: tuple[str, ...]
    overrides: dict[str, object]
    outputs: tuple[str, ...] = ()
    config: Path | None = None
    isolated: bool = False
    show_settings: bool = False
    color: str = "auto"
    verbose: bool = False
    quiet: bool = False


def run_audit(request: Request) -> int:
    """Check the request, audit, render and write. Returns the exit code; raises ``UserError`` for wrong use."""
    from analyzer.report import formats
    from analyzer.rulebook import load_rules

    rules = load_rules()
    paths = [Path(path) for path in request.paths or (".",)]
    mistakes = _mistakes(request)
    try:
        outputs = parse_outputs(request.outputs, formats())
    except UserError as error:
        mistakes.append(str(error))
    try:
        config, origins = load_config(
            paths, request.overrides, request.config, request.isolated, known=selectors_of(rules)
        )
    except UserError as error:
        mistakes.append(str(error))
    if mistakes:
        raise UserError("\n".join(mistakes))
    enabled = select_rules(rules, config)
    if request.show_settings:
        write_out(settings_text(config, origins, [rule.code for rule in enabled]))
        return CLEAN
    if any(output.file is None for output in outputs):
        check_standard_output()
    _remarks(request, origins)
    report = _audit(paths, config, request)
    _emit(report, outputs, request)
    return exit_code(report, config.fail_on)


def _mistakes(request: Request) -> list[str]:
    """Everything that is wrong with the request alone."""
    mistakes: list[str] = []
    if not request.paths and not request.show_settings:
        mistakes.append("name a path to audit, for instance: backend-audit .")
    if request.color not in COLORS:
        mistakes.append(f'--color: expected auto, always or never, got "{shown(request.color)}"')
    if request.verbose and request.quiet:
        mistakes.append("--verbose and --quiet exclude each other")
    return mistakes


def _remarks(request: Request, origins: Origins) -> None:
    """What the user should know about the settings before the audit."""
    if request.quiet:
        return
    for remark in origins.remarks:
        write_error(f"backend-audit: {remark}")
    if request.verbose:
        write_error(f"backend-audit: settings from {origins.file or 'no file'}, root {shown(origins.root)}")


def _audit(paths: list[Path], config: Config, request: Request) -> Report:
    """Run the pipeline under a display. A stage that calls ``sys.exit`` has failed like any other."""
    from analyzer import pipeline

    with Display(live=sys.stderr.isatty() and not request.quiet) as display:
        try:
            report = pipeline.audit(paths, config, display)
        except SystemExit as error:
            raise RuntimeError(f"a stage of the audit tried to exit with {error.code!r}") from error
    if request.verbose and (timings := display.timings()):
        write_error(f"backend-audit: {timings}")
    return report


def _emit(report: Report, outputs: tuple[Output, ...], request: Request) -> None:
    """Render every output: files first, so that they are complete when the terminal's reader stops reading."""
    from analyzer.report import render

    color = use_color(request.color, sys.stdout, os.environ)
    for output in sorted(outputs, key=lambda output: output.file is None):
        text = render(
            report,
            output.format,
            color=color and output.file is None,
            width=width_of(sys.stdout) if output.file is None else PIPE_WIDTH,
            verbose=request.verbose,
            quiet=request.quiet,
        )
        if output.file is None:
            write_out(text if text.endswith("\n") or not text else text + "\n")
        else:
            write_file(output.file, text)
    _step_summary(report, outputs)
    written = [f"{output.format} to {shown(str(output.file))}" for output in outputs if output.file is not None]
    if len(written) == len(outputs) and not request.quiet:
        count = len(report.findings)
        write_error(f"backend-audit: {count} finding{'' if count == 1 else 's'}; wrote {', '.join(written)}")


def _step_summary(report: Report, outputs: tuple[Output, ...]) -> None:
    """Annotations come with a summary of the step, where the workflow's runner says that it wants one."""
    from analyzer.report import render

    place = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if place and any(output.format == "github" for output in outputs):
        append_file(Path(place), render(report, "github-summary"))
