"""BA301: a JSON web token whose claims are believed although nobody verified them."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._bearer_guards import open_guards
from analyzer.checks._consequences import Consequences
from analyzer.checks._jwt_by_hand import BASE64, Fault, by_hand
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Name, Sequence, Subscript
from analyzer.facts.outline import Use
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, constants, entries, spread, texts
from analyzer.flow.arrivals import handing
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.environment import key
from analyzer.flow.questions import (
    Pictured,
    called_name,
    calls_at,
    chain_end,
    flow_of,
    location,
    places_calling,
    written,
)
from analyzer.graph.picture import Picture
from analyzer.knowledge import Decoder, known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_PROVING = frozenset(
    {"compare_digest", "verify", "verify_signature", "verify_token", "validate_token", "new", "digest"}
)
"""Calls that check a signature by hand."""

_SENDING = frozenset({"get", "post", "put", "request", "fetch", "send", "introspect", "introspect_token", "userinfo"})
"""Calls of HTTP and OAuth clients."""

_CLAIM_CHECKS = ("verify_exp", "verify_aud", "verify_iss", "verify_nbf")
_LOOKED_AT = {"verify_exp": "exp", "verify_nbf": "nbf", "verify_aud": "aud", "verify_iss": "iss"}
"""Claims that code may well look at itself: with a clock of its own, in a table of those it knows."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA301, in order of places, with the routes that nothing else guards."""
    flow = flow_of(picture)
    wanted = names(known().decoders) | BASE64 | {"JsonWebToken"}
    consequences = Consequences(picture, flow, lambda place: _verifies(flow, place))
    for place in places_calling(flow.project, wanted):
        for finding, signed in _in_function(flow, rule, place):
            yield finding if signed else consequences.told(finding, place)
    for path in flow.project.paths():
        for finding, place in open_guards(flow, rule, path):
            yield consequences.told(finding, place)


def _verifies(flow: Flow, place: Place) -> bool:
    """Whether a function verifies a token itself, as it should."""
    for point in flow.calls(place):
        call, decoder = point.expression, _decoder(flow, point)
        if decoder is None or decoder.kind != "verify" or not isinstance(call, Call):
            continue
        fault = _fault(flow, point, call, decoder)
        if fault is None or fault.signed:
            return True
    return False


def judge(finding: Finding, picture: Pictured) -> str:
    """An engine's finding on a decoder that we know and find in order is refuted."""
    flow = flow_of(picture)
    around = calls_at(flow, finding.location.path, finding.location.span.line)
    return "refute" if any(_decoder(flow, point) is not None for point in around) else "doubt"


def _decoder(flow: Flow, point: Point) -> Decoder | None:
    call = point.expression
    if not isinstance(call, Call) or called_name(flow, point.place, call) not in names(known().decoders):
        return None
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    return known().decoder(target.dotted, written(call)) if target is not None and not target.ours else None


def _in_function(flow: Flow, rule: Rule, place: Place) -> Iterator[tuple[Finding, bool]]:
    """What is wrong in a function, each with whether the signature is verified all the same."""
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
            fault = by_hand(flow, point, call) or _lenient(flow, point, call)
        else:
            fault = _fault(flow, point, call, decoder)
            if decoder.kind == "verify" and (fault is None or fault.signed):
                verified.add(_token(call))
        if fault is not None:
            faults.append((point, fault, _token(call) if decoder else "?"))
        elif decoder is not None and decoder.kind == "verify":
            faults.extend(_told(flow, point, call))
    for point, fault, token in faults:
        if (token in verified and not fault.signed) or (token == "?" and (verified or proven)):
            continue
        if fault.claim and (_reads_claim(flow, place, fault.claim) or _makes_them_without(flow, place, fault.claim)):
            continue
        finding = Finding(
            rule=rule.code,
            location=location(point.place, point.expression),
            message=fault.message,
            fix=fault.fix,
            severity=rule.severity,
            confidence=min(fault.confidence, _trust(flow, point) if point.place == place else Confidence.HIGH),
        )
        yield finding, fault.signed


