"""Names, attributes and items that no assignment in the function explains: parameters, constants, objects, requests."""

from __future__ import annotations

import re
from collections.abc import Sequence as Row
from typing import TYPE_CHECKING

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Constant,
    Mapping,
    Name,
    Parameter,
    Sequence,
    Subscript,
)
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain
from analyzer.flow import dumped, forms, paths, sources
from analyzer.flow.callers import bound
from analyzer.flow.changes import ORDERED
from analyzer.flow.environment import Definition, Environment, key
from analyzer.flow.origins import Origin, constant, holds_data, origins
from analyzer.flow.parts import Part, Value, concat, shared_keys, single, union
from analyzer.flow.pieces import exact, grown, number
from analyzer.frameworks.backend import Route
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

_SCHEMA = frozenset({"__tablename__", "db_table", "__table__", "__name__", "__qualname__", "__module__", "db_column"})
"""Attributes that hold names of the code's own tables, columns, classes and modules."""

_SETTINGS = re.compile(r"(?:^|[._])(?:settings?|config|conf|env|environ|cfg|constants)(?:$|[.\[(])", re.IGNORECASE)
"""Spellings of objects that hold an application's own configuration."""

_BY_SCHEMA = frozenset({"FastAPI", "Django Ninja"})
"""Frameworks that take every parameter with a schema for the body, whatever it is called."""
_WRITERS = 3


def value(run: Evaluation, expression: Name | Attribute | Subscript, state: Environment) -> Value:
    """What a name, attribute or item is made of that was not assigned in this function."""
    if isinstance(expression, Name):
        return _name(run, expression)
    spelled = _spelled(expression)
    if sources.request_data(run.flow.project, run.place, spelled, state):
        return single("request", spelled, expression.line)
    if isinstance(expression, Subscript):
        brought = forms.brought(run, expression.value, expression.index, state)
        if brought:
            return single(brought, spelled, expression.line)
    if isinstance(expression, Attribute):
        brought = forms.posted(run.flow.project, run.place, expression)
        return single(brought, spelled, expression.line) if brought else _attribute(run, expression, state, spelled)
    return _item(run, expression, state, spelled)


def parameter(run: Evaluation, definition: Definition) -> Value:
    """What a parameter brings: the argument of the call that is being followed, else what its callers pass."""
    name, place = definition.name, run.place
    if run.arguments is not None:
        return run.arguments.get(name) or _default(run, name) or single("parameter", name, definition.line)
    function = run.flow.project.function(place)
    declared = next((one for one in function.parameters if one.name == name), None) if function else None
    if function is None or declared is None:
        return single("unknown", name, definition.line)
    kind = sources.harmless_type(run.flow.project, place, declared.annotation)
    if kind:
        return single(kind, name, definition.line)
    if place in run.flow.handlers:
        kind = sources.converted(run.flow.routes(place), name) or sources.shaped(declared.annotation, declared.default)
        if kind:
            return single(kind, name, definition.line)
        if _by_default(run.flow.routes(place), function, name):
            return single("supplied", name, definition.line)
        by_schema = any(route.framework in _BY_SCHEMA for route in run.flow.routes(place))
        if sources.from_client(run.flow.project, place, declared, by_schema=by_schema):
            return single("request", name, definition.line)
        asked = sources.is_request(run.flow.project, place, name)
        return single("attribute", name, definition.line, "asking" if asked else "str")
    if place in run.flow.providers and sources.from_client(run.flow.project, place, declared):
        return single("request", name, definition.line)
    if function.owner >= 0 and declared is function.parameters[0] and name in {"self", "cls", "mcs"}:
        return single("attribute", name, definition.line)
    door = run.flow.doors.get(place)
    if door is not None and door.kind == "rpc":
        sent = declared in function.parameters[1:2]  # the request or the stream of them; the context comes after it
        return single("request" if sent else "attribute", name, definition.line)
    passed, keys = _passed(run, declared, definition)
    if keys is not None:
        passed = Value(passed.rows, keys)
    if door is not None and door.kind == "command" and all(part.kind == "parameter" for part in passed.parts()):
        return single("setting", name, definition.line)  # an operator's choice, as the configuration is
    return passed


