"""The part of BA304 about persons that clients claim to be: a plain cookie or header with somebody's number says who is
asking."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._chains import spine
from analyzer.checks._claimed import Claim
from analyzer.checks._owners import WHOSE, Owners
from analyzer.checks._resources import Resources
from analyzer.checks._said_by_clients import CARRYING, Said, said
from analyzer.facts.expressions import Attribute, Call, Compare, Name, Subscript
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, flow_of, uses_of
from analyzer.frameworks.fastapi import injections
from analyzer.graph.picture import Picture
from analyzer.graph.strangers import keys_read
from analyzer.project import Place

_WHO = re.compile(
    r"^(?:http_)?(?:x[-_])?(?:(?:current|auth|logged_?in|acting)[-_])?"
    r"(?:user|customer|account|member|employee|patient|student|actor)(?:[-_]?(?:id|name|email))?$|^uid$|^(?:x[-_])?user$",
    re.IGNORECASE,
)
"""What a cookie or a header is called that says who somebody is, and proves nothing."""
_PROVING = re.compile(
    r"token|sess|sig|secret|hash|hmac|mac$|api[-_]?key|authori[sz]|auth[-_]?key|jwt|passw|verify|verif|decode|unsign|digest"
    r"|loads|nonce|credential|bearer|internal[-_]key|gateway",
    re.IGNORECASE,
)
"""Names of what goes along with it where it is proved."""
_ASKING = frozenset(
    "get filter filter_by get_or_404 first_or_404 execute find_one find where scalar scalars one first exclude query "
    "get_object_or_404 aget fetch_one fetchrow".split()
)
"""Calls that look something up by what they are given."""


def persons(picture: Picture, place: Place) -> Iterator[Claim]:
    """The look-ups of a function that take a cookie's or a header's word for who is asking."""
    function = picture.project.function(place)
    if function is None or not _speaks(picture, place):
        return
    flow, resources = flow_of(picture), picture.shared(Resources)
    if any(_PROVING.search(one) for one in _spoken(picture, place)):
        return
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call) or chain_end(call) not in _ASKING:
            continue
        for given in call.arguments:
            for one, column in _named(flow, Point(place, given.value, point.environment), given.keyword or ""):
                if _WHO.match(one.name) and _somebodys(picture, resources, place, call, column):
                    yield Claim(place, call, f"the {one.carrier} `{one.name}`", one.carrier == "cookie")


def _speaks(picture: Picture, place: Place) -> bool:
    """Whether a function reads a cookie or a header, or is given one."""
    function = picture.project.function(place)
    marked = any(
        isinstance(node, Call) and chain_end(node) in {"Header", "Cookie"}
        for one in (function.parameters if function is not None else ())
        for part in (one.default, one.annotation)
        for node in (walk(part) if part is not None else ())
    )
    return marked or any(CARRYING.search(use.chain) for use in uses_of(picture.project, place))


def _spoken(picture: Picture, place: Place) -> Iterator[str]:
    """All names in a function that may prove something: what it is given, what it reads by a key, what it calls."""
    project = picture.project
    function, nodes = project.function(place), list(walk(project.body(place)))
    if function is not None:
        yield from (one.name for one in function.parameters)
        yield from (
            chain(call.arguments[0].value) for _, call in injections(project, place, function) if call.arguments
        )
    yield from keys_read(nodes)
    yield from (chain_end(node) for node in nodes if isinstance(node, Call))


def _named(flow: Flow, point: Point, column: str) -> Iterator[tuple[Said, str]]:
    """What of an argument a cookie or a header says, and the column it is compared with."""
    node = point.expression
    if isinstance(node, Compare) and len(node.comparators) == 1 and node.operators[0] == "==":
        for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            yield from _named(flow, Point(point.place, side, point.environment), chain(other).rpartition(".")[2])
    elif isinstance(node, Display):
        for item in node.items:
            yield from _named(flow, Point(point.place, item, point.environment), column)
    elif isinstance(node, Name | Call | Subscript | Attribute):
        yield from ((one, column) for one in said(flow, point) if one.carrier in {"cookie", "header"})


def _somebodys(picture: Picture, resources: Resources, place: Place, call: Call, column: str) -> bool:
    """Whether a look-up is for a person, or for what belongs to one."""
    found = resources.asked(place, call, spine(call)[0])
    if not found and isinstance(call.func, Attribute) and isinstance(call.func.value, Name):
        found = resources.store(place, call.func.value)
    if not found:
        return False
    owners, model = picture.shared(Owners), resources.model(found)
    people = owners.is_user(model) if model is not None else owners.people(found)
    return people or WHOSE.search(column) is not None or column in resources.whose(found)


def self_made(picture: Picture, place: Place) -> bool:
    """Whether the application keeps the passwords of those who log in, and so no gateway says who they are."""
    modules = set(picture.application(place.path))
    return any(path in modules for path, _ in picture.shared(Owners).users)
