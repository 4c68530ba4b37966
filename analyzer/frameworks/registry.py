"""Who registers what: routers told apart by the place that creates them, calls found by what they are called on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Name, Sequence
from analyzer.facts.statements import Assign, Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.text import argument, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
"""What registrations and methods of class views are called after."""

RETURNED = "return"
"""What a holder is called that a function gives back as it makes it: ``return Api(app)``."""
_DEPTH = 12


class Holder(msgspec.Struct, frozen=True, order=True):
    """A variable that holds a router or application: the file and function (−1: module) it is created in, its name."""

    path: str
    scope: int
    name: str


class Creation(msgspec.Struct, frozen=True):
    """Where a holder gets its value: the call, and the canonical name of what is called."""

    holder: Holder
    place: Place
    call: Call
    dotted: str


def holder(project: Project, place: Place, chain: str, depth: int = 0) -> Holder | None:
    """The variable behind a chain (``users.router``, ``self.app``, an alias), ``None`` when there is no such thing."""
    if not chain or depth > _DEPTH or "(" in chain or "[" in chain:
        return None
    head, _, rest = chain.partition(".")
    index = place.index
    functions = project.outline(place.path).functions
    while index >= 0:
        function = functions[index]
        if head in {"self", "cls"} and function.owner >= 0 and rest:
            return _kept(project, place.path, function.owner, rest, depth) or Holder(
                place.path, -2 - function.owner, rest
            )
        for local in reversed(function.locals):
            if local.target == head and local.how in {"assign", "with"}:
                if rest:
                    return of_object(project, project.resolve(Place(place.path, index), head), rest)
                if local.source.endswith(")"):
                    return Holder(place.path, index, head)
                return holder(project, Place(place.path, index), local.source, depth + 1)
        if any(parameter.name == head for parameter in function.parameters):
            if rest:
                return None
            return _handed(project, Place(place.path, index), head, depth) or Holder(place.path, index, head)
        for item in project.namespace(place.path).lazy.get(index, ()):
            if item.bound == head:
                return _imported(project, place, chain, depth)
        index = function.parent
    namespace = project.namespace(place.path)
    if head in namespace.variables and rest:
        return of_object(project, project.resolve(Place(place.path, -1), head), rest)
    if head in namespace.variables:
        values = namespace.variables[head]
        alias = chain_of(values[-1]) if len(values) == 1 else ""  # a list that grows is no other name of what it got
        if alias and alias != head and "(" not in alias and "[" not in alias:
            return holder(project, Place(place.path, -1), alias, depth + 1) or Holder(place.path, -1, head)
        return Holder(place.path, -1, head)
    return _imported(project, place, chain, depth)


def of_object(project: Project, target: Target | None, name: str) -> Holder | None:
    """What an object of a class of ours keeps under a name: ``Orders(service).router``."""
    if target is None or target.kind != "instance" or target.index < 0 or "." in name:
        return None
    for item in project.classes.order(target.path, target.index):
        for at in project.namespace(item.path).methods.get(item.index, {}).values() if item.kind == "class" else ():
            if any(local.target == f"self.{name}" for local in project.outline(item.path).functions[at].locals):
                return Holder(item.path, -2 - item.index, name)
    return None


def _kept(project: Project, path: str, owner: int, name: str, depth: int) -> Holder | None:
    """What an object is given and keeps: ``def __init__(self, app): self.app = app`` … ``Pages(shop)``."""
    for item in project.classes.order(path, owner) if "." not in name else ():
        for at in project.namespace(item.path).methods.get(item.index, {}).values() if item.kind == "class" else ():
            function = project.outline(item.path).functions[at]
            for local in function.locals:
                if local.target == f"self.{name}" and any(one.name == local.source for one in function.parameters):
                    return _handed(project, Place(item.path, at), local.source, depth)
    return None


def _handed(project: Project, place: Place, name: str, depth: int) -> Holder | None:
    """What the first caller hands to a parameter: ``def add_routes(app): @app.get("/")`` … ``add_routes(shop)``."""
    known: dict[tuple[Place, str], Holder | None] = vars(project).setdefault("_handed_holders", {})
    asked = (place, name)
    if asked not in known:
        known[asked] = None  # a function that hands its parameter to itself
        known[asked] = next(_givers(project, place, name, depth), None)
    return known[asked]


def _givers(project: Project, place: Place, name: str, depth: int) -> Iterator[Holder]:
    for site, given in _arguments(project, place, name):
        found = holder(project, site, chain_of(given), depth + 1)
        if found is not None:
            yield found


def _arguments(project: Project, place: Place, name: str) -> Iterator[tuple[Place, AnyExpression]]:
    """What callers give for a parameter of a function, each with the place it is written at."""
    function = project.function(place)
    if function is None:
        return
    named = frozenset({function.name})
    if function.name == "__init__" and function.owner >= 0:
        below = project.classes.below(place.path, function.owner)
        named = frozenset({project.outline(place.path).classes[function.owner].name}) | {
            one.dotted.rpartition(".")[2] for one in below
        }
    for site, call in calls(project, named):
        target = project.resolve_expression(site, call.func)
        made = (
            target is not None
            and target.kind == "class"
            and dict(project.classes.methods(target.path, target.index)).get("__init__") == place
        )
        if target is None or not (made or (target.path, target.index) == (place.path, place.index)):
            continue
        names = [one.name for one in function.parameters]
        position = names.index(name) - (1 if made or (function.owner >= 0 and names[0] in {"self", "cls"}) else 0)
        given = argument(call, position, name) if position >= 0 else None
        if given is not None:
            yield site, given


def answerer(project: Project, place: Place, given: AnyExpression | None) -> Target | None:
    """What a registration names: also a method of an object that a function is handed without saying of which class,
    as the first caller that tells says: ``def add_routes(app, pages): app.add_get("/", pages.index)``."""
    target = project.resolve_expression(place, given)
    if target is not None or not isinstance(given, Attribute) or not isinstance(given.value, Name):
        return target
    name, function = given.value.id, project.function(place)
    for local in function.locals if function else ():
        if local.target == name and local.how == "assign":
            name = local.source
    if function is None or all(one.name != name for one in function.parameters):
        return None
    objects = (project.resolve_expression(site, one) for site, one in _arguments(project, place, name))
    methods = (project.attribute(one, given.attr) for one in objects if one is not None)
    return next((one for one in methods if one is not None and one.kind == "function"), None)


def _imported(project: Project, place: Place, chain: str, depth: int) -> Holder | None:
    *before, name = chain.split(".")
    if before:
        target = project.resolve(place, ".".join(before))
        if target is not None and target.kind == "module" and not target.path.endswith("/"):
            return holder(project, Place(target.path, -1), name, depth + 1)
        if target is not None and target.kind in {"class", "instance"} and target.path:
            return Holder(target.path, -2 - target.index, name)
        return None
    scopes = project.namespace(place.path)
    items = [*scopes.imports.get(name, ()), *(i for one in scopes.lazy.values() for i in one if i.bound == name)]
    for item in items:
        if item.name is None:
            continue
        relative = project.layout.relative(place.path, item.level, item.module)
        origin = relative if item.level else project.layout.absolute(place.path, item.module)
        if origin and not origin.endswith("/"):
            return holder(project, Place(origin, -1), item.name, depth + 1)
    return None


def creations(project: Project, wanted: frozenset[str], also: frozenset[str] = frozenset()) -> Iterator[Creation]:
    """Every variable that is assigned a call of one of the wanted names, or of a subclass of one of them, and what
    functions return of that kind (:data:`RETURNED`)."""
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if not any(use.kind == "call" and _wanted(project, place, use.chain, use.line, wanted, also) for use in uses):
            continue
        for statement in walk(project.body(place)):
            if isinstance(statement, Return) and isinstance(statement.value, Call):
                dotted = created(project, place, statement.value, wanted, also)
                if dotted:
                    yield Creation(Holder(place.path, place.index, RETURNED), place, statement.value, dotted)
            for target, value in _pairs(statement) if isinstance(statement, Assign) else ():
                dotted = created(project, place, value, wanted, also)
                held = _target(project, place, target) if dotted else None
                if held is not None:
                    yield Creation(held, place, value, dotted)


def assigned(project: Project, name: str) -> Iterator[Creation]:
    """Every variable that is assigned a call of a method of this name, whatever it is called on."""
    for place, call in calls(project, frozenset({name})):
        for statement in walk(project.body(place)):
            for target, value in _pairs(statement) if isinstance(statement, Assign) else ():
                held = _target(project, place, target) if value is call else None
                if held is not None:
                    yield Creation(held, place, value, "")


def _pairs(statement: Assign) -> Iterator[tuple[AnyExpression, Call]]:
    """The calls that an assignment stores, each with what it is stored in; also ``one, other = Router(), Router()``."""
    for target in statement.targets:
        if isinstance(statement.value, Call):
            yield target, statement.value
        elif isinstance(statement.value, Sequence) and isinstance(target, Sequence):
            for one, value in zip(target.items, statement.value.items, strict=False):
                if isinstance(value, Call):
                    yield one, value


def created(
    project: Project, place: Place, call: Call, wanted: frozenset[str], also: frozenset[str] = frozenset()
) -> str:
    """Which of the wanted names a call constructs, ``""`` for none."""
    target = project.resolve_expression(place, call.func)
    if target is None:
        return ""
    if target.kind == "class":
        return next((n for n in project.classes.externals(target.path, target.index) if n in wanted), "")
    return target.dotted if target.dotted in wanted or target.dotted in also else ""


def _wanted(
    project: Project, place: Place, chain: str, line: int, wanted: frozenset[str], also: frozenset[str]
) -> bool:
    last = chain.split(".")[-1].split("(")[0]
    if not last[:1].isupper() and all(one.rpartition(".")[2].removesuffix("()") != last for one in also):
        return False
    target = project.resolve(place, chain, line)
    if target is None:
        return False
    if target.kind == "class":
        return project.classes.descends(target.path, target.index, wanted)
    return target.dotted in wanted or target.dotted in also


def _target(project: Project, place: Place, target: AnyExpression) -> Holder | None:
    chain = chain_of(target)
    if isinstance(target, Name):
        return Holder(place.path, place.index, target.id)
    owner = project.owner_index(place)
    if chain.startswith("self.") and owner >= 0:
        return Holder(place.path, -2 - owner, chain[len("self.") :])
    return None


def calls(project: Project, names: frozenset[str]) -> Iterator[tuple[Place, Call]]:
    """Every call of a method with one of these names, in source order; bodies are opened only where one is used."""
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if any(use.kind == "call" and use.chain.rpartition(".")[2] in names for use in uses):
            for node in walk(project.body(place)):
                if isinstance(node, Call) and chain_of(node.func).rpartition(".")[2] in names:
                    yield place, node


def router(
    project: Project, place: Place, chain: str, own: Mapping[Holder, str], wanted: frozenset[str]
) -> Holder | None:
    """The router behind a chain: one whose creation is known (``own``), or anything that is one of the wanted kinds."""
    held = holder(project, place, chain)
    if held in own:
        return held
    target = project.resolve(place, chain)
    if target is None:
        return None
    if target.kind == "instance":
        known = project.classes.descends(target.path, target.index, wanted)
    else:
        known = target.dotted.removesuffix("()") in wanted
    return (held or Holder(place.path, place.index, chain)) if known else None


def methods_of(project: Project, place: Place, call: Call, name: str) -> list[str]:
    """The HTTP methods (or ``WEBSOCKET``) of a registration: by the name it is called by, else its ``methods``."""
    if name in VERBS:
        return [name.upper()]
    if name.startswith(("websocket", "add_websocket")):
        return ["WEBSOCKET"]
    return sorted(item.upper() for item in texts(project, place, argument(call, 99, "methods")) or ["GET"])


def imports_any(project: Project, packages: frozenset[str]) -> bool:
    """Whether any file imports one of these top-level packages."""
    return any(
        item.module.split(".")[0] in packages and not item.level
        for path in project.paths()
        for item in project.outline(path).imports
    )


def answering(project: Project, target: Target) -> dict[str, Place]:
    """The methods of a class view by name, own and inherited; ``put = post`` in a class's body is one of them too."""
    methods = dict(project.classes.methods(target.path, target.index))
    for name, path, statement in project.classes.fields(target.path, target.index):
        if name in VERBS and name not in methods and isinstance(statement.value, Name):
            other = methods.get(statement.value.id)
            if other is not None and other.path == path:
                methods[name] = other
    return methods
