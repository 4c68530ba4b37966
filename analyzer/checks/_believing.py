"""The part of BA304 about functions that take a client's word for who it is, or for what it may do."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _public
from analyzer.checks._claimed import Believed, Claim
from analyzer.checks._claimed_persons import persons, self_made
from analyzer.checks._may import Evidence, Handled
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Span, Step
from analyzer.project import Place


def person_of(picture: Picture, one: Handled) -> Claim | None:
    """Who the client says it is, where a handler itself believes that and nothing else asks."""
    told_elsewhere = not one.guards and one.changing
    if one.stands or told_elsewhere or any(guard.place != one.handler for guard in one.guards):
        return None
    found = next(persons(picture, one.handler), None)
    return found if found is not None and (found.cookie or self_made(picture, one.handler)) else None


def believing(picture: Picture, rule: Rule, known: Evidence) -> Iterator[Finding]:
    """What runs before handlers, or is called by them, and believes a client: one finding a function."""
    handlers, guards, believed = (
        {one.handler for one in known.handled},
        picture.shared(Guards),
        picture.shared(Believed),
    )
    before = {place: one for one in known.handled for place in guards.before(one.route) if one.view < 0}
    helpers = {place: one for one in known.handled if one.view < 0 for place in _public.below(picture, one.handler)[1:]}
    for place in sorted({*before, *helpers} - handlers):
        if not picture.is_main(place.path):
            continue
        claim = next(iter(believed.of(place)), None) if place in before else None
        person = next(persons(picture, place), None) if claim is None else None
        if person is not None and (person.cookie or self_made(picture, place)):
            claim = person
        if claim is not None:
            one = before.get(place) or helpers[place]
            yield told(picture, rule, place, claim, f"for {one.route.label}")


def told(picture: Picture, rule: Rule, place: Place, claim: Claim, label: str) -> Finding:
    """A function that takes a client's word for who it is, or for what it may do."""
    function = picture.project.outline(place.path).functions[place.index]
    shown = claim.node
    at = Location(claim.place.path, Span(shown.line, shown.column, shown.end_line, shown.end_column))
    return Finding(
        rule=rule.code,
        location=Location(place.path, Span(function.line, function.column, function.line, function.end_column)),
        message=f"`{function.name}` ({label}) believes {claim.what}, and every client can send what it likes",
        fix="Take who is asking from the session that the server keeps or a signed token, and look rights up for them",
        severity=rule.severity,
        confidence=Confidence.HIGH if claim.cookie else Confidence.MEDIUM,
        related=(),
        steps=(Step(at, "it is believed here"),),
    )
