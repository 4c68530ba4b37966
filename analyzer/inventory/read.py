"""Inputs that a handler's body reads from its request, undeclared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Name, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks import Route
from analyzer.inventory.branches import running
from analyzer.inventory.rows import Input
from analyzer.knowledge import known
from analyzer.knowledge.schema import by_name
from analyzer.project import Place, Project

_ADDRESS = "path"
"""The kind of what a route declares; reading it is no input of its own."""
_REQUEST = re.compile(r"^(?:self\.|cls\.|flask\.|info\.context\.|bottle\.|tornado\.)?(?:request|req|websocket)$")
_GETTERS = {"get", "getlist", "getall", "getone", "get_all", "pop"}
_CHECKING = {"load", "model_validate", "model_validate_json", "parse_obj", "parse_raw", "validate_python", "from_dict"}
"""Methods of schemas (and of objects of them) that take what comes in."""
_SERVER = "http.server"
_SERVED = {"headers": "header", "rfile": "body"}
"""Parts of the request that a handler of the standard library is itself."""
_QUERIES = frozenset({"parse_qs", "parse_qsl"})
_PARSING = _QUERIES | {"loads", "decode", "dict", "loadb", "FieldStorage"}
"""What turns text into names and values, and keeps what it came from."""
_MOST = 40
"""Names kept a handler; a form longer than that is told by its first fields."""


@cache
def _parts() -> dict[str, str]:
    """Kinds of input by the part of a request they are read from."""
    kinds = {kind: names for kind, names in known().requests.parts.items() if kind != _ADDRESS}
    return by_name(kinds)


@cache
def _methods() -> dict[str, str]:
    """Kinds of input by the method whose first argument names it."""
    return {**by_name(known().requests.methods), **by_name(known().requests.numbers)}


def read_inputs(project: Project, route: Route, function: Function) -> Iterator[Input]:
    """What the function's own body takes from the request for a route, by name where a constant says it."""
    if not any("req" in use.chain or "self." in use.chain or "websocket" in use.chain for use in function.uses):
        return
    own = {item.name for item in function.parameters if chain_of(item.annotation).endswith("Request")}
    if route.framework == _SERVER:
        own.add("self")
    body = running(project, route)
    aliases: dict[str, str] = {}
    named: dict[str, list[str]] = {}
    for node in walk(body):
        if isinstance(node, Assign) and isinstance(node.value, Await | Call | Attribute):
            kind = (
                _part(node.value, own)
                or _parsed(node.value, own, aliases)
                or _by_method(project, route, node.value, own)
            )
            for target in node.targets:
                if kind and isinstance(target, Name):
                    aliases[target.id] = kind
    for node in walk(body):
        kind, name = _named(node, own, aliases) if isinstance(node, Call | Subscript) else ("", "")
        if not kind and isinstance(node, Call | Attribute):
            kind, name = _part(node, own), ""
        if kind:
            named.setdefault(kind, []).append(name)
    shapes = {kind: name for node in walk(body) if isinstance(node, Call) for kind, name in _shaped(node, own, aliases)}
    for kind, name in shapes.items():
        yield Input(kind, "", name)
    for kind, names in named.items():
        known = list(dict.fromkeys(name for name in names if name))
        if kind in shapes and not known:
            continue
        if not known and kind == "header":
            continue  # every server looks at headers; what is not named tells nothing
        if not known and kind == "body" and route.framework == _SERVER and "form" in named:
            continue  # the form is read out of it
        for name in known[:_MOST] or [""]:
            yield Input(kind, name, required=False)


def _parsed(value: AnyExpression, own: set[str], aliases: Mapping[str, str]) -> str:
    """The kind of what is made of a part of the request: ``json.loads(request.data)``, ``parse_qs(address.query)``."""
    if not isinstance(value, Call) or chain_of(value.func).rpartition(".")[2] not in _PARSING:
        return ""
    nodes = [*walk([one.value for one in value.arguments]), *walk(value.func)]
    parts = [kind for node in nodes if (kind := _held(node, own, aliases))]
    if chain_of(value.func).rpartition(".")[2] in _QUERIES:
        return "form" if {"body", "form"} & set(parts) else "query"
    return parts[0] if parts else ""


