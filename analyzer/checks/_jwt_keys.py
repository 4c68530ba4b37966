"""The part of BA302 about keys that can be tried: short constants that sign tokens, wherever they are written."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.checks._choices import default_of, deployed, field, reads_default
from analyzer.checks._configured import settings
from analyzer.facts.expressions import AnyExpression, Attribute, Bytes, Call, Compare, Constant, Secret, Subscript
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, entries, texts
from analyzer.flow.arrivals import arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, nodes, places_calling, written
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.picture import Picture
from analyzer.knowledge import known
from analyzer.knowledge.schema import names
from analyzer.model import Confidence, Finding, Location, Related, Rule

_LEAST = 32
"""Bytes of a key for HS256 (RFC 7518, section 3.2)."""
_DEPTH = 6
_WRAPPING = frozenset({"SecretStr", "SecretBytes", "Secret", "str", "bytes", "cast"})
_CHANGING = frozenset({"encode", "strip", "get_secret_value"})
_SETTINGS = frozenset({"JWT_SECRET_KEY", "authjwt_secret_key", "JWT_SECRET"})
_MAPPINGS = frozenset({"SIMPLE_JWT", "NINJA_JWT", "JWT_AUTH"})
_ENTRIES = ("SIGNING_KEY", "JWT_SECRET_KEY")
_USERS = frozenset({"reset_password_token_secret", "verification_token_secret"})
"""Attributes of a user manager of fastapi-users: each signs its own kind of token."""
_FALLING_BACK = ("rest_framework_simplejwt", "ninja_jwt", "flask_jwt_extended")
"""Libraries that sign with the application's secret key when they are given none."""


_LIBRARIES = frozenset(
    "jwt jws jose authlib joserfc jwcrypto jwk fastapi_users litestar encode decode JWT JWTStrategy OctKey".split()
)


class Key(msgspec.Struct, frozen=True):
    """A key that is written somewhere: its length in bytes, where, and whether it only stands in for a setting."""

    length: int
    point: Point
    default: bool


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """One finding for each short key, where it is written, with the first place that signs with it (or trusts it)."""
    told: set[Location] = set()
    lengths: set[tuple[str, int]] = set()
    keys = Keys(picture, flow)
    signing = sorted(used_keys(picture, flow), key=lambda one: (_reads(one[0]), one[0].place))
    for at, given, what in (*signing, *_configured(picture, flow)):
        for key in keys.of(given):
            where = location(key.point.place, key.point.expression)
            if where in told or not 0 < key.length < _LEAST or not deployed(picture, where.path):
                continue
            told.add(where)
            # The same key written once more where the tokens are read: it is told where they are signed.
            if (where.path, key.length) in lengths and _reads(at):
                continue
            lengths.add((where.path, key.length))
            if _measured(flow, at.place.path):
                continue
            yield _finding(rule, at, what, key, where)


class Keys:
    """The keys an argument may be, as far as they are written: constants, settings, defaults of the environment."""

    def __init__(self, picture: Picture, flow: Flow) -> None:
        self._picture = picture
        self._flow = flow
        self._configured: dict[str, list[Point]] = {}

    def of(self, point: Point) -> Iterator[Key]:
        """The keys that an argument may be."""
        found = list(arrivals(self._flow, point))
        # `os.environ.get("KEY") or "sesame"`: what is written only stands in for what is read.
        read = [one.site for one in found if _length(one.point.expression) is None]
        for arrival in found:
            stands = arrival.default or (_length(arrival.point.expression) is not None and arrival.site in read)
            yield from self._written(arrival.point, stands, _DEPTH)

    def _written(self, point: Point, default: bool, depth: int) -> Iterator[Key]:
        origins = self._flow.origins(point) if depth else []
        default = default or len({_length(one.expression) is None for one in origins}) > 1
        for origin in origins:
            here = Point(origin.place, origin.expression, origin.environment)
            one = origin.expression
            stands = default or _declared(self._flow, here)
            length = _length(one)
            if length is not None:
                yield Key(length, here, stands)
                continue
            if isinstance(one, Call):
                inner, stands = _inside(one, stands)
                if inner is not None:
                    yield from self._written(Point(here.place, inner, here.environment), stands, depth - 1)
            elif isinstance(one, Attribute):
                kept = field(self._flow, here, one)
                if kept is not None:
                    yield from self._written(kept, True, depth - 1)
            for kept in self._settings(_setting(self._flow, here)):
                yield from self._written(kept, default, depth - 1)

    def _settings(self, name: str) -> list[Point]:
        """What the configuration holds under a name."""
        if name and name not in self._configured:
            found = settings(self._picture, frozenset({name}))
            self._configured[name] = [value for _, value in found]
        return self._configured.get(name, [])


def _length(one: AnyExpression) -> int | None:
    """The bytes of a literal; ``None`` for what is none, or a key in PEM form."""
    if isinstance(one, Secret):
        return one.length if one.kind != "pem" else None
    if isinstance(one, Bytes):
        return len(one.value) if not one.value.startswith(b"-----BEGIN") else None
    if isinstance(one, Constant) and isinstance(one.value, str):
        return len(one.value.encode()) if not one.value.startswith("-----BEGIN") else None
    return None


