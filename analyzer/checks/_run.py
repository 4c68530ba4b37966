"""Find the checks, run them, and weigh what the engines reported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import msgspec

from analyzer.checks._spread import can_fork, spread
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


_WORTH = 20_000
"""Lines of a project whose rules take longer than it takes to copy the process and what it changes (0.2 s)."""


class _RuleResult(msgspec.Struct, frozen=True):
    """What one rule comes to: findings that stand, how many of the engines' do not, and why it failed, if it did."""

    findings: list[Finding]
    refuted: int
    notes: list[Note]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_RuleResult)


class Sharing(msgspec.Struct, frozen=True):
    """How rules are spread over processes: how many, and what a copy of this one does before it begins."""

    jobs: int
    begin: Callable[[], bool]


def run(
    picture: Picture, rules: Sequence[Rule], evidence: Sequence[Finding] = (), sharing: Sharing | None = None
) -> CheckResult:
    """Run the checks of the enabled rules; one that fails loses its own findings only."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in evidence:
        by_rule.setdefault(finding.rule, []).append(finding)
    modules = _modules()

    def outcome(number: int) -> _RuleResult:
        rule = rules[number]
        return _of_rule(picture, rule, modules.get(rule.slug.replace("-", "_")), by_rule.get(rule.code, ()))

    if sharing is not None and sharing.jobs > 1 and can_fork() and _lines(picture) >= _WORTH:
        answers = spread(lambda number: _ENCODER.encode(outcome(number)), len(rules), sharing.jobs, sharing.begin)
        told = {number: _DECODER.decode(answer) for number, answer in answers}
    else:
        told = {number: outcome(number) for number in range(len(rules))}
    weighed = [told[number] for number in sorted(told)]
    checked = {rule.code for rule in rules}
    rest = [finding for code, seen in by_rule.items() if code not in checked for finding in seen]
    notes = tuple(note for one in weighed for note in one.notes)
    return CheckResult(
        findings=(*(finding for one in weighed for finding in one.findings), *rest),
        refuted=sum(one.refuted for one in weighed),
        notes=notes,
        complete=not notes,
    )


def _of_rule(picture: Picture, rule: Rule, module: ModuleType | None, seen: Sequence[Finding]) -> _RuleResult:
    notes: list[Note] = []
    try:
        own = list(module.check(picture, rule)) if module is not None and hasattr(module, "check") else []
    except Exception as error:  # one rule must not lose the audit
        notes.append(_failed(rule, error))
        own = []
    try:
        kept = list(_weighed(module, picture, seen, own))
    except Exception as error:
        notes.append(_failed(rule, error))
        kept = list(seen)
    return _RuleResult([*own, *kept], len(seen) - len(kept), notes)


def _lines(picture: Picture) -> int:
    return sum(outline.lines for outline in picture.project.modules.outlines.values())


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