def _by_default(routes: Row[Route], function: Function, name: str) -> bool:
    """Whether a view of Flask has a parameter that no path of it holds and no decorator fills: what a registration says
    (``defaults={"kind": "book"}``, ``url_defaults``) arrives there, and nothing of a client."""
    plain = all(chain(one).replace("()", "").rpartition(".")[2] in _REGISTERING for one in function.decorators)
    flask = bool(routes) and all(route.framework in {"Flask", "Quart"} for route in routes)
    return flask and plain and function.owner < 0 and not any(f"{{{name}}}" in route.path for route in routes)


_REGISTERING = frozenset({"route", "get", "post", "put", "patch", "delete"})


def _passed(run: Evaluation, declared: Parameter, definition: Definition) -> tuple[Value, tuple[str, ...] | None]:
    """The union of what all callers pass when they are known, else whether any of them passes request data; and the
    keys of the mappings that all callers found hand over."""
    from analyzer.flow.values import CALLS

    if len(run.stack) > CALLS or declared.kind in {"args", "kwargs"}:
        return single("parameter", declared.name, definition.line), None
    found, complete = run.flow.callers.of(run.place)
    values: list[Value] = []
    for site in found:
        if run.flow.within(site.place, run.stack):
            continue
        given = _given(run, site, declared)
        if given is None:
            complete = False
        else:
            values.append(given)
    return summed_up(declared.name, definition.line, values, complete), shared_keys(values)


def summed_up(name: str, line: int, values: list[Value], complete: bool) -> Value:
    """What a parameter, or a field of one, is by what callers pass; ``complete`` where these are all there are."""
    own = single("parameter", name, line)
    parts = [part for one in values for part in one.parts()]
    if parts and all(part.type == "asking" for part in parts):
        return single("attribute", name, line, "asking")
    sent = [part for part in parts if part.kind == "request" and part.type != "object"]
    if sent:
        cut = all(part.type == "segment" for part in sent)
        return single("request", name, line, "segment" if cut else "str")
    if any(part.kind == "hashed" for part in parts) and not any(part.kind == "parameter" for part in parts):
        # Whoever calls it hands a hash in: that is what the parameter is for.
        return single("hashed", name, line)
    if not complete or not values:
        return own
    whole = union(values)
    if whole.constants() is not None:
        return single("supplied", name, line)
    if not whole.sources():
        return whole
    if all(part.kind in {"call", "attribute", "unknown"} or part.type == "object" for part in whole.sources()):
        return single("call", name, line)
    return own


def _given(run: Evaluation, site: object, declared: Parameter) -> Value | None:
    from analyzer.flow.callers import Site
    from analyzer.flow.values import Evaluation

    assert isinstance(site, Site)
    function = run.flow.project.function(run.place)
    point = run.flow.call_at(site)
    if function is None or point is None or not isinstance(point.expression, Call):
        return None
    arguments = bound(
        function,
        point.expression,
        method(run.flow.project.resolve(site.place, site.chain), function, site.chain),
    )
    if arguments is None:
        return None
    argument = arguments.get(declared.name)
    if argument is None:
        return _default(run, declared.name)
    given = argument.value
    return run.flow.answered(
        (site, declared.name),
        run.stack,
        lambda: Evaluation(run.flow, site.place, None, run.stack).value(given, point.environment),
    )


def method(target: Target | None, function: Function, name: str) -> bool:
    """Whether the first parameter of a function is filled by the object before the dot of the call ``name``."""
    if function.owner < 0 or any(isinstance(one, Name) and one.id == "staticmethod" for one in function.decorators):
        return False
    # A name without a dot that leads to a method stands for one that was taken from its object: ``find = store.find``.
    return "." in name or (target is not None and target.kind in ("class", "function"))


