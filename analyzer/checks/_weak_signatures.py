"""The part of BA204 about libraries that are told to sign with a broken digest."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _crypto
from analyzer.facts.expressions import Call, Constant
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule

_SIGNING = frozenset({"sign", "verify", "ECDSA", "Prehashed", "sign_digest", "sign_deterministic", "verify_digest"})
_NAMING = ("OpenSSL.", "rsa.")
"""Libraries that take the digest's name as text."""
_FIX = "Sign with SHA-256"


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Findings about signatures of libraries and about HMACs, in order of places."""
    for place in _crypto.places(picture, flow, _SIGNING | _crypto.calls_of("mac")):
        for point in flow.calls(place):
            found = _signed(flow, rule, point) or _mac(flow, rule, point)
            if found is not None:
                yield found


def _signed(flow: Flow, rule: Rule, point: Point) -> Finding | None:
    """``key.sign(data, padding, hashes.SHA1())``, ``pkcs1_15.new(key).sign(SHA1.new(data))``."""
    call = point.expression
    if not isinstance(call, Call) or chain_end(call) not in _SIGNING:
        return None
    dotted = _crypto.called(flow, point)
    for one in call.arguments:
        text = isinstance(one.value, Constant)
        if text and not dotted.startswith(_NAMING):
            continue
        if one.star:
            continue
        for name, arrival in _crypto.digests(flow, Point(point.place, one.value, point.environment)):
            if isinstance(arrival.point.expression, Constant) and not dotted.startswith(_NAMING):
                continue
            checks = chain_end(call).startswith("verify")
            return Finding(
                rule=rule.code,
                location=location(point.place, call),
                message=f"`{written(call)}` {'accepts' if checks else 'makes'} signatures over {name}: two texts with "
                "the same digest can be made, and the signature of one holds for the other",
                fix=_FIX,
                severity=rule.severity,
                confidence=Confidence.MEDIUM if checks else Confidence.HIGH,
            )
    return None


def _mac(flow: Flow, rule: Rule, point: Point) -> Finding | None:
    """HMAC with MD5. With SHA-1 it is not broken, and protocols prescribe it (RFC 4226, RFC 6238)."""
    known_as = _crypto.primitive("mac", _crypto.called(flow, point))
    digest = _crypto.given(point, known_as) if known_as is not None else None
    call = point.expression
    if digest is None or not isinstance(call, Call):
        return None
    for name, arrival in _crypto.digests(flow, digest):
        if name == "MD5":
            at = arrival.site or point
            return Finding(
                rule=rule.code,
                location=location(at.place, at.expression),
                message=f"`{written(call)}` signs with HMAC over MD5, which new code must not use (RFC 6151)",
                fix="Name `hashlib.sha256` as its digest",
                severity=rule.severity,
                confidence=Confidence.MEDIUM,
            )
    return None
