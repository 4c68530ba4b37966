"""Inputs that parsers take out of the request: tables of fields (webargs), arguments added one by one (reqparse)."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Sequence
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.spelling import spelt
from analyzer.frameworks.text import argument, kept, text
from analyzer.inventory.rows import RAW, Input
from analyzer.project import Place, Project

LOCATIONS = {
    "json": "body", "query": "query", "querystring": "query", "args": "query", "values": "query", "form": "form",
    "files": "file", "headers": "header", "cookies": "cookie", "path": "path", "view_args": "path",
    "form_and_files": "form", "json_or_form": "body", "json_or_query": "body", "get_json": "body", "match_info": "path",
}  # fmt: skip
"""Where parsers of webargs and reqparse look, by their word for it."""
_PARSER = "RequestParser"
_BODILESS = {"GET", "HEAD", "DELETE", "OPTIONS"}
_DEPTH = 4


def is_table(project: Project, place: Place, given: AnyExpression | None) -> bool:
    """Whether a schema is written as a table of fields, here or in a variable."""
    return _table(project, place, given) is not None


def _table(project: Project, place: Place, given: AnyExpression | None) -> tuple[Place, Mapping] | None:
    if isinstance(given, Mapping):
        return place, given
    own = _assigned(project, place, chain_of(given))
    if isinstance(own, Mapping):
        return place, own
    held = kept(project, place, given) if isinstance(given, Name | Attribute) else None
    return (Place(held[0], -1), held[1]) if held is not None and isinstance(held[1], Mapping) else None


def _assigned(project: Project, place: Place, name: str) -> AnyExpression | None:
    """What a function first stores under a name."""
    for statement in walk(project.body(place)) if place.index >= 0 and name else ():
        if isinstance(statement, Assign) and any(chain_of(one) == name for one in statement.targets):
            return statement.value
    return None


def fields(project: Project, place: Place, given: AnyExpression | None, kind: str) -> Iterator[Input]:
    """``{"name": fields.Str(required=True)}``: one input a field."""
    found = _table(project, place, given)
    if found is None:
        return
    at, table = found
    for key, value in zip(table.keys, table.values, strict=True):
        name = text(project, at, key)
        if name is None:
            continue
        alias = text(project, at, argument(value, 99, "data_key")) if isinstance(value, Call) else None
        required = argument(value, 99, "required") if isinstance(value, Call) else None
        shown = chain_of(value).removesuffix("()").rpartition(".")[2]
        yield Input(kind, alias or name, shown or RAW, isinstance(required, Constant) and required.value is True)


def parsed_inputs(project: Project, place: Place, method: str) -> Iterator[Input]:
    """What the parsers that a function itself calls take: ``parser.parse(TABLE, location="query")``,
    ``arguments.parse_args()``."""
    for node in walk(project.body(place)):
        if isinstance(node, Call) and method not in _BODILESS and _is_form(project, place, node):
            yield Input("form", "", chain_of(node.func))
        if not isinstance(node, Call) or not isinstance(node.func, Attribute):
            continue
        if node.func.attr == "parse_args":
            yield from parser_arguments(project, place, node.func.value, method)
        elif node.func.attr == "parse" and _of_webargs(project, place, node):
            kind = LOCATIONS.get(text(project, place, argument(node, 99, "location")) or "json", "body")
            given = argument(node, 0, "argmap")
            if is_table(project, place, given):
                yield from fields(project, place, given, kind)
            else:
                yield Input(kind, "", spelt(given).partition("(")[0] or RAW)


def _is_form(project: Project, place: Place, call: Call) -> bool:
    """``form = LoginForm()`` of Flask-WTF, which takes the request that is being answered by itself."""
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "class" or any(one.keyword is None for one in call.arguments):
        return False
    return any(base.startswith("flask_wtf.") for base in project.classes.externals(target.path, target.index))


def _of_webargs(project: Project, place: Place, call: Call) -> bool:
    target = project.resolve_expression(place, call.func)
    return target is not None and target.dotted.startswith("webargs.")


def parser_arguments(
    project: Project, place: Place, given: AnyExpression | None, method: str, depth: int = 0
) -> Iterator[Input]:
    """What was added to a ``RequestParser``, and to the one that it is a copy of."""
    name = chain_of(given)
    made = _made(project, place, name) if name and depth < _DEPTH else None
    if made is None:
        return
    at, call, known = made
    if isinstance(call.func, Attribute) and call.func.attr == "copy":
        yield from parser_arguments(project, at, call.func.value, method, depth + 1)
    for node in walk(project.body(at)):
        if isinstance(node, Call) and chain_of(node.func) == f"{known}.add_argument":
            yield from _added(project, at, node, method)


def _made(project: Project, place: Place, name: str) -> tuple[Place, Call, str] | None:
    """The call that makes a parser, where it stands, and what the parser is called there."""
    own = _assigned(project, place, name)
    if isinstance(own, Call) and _makes(own):
        return place, own, name
    head, _, rest = name.partition(".")
    held = project.variable(place.path, name)
    if held is None and rest:
        target = project.resolve(Place(place.path, -1), head)
        held = project.variable(target.path, rest) if target is not None and target.kind == "module" else None
    if held is None or not isinstance(held[1], Call) or not _makes(held[1]):
        return None
    value, home = held[1], Place(held[0], -1)
    for statement in project.body(home):
        if isinstance(statement, Assign) and statement.value is value:
            return home, value, chain_of(statement.targets[0])
    return home, value, name


def _makes(call: Call) -> bool:
    last = chain_of(call.func).rpartition(".")[2]
    return last == _PARSER or (last == "copy" and not call.arguments)


def _added(project: Project, place: Place, call: Call, method: str) -> Iterator[Input]:
    """``parser.add_argument("page", type=int, location="args")``; where it does not say where, the body is looked into
    before the query."""
    name = text(project, place, argument(call, 0, "name"))
    if name is None:
        return
    location = argument(call, 99, "location")
    first = location.items[0] if isinstance(location, Sequence) and location.items else location
    written = text(project, place, first)
    kind = LOCATIONS.get(written or "", "") or ("query" if method in _BODILESS else "body")
    shown = spelt(argument(call, 99, "type"))
    required = argument(call, 99, "required")
    if text(project, place, argument(call, 99, "action")) in {"append", "split"}:
        shown = f"list[{shown or 'str'}]"
    if kind != "path":
        wanted = isinstance(required, Constant) and required.value is True
        yield Input(kind, name, RAW if shown in {"", "…"} else shown, wanted)
