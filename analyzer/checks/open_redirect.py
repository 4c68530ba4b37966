"""BA108: request data that chooses where a redirect leads."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._reaching import reaching
from analyzer.checks._targets import checked, chosen
from analyzer.flow.questions import Pictured
from analyzer.model import Finding, Rule


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA108, in order of places."""
    says = "{data} comes from the client and decides where {sink} sends the browser: to any other site as well"
    yield from reaching(picture, rule, "redirect", chosen, says, settled=checked)
