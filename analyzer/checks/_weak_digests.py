"""The part of BA204 about digests that can be forged, where security rests on them. What a digest is for decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks import _crypto, _digest_uses
from analyzer.checks._digest_uses import Use
from analyzer.facts.expressions import Attribute, Call, Constant
from analyzer.facts.secretnames import split
from analyzer.facts.visit import walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import chain_end, location
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule

_DEPTH = 3
"""Helpers followed outwards from the digest to where its purpose shows."""
_SIGNATURE = frozenset({"signature", "signatures", "sig", "sign", "signed", "hmac", "seal"})
_SIGNING = frozenset({"sign", "signature", "sig", "hmac", "signed", "signer"})
_SECRET = re.compile(
    r"(?:^|_)(?:secret|secret_?key|sign(?:ing)?_?key|(?:api|app|client|shared|hmac|webhook|merchant|partner|jwt)_?secret"
    r"|private_?key|hmac_?key|mac_?key|shared_?key|secret_?word|pepper|merchant_?key|auth_?key|app_?key|api_?key)$|<secret>",
    re.IGNORECASE,
)
"""What only those who may sign know."""
_KEY = re.compile(r"(?:^|_)(?:key|salt)$", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?:^|_)(?:(?:access|reset|auth|refresh|api|login|verif\w*|activation|confirm\w*|invit\w*|session|csrf|security|user"
    r"|unsubscribe|download|remember(?:_me)?|magic|bearer|password)_?token|(?:reset|verif\w*|activation|confirm\w*|login"
    r"|invit\w*|unsubscribe|recovery|magic)_?(?:code|key|hash|link)|session_?(?:id|key)|api_?key|license_?key|csrf|otp)$",
    re.IGNORECASE,
)
"""Names of what lets somebody in."""
_PLAIN_TOKEN = re.compile(r"(?:^|_)token$", re.IGNORECASE)
_MAKING = re.compile(r"^_*(?:gen|generate|create|make|new|get|build|issue|compute|calc\w*|derive)?_?", re.IGNORECASE)
_CIPHER_KEY = re.compile(
    r"(?:^|_)(?:encrypt\w*|aes|cipher|crypt\w*|fernet|signing|private|secret)_?key$", re.IGNORECASE
)
_KEPT = frozenset({"hash", "hashed", "digest"})
_ADMITTING = frozenset({"token", "key", "code", "session", "otp", "secret"})
_NOUN = re.compile(
    r"^_*(?!(?:make|create|generate|gen|compute|calc|calculate|get|build|verify|check|validate|valid|sign)_)\w+_(?:signature|sig)$"
)
"""``request_signature``: as often a fingerprint as a signature."""
_GUESSED = re.compile(
    r"(?:^|_)(?:e?mail|user(?:_?(?:id|name))?|account(?:_id)?|time|now|utcnow|timestamp|login|phone|customer(?:_id)?|member)$",
    re.IGNORECASE,
)
"""Names of what others know or can try."""
_PINNED = frozenset({"fingerprint", "thumbprint", "pin", "pinned", "pins"})
_HARMLESS = frozenset(
    "cache cached caching etag checksum checksums content contents gravatar avatar dedup dedupe deduplicate "
    "duplicate duplicates duplicated file files filename path paths bucket shard partition color colour index "
    "slug revision rev version identicon idempotency idempotent lock redis memo memoize thumb thumbnail "
    "thumbnails image photo asset assets static query schema config bundle accept git blob commit migration "
    "constraint chunk block template trace error exception group tracking anonymize anonymous ip row record uuid "
    "page pagination cursor next continuation md5 sum hits stats bloom ngram tokens tokenizer text document doc "
    "vector embedding source code model dag task job pipeline step function func type method nonce state "
    "modified match".split()
)
"""Words of names under which a digest only tells things apart."""
_RANDOM = re.compile(
    r"^(?:urandom|uuid[14]|token_(?:bytes|hex|urlsafe)|get_random_\w+|randbytes|random_bytes|getrandbits|SystemRandom"
    r"|random_string|generate_key)$"
)
_PRESCRIBED = re.compile(
    r"258EAFA5-E914-47DA-95CA-C5AB0DC85B11|gravatar\.com|pwnedpasswords|Content-?MD5|If-None-Match|\betag\b"
    r"|x5t\b|^blob |libravatar|Digest realm",
    re.IGNORECASE,
)
"""Constants of protocols that prescribe the digest, and forgo its strength."""

_FORGED = {
    "SHA-1": "two texts with the same SHA-1 can be made",
    "MD5": "two texts with the same MD5 are made in seconds",
}


class Made(msgspec.Struct, frozen=True):
    """A digest where it is made or where a helper hands it back: its algorithm, the call, what goes in."""

    algorithm: str
    point: Point
    data: tuple[Point, ...]
    digest: Point


class Purpose(msgspec.Struct, frozen=True):
    """What a digest is used for, in words, what to do instead and how sure we are."""

    message: str
    fix: str
    confidence: Confidence
    unseen: bool = False
    """Only what goes in tells the purpose."""


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Findings about digests, in order of places."""
    wanted = _crypto.calls_of("digest") | {"getattr", "fingerprint"} | _variables(flow)
    for place in _crypto.places(picture, flow, wanted):
        for point in flow.calls(place):
            for made in _made(flow, point):
                yield from _weighed(flow, rule, made, _DEPTH)


