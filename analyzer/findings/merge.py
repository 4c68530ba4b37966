"""One defect, one finding, whoever saw it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from analyzer.model import Confidence, Finding, Span

OWN_ENGINE = "backend-audit"
_ENGINE_ORDER = (OWN_ENGINE, "semgrep", "bandit")
"""Who is heard first: our own analysis knows the project, semgrep runs our patterns, bandit its own."""

Order = tuple[str, int, int, str, str, int, int, str]


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with those that tell the same defect made one, in stable order.

    Same rule, same file, overlapping lines; engines disagree by a line inside a call of several lines. Findings of
    one engine are the same only when they begin on the same line or their spans overlap, and findings of ours with
    different ``key`` never are. Message, fix and evidence come from our own analysis where it saw the defect, the
    place is the tightest span, the confidence ours; where we saw nothing it is the highest of the engines', and one
    step more when two of them agree.
    """
    merged: list[Finding] = []
    ordered = sorted(findings, key=lambda finding: (finding.rule, finding.location.path, *order(finding)))
    for _, group in groupby(ordered, key=lambda finding: (finding.rule, finding.location.path)):
        merged += [_unite(cluster) for cluster in _clusters(list(group))]
    return sorted(merged, key=order)


def order(finding: Finding) -> Order:
    """The sort key of every list of findings: path, line, column, rule, key, then what makes the order total."""
    span = finding.location.span
    return (
        finding.location.path,
        span.line,
        span.column,
        finding.rule,
        finding.key,
        span.end_line,
        span.end_column,
        finding.message,
    )


def _clusters(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one rule in one file, grouped by defect. Ours found the groups, the engines join them."""
    clusters: list[list[Finding]] = []
    on_line: dict[int, set[int]] = defaultdict(set)
    for finding in (*filter(_is_own, findings), *(finding for finding in findings if not _is_own(finding))):
        lines = range(finding.location.span.line, finding.location.span.end_line + 1)
        near = sorted({index for line in lines for index in on_line.get(line, ())})
        index = _nearest(finding, clusters, near)
        if index == len(clusters):
            clusters.append([])
        clusters[index].append(finding)
        for line in lines:
            on_line[line].add(index)
    return clusters


def _nearest(finding: Finding, clusters: Sequence[Sequence[Finding]], near: Sequence[int]) -> int:
    """The group among ``near`` that holds the same defect, the nearest of several; a new index when none does."""
    matching = [index for index in near if any(_same_defect(finding, member) for member in clusters[index])]
    return min(
        matching,
        key=lambda index: min(_distance(finding, member) for member in clusters[index]),
        default=len(clusters),
    )


def _same_defect(finding: Finding, other: Finding) -> bool:
    if _is_own(finding) == _is_own(other) and finding.key != other.key:
        return False
    if set(finding.engines) & set(other.engines):
        return _same_place(finding, other)
    return _lines_overlap(finding, other)


def _same_place(finding: Finding, other: Finding) -> bool:
    return finding.location.span.line == other.location.span.line or _spans_overlap(finding, other)


def _lines_overlap(finding: Finding, other: Finding) -> bool:
    one, two = finding.location.span, other.location.span
    return one.line <= two.end_line and two.line <= one.end_line


def _spans_overlap(finding: Finding, other: Finding) -> bool:
    one, two = finding.location.span, other.location.span
    return (one.line, one.column) < (two.end_line, two.end_column) and (two.line, two.column) < (
        one.end_line,
        one.end_column,
    )


def _distance(finding: Finding, other: Finding) -> tuple[int, bool, int]:
    """How far two findings that may be one stand apart: lines, then whether their spans overlap, then columns."""
    one, two = finding.location.span, other.location.span
    return abs(one.line - two.line), not _spans_overlap(finding, other), abs(one.column - two.column)


def _unite(cluster: Sequence[Finding]) -> Finding:
    """One finding out of those that tell the same defect."""
    if len(cluster) == 1:
        return cluster[0]
    own = [finding for finding in cluster if _is_own(finding)]
    speakers = own or [finding for finding in cluster if _rank(finding) == min(map(_rank, cluster))]
    base = min(speakers, key=lambda finding: (-_evidence(finding), _size(finding.location.span), order(finding)))
    tightest = min(speakers, key=lambda finding: (_size(finding.location.span), order(finding)))
    engines = tuple(sorted({engine for finding in cluster for engine in finding.engines}, key=_engine_rank))
    confidence = max(finding.confidence for finding in own or cluster)
    # A pattern that sees the same text again knows nothing that we, who followed the values, do not: of the findings
    # that their agreement once made sure, none was (docs/precision.md).
    if len(engines) > 1 and not own:
        confidence = Confidence(min(confidence + 1, Confidence.HIGH))
    told = [base, *(finding for finding in cluster if finding is not base)]
    reached = next((finding for finding in told if finding.route or finding.chain), base)
    return msgspec.structs.replace(
        base,
        location=tightest.location,
        engines=engines,
        severity=max(finding.severity for finding in cluster),
        confidence=confidence,
        related=next((finding.related for finding in told if finding.related), ()),
        steps=next((finding.steps for finding in told if finding.steps), ()),
        secrets=tuple(sorted({span for finding in cluster for span in finding.secrets})),
        scope=next((finding.scope for finding in told if finding.scope), ""),
        route=reached.route,
        chain=reached.chain,
    )


def _is_own(finding: Finding) -> bool:
    return OWN_ENGINE in finding.engines


def _rank(finding: Finding) -> tuple[int, str]:
    return min(map(_engine_rank, finding.engines), default=(len(_ENGINE_ORDER), ""))


def _engine_rank(engine: str) -> tuple[int, str]:
    known = _ENGINE_ORDER.index(engine) if engine in _ENGINE_ORDER else len(_ENGINE_ORDER)
    return known, engine


def _evidence(finding: Finding) -> int:
    return len(finding.steps) + len(finding.related) + len(finding.chain)


def _size(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column
