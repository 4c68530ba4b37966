"""A stand-in for the pipeline, so that the command line is tested alone.

``python -m cli_stub BEHAVIOUR ARGUMENTS…`` is the console script over a pipeline that behaves in one way.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import analyzer
from analyzer.config import Config
from analyzer.model import Confidence, Finding, Location, Progress, Report, Severity, Span

Audit = Callable[[Sequence[Path], Config, Progress], Report]


def report(*severities: Severity, path: str = "app/main.py", complete: bool = True) -> Report:
    """A report with a finding a severity."""
    from analyzer.rulebook import load_rules

    findings = tuple(
        Finding(
            rule="BA101",
            location=Location(path, Span(line, 1, line, 5)),
            message="SQL text is built from `name`.",
            fix="Bind `name`.",
            severity=severity,
            confidence=Confidence.HIGH,
            fingerprint=f"f{line}",
            line_hash=f"h{line}:1",
        )
        for line, severity in enumerate(severities, 1)
    )
    rules = tuple(rule for rule in load_rules() if rule.code == "BA101")
    return Report(
        version=analyzer.__version__,
        root="/repository",
        paths=(path,),
        rules=rules,
        findings=findings,
        complete=complete,
    )


def pipeline(audit: Audit) -> SimpleNamespace:
    """A module in place of ``analyzer.pipeline``."""
    return SimpleNamespace(audit=audit)


def answering(answer: Report) -> Audit:
    """An audit that comes to ``answer``."""

    def audit(paths: Sequence[Path], config: Config, progress: Progress) -> Report:
        del paths, config
        for stage in ("files", "graph"):
            progress.start(stage, 2)
            progress.advance(stage)
            progress.finish(stage)
        return answer

    return audit


def raising(error: BaseException) -> Audit:
    """An audit that ends in ``error``."""

    def audit(paths: Sequence[Path], config: Config, progress: Progress) -> Report:
        del paths, config, progress
        raise error

    return audit


def _slow(paths: Sequence[Path], config: Config, progress: Progress) -> Report:
    """Tells that it has begun, then takes longer than anybody waits."""
    del paths, config
    progress.start("files", 2)
    print("begun", flush=True)
    time.sleep(60)
    raise AssertionError("nobody interrupted")


def _behaviours() -> dict[str, Audit]:
    return {
        "clean": answering(report()),
        "findings": answering(report(Severity.ERROR)),
        "many": answering(report(*[Severity.ERROR] * 5000)),
        "crash": raising(ValueError("boom")),
        "slow": _slow,
    }


if __name__ == "__main__":
    from analyzer.cli.main import run

    stub = pipeline(_behaviours()[sys.argv[1]])
    sys.modules["analyzer.pipeline"] = stub  # type: ignore[assignment]
    analyzer.pipeline = stub  # type: ignore[assignment, attr-defined]
    del sys.argv[1]
    run()
