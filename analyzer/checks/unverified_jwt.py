"""BA301: a JSON web token whose claims are believed although nobody verified them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name, Sequence, Subscript
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants, entries, spread, texts
from analyzer.flow.engine import Flow, Point, below, scan
from analyzer.flow.environment import Definition, key
from analyzer.flow.questions import Pictured, chain_end, flow_of, location, places_calling, written
from analyzer.knowledge import Decoder, known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_BASE64 = frozenset({"b64decode", "urlsafe_b64decode", "standard_b64decode", "decodebytes", "base64url_decode", "b64d"})
_PROVING = frozenset(
    {"compare_digest", "verify", "verify_signature", "verify_token", "validate_token", "new", "digest"}
)
"""Calls that check a signature by hand."""

_SENDING = frozenset({"get", "post", "put", "request", "fetch", "send", "introspect", "introspect_token", "userinfo"})
"""Calls of HTTP and OAuth clients."""

_CLAIM_CHECKS = ("verify_exp", "verify_aud", "verify_iss", "verify_nbf", "verify_iat")
_TIMES = {"verify_exp": "exp", "verify_nbf": "nbf", "verify_iat": "iat"}
"""Claims that code may well compare with a clock of its own."""

_TOKEN_WORDS = ("token", "jwt", "bearer", "credential", "authorization", "assertion")
_BEARERS = frozenset(
    {"fastapi.security.HTTPBearer", "fastapi.security.http.HTTPBearer", "fastapi.security.OAuth2PasswordBearer"}
)
_JWT_MODULES = ("jwt", "jose", "authlib", "joserfc", "jwcrypto", "python_jwt")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one call, how sure we are, and what to do instead."""

    message: str
    fix: str
    confidence: Confidence = Confidence.HIGH
    claim: str = ""
    """The claim whose check is off; a function that looks at the claim itself is in order."""


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA301, in order of places."""
    flow = flow_of(picture)
    wanted = names(known().decoders) | _BASE64 | {"JsonWebToken"}
    for place in places_calling(flow.project, wanted):
        yield from _in_function(flow, rule, place)
    for path in flow.project.paths():
        yield from _open_guards(flow, rule, path)


def judge(finding: Finding, picture: Pictured) -> str:
    """An engine's finding on a decoder that we know and find in order is refuted."""
    flow = flow_of(picture)
    path, line = finding.location.path, finding.location.span.line
    if path not in flow.project.modules.outlines:
        return "stand"
    seen = False
    for place in places_calling(flow.project, names(known().decoders)):
        if place.path != path:
            continue
        for point in flow.calls(place):
            call = point.expression
            if isinstance(call, Call) and call.line <= line <= call.end_line and _decoder(flow, point):
                seen = True
    return "refute" if seen else "stand"


def _decoder(flow: Flow, point: Point) -> Decoder | None:
    call = point.expression
    if not isinstance(call, Call) or chain_end(call) not in names(known().decoders):
        return None
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    return known().decoder(target.dotted, written(call)) if target is not None and not target.ours else None


