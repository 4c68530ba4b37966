"""The part of BA203 about password hashes that work too little: rounds, iterations, weak schemes and hashers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks import _hash_settings
from analyzer.facts.expressions import AnyExpression, Call, Constant, Name, Sequence
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants, texts
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.passwords import is_password_name, last_name
from analyzer.flow.questions import chain_end, location, places_calling, written
from analyzer.knowledge import known
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_COSTLY = frozenset({
    "pbkdf2_hmac", "PBKDF2", "pbkdf2", "PBKDF2HMAC", "gensalt", "CryptContext", "hash", "encrypt", "using",
    "make_password", "generate_password_hash",
})  # fmt: skip
_ALGORITHM = re.compile(r"sha3?[-_]?(\d+)|sha1|md5", re.IGNORECASE)
_METHOD = re.compile(r"^(?:pbkdf2:)?(?P<digest>\w+)(?::(?P<rounds>\d+))?$")
_WEAK_METHODS = frozenset({"plain", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
_WEAK_DJANGO = frozenset({"md5", "unsalted_md5", "sha1", "unsalted_sha1", "crypt"})
_DJANGO_BASES = {
    "django.contrib.auth.hashers.PBKDF2PasswordHasher": "sha256",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher": "sha1",
}


def findings(flow: Flow, rule: Rule, fix: str) -> Iterator[Finding]:
    """Weak costs in calls, then in settings and hasher classes, in order of places."""
    costly = _COSTLY | _hash_settings.CALLS
    for place in places_calling(flow.project, costly):
        for point in flow.calls(place):
            call = point.expression
            if (
                not isinstance(call, Call)
                or chain_end(call) not in _COSTLY | _hash_settings.CALLS
                or not chain(call.func)
            ):
                continue
            target = flow.project.resolve_expression(place, call.func)
            if target is None or target.ours:
                continue
            told = _weak_call(flow, point, call, target.dotted) or _hash_settings.weak(flow, point, call, target.dotted)
            if told:
                yield _finding(rule, place, call, told, fix)
    for path in flow.project.paths():
        yield from _settings(flow, rule, path, fix)
        yield from _hasher_classes(flow, rule, path, fix)


def _weak_call(flow: Flow, point: Point, call: Call, dotted: str) -> str:
    """What is weak in a call, in the words of a message; ``""`` when nothing is."""
    head, last = dotted.split(".", 1)[0], chain_end(call)
    if last in {"pbkdf2_hmac", "PBKDF2", "pbkdf2", "PBKDF2HMAC"}:
        return _pbkdf2(flow, point, call)
    if dotted == "bcrypt.gensalt":
        least = known().weights.bcrypt_rounds
        few = [one for one in _numbers(flow, point, argument(call, 0, "rounds")) if one < least]
        return f"`{written(call)}` works {few[0]} rounds, at least {least} are needed" if few else ""
    if last == "CryptContext" and head in {"passlib", "libpass"}:
        return _context(flow, point, call)
    if head in {"passlib", "libpass"} and last in {"hash", "encrypt", "using"}:
        return _passlib(flow, point, call, dotted)
    if last == "make_password" and head == "django":
        hasher = [text for text in _texts(flow, point, argument(call, 2, "hasher")) if text in _WEAK_DJANGO]
        return f"`{written(call)}` is told to use `{hasher[0]}`, which is no password hash" if hasher else ""
    if last == "generate_password_hash" and head == "werkzeug":
        return _werkzeug(flow, point, call)
    return ""


def _pbkdf2(flow: Flow, point: Point, call: Call) -> str:
    last = chain_end(call)
    if last == "pbkdf2_hmac":
        digest, secret, rounds = (
            argument(call, 0, "hash_name"),
            argument(call, 1, "password"),
            argument(call, 3, "iterations"),
        )
    elif last == "PBKDF2HMAC":
        digest, secret, rounds = argument(call, 0, "algorithm"), None, argument(call, 3, "iterations")
    elif last == "pbkdf2":
        digest, secret, rounds = (
            argument(call, 4, "digest"),
            argument(call, 0, "password"),
            argument(call, 2, "iterations"),
        )
    else:
        digest, secret = argument(call, 5, "hmac_hash_module"), argument(call, 0, "password")
        rounds = argument(call, 3, "count")
    algorithm = _algorithm(flow, point, digest) or ("sha1" if last == "PBKDF2" else "sha256")
    least = known().weights.iterations.get(algorithm, known().weights.iterations["sha256"])
    few = [one for one in _numbers(flow, point, rounds) if one < least]
    if not few or not _of_password(flow, point, secret):
        return ""
    return f"`{written(call)}` works {few[0]:,} iterations of {algorithm.upper()}, at least {least:,} are needed"


def _of_password(flow: Flow, point: Point, secret: AnyExpression | None) -> bool:
    """Whether a derivation is of a password rather than of a key that is strong by itself."""
    if secret is not None:
        value = flow.value(Point(point.place, secret, point.environment))
        if any(is_password_name(last_name(part.text)) for part in value.parts() if part.kind != "text"):
            return True
        return any(isinstance(one, Name) and is_password_name(one.id) for one in _inside(secret))
    for other in flow.calls(point.place):
        inner = other.expression
        if isinstance(inner, Call) and chain_end(inner) in {"derive", "verify"} and inner.arguments:
            value = flow.value(Point(point.place, inner.arguments[0].value, other.environment))
            if any(is_password_name(last_name(part.text)) for part in value.parts() if part.kind != "text"):
                return True
    return False


def _context(flow: Flow, point: Point, call: Call) -> str:
    schemes = argument(call, 0, "schemes")
    listed = _texts(flow, point, schemes)
    default = _texts(flow, point, argument(call, -1, "default"))
    first = (default or listed)[:1]
    weak = known().weights.weak_schemes
    return f"`{written(call)}` hashes new passwords with `{first[0]}`" if first and first[0] in weak else ""


def _passlib(flow: Flow, point: Point, call: Call, dotted: str) -> str:
    parts = dotted.replace("()", "").split(".")
    scheme = next((part for part in parts if part in known().weights.weak_schemes), "")
    if scheme and chain_end(call) != "using":
        return f"`{written(call)}` uses `{scheme}`, which no longer protects a password"
    found = re.search(r"pbkdf2_(sha\d+)", dotted)
    rounds = argument(call, -1, "rounds")
    if found is None or rounds is None:
        return ""
    least = known().weights.iterations.get(found[1], known().weights.iterations["sha256"])
    few = [one for one in _numbers(flow, point, rounds) if one < least]
    return f"`{written(call)}` works {few[0]:,} rounds, at least {least:,} are needed" if few else ""


def _werkzeug(flow: Flow, point: Point, call: Call) -> str:
    for text in _texts(flow, point, argument(call, 1, "method")):
        found = _METHOD.match(text)
        if found is None:
            continue
        if not text.startswith("pbkdf2") and found["digest"] in _WEAK_METHODS:
            return f"`{written(call)}` is told to use a plain `{found['digest']}` digest"
        least = known().weights.iterations.get(found["digest"], 0)
        if found["rounds"] and int(found["rounds"]) < least:
            return f"`{written(call)}` works {int(found['rounds']):,} iterations, at least {least:,} are needed"
    return ""


def _settings(flow: Flow, rule: Rule, path: str, fix: str) -> Iterator[Finding]:
    for statement in flow.project.outline(path).body:
        if not isinstance(statement, Assign) or not isinstance(statement.value, Sequence):
            continue
        for target in statement.targets:
            if isinstance(target, Name) and target.id == "PASSWORD_HASHERS" and statement.value.items:
                first = statement.value.items[0]
                name = first.value if isinstance(first, Constant) and isinstance(first.value, str) else ""
                if name.rpartition(".")[2] in known().weights.weak_hashers:
                    told = (
                        f"`PASSWORD_HASHERS` begins with `{name.rpartition('.')[2]}`: every new password is kept by it"
                    )
                    yield _finding(rule, Place(path, -1), target, told, fix)


def _hasher_classes(flow: Flow, rule: Rule, path: str, fix: str) -> Iterator[Finding]:
    for index, item in enumerate(flow.project.outline(path).classes):
        if not item.bases:
            continue
        digest = next(
            (_DJANGO_BASES[name] for name in flow.project.classes.externals(path, index) if name in _DJANGO_BASES), ""
        )
        for statement in item.body if digest else ():
            if not isinstance(statement, Assign) or not isinstance(statement.value, Constant):
                continue
            target, rounds = statement.targets[0], statement.value.value
            least = known().weights.iterations[digest]
            if isinstance(target, Name) and target.id == "iterations" and isinstance(rounds, int) and rounds < least:
                told = f"`{item.name}` works {rounds:,} iterations, at least {least:,} are needed"
                yield _finding(rule, Place(path, -1), target, told, fix)


def _algorithm(flow: Flow, point: Point, digest: AnyExpression | None) -> str:
    if digest is None:
        return ""
    spelled = " ".join(_texts(flow, point, digest)) or chain(digest)
    found = _ALGORITHM.search(spelled)
    if found is None:
        return ""
    return f"sha{found[1]}" if found[1] else found[0].lower()


def _numbers(flow: Flow, point: Point, expression: AnyExpression | None) -> list[int]:
    if expression is None:
        return []
    return [one for one in constants(flow, Point(point.place, expression, point.environment)) if type(one) is int]


def _texts(flow: Flow, point: Point, expression: AnyExpression | None) -> list[str]:
    return [] if expression is None else texts(flow, Point(point.place, expression, point.environment))


def _inside(expression: AnyExpression) -> Iterator[AnyExpression]:
    for one, _ in scan(expression, {}):
        yield one


def _finding(rule: Rule, place: Place, node: AnyExpression, told: str, fix: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=told,
        fix=fix,
        severity=rule.severity,
        confidence=Confidence.HIGH,
    )
