"""The part of BA401 about bodies whose shape a handler takes for granted: keys in keys, uploads, the password of a
login, what is split like text. A body of another shape ends in an error that nothing catches, and the answer is a 500,
whoever is at fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from analyzer.checks._conversions import answered, caught
from analyzer.checks._raw import Given, given, validates
from analyzer.facts.expressions import Attribute, Call, Compare, Constant, Name, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import chain_end, location
from analyzer.frameworks.backend import Route
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project import Place

_BODY = re.compile(r"^(?:self\.)?(?:request|req)(?:\.(?:json|data|body|POST|FILES|GET|query_params|query))?$")
"""How requests spell what has only the keys that a client sent."""
_REFUSED = re.compile(r"^request\.(?:form|args|files|values)$")
"""What Flask answers with 400 itself where a key is missing."""
_CATCHING = frozenset({"KeyError", "LookupError", "MultiValueDictKeyError", "Exception", "BaseException"})
_CALLED_BACK = re.compile(r"web_?hook|callback|slack|telegram|github|stripe|event|notif|internal", re.IGNORECASE)
"""Routes that a service calls whose bodies are known."""
_READS = re.compile(
    r"(?:^|\.)(?:json|get_json|data|body|POST|FILES|GET|query_params|query|post|form|loads)(?:$|[.(\[])|^get_json"
)
_OF_TEXT = frozenset("split rsplit strip lower upper replace encode startswith endswith partition title".split())
_FIX = "Let a schema, form or serializer take the body, or ask for the key and answer 400"


def missing_keys(picture: Picture, flow: Flow, rule: Rule, told: Set[Place]) -> Iterator[tuple[Place, Finding]]:
    """The first such key of each handler that is not ``told`` of otherwise, in order of places."""
    if any(answered(picture, error) for error in ("KeyError", "LookupError", "Exception", "MultiValueDictKeyError")):
        return
    for place, routes in picture.handlers().items():
        function = flow.project.function(place)
        if function is None or place in told or not picture.is_main(place.path) or _called_back(function, routes):
            continue
        raw = given(flow.project, place)
        sent = raw or Given(place, frozenset(), True)
        if not sent.roots and not any(_READS.search(use.chain) for use in function.uses):
            continue
        if validates(flow, sent) or _asks_for_any(flow, place):
            continue
        found = _first(flow, sent)
        if found is not None:
            yield place, _finding(rule, place, found)


def _called_back(function: Function, routes: Sequence[Route]) -> bool:
    return any(_CALLED_BACK.search(text) for text in (function.qualname, *(one.path for one in routes)))


def _first(flow: Flow, raw: Given) -> Subscript | None:
    """The first key that is read where nothing catches that it is not there."""
    lines = list(caught(flow, raw.place, _CATCHING))
    known, texts = _asked_for(flow, raw.place), _taken_as_text(flow, raw.place)
    for point in flow.points(raw.place):
        node = point.expression
        if not isinstance(node, Subscript) or not isinstance(node.index, Constant):
            continue
        key = node.index.value
        if not isinstance(key, str) or key in known or any(first <= node.line <= last for first, last in lines):
            continue
        held = Point(point.place, node.value, point.environment)
        depends = isinstance(node.value, Subscript) or (node.line, node.column) in texts or _depends(flow, held, key)
        if depends and _of_body(flow, raw, held):
            return node
    return None


def _depends(flow: Flow, held: Point, key: str) -> bool:
    """Whether what follows is written for one shape only: an upload, or the password of a body of JSON."""
    holder = chain(held.expression)
    if holder.endswith("request.FILES"):
        return True
    made = (chain(inner) for one in flow.origins(held) for inner in walk(one.expression) if isinstance(inner, Call))
    form = holder.endswith((".POST", ".GET", ".form")) or any(one.endswith((".post()", ".form()")) for one in made)
    return is_password_name(key) and not form


def _taken_as_text(flow: Flow, place: Place) -> set[tuple[int, int]]:
    """Where keys stand whose values are split, stripped or cut as only text can be, there or under a name of theirs."""
    nodes = list(walk(flow.project.body(place)))
    named = {
        one.targets[0].id: one.value
        for one in nodes
        if isinstance(one, Assign) and isinstance(one.value, Subscript) and isinstance(one.targets[0], Name)
    }
    found = set()
    for one in nodes:
        if isinstance(one, Call) and isinstance(one.func, Attribute) and one.func.attr in _OF_TEXT:
            held = one.func.value
            held = named.get(held.id, held) if isinstance(held, Name) else held
            found.add((held.line, held.column))
    return found


def _of_body(flow: Flow, raw: Given, point: Point) -> bool:
    """Whether an expression is a body with the keys that a client sent, or a mapping in one."""
    rows = flow.value(point).rows
    if not rows or any(len(row) != 1 for row in rows):
        return False
    for (part,) in rows:
        if part.kind != "request" or _REFUSED.search(part.text):
            return False
        nested = re.match(r"(\w+)(?:\[['\"]\w+['\"]\])+$", part.text)
        if not (_BODY.search(part.text) or part.text in raw.roots or nested):
            return False
    return True


def _asked_for(flow: Flow, place: Place) -> set[object]:
    """The keys that a function asks for before it reads them: ``if "name" in data``, ``data.get("name")``."""
    found: set[object] = set()
    for node in walk(flow.project.body(place)):
        if isinstance(node, Compare) and node.operators[0] in {"in", "not in"} and isinstance(node.left, Constant):
            found.add(node.left.value)
        elif isinstance(node, Call) and chain_end(node) in {"get", "setdefault", "has_key"} and node.arguments:
            first = node.arguments[0].value
            if isinstance(first, Constant):
                found.add(first.value)
        elif isinstance(node, Assign):
            for target in node.targets:
                if isinstance(target, Subscript) and isinstance(target.index, Constant):
                    found.add(target.index.value)
    return found


def _asks_for_any(flow: Flow, place: Place) -> bool:
    """Whether a function goes through the keys that have to be there: ``all(key in data for key in REQUIRED)``."""
    for node in walk(flow.project.body(place)):
        if isinstance(node, Compare) and node.operators[0] in {"in", "not in"} and isinstance(node.left, Name):
            return True
        if isinstance(node, Call) and (
            chain_end(node) in {"keys", "issubset", "issuperset"} or chain(node.func) == "set"
        ):
            return True
    return False


def _finding(rule: Rule, place: Place, node: Subscript) -> Finding:
    key = node.index.value if isinstance(node.index, Constant) else ""
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"The key `{key}` is read as though every client sent it, and as expected: a body without it, or of "
        "another shape, ends in an error that nothing catches",
        fix=_FIX,
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
    )