def _by_method(project: Project, route: Route, value: AnyExpression, own: set[str]) -> str:
    """The kind of what a method of a handler of the standard library reads: ``data = self.read_json()``."""
    if route.framework != _SERVER or not isinstance(value, Call) or not chain_of(value.func).startswith("self."):
        return ""
    target = project.resolve_expression(route.handler, value.func)
    if target is None or target.kind != "function":
        return ""
    aliases: dict[str, str] = {}
    found: list[str] = []
    for node in walk(project.body(Place(target.path, target.index))):
        kind = (_parsed(node, own, aliases) or _part(node, own)) if isinstance(node, Call) else ""
        found += [kind] if kind else []
        if isinstance(node, Assign) and isinstance(node.value, Call):
            kind = _part(node.value, own) or _parsed(node.value, own, aliases)
            aliases.update({one.id: kind for one in node.targets if isinstance(one, Name) and kind})
    return next((kind for kind in ("form", "body", "query") if kind in found), "")


def _held(node: object, own: set[str], aliases: Mapping[str, str]) -> str:
    if isinstance(node, Name):
        return aliases.get(node.id, "")
    return _part(node, own) if isinstance(node, Attribute | Call) else ""


def _part(expression: AnyExpression, own: set[str]) -> str:
    """The kind of a request's part: ``request.args``, ``await request.json()``, ``request.get_json(force=True)``."""
    node = expression
    while isinstance(node, Await | Call):
        node = node.value if isinstance(node, Await) else node.func
    if not isinstance(node, Attribute):
        return ""
    if node.attr == "rfile" and chain_of(node) == "self.rfile":
        return "body"
    if chain_of(node.value) == "self":
        return _SERVED.get(node.attr, "") if "self" in own else ""
    if node.attr == "read" and isinstance(node.value, Attribute) and node.value.attr == "rfile":
        return _part(node.value, own)
    return _parts().get(node.attr, "") if _is_request(node.value, own) else ""


def _is_request(expression: AnyExpression, own: set[str]) -> bool:
    chain = chain_of(expression)
    return chain in own or bool(_REQUEST.match(chain))


def _named(node: Call | Subscript, own: set[str], aliases: dict[str, str]) -> tuple[str, str]:
    """``request.args.get("page")``, ``form["name"]``, ``self.get_argument("id")`` as kind and name."""
    if isinstance(node, Subscript):
        return _told(node.value, _holder(node.value, own, aliases), _constant(node.index))
    if not isinstance(node.func, Attribute) or not node.arguments:
        return "", ""
    name = _constant(node.arguments[0].value)
    if node.func.attr in _methods() and (_is_request(node.func.value, own) or chain_of(node.func.value) == "self"):
        return _methods()[node.func.attr], name
    if node.func.attr not in _GETTERS:
        return "", ""
    return _told(node.func.value, _holder(node.func.value, own, aliases), name)


def _told(holder: AnyExpression, kind: str, name: str) -> tuple[str, str]:
    """Django's ``META`` holds headers as CGI names them, and much that no client sends."""
    if isinstance(holder, Attribute) and holder.attr == "META":
        return (
            ("header", name.removeprefix("HTTP_").replace("_", "-").title()) if name.startswith("HTTP_") else ("", "")
        )
    return kind, name


def _shaped(node: Call, own: set[str], aliases: dict[str, str]) -> Iterator[tuple[str, str]]:
    """``OrderSerializer(data=request.data)``, ``LoginForm(request.POST)``, ``OrderSchema().load(request.json)``: the
    class that checks what comes in."""
    name, _, method = chain_of(node.func).rpartition(".")
    name = name.removesuffix("()") if method in _CHECKING and name else chain_of(node.func)
    if name.rpartition(".")[2][:1].isupper() and name.replace(".", "").isidentifier():
        for item in node.arguments:
            if item.keyword in {None, "data", "formdata", "files"}:
                kind = _holder(item.value, own, aliases)
                if kind in {"body", "form", "query"}:
                    yield kind, name


def _holder(expression: AnyExpression, own: set[str], aliases: dict[str, str]) -> str:
    if isinstance(expression, Name):
        return aliases.get(expression.id, "")
    return _parsed(expression, own, aliases) or _part(expression, own)


def _constant(expression: AnyExpression) -> str:
    return expression.value if isinstance(expression, Constant) and isinstance(expression.value, str) else ""