def _told(flow: Flow, point: Point, call: Call) -> Iterator[tuple[Point, Fault, str]]:
    """Callers elsewhere that tell a function which decodes not to verify: ``read(token, verify=False)``."""
    verify, options = argument(call, -1, "verify"), argument(call, 3, "options")
    switches = [Point(point.place, verify, point.environment)] if verify is not None else []
    if options is not None:
        switches += entries(flow, Point(point.place, options, point.environment), "verify_signature")
    for switch in switches:
        for site in handing(flow, switch, False):
            name = written(site.expression) if isinstance(site.expression, Call) else ""
            fault = Fault(
                f"`{name}` is told not to verify the signature: anybody can write the claims of this token",
                f"Let `{name}` verify every token, and take the switch away",
            )
            yield site, fault, ""


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
    """Whether a function looks at a claim itself, ``claims["exp"]``; at whom a token is for or from by comparing it."""
    points = flow.points(place)
    if claim not in {"aud", "iss"}:
        return any(_is_claim(point.expression, claim) for point in points)
    compared = [point for point in points if isinstance(point.expression, Compare)]
    compared += [point for point in points if _is_among(point.expression)]
    for point in compared:
        for inner, state in scan(point.expression, point.environment):
            origins = flow.origins(Point(place, inner, state)) if isinstance(inner, Name) else ()
            if _is_claim(inner, claim) or any(_is_claim(one.expression, claim) for one in origins):
                return True
    return False


def _makes_them_without(flow: Flow, place: Place, claim: str) -> bool:
    """Whether the file that reads tokens also makes them, and names nobody they are for: nobody else signs with its
    key, so there is nothing to compare."""
    if claim not in {"aud", "iss"}:
        return False
    outline = flow.project.outline(place.path)
    made = [Place(place.path, index) for index, one in enumerate(outline.functions) if _encodes(one.uses)]
    bodies = [flow.project.body(one) for one in made]
    return bool(made) and not any(_speaks_of(node, claim) for body in bodies for node in walk(body))


def _encodes(uses: list[Use]) -> bool:
    return any(use.kind == "call" and use.chain.endswith("jwt.encode") for use in uses)


def _speaks_of(node: object, claim: str) -> bool:
    return isinstance(node, Constant) and node.value == claim


def _is_among(one: AnyExpression) -> bool:
    return isinstance(one, Call) and chain_end(one) in {"intersection", "isdisjoint", "issubset", "issuperset"}


def _is_claim(one: AnyExpression, claim: str) -> bool:
    """``claims.exp``, ``claims["exp"]``, ``claims.get("exp")``."""
    if isinstance(one, Attribute) and one.attr == claim:
        return True
    index = one.index if isinstance(one, Subscript) else None
    if isinstance(one, Call) and chain_end(one) in {"get", "pop"}:
        index = argument(one, 0)
    return isinstance(index, Constant) and index.value == claim


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
    # PyJWT 1 took ``verify`` where later versions take the algorithms.
    third = argument(call, 2)
    verify = argument(call, -1, "verify") or (third if isinstance(third, Constant) and third.value is False else None)
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
                claim = _LOOKED_AT.get(check_, "")
                handled = check_ == "verify_exp" and _required(flow, where, claim)
                return Fault(
                    f"`{name}` is told `{check_}: False`: {_SKIPPED[check_]}",
                    f"Take `{check_}` out of the options",
                    Confidence.LOW if handled else Confidence.MEDIUM,
                    claim,
                    signed=True,
                )
    expired = argument(call, -1, "allow_expired")
    if expired is not None and True in constants(flow, Point(point.place, expired, point.environment)):
        return Fault(f"`{name}` accepts expired tokens", "Leave `allow_expired` out", Confidence.MEDIUM, signed=True)
    return None


def _required(flow: Flow, options: Point, claim: str) -> bool:
    """``"require": ["exp"]``: who insists on a claim that the library shall not judge judges it elsewhere."""
    return any(claim in texts(flow, one) for one in entries(flow, options, "require"))


_SKIPPED = {
    "verify_exp": "an expired token, also a stolen one, is accepted for ever",
    "verify_aud": "a token made for another service is accepted",
    "verify_iss": "a token of another issuer is accepted",
    "verify_nbf": "a token is accepted before it is valid",
}


def _algorithms(flow: Flow, point: Point, call: Call, decoder: Decoder, name: str) -> Fault | None:
    given, misspelt = argument(call, decoder.algorithms, "algorithms"), argument(call, -1, "algorithm")
    if given is None and misspelt is not None and decoder.library == "PyJWT" and not spread(call):
        # PyJWT 1 takes any keyword and looks at none it does not know; PyJWT 2 refuses every token then.
        return Fault(
            f"`{name}` gets `algorithm=`, which only `encode` knows: the token itself chooses how it is verified",
            f'Spell it `algorithms`, and make it a list: `{name}(token, key, algorithms=["HS256"])`',
        )
    given = given or misspelt
    if given is None or _never(flow, Point(point.place, given, point.environment)):
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


def _never(flow: Flow, given: Point) -> bool:
    """Whether an argument is ``None`` on every way to it; ``[alg]`` on one of them is a list."""
    origins = list(flow.origins(given))
    if any(not isinstance(one.expression, Constant | Name) for one in origins):
        return False
    return constants(flow, given) == [None]


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
