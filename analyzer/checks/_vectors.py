"""The part of BA204 about initialisation vectors and nonces that are the same for every message."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import choices
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Bytes,
    Call,
    Constant,
    Name,
    Opaque,
    Secret,
    Sequence,
    Slice,
    Subscript,
)
from analyzer.facts.statements import Augment
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.arrivals import Arrival, arrivals
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.environment import key
from analyzer.flow.questions import chain_end, written
from analyzer.project.target import Place

_RANDOM = frozenset(
    {
        "urandom", "get_random_bytes", "token_bytes", "token_hex", "token_urlsafe", "generate_key", "generate",
        "generate_private_key", "getrandbits", "uuid4", "random", "exchange", "read", "Random", "random_bytes",
        "randint", "randbytes",
    }
)  # fmt: skip
"""Calls whose answer is another one each time."""
_CONVERTING = frozenset(
    "encode decode ljust rjust zfill fromhex unhexlify a2b_hex b64decode urlsafe_b64decode bytes bytearray chr digest "
    "hexdigest to_bytes md5 sha1 sha256 sha512 str hex ord int pad".split()
)
_DEPTH = 6


def repeated(flow: Flow, point: Point, vector: Point) -> Iterator[tuple[Arrival, str]]:
    """What makes a vector the same for every message, in words; nothing where the key is another one each time."""
    found = list(arrivals(flow, vector))
    if any(_counted(flow, arrival.point) for arrival in found):
        return
    key_ = _key(flow, point)
    if key_ is not None and _fresh(flow, key_, _DEPTH):
        return
    for arrival in found:
        one = arrival.point.expression
        if isinstance(one, Constant) and one.value is None:
            continue
        if isinstance(one, Call) and chain(one.func).endswith("Counter.new"):
            if not any(given.keyword in {"prefix", "initial_value", "suffix"} for given in one.arguments):
                yield arrival, "a counter that begins at one"
            continue
        how = _static(flow, arrival.point, _DEPTH)
        if not how and key_ is not None and _of_key(flow, arrival.point, key_):
            how = "a part of the key"
        if how:
            yield arrival, how


def _counted(flow: Flow, point: Point) -> bool:
    """Whether an attribute of ``self`` that goes into a vector is counted up: ``self.counter += 1``."""
    owner = flow.project.owner_index(point.place)
    methods = flow.project.namespace(point.place.path).methods.get(owner, {}) if owner >= 0 else {}
    used = {key(one) for one, _ in scan(point.expression, point.environment) if isinstance(one, Attribute)}
    for index in methods.values() if used else ():
        for node in walk(flow.project.body(Place(point.place.path, index))):
            if isinstance(node, Augment) and key(node.target) in used:
                return True
    return False


def _key(flow: Flow, point: Point) -> Point | None:
    """The key of the same cipher: the first argument, of the call around a mode, or of the object that encrypts."""
    call = point.expression
    if not isinstance(call, Call):
        return None
    if isinstance(call.func, Attribute) and chain_end(call) == "encrypt":
        for origin in flow.origins(Point(point.place, call.func.value, point.environment)):
            made = origin.expression
            first = argument(made, 0, "key") if isinstance(made, Call) else None
            if first is not None:
                return Point(origin.place, first, origin.environment)
        return None
    if chain_end(call) in {"new", "ChaCha20"} or chain_end(call).startswith("AESMode"):
        first = argument(call, 0, "key")
        return Point(point.place, first, point.environment) if first is not None else None
    for other in flow.calls(point.place):
        outer = other.expression
        if isinstance(outer, Call) and chain_end(outer) == "Cipher" and len(outer.arguments) > 1:
            inner = outer.arguments[0].value
            first = argument(inner, 0, "key") if isinstance(inner, Call) else None
            if first is not None:
                return Point(other.place, first, other.environment)
    return None


def _fresh(flow: Flow, point: Point, depth: int) -> bool:
    """Whether a key is made anew here: then the first vector is as good as any."""
    if not depth:
        return False
    for arrival in arrivals(flow, point, 1):
        here = arrival.point
        for inner, state in scan(here.expression, here.environment):
            if isinstance(inner, Call) and chain_end(inner) in _RANDOM:
                return True
            known = isinstance(inner, Name | Attribute) and key(inner) in state
            if known and inner is not here.expression and _fresh(flow, Point(here.place, inner, state), depth - 1):
                return True
    return False


def _of_key(flow: Flow, point: Point, key_: Point) -> bool:
    """Whether a vector is the key itself or a slice of it."""
    one = point.expression
    whole = one.value if isinstance(one, Subscript) and isinstance(one.index, Slice) else one
    mine = {id(o.expression) for o in flow.origins(Point(point.place, whole, point.environment))}
    return bool(mine & {id(o.expression) for o in flow.origins(key_)}) or (
        bool(key(whole)) and key(whole) == key(key_.expression)
    )


def _static(flow: Flow, point: Point, depth: int) -> str:
    """How a value is fixed, in words; ``""`` where it is not, or nobody can tell."""
    one = point.expression
    if not depth:
        return ""
    if isinstance(one, Constant | Bytes | Secret | Opaque):
        return "a constant"
    inner: list[AnyExpression] = []
    if isinstance(one, Binary) and one.op in {"*", "+"}:
        # A size, such as `AES.block_size`, is the other side of a product.
        sides = [one.left, one.right]
        inner = [side for side in sides if not (one.op == "*" and chain(side).endswith(("size", "SIZE", "length")))]
    elif isinstance(one, Sequence):
        inner = list(one.items)
    elif isinstance(one, Subscript):
        if chain(one.value).endswith("environ"):
            return "a setting"
        inner = [one.value] if isinstance(one.index, Slice) else []
    elif isinstance(one, Call):
        return _of_call(flow, point, one, depth)
    elif isinstance(one, Name | Attribute):
        if any(True for _ in choices(flow, point)):
            return "a constant"
        parts = list(flow.value(point).parts())
        return f"`{key(one) or chain(one)}`" if parts and all(part.kind == "setting" for part in parts) else ""
    return _all(flow, point, inner, depth)


def _of_call(flow: Flow, point: Point, call: Call, depth: int) -> str:
    last, name = chain_end(call), written(call)
    if last == "getenv" or name.endswith("environ.get"):
        return "a setting"
    if last not in _CONVERTING or last in _RANDOM:
        return ""
    inner = [one.value for one in call.arguments if one.star == 0]
    if isinstance(call.func, Attribute) and chain(call.func.value) not in {
        "bytes",
        "int",
        "binascii",
        "base64",
        "hashlib",
    }:
        inner = [call.func.value] if last not in {"md5", "sha1", "sha256", "sha512"} else inner
    return _all(flow, point, inner, depth)


def _all(flow: Flow, point: Point, inner: list[AnyExpression], depth: int) -> str:
    """The weakest of what several parts are fixed by; ``""`` as soon as one is not."""
    found = ""
    for one in inner:
        for arrival in arrivals(flow, Point(point.place, one, point.environment), 1):
            how = _static(flow, arrival.point, depth - 1)
            if not how:
                return ""
            found = how if not found or how != "a constant" else found
    return found