def _variables(flow: Flow) -> frozenset[str]:
    """Names that modules and classes give a digest: ``HASH = hashlib.sha1``."""
    found = set()
    for path in flow.project.paths():
        outline = flow.project.outline(path)
        for item in (*outline.locals, *(one for each in outline.classes for one in each.locals)):
            if item.how == "assign" and _crypto.weak_digest(item.source.rpartition(".")[2]):
                found.add(item.target.rpartition(".")[2])
    return frozenset(found)


def _made(flow: Flow, point: Point) -> Iterator[Made]:
    """The broken digests a call makes. One whose name is handed in is made where it is handed in."""
    call = point.expression
    dotted = _crypto.called(flow, point)
    if isinstance(call, Call) and chain_end(call) == "fingerprint" and call.arguments:
        # A certificate's, which counts where it is compared with one that is trusted.
        algorithm = Point(point.place, call.arguments[0].value, point.environment)
        yield from (Made(name, point, (), point) for name, _ in _crypto.digests(flow, algorithm))
        return
    if not isinstance(call, Call) or _crypto.primitive("digest", dotted) is None or _crypto.off(point):
        return
    last = dotted.rpartition(".")[2]
    if last in {"MD5", "SHA1"} and dotted.startswith("cryptography."):
        return  # it only names the algorithm; what it is handed to counts
    named = dotted in {"hashlib.new", "_hashlib.new"} or last == "Hash"
    if not named:
        name = _crypto.weak_digest(last.removeprefix("openssl_")) or _crypto.made_digest(flow, point)
        if name:
            yield Made(name, point, _data(flow, point, 0), point)
        return
    first = argument(call, 0, "name", "algorithm")
    told: set[int] = set()
    inner = Point(point.place, first, point.environment) if first is not None else None
    for name, arrival in _crypto.digests(flow, inner) if inner is not None else ():
        at = arrival.site or point
        if id(at.expression) in told:
            continue
        told.add(id(at.expression))
        yield Made(name, at, _data(flow, point, 1) if at is point else _arguments(at), point)


def _data(flow: Flow, point: Point, position: int) -> tuple[Point, ...]:
    """What goes into a digest: the argument of the call, and of the ``update`` calls on what it gave."""
    call = point.expression
    assert isinstance(call, Call)
    first = argument(call, position, "data", "string")
    found = [Point(point.place, first, point.environment)] if first is not None else []
    for other in flow.calls(point.place):
        one = other.expression
        if isinstance(one, Call) and chain_end(one) == "update" and isinstance(one.func, Attribute) and one.arguments:
            holder = Point(other.place, one.func.value, other.environment)
            if any(origin.expression is call for origin in flow.origins(holder)):
                found.append(Point(other.place, one.arguments[0].value, other.environment))
    return tuple(found)


def _arguments(point: Point) -> tuple[Point, ...]:
    call = point.expression
    given = call.arguments if isinstance(call, Call) else []
    return tuple(Point(point.place, one.value, point.environment) for one in given)


