"""What clients say of themselves in a request: the carrier (a cookie, a header, a parameter, the body) and the name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Name, Parameter, Subscript
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end
from analyzer.flow.sources import injected
from analyzer.frameworks.persistence import is_schema

_CARRIER = re.compile(
    r"(?:^|\.)(?:(?P<cookie>cookies|COOKIES)|(?P<header>headers|META)"
    r"|(?<=request\.)(?:(?P<parameter>args|GET|query_params)|(?P<body>form|POST|values|json|data|get_json\(\)|json\(\))))$"
)
CARRYING = re.compile(
    r"(?:^|\.)(?:cookies|COOKIES|headers|META|request\.(?:args|GET|query_params|form|POST|values|json|data|get_json))"
    r"(?:\[|\.|\(|$)"
)
"""Chains one of which is in every function that reads such a thing from a request."""
_SHAPING = frozenset(
    {"strip", "lower", "upper", "split", "partition", "rpartition", "rsplit", "casefold", "removeprefix"}
)
"""What leaves a text as much the client's as it was."""
_CONVERTING = frozenset({"int", "str", "bool"})
_MARKERS = {"Header": "header", "Cookie": "cookie", "Query": "parameter", "Form": "body", "Body": "body"}
_PLAIN = frozenset({"str", "int", "bool", "Optional", "Union", "None", "Annotated"})
_DEPTH = 2


class Said(msgspec.Struct, frozen=True):
    """``carrier`` is ``cookie``, ``header``, ``parameter`` or ``body``; ``name`` is what it goes by there."""

    carrier: str
    name: str


def said(flow: Flow, point: Point, depth: int = 0) -> Iterator[Said]:
    """What a value is that a client sent, as it came."""
    for origin in flow.origins(point):
        node = origin.expression
        there = Point(origin.place, node, origin.environment)
        if isinstance(node, Name | Attribute):
            yield from _given(flow, there)
        while isinstance(node, Subscript | Call):
            read = _read(flow, Point(origin.place, node, origin.environment))
            if read is not None:
                yield read
                break
            inner = _shaped(node)
            if isinstance(node, Subscript) and isinstance(node.value, Call):
                node = node.value
            elif inner is not None and depth < _DEPTH:
                yield from said(flow, Point(origin.place, inner, origin.environment), depth + 1)
                break
            else:
                break


def carrier_of(flow: Flow, point: Point) -> str:
    """The carrier that an expression is as a whole: ``request.args``, ``data`` after ``data = request.get_json()``."""
    for origin in flow.origins(point):
        node = origin.expression
        node = node.value if isinstance(node, Await) else node
        found = _CARRIER.search(chain(node) or (f"{chain(node.func)}()" if isinstance(node, Call) else ""))
        if found is not None:
            return found.lastgroup or ""
    return ""


def _shaped(node: Subscript | Call) -> AnyExpression | None:
    """What a call makes another text of: ``role.lower()``, ``int(number)``."""
    if not isinstance(node, Call):
        return None
    if isinstance(node.func, Attribute) and node.func.attr in _SHAPING:
        return node.func.value
    return node.arguments[0].value if chain(node.func) in _CONVERTING and node.arguments else None


def _read(flow: Flow, point: Point) -> Said | None:
    """``request.cookies["role"]``, ``data.get("role")``"""
    node = point.expression
    if isinstance(node, Subscript):
        held, key = node.value, node.index
    elif isinstance(node, Call) and chain_end(node) == "get" and isinstance(node.func, Attribute):
        given = argument(node, 0, "key")
        if given is None:
            return None
        held, key = node.func.value, given
    else:
        return None
    if not isinstance(key, Constant) or not isinstance(key.value, str):
        return None
    carrier = carrier_of(flow, Point(point.place, held, point.environment))
    return Said(carrier, key.value) if carrier else None


def _given(flow: Flow, point: Point) -> Iterator[Said]:
    """What FastAPI puts into a parameter from the request: ``x_role: str = Header()``, ``body.role`` of a schema."""
    place, node = point.place, point.expression
    base = node.value if isinstance(node, Attribute) else node
    function = flow.project.function(place)
    routes = flow.routes(place)
    served = place in flow.providers or any(route.framework == "FastAPI" for route in routes)
    if function is None or not served or not isinstance(base, Name):
        return
    known = point.environment.get(base.id, ())
    one = next((each for each in function.parameters if each.name == base.id), None)
    if one is None or injected(one) or any(each.how == "value" for each in known):
        return
    if isinstance(node, Attribute):
        target = flow.project.annotated(place, one.annotation) if one.annotation is not None else None
        ours = target is not None and target.kind in {"class", "instance"} and target.index >= 0
        if ours and target is not None and is_schema(flow.project, target.path, target.index):
            yield Said("body", node.attr)
        return
    marked = _marked(one)
    if marked is not None:
        yield marked
    elif _plain(one) and not any("{" + one.name in route.path for route in routes):
        yield Said("parameter", one.name)


def _marked(parameter: Parameter) -> Said | None:
    for part in (parameter.default, parameter.annotation):
        for node in walk(part) if part is not None else ():
            carrier = _MARKERS.get(chain_end(node)) if isinstance(node, Call) else None
            if carrier is not None and isinstance(node, Call):
                alias = argument(node, 99, "alias")
                named = alias.value if isinstance(alias, Constant) and isinstance(alias.value, str) else ""
                return Said(carrier, named or parameter.name)
    return None


def _plain(parameter: Parameter) -> bool:
    """Whether a parameter is one of the query: it is declared as a plain value."""
    if parameter.annotation is None or parameter.kind in {"args", "kwargs"}:
        return False
    names = [chain(one).rpartition(".")[2] for one in walk(parameter.annotation) if isinstance(one, Name | Attribute)]
    return bool(names) and all(one in _PLAIN for one in names)
