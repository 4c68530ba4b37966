"""A finding as a SARIF result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.model import Finding, Related, Step, Suppressed, visible
from analyzer.report.sarif_places import primary, sentence, told_place
from analyzer.report.sarif_rules import LEVELS, MESSAGE_ID
from analyzer.report.words import place, plural, route_chain

MOST_LOCATIONS = 1000
"""Places GitHub takes a result, and the steps of a flow it shows."""
_IMPORTANCE = {"assign": "unimportant"}
"""How much a step matters (SARIF 2.1.0, section 3.38.13); viewers fold the unimportant ones."""


def result(entry: Suppressed, index: Mapping[str, int]) -> dict[str, Any]:
    """The result of a finding; ``entry.kind`` is empty for one that nobody suppressed. ``index`` numbers the rules."""
    finding = entry.finding
    data: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index.get(finding.rule, -1),
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding), "id": MESSAGE_ID, "arguments": [place(finding.location)]},
        "locations": [primary(finding)],
    }
    if finding.related:
        data["relatedLocations"] = _related(finding.related)
    if flows := _flows(finding):
        data["codeFlows"] = flows
    data["partialFingerprints"] = _fingerprints(finding)
    if entry.kind:
        data["suppressions"] = [_suppression(entry)]
    data["properties"] = _properties(finding)
    return data


def _message(finding: Finding) -> str:
    lines = [sentence(finding.message)]
    if chain := route_chain(finding):
        lines.append(sentence(f"Reached by {chain}"))
    if finding.fix:
        lines.append(sentence(f"Fix: {finding.fix}"))
    if len(finding.related) > MOST_LOCATIONS:
        lines.append(f"{plural(len(finding.related) - MOST_LOCATIONS, 'related place')} left out here.")
    return "\n".join(lines)


def _related(places: Sequence[Related]) -> list[dict[str, Any]]:
    return [
        {"id": number, **told_place(related.location, related.message)}
        for number, related in enumerate(places[:MOST_LOCATIONS], start=1)
    ]


def _flows(finding: Finding) -> list[dict[str, Any]]:
    """The evidence, and the calls from the route, as paths to click through. Both end where the finding stands, a flow
    of data where it does harm; the route heads both."""
    paths: list[Sequence[Step]] = []
    end = Step(finding.location, finding.message)
    if finding.steps:
        last = finding.steps[-1].location.span.line, finding.steps[-1].location.path
        here = finding.location.span.line, finding.location.path
        ended = finding.steps[-1].kind == "sink" or last == here
        path = finding.steps if ended else (*finding.steps, end)
        if finding.steps[0].kind == "source" and finding.chain:
            path = (_headed(finding), *path)
        paths.append(path)
    if finding.chain:
        paths.append((_headed(finding), *finding.chain[1:], end))
    return [{"threadFlows": [{"locations": [_passed(step) for step in _within(path)]}]} for path in paths]


def _headed(finding: Finding) -> Step:
    """The route and who answers it."""
    return Step(finding.chain[0].location, f"{finding.route}: {finding.chain[0].message}")


def _passed(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {"location": told_place(step.location, step.message)}
    if step.kind:
        told["importance"] = _IMPORTANCE.get(step.kind, "essential")
    return told


def _within(path: Sequence[Step]) -> Sequence[Step]:
    """The path, its middle left out when it is longer than the limit: both ends matter most."""
    if len(path) <= MOST_LOCATIONS:
        return path
    half = MOST_LOCATIONS // 2
    return (*path[:half], *path[-half:])


def _fingerprints(finding: Finding) -> dict[str, str]:
    prints = {"primaryLocationLineHash": finding.line_hash, "backendAudit/v1": finding.fingerprint}
    return {name: value for name, value in prints.items() if value}


def _suppression(entry: Suppressed) -> dict[str, Any]:
    kind = "external" if entry.kind == "configuration" else "inSource"
    told: dict[str, Any] = {"kind": kind, "status": "accepted"}
    if entry.reason:
        told["justification"] = visible(entry.reason)
    return told


def _properties(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {
        "confidence": finding.confidence.label,
        "engines": [visible(engine) for engine in finding.engines],
        "tier": finding.tier.value,
    }
    if finding.route:
        told["route"] = visible(finding.route)
    return told
