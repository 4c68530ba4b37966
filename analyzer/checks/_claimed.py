"""The part of BA304 about rights that clients claim: a cookie or a header of their own making lets them in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks import _public
from analyzer.checks._privileged import gives_rights
from analyzer.facts.expressions import AnyExpression, Attribute, Boolean, Call, Compare, Constant, Subscript, Unary
from analyzer.facts.statements import If, Raise, Return
from analyzer.facts.visit import chain, statements
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, flow_of, uses_of
from analyzer.graph.picture import Picture
from analyzer.project import Place

_CARRIER = re.compile(
    r"(?:^|\.)(?P<carrier>cookies|headers|META|(?<=request\.)(?:args|GET|query_params|form|POST|values))$",
    re.IGNORECASE,
)
_CARRYING = re.compile(
    r"(?:^|\.)(?:cookies|headers|META|request\.(?:args|GET|query_params|form|POST|values))(?:\[|\.|$)", re.IGNORECASE
)
_SAID = re.compile(r"^(?:is_?)?(?:admin|administrator|superuser|root)$", re.IGNORECASE)
"""Parameters that say of nobody but the one who sends them that they may do everything."""
_YES = frozenset({"1", "true", "yes", "on"})
_FORWARDED = re.compile(
    r"^(?:http_)?x[-_](?:forwarded[-_]for|real[-_]ip|client[-_]ip|host|forwarded[-_]host)$", re.IGNORECASE
)
_AGENT = re.compile(r"^(?:http_)?(?:user[-_]agent|referer|referrer|origin)$", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:http_)?(?:x[-_])?(?:user[-_])?", re.IGNORECASE)
_MIGHTY = re.compile(r"(?:^|[^a-z])(?:admin|administrator|root|superuser|staff)(?:$|[^a-z])", re.IGNORECASE)
_LOCAL = re.compile(r"^(?:127\.0\.0\.1|::1|localhost)(?::\d+)?$")
_SHAPING = frozenset(
    {"strip", "lower", "upper", "split", "partition", "rpartition", "rsplit", "casefold", "removeprefix"}
)
"""What leaves a text as much the client's as it was."""


class Claim(msgspec.Struct, frozen=True):
    """A comparison that lets in whoever says so: ``what`` says it (``the cookie `admin` ``)."""

    place: Place
    node: Compare
    what: str
    cookie: bool


def claims(picture: Picture, handler: Place) -> Iterator[Claim]:
    """The claims that a handler, or what it calls, believes; nearest first."""
    believed = picture.shared(_Believed)
    for place in _public.below(picture, handler):
        yield from believed.of(place)


class _Believed:
    """The claims that functions believe themselves, each looked for once: handlers share what they call."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: dict[Place, tuple[Claim, ...]] = {}

    def of(self, place: Place) -> tuple[Claim, ...]:
        """The claims that a function believes, in source order."""
        if place not in self._known:
            self._known[place] = tuple(_believed(self._picture, place))
        return self._known[place]


def _believed(picture: Picture, place: Place) -> Iterator[Claim]:
    flow = flow_of(picture)
    if any(_CARRYING.search(use.chain) for use in uses_of(picture.project, place)):
        for node in statements(picture.project.body(place)):
            for test in _parts(node.test) if isinstance(node, If) and _decides(node) else ():
                found = _claim(flow, place, test)
                if found is not None:
                    yield found


def _decides(node: If) -> bool:
    """Whether a branch ends the request, with an answer or a refusal; others count or log."""
    return any(isinstance(one, Return | Raise) for one in statements([*node.then, *node.otherwise]))


def _parts(test: AnyExpression) -> Iterator[AnyExpression]:
    if isinstance(test, Boolean):
        for value in test.values:
            yield from _parts(value)
    elif isinstance(test, Unary):
        yield from _parts(test.operand)
    else:
        yield test


def _claim(flow: Flow, place: Place, test: AnyExpression) -> Claim | None:
    if not isinstance(test, Compare) or len(test.comparators) != 1 or test.operators[0] not in {"==", "!="}:
        return None
    for side, other in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
        wanted = other.value if isinstance(other, Constant) else None
        if wanted is None or isinstance(wanted, bytes) or wanted == "":
            continue
        state = flow.state_at(place, test) or flow.final(place)
        for carrier, key in _carried(flow, Point(place, side, state)):
            if carrier not in {"cookies", "headers", "meta"}:
                if _SAID.match(key) and str(wanted).lower() in _YES:
                    return Claim(place, test, f"the parameter `{key}`", False)
                continue
            cookie = carrier == "cookies"
            name = _PREFIX.sub("", key).replace("-", "_").lower()
            local = _FORWARDED.match(key) is not None and _LOCAL.match(str(wanted)) is not None
            named = not cookie and (_AGENT.match(key) or _FORWARDED.match(key))
            mighty = _MIGHTY.search(str(wanted)) is not None and (cookie or named)
            if local or mighty or gives_rights(name) or gives_rights(name.replace("_", "")):
                kind = "cookie" if cookie else "header"
                return Claim(place, test, f"the {kind} `{key}`", cookie)
    return None


def _carried(flow: Flow, point: Point, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The cookies and headers a value is taken from as they came: which of the two, and the name."""
    for origin in flow.origins(point):
        node = origin.expression
        while isinstance(node, Subscript | Call):
            read = _read(node)
            if read is not None:
                yield read
                break
            inner = node.func if isinstance(node, Call) else None
            if isinstance(node, Subscript) and isinstance(node.value, Call):
                node = node.value
            elif isinstance(inner, Attribute) and inner.attr in _SHAPING and depth < 2:
                yield from _carried(flow, Point(origin.place, inner.value, origin.environment), depth + 1)
                break
            else:
                break


def _read(node: Subscript | Call) -> tuple[str, str] | None:
    if isinstance(node, Subscript):
        held, key = chain(node.value), node.index
    elif chain_end(node) == "get" and isinstance(node.func, Attribute):
        held, given = chain(node.func.value), argument(node, 0, "key")
        if given is None:
            return None
        key = given
    else:
        return None
    carrier = _CARRIER.search(held)
    if carrier is None or not isinstance(key, Constant) or not isinstance(key.value, str):
        return None
    return carrier["carrier"].lower(), key.value
