"""BA203: a password kept by a digest made for speed, or by a password hash told to work too little."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import msgspec

from analyzer.checks import _costs
from analyzer.facts.expressions import Call, Compare, Constant, Name, Slice, Subscript
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants
from analyzer.flow.arrivals import given_at_calls
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.hashing import protecting_call
from analyzer.flow.passwords import is_password_name, last_name
from analyzer.flow.questions import Pictured, calls_at, chain_end, flow_of, location, places_calling, uses_of, written
from analyzer.knowledge import Hasher, known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Rule, Tier
from analyzer.project.target import Place

FIX = "Use a password hash, such as `argon2.PasswordHasher().hash(…)` or `bcrypt.hashpw(…, bcrypt.gensalt())`"

_TESTING = re.compile(r"(?:^|[/_.-])test(?:s|ing|utils)?(?=[/_.-])")
"""Words of a path that holds settings for tests."""
_SETTING = re.compile(r"(?:set|change|update|rehash|upgrade|migrate)_?\w*(?:passw|hash)", re.IGNORECASE)
_DRAWN = frozenset({"secrets.token_bytes", "secrets.token_hex", "os.urandom", "token_bytes", "urandom"})
_SOURCES = frozenset({"request", "parameter", "supplied", "attribute", "call", "unknown"})


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA203, in order of places; several on one line are told once."""
    flow = flow_of(picture)
    fast = names(one for one in known().hashers if one.kind == "fast")
    seen: set[tuple[str, int]] = set()
    digests = (finding for place in places_calling(flow.project, fast) for finding in _fast(flow, rule, place))
    for finding in itertools.chain(digests, _costs.findings(flow, rule, FIX)):
        if _new(finding, seen):
            # Tests hash fast on purpose, and old digests to prove that they are replaced.
            path = finding.location.path
            if picture.tier(path) is not Tier.TEST:
                tested = _TESTING.search(path) is not None
                yield msgspec.structs.replace(finding, confidence=Confidence.LOW) if tested else finding


def judge(finding: Finding, picture: Pictured) -> str:
    """An engine only sees the digest; we know whether a password goes in."""
    flow = flow_of(picture)
    around = calls_at(flow, finding.location.path, finding.location.span.line)
    return "refute" if any(digest_of(flow, point) is not None for point in around) else "doubt"


def digest_of(flow: Flow, point: Point) -> Hasher | None:
    """The fast digest that a call makes, if any."""
    call = point.expression
    if not isinstance(call, Call) or not chain(call.func):
        return None
    target = flow.project.resolve_expression(point.place, call.func)
    found = known().hasher(target.dotted, written(call)) if target is not None and not target.ours else None
    return found if found is not None and found.kind == "fast" else None


def _new(finding: Finding, seen: set[tuple[str, int]]) -> bool:
    where = (finding.location.path, finding.location.span.line)
    known_already = where in seen
    seen.add(where)
    return not known_already


def _fast(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    shielded = _shielded(flow, place)
    for point in flow.calls(place):
        call = point.expression
        assert isinstance(call, Call)
        fed = _fed(flow, point, call)
        if fed is None:
            continue
        made, data = fed
        if id(made) in shielded or _harmless(flow, point, made) or _prefix_only(flow, place, made):
            continue
        secret = _password(flow, data)
        if secret and _returned(flow, place, made) and (_hashed_by_callers(flow, place) or _replaced(flow, place)):
            continue
        if secret and _keyed_at_random(flow, point, made):
            continue
        if secret and _bound_to_stored(flow, place, made, secret):
            continue
        if secret and not _looked_up(flow, place, made) and not _upgrades(flow, place):
            yield _finding(rule, place, call, secret, _algorithm(made))
        elif not secret and _returned(flow, place, made):
            yield from _at_callers(flow, rule, data, made)


def _fed(flow: Flow, point: Point, call: Call) -> tuple[Call, Point] | None:
    """The digest a call makes or feeds, and the data that goes in."""
    if digest_of(flow, point) is not None:
        data = argument(call, 1 if chain_end(call) in {"new", "digest"} else 0, "string", "data", "msg")
        return None if data is None else (call, Point(point.place, data, point.environment))
    if chain_end(call) != "update" or not call.arguments:
        return None
    holder = getattr(call.func, "value", None)
    for origin in flow.origins(Point(point.place, holder, point.environment)) if holder is not None else ():
        made = Point(origin.place, origin.expression, origin.environment)
        if isinstance(origin.expression, Call) and digest_of(flow, made) is not None:
            return origin.expression, Point(point.place, call.arguments[0].value, point.environment)
    return None


def _harmless(flow: Flow, point: Point, made: Call) -> bool:
    used = argument(made, -1, "usedforsecurity")
    return used is not None and False in constants(flow, Point(point.place, used, point.environment))


def _password(flow: Flow, data: Point) -> str:
    """The name of the password that is in the data, ``""`` when none is."""
    for part in flow.value(data).parts():
        if part.kind in _SOURCES and is_password_name(last_name(part.text)):
            return part.text
    for expression, _ in scan(data.expression, data.environment):
        if isinstance(expression, Name) and is_password_name(expression.id):
            values = flow.value(Point(data.place, expression, data.environment))
            if any(part.kind in _SOURCES for part in values.parts()):
                return expression.id
    return ""


def _shielded(flow: Flow, place: Place) -> set[int]:
    """Digests that only shorten a password on its way into a real password hash."""
    found: set[int] = set()
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call):
            continue
        target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
        hasher = known().hasher(target.dotted, written(call)) if target is not None and not target.ours else None
        if hasher is None or hasher.kind == "fast":
            continue
        for one in call.arguments:
            for expression, state in scan(one.value, point.environment):
                found.add(id(expression))
                if isinstance(expression, Name):
                    for origin in flow.origins(Point(place, expression, state)):
                        found.update(id(inner) for inner, _ in scan(origin.expression, origin.environment))
    return found


