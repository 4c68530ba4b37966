"""BA111: request data in the filter of a directory search."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._reaching import reaching, request_part
from analyzer.flow.questions import Pictured
from analyzer.model import Finding, Rule


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA111, in order of places."""
    says = (
        "{data} comes from the client and becomes part of the filter that {sink} asks the directory with: `*` or `)(` "
    )
    yield from reaching(picture, rule, "ldap", request_part, says + "in it ask for something else")