def _default(run: Evaluation, name: str) -> Value | None:
    function = run.flow.project.function(run.place)
    for one in function.parameters if function else ():
        if one.name == name and one.default is not None:
            return run.flow.evaluation(Place(run.place.path, -1)).value(one.default, {})
    return None


def _name(run: Evaluation, expression: Name) -> Value:
    flow, name = run.flow, expression.id
    functions = flow.project.outline(run.place.path).functions
    index = functions[run.place.index].parent if run.place.index >= 0 else -1
    while index >= 0:
        outer = Place(run.place.path, index)
        known = flow.final(outer).get(name)
        if known:
            return union(flow.evaluation(outer).defined(definition) for definition in known)
        index = functions[index].parent
    return _global(run, expression) or single("unknown", name, expression.line)


def _global(run: Evaluation, expression: Name | Attribute) -> Value | None:
    flow = run.flow
    found = constant(flow, run.place, expression)
    if found is not None:
        path, inner = found
        return _outside(run, Place(path, -1), inner)
    target = flow.project.resolve_expression(run.place, expression)
    if target is None:
        return None
    if target.kind == "variable":
        name = target.dotted.removeprefix(flow.project.module_name(target.path) + ".")
        values = flow.project.namespace(target.path).variables.get(name, [])[:8]
        if values:
            return union(_outside(run, Place(target.path, -1), value) for value in values)
    if target.kind in {"function", "class", "module"} and isinstance(expression, Name):
        return single("schema", expression.id, expression.line)
    if sources.enumeration(flow.project, target) and isinstance(expression, Attribute):
        return single("enum", _spelled(expression), expression.line)
    return None


def _outside(run: Evaluation, place: Place, expression: AnyExpression) -> Value:
    """A module-level value; what configuration or the environment supplies is a setting."""
    if len(run.stack) > 12:
        return single("unknown", "", expression.line)
    from analyzer.flow.values import Evaluation

    found = Evaluation(run.flow, place, None, run.stack).value(expression, {})
    return Value(
        tuple(
            tuple(
                Part("setting", part.text, part.line) if part.kind in {"call", "unknown", "attribute"} else part
                for part in row
            )
            for row in found.rows
        )
    )


def _attribute(run: Evaluation, expression: Attribute, state: Environment, spelled: str) -> Value:
    project = run.flow.project
    if expression.attr in _SCHEMA:
        return single("schema", spelled, expression.line)
    if expression.attr in {"value", "name"}:
        target = project.resolve_expression(run.place, expression.value)
        if target is not None and sources.enumeration(project, target):
            return single("enum", spelled, expression.line)
        base = run.value(expression.value, state)
        if all(part.kind == "enum" for part in base.parts()):
            return single("enum", spelled, expression.line)
        if base.constants() is not None and base.rows != ((),):
            return base
    found = (
        _made_with(run, expression)
        or _global(run, expression)
        or _of_address(run, expression, state)
        or _of_path(run, expression, state)
    )
    if found is not None:
        return found
    own = _instance(run, expression) or _property(run, expression, state) or _field(run, expression, state)
    if own is not None:
        return own
    if _SETTINGS.search(spelled.rpartition(".")[0]):
        return single("setting", spelled, expression.line)
    kind = _declared(run, expression)
    if kind:
        return single(kind, spelled, expression.line)
    base = run.value(expression.value, state)
    if expression.attr in sources.asked_parts() and base.asking:
        return single("request", spelled, expression.line)
    given = (part.kind for part in base.sources() if part.type != "object")
    carried = next((kind for kind in given if kind in {"request", "parameter"}), "")
    if not base.sources() and base.rows != ((),) and all(part.kind not in {"text", "schema"} for part in base.parts()):
        return Value(((Part(next(base.parts()).kind, spelled, expression.line),),))
    whole = single(carried or "attribute", spelled, expression.line)
    return _sifted(run, expression, whole) if carried == "request" else whole


