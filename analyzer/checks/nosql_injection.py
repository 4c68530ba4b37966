"""BA110: parts of a JSON body in a filter of MongoDB, where an object in place of a text is an operator."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Format, Mapping, Name, Subscript
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, flow_of, location, places_calling, written
from analyzer.flow.values import spelled
from analyzer.flow.ways import ends, way
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule

_OWN = frozenset("find_one update_one update_many delete_one delete_many replace_one count_documents "
    "find_one_and_update find_one_and_delete find_one_and_replace".split())  # fmt: skip
"""Methods that only collections of MongoDB have."""
_CALLS = _OWN | {"find", "aggregate", "distinct"}
_COLLECTION = re.compile(r"(?:^|\.)(?:db|mongo|database|collection|coll|\w+_collection|\w+_coll)(?:$|[.\[(])")
_MONGO = re.compile(r"^(?:pymongo|motor|flask_pymongo|mongoengine|beanie)\b")
_JSON = re.compile(r"(?:^|\.)(?:request|req)\.(?:get_json|json|media|data|json_body)\b|get_json\(\)$|load_json")
_DEPTH = 6
_FIX = "Make it a text first, `str(value)`, or take it through a schema that declares its type"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA110, in order of places."""
    flow = flow_of(picture)
    for place in places_calling(flow.project, frozenset(_CALLS)):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or chain_end(call) not in _CALLS or not _mongo(flow, point, call):
                continue
            given = argument(call, 0, "filter", "query", "pipeline")
            found = _open(flow, Point(place, given, point.environment)) if given is not None else None
            if found is not None:
                at, name = found
                part = next(part for part in flow.value(at).parts() if part.kind == "request")
                end = f"put into the filter of `{spelled(call.func)}`"
                yield Finding(
                    rule=rule.code,
                    location=location(place, call),
                    message=f"`{name}` comes from a JSON body and stands in the filter of `{spelled(call.func)}`: an "
                    'object such as `{"$ne": null}` there matches every record',
                    fix=_FIX,
                    severity=rule.severity,
                    confidence=Confidence.HIGH,
                    steps=way(flow, at, part, [ends(place, call, end)]),
                )


def _mongo(flow: Flow, point: Point, call: Call) -> bool:
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is not None and target.ours:
        return False
    if target is not None and _MONGO.match(target.dotted):
        return True
    name = written(call)
    return chain_end(call) in _OWN or _COLLECTION.search(name.rpartition(".")[0]) is not None


def _open(flow: Flow, point: Point, depth: int = _DEPTH) -> tuple[Point, str] | None:
    """What of a filter may be an operator of the client's, and how the code spells it; ``None`` for nothing."""
    if depth <= 0:
        return None
    for origin in flow.origins(point):
        one, here = origin.expression, origin.environment
        if isinstance(one, Mapping):
            for key, value in zip(one.keys, one.values, strict=True):
                inner = Point(origin.place, value, here)
                if isinstance(key, Constant) and key.value == "$where":
                    if _text(flow, inner):
                        return inner, spelled(value) or "$where"
                    continue
                found = _open(flow, inner, depth - 1)
                if found is not None:
                    return found
        elif _json(flow, Point(origin.place, one, here), depth - 1):
            parts = [part for part in flow.value(Point(origin.place, one, here)).parts() if part.kind == "request"]
            if parts:
                return Point(origin.place, one, here), parts[0].text or spelled(one)
    return None


def _text(flow: Flow, point: Point) -> bool:
    """Whether a script holds what a client sent."""
    return any(part.kind == "request" for part in flow.value(point).parts())


def _json(flow: Flow, point: Point, depth: int) -> bool:
    """Whether an expression is a JSON body or an item of one, with whatever type the client gave it."""
    one: AnyExpression = point.expression
    if depth <= 0 or isinstance(one, Format):
        return False
    if isinstance(one, Await):
        one = one.value
    name = chain(one)
    if _JSON.search(name.replace("[]", "")) and ("request" in name or "req." in name):
        return True
    if isinstance(one, Call):
        if chain(one.func) in {"json.loads", "loads"} and one.arguments:
            return _text(flow, Point(point.place, one.arguments[0].value, point.environment))
        if isinstance(one.func, Attribute) and one.func.attr in {"get", "pop", "copy"}:
            return _json(flow, Point(point.place, one.func.value, point.environment), depth - 1)
        return False
    if isinstance(one, Subscript):
        return _json(flow, Point(point.place, one.value, point.environment), depth - 1)
    if isinstance(one, Name):
        return any(
            origin.expression is not one
            and _json(flow, Point(origin.place, origin.expression, origin.environment), depth - 1)
            for origin in flow.origins(point)
        )
    return False
