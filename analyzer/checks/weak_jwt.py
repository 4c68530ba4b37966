"""BA302: JSON web tokens that anybody can make, or that are good for ever."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _jwt_keys, _jwt_lifetimes
from analyzer.checks._choices import choices, deployed
from analyzer.checks._configured import settings
from analyzer.checks._endless import Claims, endless
from analyzer.checks._own_expiries import compared_itself
from analyzer.facts.expressions import Call
from analyzer.flow.arguments import argument, entries, texts
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, flow_of, location, places_calling, written
from analyzer.graph.picture import Picture
from analyzer.knowledge import known
from analyzer.model import Confidence, Finding, Rule

_ENDLESS = (
    "signs claims without `exp`: who finds such a token in a log or on a lost device is let in for ever",
    "Add `exp`, minutes or hours from now, and have it checked where the token is read",
)
_MODULES = ("jwt.", "jose.jwt.", "jose.jws.", "joserfc.", "authlib.jose.", "jwcrypto.", "fastapi_users.jwt.")
_TYPED = ("joserfc.", "authlib.", "jwcrypto.")
"""Libraries whose keys know their kind: a public one is no shared secret to them."""
_ACCEPTING = {"decode": 2, "decode_complete": 2, "verify": 2, "JsonWebToken": 0, "JWT": -1, "decode_jwt": 3}
"""What accepts algorithms, and at which position."""
_DECODING = frozenset({"JWT_DECODE_ALGORITHMS"})


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA302; a call may be told once for its algorithm or expiry and once for its key."""
    flow = flow_of(picture)
    yield from _of_calls(picture, flow, rule)
    yield from _of_settings(picture, flow, rule)
    told: set[tuple[str, int]] = set()
    for finding in _jwt_lifetimes.findings(picture, flow, rule):
        where = (finding.location.path, finding.location.span.line)
        if where not in told:
            told.add(where)
            yield finding
    yield from _jwt_keys.findings(picture, flow, rule)


def _of_calls(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    for place in places_calling(flow.project, frozenset(_ACCEPTING) | {"encode", "sign", "serialize_compact"}):
        if not deployed(picture, place.path) or not _jwt_keys.speaks_of_tokens(flow, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            dotted = _library(flow, point, call) if isinstance(call, Call) else ""
            if not isinstance(call, Call) or not dotted.startswith(_MODULES):
                continue
            told, sure = _fault(flow, point, call, dotted), Confidence.HIGH
            if told is not None and dotted.startswith(_TYPED) and chain_end(call) in _ACCEPTING:
                sure = Confidence.MEDIUM
            claims = _never_expires(flow, point, call, dotted) if told is None else ()
            if claims:
                own = compared_itself(flow, claims)
                told, sure = (f"`{written(call)}` {_ENDLESS[0]}", _ENDLESS[1]), Confidence.MEDIUM
                sure = Confidence.LOW if own else sure
            if told is not None:
                yield _finding(rule, point, told, sure)


def _of_settings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``JWT_DECODE_ALGORITHMS = ["HS256", "RS256"]`` (Flask-JWT-Extended)."""
    for name, value in settings(picture, _DECODING):
        told = _mixed(name, _named(flow, value))
        if told is not None:
            yield _finding(rule, value, told, Confidence.HIGH)


def _library(flow: Flow, point: Point, call: Call) -> str:
    target = flow.project.resolve_expression(point.place, call.func)
    return target.dotted if target is not None and not target.ours else ""


def _never_expires(flow: Flow, point: Point, call: Call, dotted: str) -> Claims:
    """The claims of a token that is signed without an expiry; none for other tokens."""
    signer = known().signer(dotted)
    if signer is None or signer.claims < 0 or not dotted.endswith(".encode"):
        return ()
    claims = argument(call, signer.claims, "payload", "claims")
    return endless(flow, Point(point.place, claims, point.environment)) if claims is not None else ()


def _fault(flow: Flow, point: Point, call: Call, dotted: str) -> tuple[str, str] | None:
    """What is wrong with a call that makes or reads a token, and what to do; ``None`` for nothing."""
    last = dotted.rpartition(".")[2]
    if last in {"encode", "sign", "serialize_compact"}:
        return _unsigned(flow, point, call, dotted)
    given = argument(call, _ACCEPTING.get(last, -1), "algorithms", "algs", "algorithm")
    if given is None or last not in _ACCEPTING:
        return None
    return _mixed(written(call), _named(flow, Point(point.place, given, point.environment)))


def _unsigned(flow: Flow, point: Point, call: Call, dotted: str) -> tuple[str, str] | None:
    signer = known().signer(dotted)
    header = argument(call, signer.header, "header") if signer is not None and signer.header >= 0 else None
    if header is not None:
        where = entries(flow, Point(point.place, header, point.environment), "alg")
        named = [one for entry in where for one in texts(flow, entry)]
    else:
        given = argument(call, 2, "algorithm")
        named = texts(flow, Point(point.place, given, point.environment)) if given is not None else []
    if not any(one.lower() == "none" for one in named):
        return None
    return (
        f'`{written(call)}` signs with "none": anybody can write such a token',
        "Sign with a key: `HS256` and a secret of 32 bytes, or `EdDSA`",
    )


def _named(flow: Flow, point: Point) -> list[str]:
    """The algorithms in a list or a text, also of a settings field."""
    found = texts(flow, point)
    for choice in choices(flow, point):
        values = choice.value if isinstance(choice.value, tuple) else (choice.value,)
        found += [one for one in values if isinstance(one, str)]
    return [one.upper() for one in found]


def _mixed(name: str, named: list[str]) -> tuple[str, str] | None:
    """Whether algorithms with a shared secret and with a public key are accepted at once."""
    shared = {one for one in named if one.startswith("HS")}
    public = {one for one in named if one.startswith(("RS", "ES", "PS", "EDDSA"))}
    if not shared or not public:
        return None
    return (
        f"`{name}` accepts {', '.join(f'`{one}`' for one in sorted(shared | public))} with one key: "
        "a token signed with the public key as a secret may pass",
        "Name the one algorithm you sign with",
    )


def _finding(rule: Rule, point: Point, told: tuple[str, str], confidence: Confidence) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(point.place, point.expression),
        message=told[0],
        fix=told[1],
        severity=rule.severity,
        confidence=confidence,
    )