def _bound_to_stored(flow: Flow, place: Place, made: Call, secret: str) -> bool:
    """``hmac.new(key, user.password)``: a token bound to the stored hash, which ends when the password changes."""
    target = flow.project.resolve_expression(place, made.func)
    keyed = target is not None and target.dotted.startswith("hmac.")
    return keyed and "." in secret and "request" not in secret


def _hashed_by_callers(flow: Flow, place: Place) -> bool:
    """Whether what a function gives goes into a real password hash where it is called: it only prepares passwords."""
    for site in flow.callers.every(place):
        point = flow.call_at(site)
        if point is not None and id(point.expression) in _shielded(flow, site.place):
            return True
    return False


def _replaced(flow: Flow, place: Place) -> bool:
    """Whether all who ask for an old digest set the password anew: it only proves that the old one was right."""
    callers = {site.place for site in flow.callers.every(place)}
    return bool(callers) and all(
        any(use.kind == "call" and _SETTING.search(use.chain) for use in uses_of(flow.project, one)) for one in callers
    )


def _keyed_at_random(flow: Flow, point: Point, made: Call) -> bool:
    """``hmac.new(secrets.token_bytes(32), password)``: a key that ends with the process keeps nothing."""
    target = flow.project.resolve_expression(point.place, made.func)
    key = argument(made, 0, "key")
    if key is None or target is None or not target.dotted.startswith("hmac."):
        return False
    drawn = (one.expression for one in flow.origins(Point(point.place, key, point.environment)))
    return any(isinstance(one, Call) and chain(one.func) in _DRAWN for one in drawn)


def _prefix_only(flow: Flow, place: Place, made: Call) -> bool:
    """The look-up of leaked passwords sends the first five digits of a SHA-1 (k-anonymity)."""
    if chain_end(made) not in {"sha1", "new"}:
        return False
    for point in flow.points(place):
        one = point.expression
        if isinstance(one, Subscript) and isinstance(one.index, Slice):
            bounds = [side.value for side in (one.index.lower, one.index.upper) if isinstance(side, Constant)]
            if 5 in bounds:
                return True
    return False


def _upgrades(flow: Flow, place: Place) -> bool:
    """Whether the function hashes the password anew, properly: it reads old digests only to replace them."""
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call) or not call.arguments or not protecting_call(flow, place, call):
            continue
        if any(_password(flow, Point(place, one.value, point.environment)) for one in call.arguments):
            return True
    return False


def _looked_up(flow: Flow, place: Place, made: Call) -> bool:
    """Whether a digest is only compared with a list of known ones (common or leaked passwords)."""
    listed = any(
        isinstance(point.expression, Compare)
        and point.expression.operators[0] in {"in", "not in"}
        and _made_of(flow, Point(place, point.expression.left, point.environment), made)
        for point in flow.points(place)
    )
    return listed and not _returned(flow, place, made)


def _returned(flow: Flow, place: Place, made: Call) -> bool:
    return any(
        one is not None and not isinstance(one, Compare) and _made_of(flow, Point(place, one, state), made)
        for one, state in flow.trace(place).returns
    )


def _made_of(flow: Flow, point: Point, made: Call) -> bool:
    for expression, state in scan(point.expression, point.environment):
        if expression is made:
            return True
        if isinstance(expression, Name):
            for origin in flow.origins(Point(point.place, expression, state)):
                if any(inner is made for inner, _ in scan(origin.expression, origin.environment)):
                    return True
    return False


def _at_callers(flow: Flow, rule: Rule, data: Point, made: Call) -> Iterator[Finding]:
    """A digest of a parameter with a plain name is a password's digest where a caller hands a password in."""
    parts = [part for part in flow.value(data).parts() if part.kind in {"parameter", "request", "supplied"}]
    function = flow.project.function(data.place)
    if function is None or len(parts) != 1 or parts[0].text not in {one.name for one in function.parameters}:
        return
    for one in given_at_calls(flow, data.place, parts[0].text):
        secret = _password(flow, one.point)
        if secret and not _bound_to_stored(flow, data.place, made, secret):
            yield _finding(rule, one.point.place, one.call, secret, _algorithm(made))


def _algorithm(made: Call) -> str:
    """How a message calls a digest: ``sha1`` for ``hashlib.sha1(…)`` and ``hashlib.new("sha1")``, else ``HMAC``."""
    if chain(made.func).startswith("hmac"):
        return "HMAC"
    first = argument(made, 0, "name")
    named = chain_end(made) == "new" and isinstance(first, Constant)
    return str(first.value) if named and isinstance(first, Constant) else chain_end(made)


def _finding(rule: Rule, place: Place, call: Call, secret: str, algorithm: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, call),
        message=f"The password `{secret}` is kept as a plain `{algorithm}` digest: a stolen table is guessed at "
        "billions of tries a second",
        fix=FIX,
        severity=rule.severity,
        confidence=Confidence.HIGH,
    )
