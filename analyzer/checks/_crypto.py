"""What the parts of BA204 share: which cryptographic callable a call is, and the places that have any."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._choices import choices, deployed
from analyzer.facts.expressions import Attribute, Call, Constant, Name
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.arrivals import Arrival, arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import places_calling
from analyzer.graph.picture import Picture
from analyzer.knowledge import Primitive, known
from analyzer.knowledge.schema import names
from analyzer.project.target import Place

_LIBRARIES = frozenset(
    "hashlib _hashlib hmac Crypto Cryptodome cryptography OpenSSL rsa ecdsa itsdangerous paramiko pyaes pyDes des arc4 "
    "blowfish nacl authlib joserfc jwcrypto".split()
)
_GENERAL = frozenset({"new", "generate", "encrypt", "decrypt", "sign", "verify", "digest", "getattr", "des", "rsa"})
"""Names that other libraries use as well: looked at in modules that import cryptography."""
WEAK = {"MD2": "MD2", "MD4": "MD4", "MD5": "MD5", "SHA1": "SHA-1", "SHA": "SHA-1"}
"""Digests for which two inputs with the same digest can be made, by their names without signs."""


def places(picture: Picture, flow: Flow, calls: frozenset[str]) -> Iterator[Place]:
    """The functions of what runs in production that call something of these names, sorted."""
    special = set(places_calling(flow.project, calls - _GENERAL))
    general = {
        place for place in places_calling(flow.project, calls & _GENERAL) if place in special or _imports(flow, place)
    }
    for place in sorted(special | general):
        if deployed(picture, place.path):
            yield place


def called(flow: Flow, point: Point) -> str:
    """The canonical name of the library's callable that a call runs; ``""`` for anything else.

    ``getattr(hashlib, NAME)(…)`` and ``getattr(AES, "new")(…)`` are told where the name is written somewhere.
    """
    call = point.expression
    if not isinstance(call, Call):
        return ""
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is not None and not target.ours and not target.dotted.endswith("getattr()"):
        return target.dotted
    if isinstance(call.func, Call):
        return next(iter(looked_up(flow, Point(point.place, call.func, point.environment))), "")
    return ""


def looked_up(flow: Flow, point: Point) -> Iterator[str]:
    """The canonical names that ``getattr(module, name)`` may give."""
    call = point.expression
    if not isinstance(call, Call) or chain(call.func) != "getattr" or len(call.arguments) < 2:
        return
    holder = flow.project.resolve_expression(point.place, call.arguments[0].value)
    if holder is None or holder.ours:
        return
    for text, _ in words(flow, Point(point.place, call.arguments[1].value, point.environment)):
        yield f"{holder.dotted}.{text}"


def primitive(kind: str, dotted: str) -> Primitive | None:
    """What is known of a kind about a callable."""
    return known().primitive(kind, dotted) if dotted else None


def calls_of(*kinds: str) -> frozenset[str]:
    """The last words of the callables of some kinds."""
    return names(one for one in known().primitives if one.kind in kinds)


def words(flow: Flow, point: Point) -> Iterator[tuple[str, Arrival]]:
    """The constant texts a value may be: written, configured, handed in or the default of the environment."""
    for arrival in arrivals(flow, point):
        for choice in choices(flow, arrival.point):
            if isinstance(choice.value, str):
                yield choice.value, arrival


def numbers(flow: Flow, point: Point) -> Iterator[tuple[int, Arrival]]:
    """The whole numbers a value may be, in the same ways."""
    for arrival in arrivals(flow, point):
        for choice in choices(flow, arrival.point):
            if type(choice.value) is int:
                yield choice.value, arrival
            elif isinstance(choice.value, str) and choice.default and choice.value.isdigit():
                yield int(choice.value), arrival


def weak_digest(name: str) -> str:
    """How a broken digest is called, ``""`` for one that is not known as broken: ``sha-1`` → ``SHA-1``."""
    return WEAK.get(name.upper().replace("-", "").replace("_", ""), "")


def digests(flow: Flow, point: Point) -> Iterator[tuple[str, Arrival]]:
    """The broken digests that an argument may name: a text, ``hashlib.md5``, ``hashes.SHA1()``, ``MD5.new(data)``."""
    for arrival in arrivals(flow, point):
        one = arrival.point.expression
        found = ""
        if isinstance(one, Name | Attribute):
            target = flow.project.resolve_expression(arrival.point.place, one)
            dotted = target.dotted if target is not None and not target.ours else ""
            if dotted.startswith(("hashlib.", "Crypto.Hash.", "Cryptodome.Hash.", "cryptography.")):
                found = weak_digest(dotted.rpartition(".")[2])
        elif isinstance(one, Call):
            found = made_digest(flow, arrival.point)
            found = found or next((weak_digest(d.rpartition(".")[2]) for d in looked_up(flow, arrival.point)), "")
        if found:
            yield found, arrival
            continue
        for choice in choices(flow, arrival.point):
            if isinstance(choice.value, str) and weak_digest(choice.value):
                yield weak_digest(choice.value), arrival


def made_digest(flow: Flow, point: Point) -> str:
    """The broken digest that a call makes by its own name; ``hashlib.new`` has its own question."""
    dotted = called(flow, point)
    if primitive("digest", dotted) is None:
        return ""
    holder, _, last = dotted.rpartition(".")
    if last == "new":
        return weak_digest(holder.rpartition(".")[2]) if ".Hash." in holder else ""
    return weak_digest(last.removeprefix("openssl_"))


def given(point: Point, known_as: Primitive) -> Point | None:
    """The argument of a call that the knowledge speaks of."""
    call = point.expression
    found = argument(call, known_as.argument, *known_as.keywords) if isinstance(call, Call) else None
    return Point(point.place, found, point.environment) if found is not None else None


def off(point: Point) -> bool:
    """Whether a digest is said not to be for security."""
    call = point.expression
    said = argument(call, -1, "usedforsecurity") if isinstance(call, Call) else None
    if said is None:
        return False
    return not (isinstance(said, Constant) and said.value is True)


def _imports(flow: Flow, place: Place) -> bool:
    imports = flow.project.outline(place.path).imports
    return any(one.module.partition(".")[0] in _LIBRARIES or one.bound in _LIBRARIES for one in imports)
