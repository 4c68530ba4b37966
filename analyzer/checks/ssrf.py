"""BA104: request data that chooses the host of an outbound request."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._reaching import reaching, ruled
from analyzer.checks._targets import checked, chosen
from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place


def _checked(flow: Flow, place: Place, callers: bool) -> bool:
    return checked(flow, place, callers=callers, host=True)


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA104, in order of places."""
    says = "{data} comes from the client and decides which host {sink} asks, the network behind the server included"
    asked = reaching(picture, rule, "url", chosen, says, settled=_checked, counts=_asks)
    fetched = reaching(picture, rule, "command", _fetched, says, settled=_checked)
    for finding in (*asked, *fetched):
        yield msgspec.structs.replace(finding, confidence=Confidence.LOW) if ruled(picture, finding) else finding


_ANSWER = re.compile(r"\b(?:get|post|put|patch|delete|head|options|request|send|urlopen)\(\)\.", re.IGNORECASE)
"""A method of what a request brought (``requests.get(url).json().get(key)``) asks nobody."""


_FETCHING = re.compile(r"\A\s*(?:\S*/)?(?:curl|wget|httpie?)\s(?:.*\s)?[\"']?")
"""The beginning of a command that asks another host, up to the URL."""


def _fetched(row: Row) -> Part | None:
    """The part of a command line that decides which host ``curl`` or ``wget`` asks."""
    if not row or row[0].kind != "text":
        return None
    begun = _FETCHING.match(row[0].text)
    if begun is None:
        return None
    return chosen((msgspec.structs.replace(row[0], text=row[0].text[begun.end() :]), *row[1:]))


def _asks(flow: Flow, point: Point, call: Call) -> bool:
    target = flow.project.resolve_expression(point.place, call.func)
    if chain(call.func).endswith(".setopt"):  # of all options of curl the URL alone
        return bool(call.arguments) and chain(call.arguments[0].value).rpartition(".")[2] == "URL"
    return target is None or not _ANSWER.search(target.dotted)