def _weighed(flow: Flow, rule: Rule, made: Made, depth: int) -> Iterator[Finding]:
    names = _digest_uses.names_in(flow, made.data)
    if any(is_password_name(name) for name in names):
        return  # BA203
    if any(_RANDOM.search(name) for name in names) or _prescribed(flow, made):
        return
    uses = _digest_uses.uses(flow, made.point.place, made.point.expression)
    purpose = _purpose(flow, made, names, uses)
    if purpose is not None:
        if not (purpose.unseen and _only_harmless(flow, made, uses)):
            yield _finding(rule, made, _as_asked(flow, made, purpose, uses))
        return
    returned = [use.name for use in uses if use.how == "returned"]
    if returned and depth and not _harmless(returned):
        for site in flow.callers.every(made.point.place):
            point = flow.call_at(site)
            if point is not None and site.place != made.point.place:
                yield from _weighed(flow, rule, Made(made.algorithm, point, _arguments(point), made.digest), depth - 1)


def _as_asked(flow: Flow, made: Made, purpose: Purpose, uses: list[Use]) -> Purpose:
    """A signature that leaves for another server is made as that server prescribes; one that is compared is ours."""
    if any(use.how == "compared" for use in uses):
        return purpose
    place = made.point.place
    names = _digest_uses.holders(flow, place, made.point.expression)
    asked = bool(names) and _digest_uses.sent_away(flow, place, names)
    return msgspec.structs.replace(purpose, confidence=Confidence.LOW) if asked else purpose


def _only_harmless(flow: Flow, made: Made, uses: list[Use]) -> bool:
    """Whether all who get a digest from the function that makes it only tell things apart by it."""
    if not any(use.how == "returned" for use in uses):
        return False
    points = [flow.call_at(site) for site in flow.callers.every(made.point.place)]
    asked = [(one.place, _digest_uses.uses(flow, one.place, one.expression)) for one in points if one is not None]
    return bool(asked) and all(_harmless([use.name for use in found]) for _, found in asked)


def _purpose(flow: Flow, made: Made, names: set[str], uses: list[Use]) -> Purpose | None:
    function = flow.project.function(made.point.place)
    around = function.name if function is not None else ""
    called = [use.name for use in uses if use.how != "argument"]
    signs = next((name for name in called if split(name)[-1:] and split(name)[-1] in _SIGNATURE), "")
    if not signs and set(split(around)) & _SIGNING and any(use.how in {"returned", "compared"} for use in uses):
        signs = around
    compared = any(use.how == "compared" and _from_request(flow, use) for use in uses)
    secrets = sorted(name for name in names if _SECRET.search(name))
    harmless = _harmless([use.name for use in uses] + [around])
    if secrets and len(names) > 1 and _more_than(flow, made):
        if not signs and not compared and harmless:
            return None
        if signs or compared:
            return _signing(made, signs or around, Confidence.HIGH)
        return msgspec.structs.replace(_signing(made, around, Confidence.MEDIUM), unseen=True)
    if signs and (secrets or any(_KEY.search(name) for name in names)):
        return _signing(made, signs, Confidence.HIGH)
    if signs and compared:
        return _signing(made, signs, Confidence.MEDIUM)
    token = next((name for name in called if _TOKEN.search(_bare(name))), "")
    if token and not (harmless and not _TOKEN.search(_bare(around))):
        return _token(made, token, Confidence.MEDIUM)
    cipher_key = next((name for name in called if _CIPHER_KEY.search(name)), "")
    if cipher_key:
        return _key(made, cipher_key)
    if harmless:
        return None
    kept = any(set(split(name)) & _KEPT and set(split(name)) & _ADMITTING for name in (*called, around))
    hashed = next((name for name in sorted(names) if _TOKEN.search(name) or _PLAIN_TOKEN.search(name)), "")
    if kept and hashed and called:
        return _kept(made, hashed)
    pinned = next((u.name for u in uses if u.how == "compared" and set(split(u.name)) & _PINNED), "")
    if pinned:
        return _pin(made, pinned)
    plain = next((name for name in called if _PLAIN_TOKEN.search(_bare(name))), "")
    if plain:
        guessed = any(_GUESSED.search(name) for name in names)
        return _token(made, plain, Confidence.MEDIUM if guessed else Confidence.LOW)
    if signs:
        makes = signs == around and not _NOUN.search(around)
        sent = makes or any(use.how in {"entry", "keyword"} and use.name == signs for use in uses)
        return _signing(made, signs, Confidence.MEDIUM if sent else Confidence.LOW)
    return _said(made)


