"""The part of BA401 about sizes of pages where they are asked for: a number called ``limit`` or ``per_page`` that a
client sends, that nothing bounds from above, and whose way to the query cannot be followed.

Source: OWASP API Security Top 10 2023, API4 (unrestricted resource consumption).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

import msgspec

from analyzer.checks._declared_fields import assigned
from analyzer.checks._numbers import declared, is_looked_at, path_of, spelling
from analyzer.checks._page_sizes import UPPER, unbounded_page
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Name, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.questions import location
from analyzer.flow.sources import spelled_as_request
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project import Place

_SIZE = re.compile(
    r"^_?(?:(?:page_?|max_?|row_?)?(?:limit|size)|per_?page|(?:items|results|rows)_?per_?page|page_?length)$",
    re.IGNORECASE,
)
"""Names of numbers that say how many rows a page has."""
_PAGED = re.compile(r"page", re.IGNORECASE)
"""What tells the size of a page from that of a shoe, where a schema names it."""
_CONVERTING = re.compile(r"^(?:int|safe_int|to_int|as_int|parse_int|get_int|parse_\w*int|int_or_\w+|max)$")
_SCHEMAS = re.compile(
    r"^(?:marshmallow|flask_marshmallow|wtforms|flask_wtf|rest_framework\.serializers|ninja|django\.forms)\b"
)
_FIELDS = frozenset({"Integer", "Int", "IntegerField"})
_BOUNDING = frozenset({"max_value", "max", "choices", "read_only", "dump_only"})
_PAGES = {
    "rest_framework.pagination.PageNumberPagination": ("page_size_query_param", "max_page_size"),
    "rest_framework.pagination.LimitOffsetPagination": ("default_limit", "max_limit"),
}
"""Paginations of REST framework whose size a client names: what says so, and what bounds it."""


class _Asked(msgspec.Struct, frozen=True):
    place: Place
    node: AnyExpression
    name: str


def asked_sizes(picture: Picture, flow: Flow, rule: Rule, told: Set[Place]) -> Iterator[Finding]:
    """One finding a function or class that asks for such a number, in order of places; ``told``: handlers that are told
    of otherwise."""
    project = picture.project
    yield from (_finding(rule, one) for one in _paginations(picture))
    if _capped(picture):
        return
    for place in project.places():
        if not picture.is_main(place.path) or place in told:
            continue
        found = next(_of_parameters(picture, flow, place), None) or next(_of_requests(picture, place), None)
        if found is not None:
            yield _finding(rule, found)
    yield from (_finding(rule, one) for one in _of_schemas(picture))


def _of_parameters(picture: Picture, flow: Flow, place: Place) -> Iterator[_Asked]:
    """``limit: int = 100`` of a handler or of what is injected into one, which hands it on."""
    provides = place in flow.providers
    if not provides and not any(route.method == "GET" for route in picture.handlers().get(place, ())):
        return
    numbers = declared(picture.project, place, UPPER)
    named = {name: one for name, one in numbers.items() if _SIZE.match(name.rpartition(".")[2])}
    if not named:
        return
    nodes = list(walk(picture.project.body(place)))
    for name, one in named.items():
        if not is_looked_at(nodes, name, UPPER) and (provides or _hands_on(nodes, name)):
            yield _Asked(one.place, one.node, name)


def _hands_on(nodes: Sequence[object], name: str) -> bool:
    """Whether a number is given to a call under its own name, or put into what a function answers with."""
    whole = name.partition(".")[0]
    for node in nodes:
        if isinstance(node, Call):
            for one in node.arguments:
                exact = spelling(one.value) == name and (one.keyword is None or _SIZE.match(one.keyword))
                if exact or (whole != name and chain(one.value) == whole):
                    return chain(node.func).rpartition(".")[2] not in {"range", "print", "str"}
    return False


def _of_requests(picture: Picture, place: Place) -> Iterator[_Asked]:
    """``int(request.args.get("limit", 20))``, ``"limit": safe_int(args.get("limit"))``"""
    project = picture.project
    function = project.function(place)
    if function is None or not any(_reads(use.chain) for use in function.uses):
        return
    nodes = list(walk(project.body(place)))
    given = {id(one): node for node in nodes if isinstance(node, Call) for one in (x.value for x in node.arguments)}
    for node in nodes:
        name = _read(node)
        if not name or not isinstance(node, Call | Subscript):
            continue
        number: AnyExpression = node
        while (outer := given.get(id(number))) is not None and _CONVERTING.match(chain(outer.func).rpartition(".")[2]):
            number = outer
        typed = isinstance(node, Call) and any(
            one.keyword == "type" and chain(one.value) == "int" for one in node.arguments
        )
        if number is node and not typed:
            continue
        held = [
            path_of(one.targets[0])
            for one in nodes
            if isinstance(one, Assign) and one.value is number and len(one.targets) == 1
        ]
        outside = given.get(id(number))
        bounded = outside is not None and UPPER.looking.search(chain(outside.func).rpartition(".")[2]) is not None
        used = place not in picture.handlers() or outside is not None or any(_hands_on(nodes, one) for one in held)
        if used and not bounded and not any(is_looked_at(nodes, one, UPPER) for one in held):
            yield _Asked(place, number, name)


def _reads(spelled: str) -> bool:
    return (
        spelled_as_request(spelled) or re.search(r"(?:^|\.)(?:args|query_params|params|GET)\.get$", spelled) is not None
    )


def _read(node: object) -> str:
    """The name of a size that an expression reads of a query: ``request.args.get("limit")``, ``args["limit"]``."""
    if isinstance(node, Call) and isinstance(node.func, Attribute) and node.func.attr == "get" and node.arguments:
        held, key = chain(node.func.value), node.arguments[0].value
    elif isinstance(node, Subscript):
        held, key = chain(node.value), node.index
    else:
        return ""
    asked = spelled_as_request(held) or re.search(r"(?:^|\.)(?:args|query_params|params|GET)$", held) is not None
    said = str(key.value) if isinstance(key, Constant) else ""
    return said if asked and _SIZE.match(said) else ""


def _of_schemas(picture: Picture) -> Iterator[_Asked]:
    """``per_page = fields.Integer(validate=Range(min=1))``"""
    project = picture.project
    for path in project.paths():
        if not picture.is_main(path):
            continue
        for index, item in enumerate(project.outline(path).classes):
            if not any(_SIZE.match(name) for name in assigned(item)):
                continue
            if not any(map(_SCHEMAS.match, project.classes.externals(path, index))):
                continue
            for name, value in assigned(item).items():
                number = isinstance(value, Call) and chain(value.func).rpartition(".")[2] in _FIELDS
                if number and _SIZE.match(name) and _PAGED.search(name) and not _is_bounded(value):
                    yield _Asked(Place(path, -1), value, name)


def _is_bounded(made: AnyExpression) -> bool:
    return any(
        one.keyword in _BOUNDING
        or (isinstance(one.value, Name | Attribute) and one.keyword in {"validate", "validators"})
        for node in walk([made])
        if isinstance(node, Call)
        for one in node.arguments
    )


def _paginations(picture: Picture) -> Iterator[_Asked]:
    """``page_size_query_param`` without a ``max_page_size``."""
    project = picture.project
    for path in project.paths():
        if not picture.is_main(path):
            continue
        for index, item in enumerate(project.outline(path).classes):
            base = next((one for one in project.classes.externals(path, index) if one in _PAGES), "")
            if not base:
                continue
            named, bound = _PAGES[base]
            fields = {name: made.value for name, _, made in project.classes.fields(path, index)}
            node = assigned(item).get(named)
            highest = fields.get(bound)
            open_ = highest is None or (isinstance(highest, Constant) and highest.value is None)
            if node is not None and open_ and not (isinstance(node, Constant) and node.value is None):
                said = str(node.value) if isinstance(node, Constant) and named != "default_limit" else "limit"
                yield _Asked(Place(path, -1), node, said)


def _capped(picture: Picture) -> bool:
    """Whether the application bounds such a number where all ways lead through: ``min(limit, 100)`` in a helper, pages
    of Flask-SQLAlchemy, which hold 100 rows at most."""
    project = picture.project
    for place in project.places():
        function = project.function(place)
        if function is None or not picture.is_main(place.path):
            continue
        handles = place in picture.handlers()
        named = not handles and any(_SIZE.match(one.name) for one in function.parameters)
        calls = any(use.chain == "min" or use.chain.endswith(".paginate") for use in function.uses)
        for node in walk(project.body(place)) if named or calls else ():
            if isinstance(node, Call) and _caps(node, handles):
                return True
            compared = not handles and isinstance(node, Compare) and _sized(node.left)
            if compared and isinstance(node, Compare) and is_looked_at([node], spelling(node.left), UPPER):
                return True
    return False


def _caps(call: Call, handles: bool) -> bool:
    last = chain(call.func).rpartition(".")[2]
    if last == "paginate":
        return not unbounded_page(call)
    return not handles and last == "min" and any(_sized(one.value) for one in call.arguments)


def _sized(value: AnyExpression) -> bool:
    return _SIZE.match(spelling(value).rpartition(".")[2]) is not None


def _finding(rule: Rule, asked: _Asked) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(asked.place, asked.node),
        message=f"`{asked.name}` says how many rows a page has, and nothing bounds it: one request may ask for all of "
        "them",
        fix="Declare the highest value (`Query(le=100)`, `Range(max=100)`, `max_page_size`), or take the lesser of it "
        "and yours: `min(limit, 100)`",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
    )