def _of_address(run: Evaluation, expression: Attribute, state: Environment) -> Value | None:
    """``urlparse(address).query``: a part of the address; its path is one on whatever host."""
    if expression.attr not in _ADDRESS:
        return None
    for origin in origins(run.flow, run.place, expression.value, state):
        made = origin.expression
        parses = isinstance(made, Call) and chain(made.func).rpartition(".")[2] in {"urlparse", "urlsplit"}
        if parses and isinstance(made, Call) and made.arguments:
            inner = run if origin.place == run.place else run.flow.evaluation(origin.place)
            whole = inner.value(made.arguments[0].value, origin.environment)
            return concat((single("text", "/"), whole)) if expression.attr == "path" else whole
    return None


def _of_path(run: Evaluation, expression: Attribute, state: Environment) -> Value | None:
    """``Path(name).suffix`` has no slash in it; ``path.parent`` leads as far as the path does."""
    if expression.attr not in paths.LAST | {"parent"} or not paths.is_path(run, expression.value, state):
        return None
    whole = run.value(expression.value, state)
    return paths.last_part(whole) if expression.attr in paths.LAST else whole


_ADDRESS = frozenset({"netloc", "path", "params", "query", "fragment", "hostname", "username", "password"})
"""What a parsed address can be asked for, its scheme and port apart."""


def _property(run: Evaluation, expression: Attribute, state: Environment) -> Value | None:
    """What a property of a class of the project gives."""
    from analyzer.flow.followed import property_of

    return property_of(run, expression, state)


def _made_with(run: Evaluation, expression: Attribute) -> Value | None:
    """``self.name`` of an object that was given its declared fields when it was made."""
    made = run.made
    if made is None or not (isinstance(expression.value, Name) and expression.value.id == "self"):
        return None
    put = dict(made.arguments).get(expression.attr)
    return put if put is not None and holds_data(run.flow, Target("class", "", made.path, made.index)) else None


def _field(run: Evaluation, expression: Attribute, state: Environment) -> Value | None:
    """What was put into a field of an object of the project's class."""
    from analyzer.flow.fields import field

    return field(run, expression, state)


def _instance(run: Evaluation, expression: Attribute) -> Value | None:
    """``self.table``: what the methods of the class put there."""
    if not (isinstance(expression.value, Name) and expression.value.id in {"self", "cls"}):
        return None
    project, place = run.flow.project, run.place
    owner = project.owner_index(place)
    if owner < 0:
        return None
    wanted = f"self.{expression.attr}"
    grows = tuple(f"{wanted}.{one}" for one in ORDERED)
    found: list[Value] = []
    for at in project.namespace(place.path).methods.get(owner, {}).values():
        writer = Place(place.path, at)
        uses = project.outline(place.path).functions[at].uses
        if not any(
            (use.kind == "write" and use.chain == wanted) or (use.kind == "call" and use.chain in grows) for use in uses
        ):
            continue
        if run.flow.within(writer, run.stack) or len(found) >= _WRITERS:
            return None
        known = run.flow.final(writer).get(wanted)
        if known:
            from analyzer.flow.values import Evaluation

            given = run.made.arguments if run.made is not None and _constructs(run, writer) else None
            inner = Evaluation(run.flow, writer, None if given is None else dict(given), run.stack, run.made)
            found.append(union(inner.defined(definition) for definition in known))
    if not found:
        return None
    whole = union(found)
    if not whole.sources():
        return whole
    kind = "request" if any(part.kind == "request" for part in whole.parts()) else "attribute"
    return single(kind, _spelled(expression), expression.line)


def _constructs(run: Evaluation, writer: Place) -> bool:
    """Whether a method is the constructor of the object at hand."""
    assert run.made is not None
    methods = dict(run.flow.project.classes.methods(run.made.path, run.made.index))
    return methods.get("__init__") == writer


def _sifted(run: Evaluation, expression: Attribute, whole: Value) -> Value:
    """What the schema that a request was read into lets through in one of its fields."""
    from analyzer.flow.sieves import sifted

    target = run.flow.project.resolve_expression(run.place, expression.value)
    return sifted(run, target, expression.attr, whole) if target is not None and target.ours else whole