def _more_than(flow: Flow, made: Made) -> bool:
    """Whether something goes in beside the secret."""
    if len(made.data) > 1:
        return True
    for point in made.data:
        parts = {(part.kind, part.text) for part in flow.value(point).parts()}
        if len(parts) > 1:
            return True
    return False


def _from_request(flow: Flow, use: Use) -> bool:
    if split(use.name)[-1:] and split(use.name)[-1] in _SIGNATURE:
        return True
    return use.other is not None and any(part.kind == "request" for part in flow.value(use.other).parts())


def _harmless(names: list[str]) -> bool:
    return any(set(split(name)) & _HARMLESS for name in names)


def _bare(name: str) -> str:
    return _MAKING.sub("", "_".join(split(name))) or name


def _prescribed(flow: Flow, made: Made) -> bool:
    body = flow.project.body(made.point.place)
    return any(isinstance(n, Constant) and isinstance(n.value, str) and _PRESCRIBED.search(n.value) for n in walk(body))


def _forged(made: Made) -> str:
    return _FORGED.get(made.algorithm, "two texts with the same digest are made at once")


def _signing(made: Made, name: str, confidence: Confidence) -> Purpose:
    return Purpose(
        f"`{name or _digest_uses.spelled(made.point)}` signs with a plain {made.algorithm} digest: "
        f"{_forged(made)}, and who has one signature can append to what was signed",
        "Sign with `hmac.new(secret, data, hashlib.sha256)` and compare with `hmac.compare_digest`",
        confidence,
    )


def _token(made: Made, name: str, confidence: Confidence) -> Purpose:
    return Purpose(
        f"`{name}` is made with {made.algorithm} of values that others know or can guess: who computes it is let in",
        "Make it with `secrets.token_urlsafe(32)`, or sign the values with `hmac.new(secret, data, hashlib.sha256)`",
        confidence,
    )


def _key(made: Made, name: str) -> Purpose:
    return Purpose(
        f"`{name}` is derived with one round of {made.algorithm}: secrets that a person chose are tried in seconds",
        "Derive it with `HKDF(algorithm=hashes.SHA256(), …)` from a random secret, with scrypt from a chosen one",
        Confidence.MEDIUM,
    )


def _kept(made: Made, name: str) -> Purpose:
    return Purpose(
        f"`{name}` is kept as a {made.algorithm} digest: {_forged(made)}",
        "Keep `hashlib.sha256(…)` of it, or an HMAC where it has few digits",
        Confidence.MEDIUM,
    )


def _pin(made: Made, name: str) -> Purpose:
    return Purpose(
        f"`{name}` is compared with a {made.algorithm} digest: {_forged(made)}, and one of them passes for the other",
        "Compare SHA-256 fingerprints",
        Confidence.MEDIUM,
    )


def _said(made: Made) -> Purpose | None:
    call = made.digest.expression
    said = argument(call, -1, "usedforsecurity") if isinstance(call, Call) else None
    if not (isinstance(said, Constant) and said.value is True):
        return None
    return Purpose(
        f"`{_digest_uses.spelled(made.digest)}` is said to be for security, and {_forged(made)}",
        "Use `hashlib.sha256(…)`",
        Confidence.MEDIUM,
    )


def _finding(rule: Rule, made: Made, purpose: Purpose) -> Finding:
    apart = made.digest.expression is not made.point.expression
    return Finding(
        rule=rule.code,
        location=location(made.point.place, made.point.expression),
        message=purpose.message,
        fix=purpose.fix,
        severity=rule.severity,
        confidence=purpose.confidence,
        related=(Related(location(made.digest.place, made.digest.expression), "the digest is made here"),)
        if apart
        else (),
    )
