"""The part of BA401 about validators that cannot refuse: what they return is looked at by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assert, Raise, Return
from analyzer.facts.visit import chain, walk
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Span, Tier
from analyzer.project import Place

_FIELDS = re.compile(
    r"^(?:django\.(?:contrib\.gis\.)?(?:db\.models|forms)|rest_framework\.(?:serializers|fields)|wtforms)\."
)
"""Fields whose validators refuse by raising: Django's, REST framework's, WTForms'."""
_ONLY_LOOKING = frozenset(
    "match fullmatch search compile findall len str int float isinstance any all startswith endswith isdigit isalpha "
    "isalnum isnumeric strip lower upper split set list bool type print".split()
)
"""Calls that look at a value; another one might raise what the validator is meant to raise."""


def toothless(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Functions given to a field as its validator that return what they find and never raise: every value passes."""
    told: set[Place] = set()
    project = picture.project
    for path in project.paths():
        if picture.tier(path) is not Tier.MAIN:
            continue
        for index, item in enumerate(project.outline(path).classes):
            for field, at, statement in project.classes.fields(path, index) if _mentions(item.body) else ():
                for place in _given(picture, Place(at, -1), statement.value):
                    function = project.function(place)
                    if place in told or function is None or not returns_only(project.body(place)):
                        continue
                    told.add(place)
                    yield Finding(
                        rule=rule.code,
                        location=Location(
                            place.path, Span(function.line, function.column, function.line, function.end_column)
                        ),
                        message=f"`{function.name}` validates `{field}` of `{item.name}` and never raises: what it "
                        "returns is looked at by nobody, and every value passes",
                        fix="Raise a `ValidationError` for what is not to pass",
                        severity=rule.severity,
                        confidence=Confidence.HIGH,
                    )


def _mentions(body: Sequence[msgspec.Struct]) -> bool:
    return any(isinstance(node, Call) and _listed(node) is not None for node in walk(list(body)))


def _listed(call: Call) -> AnyExpression | None:
    return next((one.value for one in call.arguments if one.keyword == "validators"), None)


def _given(picture: Picture, place: Place, made: AnyExpression | None) -> Iterator[Place]:
    """The functions of ours in ``IntegerField(validators=[percentage])``."""
    listed = _listed(made) if isinstance(made, Call) else None
    if not isinstance(made, Call) or not isinstance(listed, Display):
        return
    target = picture.project.resolve_expression(place, made.func)
    if target is None or not _FIELDS.match(target.dotted):
        return
    for one in listed.items:
        found = picture.project.resolve_expression(place, one) if isinstance(one, Name | Attribute) else None
        if found is not None and found.kind == "function":
            yield Place(found.path, found.index)


def returns_only(body: Sequence[msgspec.Struct]) -> bool:
    """Whether a function answers with what it finds out about a value, and never raises."""
    nodes = list(walk(list(body)))
    if any(isinstance(node, Raise | Assert) for node in nodes):
        return False
    called = (chain(node.func).rpartition(".")[2] or "?" for node in nodes if isinstance(node, Call))
    answers = [node.value for node in nodes if isinstance(node, Return)]
    says = any(one is not None and not (isinstance(one, Constant) and one.value is None) for one in answers)
    return says and all(name in _ONLY_LOOKING for name in called)
