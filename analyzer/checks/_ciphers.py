"""The part of BA204 about encryption: broken ciphers, the mode that shows patterns, keys that are too short."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks import _crypto, _vectors
from analyzer.facts.expressions import Attribute, Call, Constant
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.arrivals import Arrival, arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule
from analyzer.project.target import Place

_AEAD = (
    "Encrypt with `AESGCM(key).encrypt(nonce, data, None)` and a fresh `os.urandom(12)` for each message, or `Fernet`"
)
_NO_MODE = 1
"""Arguments of PyCrypto's ``AES.new(key)``, which means ECB."""
_NUMBERED = {1: "MODE_ECB"}
_BITS = re.compile(r"(?:SECP|SECT|BRAINPOOLP|NIST|P-?|PRIME)(\d{3})", re.IGNORECASE)
_ENCRYPTING = frozenset({"encrypt", "encryptor", "encrypt_and_digest", "seal"})
_DECRYPTING = frozenset({"decrypt", "decryptor", "decrypt_and_verify", "unpad"})

KINDS = ("cipher", "mode", "vector", "size", "curve", "padding")


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Findings about encryption and keys, in order of places."""
    for place in _crypto.places(picture, flow, _crypto.calls_of(*KINDS) | {"getattr"}):
        for point in flow.calls(place):
            dotted = _crypto.called(flow, point)
            if dotted:
                yield from _in_call(flow, rule, point, dotted)
            yield from _padding(flow, rule, point, dotted)


def _in_call(flow: Flow, rule: Rule, point: Point, dotted: str) -> Iterator[Finding]:
    call = point.expression
    assert isinstance(call, Call)
    broken = _crypto.primitive("cipher", dotted)
    if broken is not None:
        name = broken.name or dotted.rpartition(".")[2]
        why = "its blocks of 64 bits repeat after some gigabytes" if name != "RC4" else "its key stream is biased"
        why = "its key is found by trying" if name == "DES" else why
        message = f"`{written(call)}` encrypts with {name}, which is broken: {why}"
        yield _finding(rule, point, message, _AEAD, _by_use(flow, point.place))
        return
    yield from _mode(flow, rule, point, dotted)
    yield from _vector(flow, rule, point, dotted)
    yield from _size(flow, rule, point, dotted)
    yield from _curve(flow, rule, point, dotted)


def _mode(flow: Flow, rule: Rule, point: Point, dotted: str) -> Iterator[Finding]:
    known_as = _crypto.primitive("mode", dotted)
    call = point.expression
    if known_as is None or not isinstance(call, Call):
        return
    told = "encrypts in ECB mode: equal blocks come out equal, so the text shows through"
    if known_as.argument < 0:
        yield _finding(rule, point, f"`{written(call)}` {told}", _AEAD, _by_use(flow, point.place))
        return
    mode = _crypto.given(point, known_as)
    if mode is None:
        if len(call.arguments) == _NO_MODE and not call.arguments[0].star:
            yield _finding(rule, point, f"`{written(call)}` without a mode {told}", _AEAD, Confidence.MEDIUM)
        return
    for arrival in arrivals(flow, mode):
        if _named_mode(flow, arrival.point) == "MODE_ECB":
            at = arrival.site or point
            sure = _by_use(flow, point.place)
            yield _finding(rule, at, f"`{written(call)}` {told}", _AEAD, sure, point)


def _named_mode(flow: Flow, point: Point) -> str:
    one = point.expression
    if isinstance(one, Constant):
        return _NUMBERED.get(one.value, "") if type(one.value) is int else ""
    if isinstance(one, Attribute) and one.attr.startswith("MODE_"):
        return one.attr
    for found in _crypto.looked_up(flow, point):
        return found.rpartition(".")[2]
    return next((text for text, _ in _crypto.words(flow, point) if text.startswith("MODE_")), "")


def _vector(flow: Flow, rule: Rule, point: Point, dotted: str) -> Iterator[Finding]:
    known_as = _crypto.primitive("vector", dotted)
    vector = _crypto.given(point, known_as) if known_as is not None else None
    call = point.expression
    if vector is None or not isinstance(call, Call):
        return
    seen: set[int] = set()
    for arrival, how in _vectors.repeated(flow, point, vector):
        at = arrival.site or point
        if id(at.expression) in seen:
            continue
        seen.add(id(at.expression))
        sure = Confidence.MEDIUM if how == "a setting" or how.startswith("`") else Confidence.HIGH
        if _by_use(flow, point.place) is not Confidence.HIGH:
            sure = Confidence.LOW
        yield _finding(
            rule,
            at,
            f"`{written(call)}` gets {how} as its vector or nonce, the same one for every message: equal beginnings "
            "show, and with a stream or GCM two messages give each other away",
            "Make a fresh `os.urandom(…)` for each message and send it in front of what was encrypted",
            sure,
            point,
        )


def _size(flow: Flow, rule: Rule, point: Point, dotted: str) -> Iterator[Finding]:
    known_as = _crypto.primitive("size", dotted)
    size = _crypto.given(point, known_as) if known_as is not None else None
    if size is None or known_as is None:
        return
    for bits, arrival in _crypto.numbers(flow, size):
        if 0 < bits < known_as.least:
            yield _finding(
                rule,
                arrival.site or point,
                f"`{_spelled(point)}` makes a key of {bits:,} bits for {known_as.name}: "
                f"at least {known_as.least:,} are needed",
                f"Ask for {max(3072, known_as.least):,} bits, or use `Ed25519PrivateKey.generate()`",
                Confidence.HIGH,
                point,
            )


def _curve(flow: Flow, rule: Rule, point: Point, dotted: str) -> Iterator[Finding]:
    known_as = _crypto.primitive("curve", dotted)
    if known_as is None:
        return
    curve = _crypto.given(point, known_as)
    call = point.expression
    if curve is None:
        # The default curve of python-ecdsa has 192 bits.
        if dotted.startswith("ecdsa.") and isinstance(call, Call) and not call.arguments:
            yield _short_curve(rule, point, point, "NIST192p")
        return
    for arrival in arrivals(flow, curve):
        name = _curve_name(flow, arrival)
        found = _BITS.search(name)
        if found is not None and int(found.group(1)) < known_as.least:
            yield _short_curve(rule, arrival.site or point, point, name)


def _curve_name(flow: Flow, arrival: Arrival) -> str:
    one = arrival.point.expression
    node = one.func if isinstance(one, Call) else one
    last = chain(node).rpartition(".")[2]
    return last if _BITS.search(last) else next((text for text, _ in _crypto.words(flow, arrival.point)), "")


def _short_curve(rule: Rule, at: Point, point: Point, name: str) -> Finding:
    message = f"`{_spelled(point)}` makes a key on the curve `{name}`: at least 224 bits are needed"
    return _finding(rule, at, message, "Use `SECP256R1` (P-256) or Ed25519", Confidence.HIGH, point)


def _padding(flow: Flow, rule: Rule, point: Point, dotted: str) -> Iterator[Finding]:
    """RSA encryption with PKCS #1 v1.5: who sees which messages are refused can read them all."""
    call = point.expression
    named = _crypto.primitive("padding", dotted) is not None
    if not named and isinstance(call, Call) and chain_end(call) in {"encrypt", "decrypt"}:
        second = argument(call, 1, "padding")
        inner = Point(point.place, second, point.environment) if second is not None else None
        named = inner is not None and any(
            _crypto.called(flow, one.point).endswith("asymmetric.padding.PKCS1v15") for one in arrivals(flow, inner)
        )
    if not named or not isinstance(call, Call):
        return
    decrypts = chain_end(call) == "decrypt" or _by_use(flow, point.place) is Confidence.MEDIUM
    yield _finding(
        rule,
        point,
        f"`{written(call)}` encrypts with RSA and the padding of PKCS #1 v1.5: who can ask which messages are refused "
        "reads them (Bleichenbacher)",
        "Use OAEP: `padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)`",
        Confidence.MEDIUM if decrypts else Confidence.LOW,
    )


def _by_use(flow: Flow, place: Place) -> Confidence:
    """Less sure where a function only decrypts: what others encrypted, or what was stored long ago."""
    ends = {chain_end(one.expression) for one in flow.calls(place) if isinstance(one.expression, Call)}
    only = bool(ends & _DECRYPTING) and not ends & _ENCRYPTING
    return Confidence.MEDIUM if only else Confidence.HIGH


def _spelled(point: Point) -> str:
    return written(point.expression) if isinstance(point.expression, Call) else chain(point.expression)


def _finding(
    rule: Rule, at: Point, message: str, fix: str, confidence: Confidence, sink: Point | None = None
) -> Finding:
    apart = sink is not None and sink.expression is not at.expression
    return Finding(
        rule=rule.code,
        location=location(at.place, at.expression),
        message=message,
        fix=fix,
        severity=rule.severity,
        confidence=confidence,
        related=(Related(location(sink.place, sink.expression), "it is used here"),) if apart and sink else (),
    )
