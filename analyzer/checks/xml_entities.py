"""BA109: XML of a client is parsed with entities that may lead out of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.checks._choices import deployed
from analyzer.checks._reaching import reaching
from analyzer.facts.expressions import Call, Constant, Name
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import called_name, flow_of, location, places_calling
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule

_OPENING = (("resolve_entities", True), ("load_dtd", True), ("no_network", False), ("huge_tree", True))
_PARSERS = frozenset({"XMLParser", "setFeature", "ETCompatXMLParser"})
_FEATURES = frozenset({"feature_external_ges", "feature_external_pes"})
_FIX = "Leave entities off, `XMLParser(resolve_entities=False, no_network=True)`, or parse with `defusedxml`"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA109: XML of clients, then parsers told to follow entities; each in order of places."""
    flow = flow_of(picture)
    told = list(_told(picture, flow, rule))
    opened = {finding.location.path for finding in told}
    says = "{data} comes from the client, and {sink} may follow entities in it to files and hosts of the server"
    for finding in reaching(picture, rule, "xml", _sent, says, counts=_open):
        stdlib = "xml.etree" in finding.fix or "same name" in finding.fix
        sure = Confidence.LOW if stdlib else Confidence.MEDIUM
        sure = Confidence.HIGH if finding.location.path in opened else sure
        yield msgspec.structs.replace(finding, confidence=sure)
    yield from told


def _sent(row: Row) -> Part | None:
    return next((part for part in row if part.kind == "request"), None)


def _open(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a parser is none that leaves entities alone; the one of lxml's default follows them before 5.0."""
    given = argument(call, 1, "parser")
    if given is None:
        return True
    for origin in flow.origins(Point(point.place, given, point.environment)):
        made = origin.expression
        if isinstance(made, Call) and _off(flow, Point(origin.place, made, origin.environment), made):
            return False
    return True


def _off(flow: Flow, point: Point, made: Call) -> bool:
    if "defused" in chain(made.func):
        return True
    given = argument(made, -1, "resolve_entities")
    return given is not None and False in constants(flow, Point(point.place, given, point.environment))


def _told(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``XMLParser(resolve_entities=True)``, ``parser.setFeature(feature_external_ges, True)``."""
    for place in places_calling(flow.project, _PARSERS):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or called_name(flow, place, call) not in _PARSERS:
                continue
            switch = _switch(flow, point, call)
            if switch:
                yield Finding(
                    rule=rule.code,
                    location=location(place, call),
                    message=f"`{switch}` lets entities in a document lead to files and hosts of the server",
                    fix=_FIX,
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                )


def _switch(flow: Flow, point: Point, call: Call) -> str:
    if chain(call.func).endswith("setFeature"):
        if len(call.arguments) != 2 or chain(call.arguments[0].value).rpartition(".")[2] not in _FEATURES:
            return ""
        on = call.arguments[1].value
        switched = (isinstance(on, Constant) and bool(on.value)) or (isinstance(on, Name) and on.id == "True")
        return "feature_external_ges" if switched else ""
    target = flow.project.resolve_expression(point.place, call.func)
    if target is None or not target.dotted.startswith("lxml."):
        return ""
    for keyword, opening in _OPENING[:3]:
        given = argument(call, -1, keyword)
        if given is not None and opening in constants(flow, Point(point.place, given, point.environment)):
            return f"{keyword}={opening}"
    return ""
