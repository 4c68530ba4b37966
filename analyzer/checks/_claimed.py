"""The part of BA304 about rights that clients claim: a cookie, a header or a parameter of their own making lets them
in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks import _public
from analyzer.checks._privileged import gives_rights
from analyzer.checks._said_by_clients import CARRYING, Said, carrier_of, said
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Call,
    Compare,
    Constant,
    Name,
    Subscript,
    Unary,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import AnyStatement, Assert, Evaluate, If, Raise, Return
from analyzer.facts.visit import chain, children, statements
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, uses_of
from analyzer.graph.picture import Picture
from analyzer.graph.refusals import refuses
from analyzer.project import Place

_SAID = re.compile(r"^(?:is_?)?(?:admin|administrator|superuser|root)$", re.IGNORECASE)
"""What says of nobody but the one who sends it that they may do everything."""
_ROLE = re.compile(r"^(?:(?:current_?)?(?:user_?)?(?:role|type)|access_?level|account_?type)$", re.IGNORECASE)
"""What says it with a value, or what is asked for: only a refusal of everybody else tells."""
_YES = frozenset({"1", "true", "yes", "on"})
_FORWARDED = re.compile(
    r"^(?:http_)?x[-_](?:forwarded[-_]for|real[-_]ip|client[-_]ip|host|forwarded[-_]host)$", re.IGNORECASE
)
_AGENT = re.compile(r"^(?:http_)?(?:user[-_]agent|referer|referrer|origin)$", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:http_)?(?:x[-_])?(?:user[-_])?", re.IGNORECASE)
_MIGHTY = re.compile(r"(?:^|[^a-z])(?:admin|administrator|root|superuser|staff)(?:$|[^a-z])", re.IGNORECASE)
_LOCAL = re.compile(r"^(?:127\.0\.0\.1|::1|localhost)(?::\d+)?$")
_POSITIVE = frozenset({"==", "in", "is"})
_NEGATIVE = frozenset({"!=", "not in", "is not"})
_SPEAKING = re.compile(r"admin|role|superuser|root|staff|access_?level|user_?type|account_?type|cookie|header", re.I)
"""Words one of which is in what such a function reads or is given."""


class Claim(msgspec.Struct, frozen=True):
    """A test that lets in whoever says so: ``what`` says it (``the cookie `admin` ``)."""

    place: Place
    node: AnyExpression
    what: str
    cookie: bool
    filled: bool = False
    """It is a parameter or a part of the body: where others are kept out already, that is what a form holds."""


class _Test(msgspec.Struct, frozen=True):
    """A part of a test; ``holds`` is what it comes to where ``then`` runs, ``otherwise`` is what runs if not."""

    node: AnyExpression
    holds: bool
    then: Sequence[AnyStatement]
    otherwise: Sequence[AnyStatement]
    asserted: bool = False


def claims(picture: Picture, handler: Place) -> Iterator[Claim]:
    """The claims that a handler, or what it calls, believes; nearest first."""
    believed = picture.shared(Believed)
    for place in _public.below(picture, handler):
        yield from believed.of(place)


class Believed:
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
    flow, project = flow_of(picture), picture.project
    function = project.function(place)
    given = [one.name for one in function.parameters] if function is not None else []
    spoken = any(CARRYING.search(use.chain) for use in uses_of(project, place)) or any(map(_SPEAKING.search, given))
    for test in _tests(project.body(place)) if spoken or _bodies(flow, place) else ():
        found = _claim(flow, place, test)
        if found is not None:
            yield found


def _bodies(flow: Flow, place: Place) -> bool:
    """Whether a function of FastAPI reads a role of something that it is given: ``body.role``."""
    served = place in flow.providers or bool(flow.routes(place))
    return served and any(_ROLE.match(use.chain.rpartition(".")[2]) for use in uses_of(flow.project, place))


def _tests(block: Sequence[AnyStatement]) -> Iterator[_Test]:
    """The parts of all tests of a block and of the blocks in it, that decide how the request ends."""
    for at, statement in enumerate(block):
        if isinstance(statement, Assert):
            yield from (_Test(part, holds, (), (), True) for part, holds in _parts(statement.test, True))
        elif isinstance(statement, If):
            if _decides(statement):
                behind = (*statement.otherwise, *block[at + 1 :])
                yield from (_Test(part, holds, statement.then, behind) for part, holds in _parts(statement.test, True))
            yield from _tests(statement.then)
            yield from _tests(statement.otherwise)
        else:
            yield from _tests([one for one in _within(statement) if isinstance(one, AnyStatement)])


def _within(statement: AnyStatement) -> Iterator[msgspec.Struct]:
    for one in children(statement):
        if isinstance(one, AnyStatement):
            yield one
        elif hasattr(one, "body"):
            yield from one.body


def _decides(node: If) -> bool:
    """Whether a branch ends the request, with an answer or a refusal; others count or log."""
    return any(isinstance(one, Return | Raise) or _aborts(one) for one in statements([*node.then, *node.otherwise]))


def _aborts(statement: AnyStatement) -> bool:
    value = statement.value if isinstance(statement, Evaluate) else None
    return isinstance(value, Call) and chain(value.func).rpartition(".")[2] in {"abort", "send_error", "halt"}


def _parts(test: AnyExpression, holds: bool) -> Iterator[tuple[AnyExpression, bool]]:
    if isinstance(test, Boolean):
        for value in test.values:
            yield from _parts(value, holds)
    elif isinstance(test, Unary):
        yield from _parts(test.operand, not holds if test.op == "not" else holds)
    else:
        yield test, holds


def _claim(flow: Flow, place: Place, test: _Test) -> Claim | None:
    node = test.node
    if isinstance(node, Compare):
        return _compared(flow, place, test, node)
    if isinstance(node, Name | Attribute | Subscript | Call):
        state = flow.state_at(place, node) or flow.final(place)
        for one in said(flow, Point(place, node, state)):
            if _SAID.match(_plain_name(one)) and _lets_in(flow, place, test, test.holds, one):
                return _told(place, node, one)
    return None


def _compared(flow: Flow, place: Place, test: _Test, node: Compare) -> Claim | None:
    if len(node.comparators) != 1 or node.operators[0] not in _POSITIVE | _NEGATIVE:
        return None
    positive = (node.operators[0] in _POSITIVE) == test.holds
    state = flow.state_at(place, node) or flow.final(place)
    for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        wanted = _constants(other)
        if not wanted:
            continue
        if node.operators[0] in {"in", "not in"} and side is node.comparators[0]:
            # ``"admin" in request.args``
            carrier = carrier_of(flow, Point(place, side, state))
            one = Said(carrier, wanted[0])
            if carrier and _SAID.match(wanted[0]) and _lets_in(flow, place, test, positive, one):
                return _told(place, node, one)
            continue
        for one in said(flow, Point(place, side, state)):
            if _means_a_right(one, wanted) and _lets_in(flow, place, test, positive, one):
                return _told(place, node, one)
    return None


def _constants(node: AnyExpression) -> list[str]:
    """The values a side of a comparison is compared with, as text: of ``"admin"``, of ``("admin", "root")``."""
    items = node.items if isinstance(node, Display) else [node]
    values = [one.value for one in items if isinstance(one, Constant)]
    plain = [str(one) for one in values if one is not None and not isinstance(one, bytes) and one != ""]
    return plain if len(plain) == len(items) else []


def _plain_name(one: Said) -> str:
    return _PREFIX.sub("", one.name).replace("-", "_").lower() if one.carrier == "header" else one.name


def _means_a_right(one: Said, wanted: Sequence[str]) -> bool:
    """Whether what is said, compared with these values, means that somebody may."""
    if one.carrier in {"parameter", "body"}:
        yes = all(each.lower() in _YES for each in wanted)
        return bool((_SAID.match(one.name) and yes) or (_ROLE.match(one.name) and all(map(_MIGHTY.search, wanted))))
    cookie = one.carrier == "cookie"
    name = _PREFIX.sub("", one.name).replace("-", "_").lower()
    local = _FORWARDED.match(one.name) is not None and all(map(_LOCAL.match, wanted))
    named = not cookie and (_AGENT.match(one.name) or _FORWARDED.match(one.name))
    mighty = all(map(_MIGHTY.search, wanted)) and (cookie or bool(named))
    return local or mighty or gives_rights(name) or gives_rights(name.replace("_", ""))


def _lets_in(flow: Flow, place: Place, test: _Test, positive: bool, one: Said) -> bool:
    """Whether whoever says so is let in by it. A parameter may as well say what is asked for: where it is a flag of the
    address, nobody may be refused for it; else everybody without it has to be."""
    if one.carrier in {"cookie", "header"} or test.asserted:
        return True
    let_in, kept_out = (test.then, test.otherwise) if positive else (test.otherwise, test.then)
    if one.carrier == "parameter" and _SAID.match(one.name):
        return not any(refuses(flow.project, place, each) for each in let_in[:1])
    return any(refuses(flow.project, place, each) for each in kept_out)


def _told(place: Place, node: AnyExpression, one: Said) -> Claim:
    where = {"body": "the body's", "parameter": "the parameter"}.get(one.carrier, f"the {one.carrier}")
    filled = one.carrier in {"parameter", "body"}
    return Claim(place, node, f"{where} `{one.name}`", one.carrier == "cookie", filled)