def _setting(flow: Flow, here: Point) -> str:
    """The name of the setting that ``app.config["SECRET_KEY"]`` or Django's ``settings.SECRET_KEY`` reads."""
    one = here.expression
    index: AnyExpression | None = None
    if isinstance(one, Subscript) and chain(one.value).endswith("config"):
        index = one.index
    elif isinstance(one, Call) and isinstance(one.func, Attribute) and one.func.attr == "get":
        index = argument(one, 0) if chain(one.func.value).endswith("config") else None
    elif isinstance(one, Attribute):
        target = flow.project.resolve_expression(here.place, one)
        named = target is not None and not target.ours and target.dotted == f"django.conf.settings.{one.attr}"
        return one.attr if named else ""
    return index.value if isinstance(index, Constant) and isinstance(index.value, str) else ""


def _declared(flow: Flow, here: Point) -> bool:
    """Whether a literal is the default of a field of a settings class, which the environment fills."""
    line, path = here.expression.line, here.place.path
    return here.place.index < 0 and any(
        one.line < line <= one.end_line
        and (is_schema(flow.project, path, index) or any(chain(base).endswith("Settings") for base in one.bases))
        for index, one in enumerate(flow.project.outline(path).classes)
    )


def _inside(call: Call, default: bool) -> tuple[AnyExpression | None, bool]:
    """What a call hands on, and whether that only stands in for a setting."""
    if isinstance(call.func, Attribute) and call.func.attr in _CHANGING:
        return call.func.value, default
    if chain_end(call) in _WRAPPING and len(call.arguments) == 1:
        return call.arguments[0].value, default
    return (default_of(call), True) if reads_default(call) else (None, default)


def used_keys(picture: Picture, flow: Flow) -> Iterator[tuple[Point, Point, str]]:
    """Calls that sign or verify with a key, signing ones first: the call, the key, what it does."""
    signing = names(known().signers)
    reading = names(one for one in known().decoders if one.kind == "verify" and one.key > 0)
    for place in places_calling(flow.project, signing | reading):
        if not deployed(picture, place.path) or not speaks_of_tokens(flow, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or chain_end(call) not in signing | reading:
                continue
            target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
            if target is None or target.ours:
                continue
            given = _key(call, target.dotted)
            if given is not None and not _public(flow, point, call):
                yield point, Point(place, given, point.environment), f"`{written(call)}`"


def speaks_of_tokens(flow: Flow, path: str) -> bool:
    """Whether a file imports a library of tokens, or what is called like one: text is encoded everywhere."""
    return any(
        one.module.partition(".")[0] in _LIBRARIES or one.bound in _LIBRARIES
        for one in flow.project.outline(path).imports
    )


def _key(call: Call, dotted: str) -> AnyExpression | None:
    signer = known().signer(dotted)
    if signer is not None:
        if dotted.endswith(".JWK"):
            return argument(call, -1, *signer.keywords)
        return argument(call, signer.key, *signer.keywords)
    decoder = known().decoder(dotted, dotted)
    return argument(call, decoder.key, "key") if decoder is not None and decoder.key > 0 else None


def _public(flow: Flow, point: Point, call: Call) -> bool:
    """Whether only algorithms with a public key are named: then a short text is no key but the name of one."""
    given = argument(call, 2, "algorithm", "algorithms")
    named = texts(flow, Point(point.place, given, point.environment)) if given is not None else []
    return bool(named) and not any(one.upper().startswith("HS") for one in named)


def _configured(picture: Picture, flow: Flow) -> Iterator[tuple[Point, Point, str]]:
    """Settings that hold the key."""
    own = False
    for name, value in settings(picture, _SETTINGS | _USERS):
        own = True
        if name not in _USERS or _imports(flow, value.place.path, ("fastapi_users",)):
            yield value, value, f"`{name}`"
    for name, value in settings(picture, _MAPPINGS):
        for entry in _ENTRIES:
            for inner in entries(flow, value, entry):
                own = True
                yield inner, inner, f"`{name}[{entry!r}]`"
    if own or not any(_imports(flow, path, _FALLING_BACK) for path in flow.project.paths()):
        return
    for name, value in settings(picture, frozenset({"SECRET_KEY"})):
        yield value, value, f"`{name}`, which signs the tokens as well,"


def _imports(flow: Flow, path: str, modules: tuple[str, ...]) -> bool:
    return any(one.module.partition(".")[0] in modules for one in flow.project.outline(path).imports)


def _measured(flow: Flow, path: str) -> bool:
    """Whether a file refuses short keys: ``if len(secret) < 32: raise …``."""
    for node in nodes(flow.project, path):
        sides = [node.left, *node.comparators] if isinstance(node, Compare) else []
        counted = any(isinstance(side, Call) and chain(side.func) == "len" for side in sides)
        least = [side.value for side in sides if isinstance(side, Constant) and type(side.value) is int]
        if counted and any(one >= _LEAST // 2 for one in least):
            return True
    return False


def _reads(point: Point) -> bool:
    return isinstance(point.expression, Call) and chain_end(point.expression).startswith(("decode", "verify"))


def _finding(rule: Rule, at: Point, what: str, key: Key, where: Location) -> Finding:
    here = location(at.place, at.expression)
    inline = at.expression is key.point.expression
    said = "falls back to" if key.default else "is" if inline else "trusts" if _reads(at) else "signs with"
    return Finding(
        rule=rule.code,
        location=where,
        message=f"{what} {said} a key of {key.length} bytes that stands in the source: one token is enough to try keys "
        f"against, and at least {_LEAST} random bytes are needed",
        fix="Read a key made by `secrets.token_urlsafe(32)` from the environment, without a default",
        severity=rule.severity,
        confidence=Confidence.MEDIUM if key.default else Confidence.HIGH,
        related=(Related(here, "it is used here"),) if where != here else (),
        secrets=(where.span,),
        key="key",
    )