def _declared(run: Evaluation, expression: Attribute) -> str:
    project = run.flow.project
    target = project.resolve_expression(run.place, expression.value)
    if target is None or not target.ours:
        return ""
    found = sources.field_type(project, target, expression.attr)
    return sources.harmless_type(project, *found) if found else ""


def _item(run: Evaluation, expression: Subscript, state: Environment, spelled: str) -> Value:
    kept = _displayed(run, expression, state, spelled)
    if kept is not None:
        return kept
    field = dumped.item(run, expression.value, expression.index, state)
    if field is not None:
        return field
    if _SETTINGS.search(spelled.partition("[")[0] + "["):
        return single("setting", spelled, expression.line)
    base_value = run.value(expression.value, state)
    if not base_value.sources():
        return base_value
    carried = {part.kind for part in base_value.sources()}
    kind = next((one for one in ("request", "parameter", "attribute", "call") if one in carried), "unknown")
    first = expression.index.value == 0 if isinstance(expression.index, Constant) else False
    cut = paths.cuts(expression.value, first) or all(part.type == "segment" for part in base_value.sources())
    return single(kind, spelled, expression.line, "segment" if cut else "str")


def _displayed(run: Evaluation, expression: Subscript, state: Environment, spelled: str) -> Value | None:
    """An item of a container that was written out, and of what was put into it since; ``None`` for any other.

    Where another container may stand in its place (``request.get_json() or {}``), an item of that one too.
    """
    at = expression.index.value if isinstance(expression.index, Constant) else number(expression.index)
    if isinstance(at, int):
        ordered = exact(run, expression.value, state)
        if ordered is not None and -len(ordered) <= at < len(ordered):
            return ordered[at].value()
    found: list[Value] = []
    bases = origins(run.flow, run.place, expression.value, state)
    other = elsewhere(run, bases)
    for base in bases:
        inner = run if base.place == run.place else run.flow.evaluation(base.place)
        if isinstance(base.expression, Mapping) and (base.expression.values or not other):
            found.append(_looked_up(inner, base.expression, base.environment, expression.index))
        elif isinstance(base.expression, Sequence) and isinstance(at, int):
            items = base.expression.items
            if -len(items) <= at < len(items):
                found.append(inner.value(items[at], base.environment))
    if not found:
        return None
    for one in grown(state, expression.value):
        put = one.item.value if isinstance(one.item, Constant) else None
        if one.expression is not None and (at is None or put is None or put == at):
            found.append(run.value(one.expression, one.environment or {}))
    return union([*found, *([single(other, spelled, expression.line)] if other else [])])


def elsewhere(run: Evaluation, bases: list[Origin]) -> str:
    """What a client or a caller sends beside containers that are written out: ``request``, ``parameter`` or ``""``."""
    if not any(isinstance(base.expression, Mapping | Sequence) for base in bases):
        return ""
    kinds: set[str] = set()
    for base in bases:
        if not isinstance(base.expression, Mapping | Sequence):
            inner = run if base.place == run.place else run.flow.evaluation(base.place)
            kinds.update(part.kind for part in inner.value(base.expression, base.environment).sources())
    return next((one for one in ("request", "parameter") if one in kinds), "")


def _looked_up(run: Evaluation, mapping: Mapping, state: Environment, index: AnyExpression) -> Value:
    wanted = index.value if isinstance(index, Constant) else None
    for name, inner in zip(mapping.keys, mapping.values, strict=True):
        if wanted is not None and isinstance(name, Constant) and name.value == wanted:
            return run.value(inner, state)
    return union(run.value(inner, state) for inner in mapping.values) if mapping.values else single("unknown")


def _spelled(expression: AnyExpression) -> str:
    if isinstance(expression, Subscript) and isinstance(expression.index, Constant) and not key(expression):
        return f"{_spelled(expression.value)}[{expression.index.value!r}]"
    return key(expression) or chain(expression)
