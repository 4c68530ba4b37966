"""From what detectors and engines saw to what a reader is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from analyzer.config import Config
from analyzer.findings.comments import Comment
from analyzer.findings.excerpts import context, excerpt
from analyzer.findings.fingerprint import with_fingerprints
from analyzer.findings.hygiene import comment_findings
from analyzer.findings.linehash import line_hashes
from analyzer.findings.masking import redacted, secret_values
from analyzer.findings.merge import merge, order
from analyzer.findings.sources import Sources
from analyzer.findings.suppress import Suppressions
from analyzer.model import Confidence, Finding, Related, Rule, Span, Step, Suppressed, Tier

_TRUST_FAMILY = "BA0"
"""Rules about the audit itself: a test file that cannot be read is as unreadable as any other."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Findings to show, findings somebody suppressed, and how many lie below the asked severity or confidence."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    below: int


def finish(
    raw: Iterable[Finding],
    *,
    rules: Sequence[Rule],
    all_rules: Sequence[Rule],
    config: Config,
    comments: Mapping[str, Sequence[Comment]],
    read: Callable[[str], bytes],
    secrets: Mapping[str, Sequence[Span]] | None = None,
    tiers: Mapping[str, Tier] | None = None,
    unsure: Collection[str] = (),
) -> Outcome:
    """Merge, grade, fingerprint, suppress, filter and illustrate findings; the same input gives the same outcome.

    ``rules`` are those enabled, ``all_rules`` every rule there is. ``comments`` are the comments by path, ``read``
    the bytes of a path (may raise ``OSError``), ``secrets`` more spans to mask than the findings name, ``tiers``
    the tier of paths that are not main code, ``unsure`` the codes of rules that an engine's failure left half done.
    """
    seen = list(raw)
    sources = Sources(read)
    hidden = _secret_spans(seen, secrets or {})
    enabled = {rule.code: rule for rule in rules}
    merged = merge(finding for finding in seen if finding.rule in enabled)
    graded = [_graded(finding, tiers or {}) for finding in merged]
    marked = with_fingerprints(graded, sources, hidden)

    suppressions = Suppressions(comments, config, all_rules, sources)
    kept, suppressed = _split(marked, suppressions)
    about_comments = comment_findings(suppressions, enabled, {rule.code: rule for rule in all_rules}, config, unsure)
    graded = [_graded(finding, tiers or {}) for finding in sorted(about_comments, key=order)]
    more_kept, more_suppressed = _split(with_fingerprints(graded, sources, hidden), suppressions)

    kept = sorted(kept + more_kept, key=order)
    suppressed = sorted(suppressed + more_suppressed, key=lambda entry: order(entry.finding))
    wanted = [finding for finding in kept if _asked_for(finding, config)]
    silenced = [entry for entry in suppressed if _asked_for(entry.finding, config)]
    illustrated = iter(_illustrated([*wanted, *(entry.finding for entry in silenced)], sources, hidden))
    return Outcome(
        findings=tuple(next(illustrated) for _ in wanted),
        suppressed=tuple(msgspec.structs.replace(entry, finding=next(illustrated)) for entry in silenced),
        below=len(kept) - len(wanted),
    )


def _secret_spans(findings: Iterable[Finding], more: Mapping[str, Sequence[Span]]) -> dict[str, tuple[Span, ...]]:
    """Every secret span by path, whoever named it and whether or not its finding will be shown."""
    spans: dict[str, set[Span]] = defaultdict(set)
    for path, given in more.items():
        spans[path].update(given)
    for finding in findings:
        if finding.secrets:
            spans[finding.location.path].update(finding.secrets)
    return {path: tuple(sorted(found)) for path, found in spans.items()}


def _graded(finding: Finding, tiers: Mapping[str, Tier]) -> Finding:
    """The finding with its file's tier; in tests and migrations its confidence is one step lower, not below ``low``.

    At the default ``min-confidence`` of ``medium`` such code therefore speaks only where a finding is certain.
    """
    tier = tiers.get(finding.location.path, finding.tier)
    confidence = finding.confidence
    if tier is not Tier.MAIN and not finding.rule.startswith(_TRUST_FAMILY):
        confidence = Confidence(max(confidence - 1, Confidence.LOW))
    return msgspec.structs.replace(finding, tier=tier, confidence=confidence)


def _split(findings: Iterable[Finding], suppressions: Suppressions) -> tuple[list[Finding], list[Suppressed]]:
    kept: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        entry = suppressions.silence(finding)
        if entry is None:
            kept.append(finding)
        else:
            suppressed.append(entry)
    return kept, suppressed


def _asked_for(finding: Finding, config: Config) -> bool:
    return finding.severity >= config.min_severity and finding.confidence >= config.min_confidence


def _illustrated(findings: Sequence[Finding], sources: Sources, secrets: Mapping[str, Sequence[Span]]) -> list[Finding]:
    """The findings with line hash, excerpt and context, and without secrets in any of their words."""
    lines: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        lines[finding.location.path].add(finding.location.span.line)
    hashes = {path: line_hashes(sources[path].data, wanted) for path, wanted in lines.items()}
    values = {path: secret_values(sources[path], spans) for path, spans in secrets.items()}
    shown: list[Finding] = []
    for finding in findings:
        path, span = finding.location.path, finding.location.span
        spans, words = secrets.get(path, ()), values.get(path, ())
        shown.append(
            msgspec.structs.replace(
                _discreet(finding, values),
                line_hash=hashes[path].get(span.line, ""),
                excerpt=excerpt(sources[path], span, spans, words),
                context=context(sources[path], span, spans, words),
            )
        )
    return shown


def _discreet(finding: Finding, values: Mapping[str, Sequence[str]]) -> Finding:
    """The finding with the secrets of its file taken out of every text, and of a step's own file out of the step's."""
    words = values.get(finding.location.path, ())
    if not words and not any(step.location.path in values for step in finding.steps):
        return finding

    def clean(step: Step) -> Step:
        known = dict.fromkeys((*words, *values.get(step.location.path, ())))
        return msgspec.structs.replace(step, message=redacted(step.message, known))

    return msgspec.structs.replace(
        finding,
        message=redacted(finding.message, words),
        fix=redacted(finding.fix, words),
        related=tuple(Related(place.location, redacted(place.message, words)) for place in finding.related),
        steps=tuple(clean(step) for step in finding.steps),
    )
