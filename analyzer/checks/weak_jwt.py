"""BA302: JSON web tokens that anybody can make, or that are good for ever."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.checks._endless import endless
from analyzer.facts.expressions import AnyExpression, Call, Constant, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, texts
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, location, places_calling, uses_of, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

_SIGNING = {
    "jwt.encode": 0, "jwt.api_jwt.encode": 0, "jose.jwt.encode": 0,
    "authlib.jose.jwt.encode": 1, "joserfc.jwt.encode": 1,
}  # fmt: skip
"""What signs claims, and at which position it takes them."""
_EXPIRIES = frozenset({"JWT_ACCESS_TOKEN_EXPIRES", "JWT_REFRESH_TOKEN_EXPIRES"})
_ENDLESS = (
    "signs claims without `exp`: who finds such a token in a log or on a lost device is let in for ever",
    "Add `exp`, minutes or hours from now, and have it checked where the token is read",
)
_MODULES = ("jwt.", "jose.jwt.", "jose.jws.", "joserfc.jwt.")


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA302, in order of places."""
    flow = flow_of(picture)
    for place in places_calling(flow.project, frozenset({"encode", "decode"})):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call):
                continue
            told, sure = _fault(flow, point, call), Confidence.HIGH
            if told is None and _never_expires(flow, point, call):
                told, sure = (f"`{written(call)}` {_ENDLESS[0]}", _ENDLESS[1]), Confidence.MEDIUM
            if told is not None:
                yield Finding(
                    rule=rule.code,
                    location=location(place, call),
                    message=told[0],
                    fix=told[1],
                    severity=rule.severity,
                    confidence=sure,
                )
    yield from _switched_off(picture, flow, rule)


def _never_expires(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a token is signed whose claims have no expiry."""
    target = flow.project.resolve_expression(point.place, call.func)
    dotted = target.dotted if target is not None and not target.ours else ""
    if dotted not in _SIGNING:
        return False
    claims = argument(call, _SIGNING[dotted], "payload", "claims")
    return claims is not None and endless(flow, Point(point.place, claims, point.environment))


def _switched_off(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``JWT_ACCESS_TOKEN_EXPIRES = False`` and ``create_access_token(expires_delta=False)`` (Flask-JWT-Extended)."""
    for place in places_calling(flow.project, frozenset({"create_access_token", "create_refresh_token"})):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or not flow.project.callee(place, call).startswith("flask_jwt_extended."):
                continue
            given = argument(call, -1, "expires_delta")
            if isinstance(given, Constant) and given.value is False:
                yield _off(rule, place, call, "`expires_delta=False`")
    for path in flow.project.paths():
        if not deployed(picture, path):
            continue
        outline = flow.project.outline(path)
        for statement in [*outline.body, *(one for item in outline.classes for one in item.body)]:
            if (
                isinstance(statement, Assign)
                and isinstance(statement.value, Constant)
                and statement.value.value is False
            ):
                name = chain(statement.targets[0])
                if name in _EXPIRIES:
                    yield _off(rule, Place(path, -1), statement.value, f"`{name}` is off")
    for place in flow.project.places():
        if not any(use.chain.endswith("config[]") for use in uses_of(flow.project, place)):
            continue
        for node in walk(flow.project.body(place)):
            target = node.targets[0] if isinstance(node, Assign) else None
            key = target.index.value if isinstance(target, Subscript) and isinstance(target.index, Constant) else None
            value = node.value if isinstance(node, Assign) else None
            if (
                key in _EXPIRIES
                and isinstance(value, Constant)
                and value.value is False
                and deployed(picture, place.path)
            ):
                yield _off(rule, place, value, f"`{key}` is off")


def _off(rule: Rule, place: Place, node: AnyExpression, what: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"{what}: who finds such a token in a log or on a lost device is let in for ever",
        fix="Let access tokens expire after minutes, and hand out refresh tokens that can be revoked",
        severity=rule.severity,
        confidence=Confidence.HIGH,
    )


def _fault(flow: Flow, point: Point, call: Call) -> tuple[str, str] | None:
    """What is wrong with a call that makes or reads a token, and what to do; ``None`` for nothing."""
    target = flow.project.resolve_expression(point.place, call.func)
    dotted = target.dotted if target is not None and not target.ours else ""
    if not dotted.startswith(_MODULES):
        return None
    given = argument(call, 2, "algorithm" if dotted.endswith(".encode") else "algorithms")
    if given is None:
        return None
    named = [one.upper() for one in texts(flow, Point(point.place, given, point.environment))]
    if dotted.endswith(".encode") and "NONE" in named:
        return (
            f'`{written(call)}` signs with "none": anybody can write such a token',
            "Sign with a key: `HS256` and a secret of 32 bytes, or `EdDSA`",
        )
    shared = {one for one in named if one.startswith("HS")}
    public = {one for one in named if one.startswith(("RS", "ES", "PS", "EDDSA"))}
    if dotted.endswith(".decode") and shared and public:
        return (
            f"`{written(call)}` accepts {', '.join(f'`{one}`' for one in sorted(shared | public))} with one key: "
            "a token signed with the public key as a secret may pass",
            "Name the one algorithm you sign with",
        )
    return None
