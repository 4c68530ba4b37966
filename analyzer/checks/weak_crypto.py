"""BA204: cryptography that no longer holds, or that is called so that it does not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from analyzer.checks import _ciphers, _crypto, _weak_digests, _weak_signatures
from analyzer.checks._choices import deployed
from analyzer.flow.questions import calls_at, flow_of
from analyzer.graph.picture import Picture
from analyzer.model import Finding, Rule


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA204; several on one line are told once."""
    flow = flow_of(picture)
    seen: set[tuple[str, int]] = set()
    parts = (_ciphers.findings, _weak_digests.findings, _weak_signatures.findings)
    for finding in itertools.chain.from_iterable(part(picture, flow, rule) for part in parts):
        where = (finding.location.path, finding.location.span.line)
        # What tests hand to a helper says nothing about the helper.
        if where not in seen and deployed(picture, finding.location.path):
            seen.add(where)
            yield finding


def judge(finding: Finding, picture: Picture) -> str:
    """What an engine says of a call that we know and find in order is refuted; a setting is out of our sight."""
    flow = flow_of(picture)
    around = calls_at(flow, finding.location.path, finding.location.span.line)
    return "refute" if any(_crypto.called(flow, point) for point in around) else "stand"
