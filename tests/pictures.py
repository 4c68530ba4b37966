"""Pictures of small projects made of texts, for tests of roles, edges, reach and the rules on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer import checks, graph
from analyzer.frameworks import recognise
from analyzer.graph.picture import Picture
from analyzer.model import Finding, Tier
from analyzer.rulebook import load_rules
from tests.projects import project_of

RULES = {rule.code: rule for rule in load_rules()}


def picture_of(
    files: Mapping[str, str], roles: Sequence[tuple[str, str]] = (), tiers: Mapping[str, Tier] | None = None
) -> Picture:
    """The picture of files given as ``{path: source}``."""
    return graph.build(recognise(project_of(files)), tiers or {}, roles)


def findings_of(files: Mapping[str, str], code: str, roles: Sequence[tuple[str, str]] = ()) -> list[Finding]:
    """What one rule reports of files, with routes and chains attached."""
    picture = picture_of(files, roles)
    result = checks.run(picture, [RULES[code]])
    assert not result.notes, result.notes
    return graph.attach(result.findings, picture)


def lines_of(files: Mapping[str, str], code: str) -> set[tuple[str, int]]:
    """Where one rule reports, as path and line."""
    return {(item.location.path, item.location.span.line) for item in findings_of(files, code)}
