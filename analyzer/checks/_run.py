"""Find the checks, run them, and weigh what the engines reported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import msgspec

from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Note, Rule


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """``findings`` are our own and the engines' that stand; ``refuted`` counts those that our analysis disproved.

    ``complete`` is false when a rule failed; ``notes`` say which.
    """

    findings: tuple[Finding, ...]
    refuted: int = 0
    notes: tuple[Note, ...] = ()
    complete: bool = True


def run(picture: Picture, rules: Sequence[Rule], evidence: Sequence[Finding] = ()) -> CheckResult:
    """Run the checks of the enabled rules; one that fails loses its own findings only."""
    found: list[Finding] = []
    notes: list[Note] = []
    refuted = 0
    by_rule: dict[str, list[Finding]] = {}
    for finding in evidence:
        by_rule.setdefault(finding.rule, []).append(finding)
    modules = _modules()
    for rule in rules:
        seen = by_rule.pop(rule.code, [])
        module = modules.get(rule.slug.replace("-", "_"))
        try:
            own = list(module.check(picture, rule)) if module is not None and hasattr(module, "check") else []
        except Exception as error:  # one rule must not lose the audit
            notes.append(_failed(rule, error))
            own = []
        found.extend(own)
        try:
            kept = list(_weighed(module, picture, seen, own))
        except Exception as error:
            notes.append(_failed(rule, error))
            kept = seen
        refuted += len(seen) - len(kept)
        found.extend(kept)
    found.extend(finding for rest in by_rule.values() for finding in rest)
    return CheckResult(findings=tuple(found), refuted=refuted, notes=tuple(notes), complete=not notes)


def _modules() -> dict[str, ModuleType]:
    """The check modules of this package by name."""
    return {
        item.name: importlib.import_module(f"{__package__}.{item.name}")
        for item in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda item: item.name)
        if not item.name.startswith("_")
    }


def _weighed(
    module: ModuleType | None, picture: Picture, seen: Sequence[Finding], own: Sequence[Finding]
) -> Iterator[Finding]:
    """The engines' findings that stand. Those on lines of our own findings are left for merging as they are.

    A rule's ``judge`` weighs the others: ``confirm`` (one step surer), ``refute`` (dropped and counted), ``doubt`` (we
    looked and could not confirm it: low confidence), ``stand`` (out of our sight: its own confidence).
    """
    if module is None:
        yield from seen
        return
    outlines = picture.project.modules.outlines
    for finding in seen:
        outline = outlines.get(finding.location.path)
        if outline is None or outline.problem is not None or any(_overlap(finding, other) for other in own):
            yield finding
            continue
        verdict = module.judge(finding, picture) if hasattr(module, "judge") else "stand"
        if verdict == "confirm":
            sure = Confidence(min(Confidence.HIGH, finding.confidence + 1))
            yield msgspec.structs.replace(finding, confidence=sure)
        elif verdict == "doubt":
            yield msgspec.structs.replace(finding, confidence=Confidence.LOW)
        elif verdict != "refute":
            yield finding


def _overlap(one: Finding, other: Finding) -> bool:
    first, second = one.location, other.location
    return (
        first.path == second.path
        and first.span.line <= second.span.end_line
        and second.span.line <= first.span.end_line
    )


def _failed(rule: Rule, error: Exception) -> Note:
    return Note("engine", f"rule {rule.code} failed: {type(error).__name__}: {error}")
