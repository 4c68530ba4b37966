"""BA112: request data in an XPath expression."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._reaching import reaching, request_part
from analyzer.flow.questions import Pictured
from analyzer.model import Finding, Rule


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA112, in order of places."""
    says = "{data} comes from the client and becomes part of the path that {sink} evaluates: `' or '1'='1` selects all"
    yield from reaching(picture, rule, "xpath", request_part, says)
