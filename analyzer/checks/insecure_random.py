"""BA205: tokens, passwords, codes and salts that can be guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Format, Interpolation, Mapping, Name
from analyzer.facts.statements import AnyStatement, Assign, Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.questions import flow_of, location, places_calling, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_SECRET = re.compile(
    r"(?:^|_)(?:passw(?:or)?d|otp|salt|secret|csrf|api_?key|session_?id|(?:access|reset|auth|refresh|api|login|verif\w*"
    r"|activation|confirm\w*|invite|session|security|user)_?token|(?:reset|verif\w*|activation|confirm\w*|auth|login|otp"
    r"|two_factor|mfa|security|recovery)_?(?:code|pin)|token)$",
    re.IGNORECASE,
)
"""Names of what lets somebody in."""
_KEY = re.compile(r"(?:^|_)key$", re.IGNORECASE)
"""A name that is a secret's only where what it gets was made to be long or unreadable."""
_SECURING = re.compile(r"(?:^|\.)(?:getrandbits|randbytes|hexdigest|digest|b64encode|urlsafe_b64encode)(?:$|\()")
_MAKING = re.compile(r"^_?(?:gen|generate|create|make|new|random|get|build|issue)_?", re.IGNORECASE)
_SHAPES = frozenset({"join", "upper", "lower", "strip", "zfill"})
_GUESSABLE = frozenset(
    {f"random.{one}" for one in "random choice choices randint randrange getrandbits sample uniform randbytes".split()}
    | {"uuid.uuid1"}
)
_NAMES = frozenset(one.rpartition(".")[2] for one in _GUESSABLE)


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA205: where the value is made, then where a helper's value becomes a secret."""
    flow = flow_of(picture)
    helpers: dict[str, str] = {}
    for place in places_calling(flow.project, _NAMES):
        if not deployed(picture, place.path):
            continue
        yield from _made(flow, rule, place)
        function = flow.project.function(place)
        if function is not None and _returns(flow, place) and not _named(function.name):
            helpers[function.name] = flow.project.qualified(place)
    for place in places_calling(flow.project, frozenset(helpers)) if helpers else ():
        if deployed(picture, place.path):
            yield from _helped(flow, rule, place, set(helpers.values()))


def _made(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    function = flow.project.function(place)
    given = function.name if function is not None and _named(function.name) else ""
    seen: set[int] = set()
    for name, value in _given(flow, place, given):
        call = _guessable(flow, place, value)
        if call is not None and id(call) not in seen:
            seen.add(id(call))
            yield _finding(rule, place, call, name, written(call))


def _given(flow: Flow, place: Place, given: str) -> Iterator[tuple[str, AnyExpression]]:
    """Values that get the name of a secret: assigned, passed under a keyword, or returned by a function named so."""
    body = flow.project.body(place)
    for node in walk(body):
        if isinstance(node, Assign) and node.value is not None:
            for target in node.targets:
                last = chain(target).rpartition(".")[2]
                if isinstance(target, Name | Attribute) and (_SECRET.search(last) or _key(last, node.value)):
                    yield last, node.value
                    yield from ((last, value) for value in _before(body, node.value))
        elif isinstance(node, Mapping):
            for name, value in zip(node.keys, node.values, strict=True):
                if isinstance(name, Constant) and isinstance(name.value, str) and _SECRET.search(name.value):
                    yield name.value, value
                    yield from ((name.value, one) for one in _before(body, value))
        elif isinstance(node, Call):
            for one in node.arguments:
                if one.keyword is not None and _SECRET.search(one.keyword):
                    yield one.keyword, one.value
                    yield from ((one.keyword, value) for value in _before(body, one.value))
        elif isinstance(node, Return) and node.value is not None and given:
            yield given, node.value
            yield from ((given, value) for value in _before(body, node.value))


def _before(body: list[AnyStatement], value: AnyExpression) -> Iterator[AnyExpression]:
    """What a name that is handed on, as it is or as text, was made of in the same function."""
    names = {one.id for one in _handed(value)}
    for inner in walk(body) if names else ():
        if isinstance(inner, Assign) and inner.value is not None and chain(inner.targets[0]) in names:
            yield inner.value


def _handed(value: AnyExpression) -> Iterator[Name]:
    """``code`` of ``code``, ``str(code)``, ``f"{code}"``, ``code.upper()`` and ``"".join(code)``."""
    if isinstance(value, Name):
        yield value
    elif isinstance(value, Format):
        for one in value.parts:
            yield from _handed(one.value if isinstance(one, Interpolation) else one)
    elif isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.attr in _SHAPES:
        yield from _handed(value.func.value)
        for given in value.arguments if value.func.attr == "join" else ():
            yield from _handed(given.value)
    elif isinstance(value, Call) and chain(value.func) in {"str", "int", "hex"} and value.arguments:
        yield from _handed(value.arguments[0].value)


def _key(name: str, value: AnyExpression) -> bool:
    """Whether a value is called a key and made like one: from many random bits, or as a digest of something random."""
    if _KEY.search(name) is None:
        return False
    return any(isinstance(one, Call) and _SECURING.search(chain(one.func)) for one in walk(value))


def _named(name: str) -> bool:
    return _MAKING.search(name) is not None and _SECRET.search(name) is not None


def _guessable(flow: Flow, place: Place, value: AnyExpression) -> Call | None:
    for one in walk(value):
        if isinstance(one, Call):
            target = flow.project.resolve_expression(place, one.func)
            if target is not None and not target.ours and target.dotted in _GUESSABLE:
                return one
    return None


def _returns(flow: Flow, place: Place) -> bool:
    """Whether a function returns text or a number made by the generator."""
    return any(
        isinstance(node, Return) and node.value is not None and _guessable(flow, place, node.value) is not None
        for node in walk(flow.project.body(place))
    )


def _helped(flow: Flow, rule: Rule, place: Place, helpers: set[str]) -> Iterator[Finding]:
    function = flow.project.function(place)
    given = function.name if function is not None and _named(function.name) else ""
    for name, value in _given(flow, place, given):
        target = flow.project.resolve_expression(place, value.func) if isinstance(value, Call) else None
        if target is None or not target.ours or target.kind != "function" or not isinstance(value, Call):
            continue
        if flow.project.qualified(Place(target.path, target.index)) in helpers:
            yield _finding(rule, place, value, name, written(value))


def _finding(rule: Rule, place: Place, node: AnyExpression, name: str, maker: str) -> Finding:
    clock = "a clock and an address" if maker.endswith("uuid1") else "a generator whose next values can be computed"
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"`{name}` is made by `{maker}`, {clock}: who sees a few guesses the others",
        fix="Make it with `secrets.token_urlsafe(32)`, digits with `secrets.randbelow(10**6)`",
        severity=rule.severity,
        confidence=Confidence.HIGH,
    )