def _in_function(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    faults: list[tuple[Point, Fault, str]] = []
    verified: set[str] = set()
    proven = False
    for point in flow.calls(place):
        call = point.expression
        assert isinstance(call, Call)
        decoder = _decoder(flow, point)
        if decoder is None:
            proven = proven or chain_end(call) in _PROVING
            verified.update(_sent(flow, point, call))
            fault = _by_hand(flow, point, call) or _lenient(flow, point, call)
        else:
            fault = _fault(flow, point, call, decoder)
            if fault is None and decoder.kind == "verify":
                verified.add(_token(call))
        if fault is not None:
            faults.append((point, fault, _token(call) if decoder else "?"))
    for point, fault, token in faults:
        if token in verified or (token == "?" and (verified or proven)):
            continue
        if fault.claim and _reads_claim(flow, place, fault.claim):
            continue
        yield Finding(
            rule=rule.code,
            location=location(place, point.expression),
            message=fault.message,
            fix=fault.fix,
            severity=rule.severity,
            confidence=min(fault.confidence, _trust(flow, point)),
        )


def _trust(flow: Flow, point: Point) -> Confidence:
    """How likely the token comes from a client. An ID token that the application got from its provider's token endpoint
    is authenticated by TLS (OpenID Connect Core 1.0, section 3.1.3.7, item 6)."""
    call = point.expression
    first = argument(call, 0, "jwt", "token", "s") if isinstance(call, Call) else None
    if first is None:
        return Confidence.HIGH
    sources = flow.value(Point(point.place, first, point.environment)).sources()
    if any(part.kind == "request" for part in sources):
        return Confidence.HIGH
    name = _token(call).lower() if isinstance(call, Call) else ""
    if "id_token" in name or "access_token" in name:
        return Confidence.MEDIUM if any(part.kind == "parameter" for part in sources) else Confidence.LOW
    return Confidence.HIGH


def _sent(flow: Flow, point: Point, call: Call) -> Iterator[str]:
    """Tokens that a call sends to another server, which answers only when it has verified them."""
    if chain_end(call) not in _SENDING:
        return
    for one in call.arguments:
        for origin in flow.origins(Point(point.place, one.value, point.environment)):
            for inner, _ in scan(origin.expression, origin.environment):
                name = key(inner)
                if name:
                    yield name


def _reads_claim(flow: Flow, place: Place, claim: str) -> bool:
    """Whether a function looks at a claim itself: ``claims.exp``, ``claims["exp"]``, ``claims.get("exp")``."""
    for point in flow.points(place):
        one = point.expression
        if isinstance(one, Attribute) and one.attr == claim:
            return True
        index = one.index if isinstance(one, Subscript) else None
        if isinstance(one, Call) and chain_end(one) in {"get", "pop"}:
            index = argument(one, 0)
        if isinstance(index, Constant) and index.value == claim:
            return True
    return False


def _token(call: Call) -> str:
    first = argument(call, 0, "jwt", "token", "s")
    return key(first) or chain(first)


def _fault(flow: Flow, point: Point, call: Call, decoder: Decoder) -> Fault | None:
    if decoder.kind == "header":
        return None
    name = written(call)
    if decoder.kind == "unverified":
        return Fault(
            f"`{name}` reads the claims of a token without verifying its signature: anybody can write them",
            'Verify it with `jwt.decode(token, key, algorithms=["…"])` and use the claims that returns',
        )
    verify = argument(call, -1, "verify")
    if verify is not None and False in constants(flow, Point(point.place, verify, point.environment)):
        return Fault(
            f"`{name}` is told `verify=False`: the token's signature is not checked, so anybody can write its claims",
            f"Leave `verify` out and give `{name}` the key and the one algorithm you sign with",
        )
    return _options(flow, point, call, name) or _algorithms(flow, point, call, decoder, name)


def _options(flow: Flow, point: Point, call: Call, name: str) -> Fault | None:
    options = argument(call, 3, "options")
    if options is not None:
        where = Point(point.place, options, point.environment)
        if any(False in constants(flow, one) for one in entries(flow, where, "verify_signature")):
            return Fault(
                f"`{name}` is told `verify_signature: False`: anybody can write the claims of this token",
                f"Take the option out and give `{name}` the key and the one algorithm you sign with",
            )
        for check_ in _CLAIM_CHECKS:
            if any(False in constants(flow, one) for one in entries(flow, where, check_)):
                return Fault(
                    f"`{name}` is told `{check_}: False`: {_SKIPPED[check_]}",
                    f"Take `{check_}` out of the options",
                    Confidence.MEDIUM,
                    _TIMES.get(check_, ""),
                )
    expired = argument(call, -1, "allow_expired")
    if expired is not None and True in constants(flow, Point(point.place, expired, point.environment)):
        return Fault(f"`{name}` accepts expired tokens", "Leave `allow_expired` out", Confidence.MEDIUM)
    return None


_SKIPPED = {
    "verify_exp": "an expired token, also a stolen one, is accepted for ever",
    "verify_aud": "a token made for another service is accepted",
    "verify_iss": "a token of another issuer is accepted",
    "verify_nbf": "a token is accepted before it is valid",
    "verify_iat": "the time of issue is not checked",
}


def _algorithms(flow: Flow, point: Point, call: Call, decoder: Decoder, name: str) -> Fault | None:
    given = argument(call, decoder.algorithms, "algorithms", "algorithm")
    if given is None:
        if decoder.required and not spread(call) and argument(call, decoder.key, "key") is not None:
            return Fault(
                f"`{name}` gets no `algorithms`: the token itself chooses how it is verified",
                f'Name the one algorithm you sign with, `{name}(token, key, algorithms=["HS256"])`',
            )
        return None
    where = Point(point.place, given, point.environment)
    if any(text.lower() == "none" for text in texts(flow, where)):
        return _none_accepted(name)
    if _from_header(flow, where):
        return Fault(
            f"`{name}` takes its algorithm from the token's own header, which the sender writes",
            "Name the one algorithm you sign with",
            Confidence.MEDIUM,
        )
    return None


def _none_accepted(name: str) -> Fault:
    return Fault(
        f'`{name}` accepts the algorithm "none": a token without a signature passes',
        'Take "none" out of the list and name the one algorithm you sign with',
    )


def _lenient(flow: Flow, point: Point, call: Call) -> Fault | None:
    """``JsonWebToken(["HS256", "none"])``: the decoder is made lenient before it decodes anything."""
    if chain_end(call) != "JsonWebToken":
        return None
    given = argument(call, 0, "algorithms")
    if given is None or not any(
        text.lower() == "none" for text in texts(flow, Point(point.place, given, point.environment))
    ):
        return None
    return _none_accepted(written(call))


def _from_header(flow: Flow, where: Point) -> bool:
    """Whether a list of algorithms is ``header["alg"]`` of an unverified header."""
    for origin in flow.origins(where):
        items = origin.expression.items if isinstance(origin.expression, Sequence) else [origin.expression]
        for item in items:
            for inner in flow.origins(Point(origin.place, item, origin.environment)):
                expression = inner.expression
                if not isinstance(expression, Subscript | Call):
                    continue
                base = (
                    expression.value if isinstance(expression, Subscript) else getattr(expression.func, "value", None)
                )
                if base is None:
                    continue
                for one in flow.origins(Point(inner.place, base, inner.environment)):
                    if isinstance(one.expression, Call) and chain_end(one.expression).startswith(
                        "get_unverified_header"
                    ):
                        return True
    return False


def _by_hand(flow: Flow, point: Point, call: Call) -> Fault | None:
    """``json.loads(b64decode(token.split(".")[1]))``."""
    if chain_end(call) not in {"loads", "loads_json", "json_decode"}:
        return None
    first = argument(call, 0, "s")
    if first is None:
        return None
    seen = _Derivation(flow)
    seen.follow(first, Point(point.place, first, point.environment), 10)
    if not (seen.decoded and seen.payload):
        return None
    return Fault(
        f"The claims of {f'`{seen.payload}`' if seen.payload != '?' else 'a token'} are read with base64, "
        "its signature is never verified",
        'Verify it with a JWT library, `jwt.decode(token, key, algorithms=["…"])`, and use the claims that returns',
    )


class _Derivation:
    """What an expression was made from, all the way back: was it base64-decoded, is it the middle of a token?"""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._seen: set[int] = set()
        self.decoded = False
        self.payload = ""

    def follow(self, expression: AnyExpression, point: Point, depth: int) -> None:
        """Look at an expression and everything it is made of."""
        if depth <= 0 or id(expression) in self._seen:
            return
        self._seen.add(id(expression))
        known_as = point.environment.get(key(expression), ()) if key(expression) else ()
        for definition in known_as:
            self._defined(definition, point, depth)
        if known_as:
            return
        if isinstance(expression, Call) and chain_end(expression) in _BASE64:
            self.decoded = True
        if isinstance(expression, Subscript) and isinstance(expression.index, Constant) and expression.index.value == 1:
            self._split(expression.value, point)
        for inner in below(expression):
            self.follow(inner, point, depth - 1)

    def _defined(self, definition: Definition, point: Point, depth: int) -> None:
        if definition.how == "item" and definition.index[-1:] == (1,):
            for one in definition.previous:
                if one.expression is not None:
                    self._split(one.expression, Point(point.place, one.expression, one.environment or {}))
        for one in (definition, *definition.previous):
            if one.expression is not None:
                inner = Point(point.place, one.expression, one.environment or {})
                self.follow(one.expression, inner, depth - 1)

    def _split(self, expression: AnyExpression, point: Point) -> None:
        for origin in self._flow.origins(Point(point.place, expression, point.environment)):
            call = origin.expression
            if not isinstance(call, Call) or chain_end(call) not in {"split", "rsplit"}:
                continue
            separator = argument(call, 0, "sep")
            if isinstance(separator, Constant) and separator.value in {".", b"."}:
                name = key(call.func.value) if isinstance(call.func, Attribute) else ""
                if not name or any(word in name.lower() for word in _TOKEN_WORDS) or len(name) < 3:
                    self.payload = name or "?"


def _open_guards(flow: Flow, rule: Rule, path: str) -> Iterator[Finding]:
    """A bearer guard for JWTs that hands the credentials on without looking at them."""
    project = flow.project
    for index, item in enumerate(project.outline(path).classes):
        if not project.classes.descends(path, index, _BEARERS):
            continue
        entry = project.namespace(path).methods.get(index, {}).get("__call__")
        if entry is None or not (_imports_jwt(flow, path) or "jwt" in item.name.lower()):
            continue
        place = Place(path, entry)
        if _looks_at_token(flow, place):
            continue
        for expression, _ in flow.trace(place).returns:
            if isinstance(expression, Name | Attribute):
                yield Finding(
                    rule=rule.code,
                    location=location(place, expression),
                    message=f"`{item.name}` lets every bearer token through: it returns `{chain(expression)}` "
                    "and verifies nothing",
                    fix="Decode the token here with the key and the one algorithm you sign with; refuse it when that fails",
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                )
                break


def _imports_jwt(flow: Flow, path: str) -> bool:
    return any(
        not item.level and item.module.split(".", 1)[0] in _JWT_MODULES for item in flow.project.outline(path).imports
    )


def _looks_at_token(flow: Flow, place: Place) -> bool:
    """Whether a guard calls anything that could verify: everything but its base class and exceptions counts."""
    for point in flow.calls(place):
        call = point.expression
        assert isinstance(call, Call)
        last = chain_end(call)
        if (
            last in {"super", "__call__", "__init__"}
            or last[:1].isupper()
            or last in {"debug", "info", "warning", "error"}
        ):
            continue
        return True
    return False
