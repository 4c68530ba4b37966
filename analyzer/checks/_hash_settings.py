"""The part of BA203 about memory-hard hashes, settings of password contexts, and what bcrypt leaves unread."""

from __future__ import annotations

from analyzer.facts.expressions import AnyExpression, Attribute, Binary, Call, Format, Interpolation
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants
from analyzer.flow.engine import Flow, Point
from analyzer.flow.passwords import is_password_name, last_name
from analyzer.flow.questions import chain_end, written
from analyzer.knowledge import known

CALLS = frozenset({"scrypt", "Scrypt", "PasswordHasher", "hashpw", "using", "CryptContext", "generate_password_hash"})


def weak(flow: Flow, point: Point, call: Call, dotted: str) -> str:
    """What is weak in a call, in the words of a message; ``""`` when nothing is."""
    head, last = dotted.partition(".")[0], chain_end(call)
    if last == "hashpw" and head == "bcrypt":
        return _crowded(flow, point, call)
    if last in {"scrypt", "Scrypt"} and head in {"hashlib", "cryptography", "scrypt", "Crypto", "Cryptodome"}:
        return _scrypt(flow, point, call)
    if last == "PasswordHasher" and head == "argon2":
        return _argon2(flow, point, call, argument(call, 0, "time_cost"), argument(call, 1, "memory_cost"))
    if last == "using" and "argon2" in dotted:
        memory = argument(call, -1, "memory_cost")
        return _argon2(flow, point, call, argument(call, -1, "time_cost", "rounds"), memory)
    if last == "using" and "bcrypt" in dotted:
        return _rounds(flow, point, call, argument(call, -1, "rounds", "default_rounds"))
    if last == "generate_password_hash" and head == "flask_bcrypt":
        return _rounds(flow, point, call, argument(call, 1, "rounds"))
    if last == "CryptContext":
        return _context(flow, point, call)
    return ""


def _context(flow: Flow, point: Point, call: Call) -> str:
    """``CryptContext(schemes=[…], bcrypt__rounds=4)``."""
    for one in call.arguments:
        scheme, _, option = (one.keyword or "").partition("__")
        if option not in {"rounds", "default_rounds"}:
            continue
        if scheme == "bcrypt":
            told = _rounds(flow, point, call, one.value)
        else:
            least = known().weights.iterations.get(scheme.removeprefix("pbkdf2_"), 0)
            told = _few(flow, point, call, one.value, least if scheme.startswith("pbkdf2_") else 0, "iterations")
        if told:
            return told
    return ""


def _rounds(flow: Flow, point: Point, call: Call, rounds: AnyExpression | None) -> str:
    return _few(flow, point, call, rounds, known().weights.bcrypt_rounds, "rounds")


def _few(flow: Flow, point: Point, call: Call, given: AnyExpression | None, least: int, what: str) -> str:
    few = [one for one in _numbers(flow, point, given) if one < least]
    return f"`{written(call)}` works {few[0]:,} {what}, at least {least:,} are needed" if few else ""


def _scrypt(flow: Flow, point: Point, call: Call) -> str:
    cost = argument(call, -1, "n", "N")
    least = known().weights.scrypt_cost
    few = [one for one in _numbers(flow, point, cost) if one < least]
    secret = argument(call, 0, "password")
    if not few or not (chain_end(call) == "Scrypt" or (secret is not None and _holds_password(flow, point, secret))):
        return ""
    return f"`{written(call)}` has a cost of {few[0]:,}, at least {least:,} is needed"


def _argon2(flow: Flow, point: Point, call: Call, time: AnyExpression | None, memory: AnyExpression | None) -> str:
    """OWASP allows less memory for more passes; a library's default of either is enough."""
    weights = known().weights.argon2
    least = min(weights, key=lambda pair: pair[0])
    for one in _numbers(flow, point, memory):
        if one < least[0]:
            return f"`{written(call)}` fills {one:,} KiB of memory, at least {least[0]:,} are needed"
        passes = min(needed for kibibytes, needed in weights if one >= kibibytes)
        few = [given for given in _numbers(flow, point, time) if given < passes]
        if few:
            return f"`{written(call)}` makes {few[0]} passes over {one:,} KiB, at least {passes} are needed"
    return ""


def _crowded(flow: Flow, point: Point, call: Call) -> str:
    """bcrypt reads 72 bytes: a text of the client's in front of the password can fill them."""
    given = argument(call, 0, "password")
    for origin in flow.origins(Point(point.place, given, point.environment)) if given is not None else ():
        first = _front(origin.expression)
        if first is None:
            continue
        where = Point(origin.place, first, origin.environment)
        parts = list(flow.value(where).parts())
        free = [part for part in parts if part.kind in {"request", "parameter"} and not _is_password(part.text)]
        whole = flow.value(Point(origin.place, origin.expression, origin.environment))
        if free and len(free) == len(parts) and any(_is_password(part.text) for part in whole.parts()):
            return (
                f"`{written(call)}` reads 72 bytes and `{free[0].text}` stands in front of the password: "
                "a long one leaves nothing of it to check"
            )
    return ""


def _front(expression: AnyExpression) -> AnyExpression | None:
    """The first piece of a text that is put together."""
    one = expression
    while isinstance(one, Call) and isinstance(one.func, Attribute) and one.func.attr in {"encode", "strip"}:
        one = one.func.value
    if not isinstance(one, Binary | Format):
        return None
    while isinstance(one, Binary) and one.op == "+":
        one = one.left
    if isinstance(one, Format) and one.parts:
        one = one.parts[0]
    return one.value if isinstance(one, Interpolation) else one


def _is_password(text: str) -> bool:
    return is_password_name(last_name(text))


def _holds_password(flow: Flow, point: Point, secret: AnyExpression) -> bool:
    value = flow.value(Point(point.place, secret, point.environment))
    return any(_is_password(part.text) for part in value.parts() if part.kind != "text") or "passw" in chain(secret)


def _numbers(flow: Flow, point: Point, expression: AnyExpression | None) -> list[int]:
    if expression is None:
        return []
    return [one for one in constants(flow, Point(point.place, expression, point.environment)) if type(one) is int]
