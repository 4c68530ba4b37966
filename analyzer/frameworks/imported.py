"""Values of modules that are imported by a name in a text: ``load("shop.pages")`` and what that function hands out."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Mapping, Name, Sequence, Subscript
from analyzer.facts.statements import Assign, For, Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.registry import VERBS
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_IMPORTERS = frozenset({"import_module", "importlib.import_module", "__import__"})
_DEPTH = 6
ModuleVariable = tuple[str, str]
"""The file of a module and the name of a variable in it."""


def named_target(project: Project, place: Place, dotted: str) -> Target | None:
    """What ``"package.module.name"`` means, ``None`` when the module is not of the project."""
    module, _, name = dotted.rpartition(".")
    origin = project.layout.absolute(place.path, module) if module else None
    return project.member(origin, name) if origin and not origin.endswith("/") else None


def imported(project: Project, place: Place, value: AnyExpression | None) -> list[ModuleVariable]:
    """The variables that ``import_module("a.b").name`` is, or that a function of the project returns which does so with
    a name it is given; every one that the name can be, none where that is not constant."""
    if isinstance(value, Call) and chain_of(value.func) == "getattr" and len(value.arguments) > 1:
        name = text(project, place, value.arguments[1].value)
        if name is not None and name.isidentifier():
            value = Attribute(
                value.line, value.column, value.end_line, value.end_column, value.arguments[0].value, name
            )
    if isinstance(value, Attribute) and isinstance(value.value, Call):
        if not _imports(value.value):
            return []
        package = text(project, place, argument(value.value, 1, "package")) or ""
        return _variables(project, place, argument(value.value, 0), value.attr, package)
    if not isinstance(value, Call):
        return []
    target = project.resolve_expression(place, value.func)
    if target is None or target.kind != "function":
        return []
    inside = Place(target.path, target.index)
    function = project.function(inside)
    taken = _taken(project, inside)
    if function is None or taken is None:
        return []
    name, attribute = taken
    names = [one.name for one in function.parameters]
    return _variables(project, place, argument(value, names.index(name), name), attribute) if name in names else []


def _taken(project: Project, inside: Place) -> tuple[str, str] | None:
    """The name that a function imports a module by, and the attribute of that module that it returns."""
    modules: dict[str, str] = {}
    for node in walk(project.body(inside)):
        if isinstance(node, Assign) and isinstance(node.value, Call) and _imports(node.value):
            modules.update({chain_of(one): chain_of(argument(node.value, 0)) for one in node.targets})
        elif isinstance(node, Return) and isinstance(node.value, Attribute):
            held = node.value.value
            direct = isinstance(held, Call) and _imports(held)
            name = chain_of(argument(held, 0)) if isinstance(held, Call) and direct else modules.get(chain_of(held), "")
            if name:
                return name, node.value.attr
    return None


def _imports(call: Call) -> bool:
    return chain_of(call.func) in _IMPORTERS


def _variables(
    project: Project, place: Place, name: AnyExpression | None, attribute: str, package: str = ""
) -> list[ModuleVariable]:
    found: list[ModuleVariable] = []
    for module in possible_texts(project, place, name):
        level = len(module) - len(module.lstrip("."))
        if level and not package:
            path = project.layout.relative(place.path, level, module[level:])
        else:
            path = project.layout.absolute(place.path, f"{package}{module}" if level == 1 else module)
        if path and not path.endswith("/") and attribute in project.namespace(path).variables:
            found.append((path, attribute))
    return found


def possible_texts(project: Project, place: Place, value: AnyExpression | None) -> list[str]:
    """The constant texts an expression can be: itself, or the items of the lists that a loop takes it from."""
    known = text(project, place, value)
    if known is not None:
        return [known]
    if not isinstance(value, Name):
        return []
    found: list[str] = []
    for loop in walk(project.body(place)):
        if isinstance(loop, For) and isinstance(loop.target, Name) and loop.target.id == value.id:
            for at, item in _items(project, place, loop.iterable, 0):
                one = text(project, at, item)
                found += [one] if one is not None else []
    return list(dict.fromkeys(found))


def _items(
    project: Project, place: Place, value: AnyExpression | None, depth: int
) -> Iterator[tuple[Place, AnyExpression]]:
    """The items of a list, of a variable that holds one, of an entry of a table of lists (of all where the key is not
    constant)."""
    if depth > _DEPTH:
        return
    if isinstance(value, Sequence):
        yield from ((place, item) for item in value.items)
    elif isinstance(value, Subscript):
        held = project.variable(place.path, chain_of(value.value))
        if held is not None and isinstance(held[1], Mapping):
            at, key = Place(held[0], -1), text(project, place, value.index)
            for name, entry in zip(held[1].keys, held[1].values, strict=True):
                if key is None or text(project, at, name) == key:
                    yield from _items(project, at, entry, depth + 1)
    elif isinstance(value, Name):
        local = [
            node.value
            for node in (walk(project.body(place)) if place.index >= 0 else ())
            if isinstance(node, Assign) and any(chain_of(target) == value.id for target in node.targets)
        ]
        for one in local:
            yield from _items(project, place, one, depth + 1)
        found = project.variable(place.path, value.id) if not local else None
        if found is not None:
            yield from _items(project, Place(found[0], -1), found[1], depth + 1)


def dynamic(project: Project, place: Place, given: AnyExpression) -> bool:
    """Whether an expression hangs on what a loop finds at run time, or on a module that is imported by its name."""
    taken: set[str] = set()
    for node in walk(project.body(place)):
        if isinstance(node, For):
            taken |= {one.id for one in walk(node.target) if isinstance(one, Name)}
        elif isinstance(node, Assign) and node.value is not None and _hangs(node.value, taken):
            taken |= {one.id for target in node.targets for one in walk(target) if isinstance(one, Name)}
    return _hangs(given, taken)


def called_by_name(project: Project, names: frozenset[str]) -> Iterator[tuple[Place, Call, str]]:
    """``getattr(app, verb)("/x", …)``: calls of methods that are named by a text, unless that is none of the names;
    each with the chain of what they are called on."""
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if not any(use.chain == "getattr" and use.kind == "call" for use in uses):
            continue
        for node in walk(project.body(place)):
            inner = node.func if isinstance(node, Call) else None
            if not isinstance(node, Call) or not isinstance(inner, Call) or chain_of(inner.func) != "getattr":
                continue
            named = text(project, place, argument(inner, 1))
            if named is None or named in names:
                yield place, node, chain_of(argument(inner, 0))


def _hangs(given: AnyExpression, taken: set[str]) -> bool:
    return any(
        (isinstance(node, Name) and node.id in taken)
        or (isinstance(node, Call) and chain_of(node.func).rpartition(".")[2] in _BY_NAME)
        for node in walk(given)
    )


_BY_NAME = frozenset({"import_module", "__import__", "getattr", "import_string", "module_from_spec"})


def unnamed(project: Project, packages: frozenset[str]) -> Iterator[tuple[str, int]]:
    """``@routers["orders"].get("/x")``: registrations on a router that no name stands for, in modules that import one
    of the packages, as file and line."""
    for path in project.paths():
        outline = project.outline(path)
        if not any(item.module.split(".")[0] in packages and not item.level for item in outline.imports):
            continue
        decorated = [(one.parent, decorator) for one in outline.functions for decorator in one.decorators]
        decorated += [(one.parent, decorator) for one in outline.classes for decorator in one.decorators]
        for parent, decorator in decorated:
            if isinstance(decorator, Call) and _unnamed(project, Place(path, parent), decorator):
                yield path, decorator.line


def _unnamed(project: Project, place: Place, call: Call) -> bool:
    func = call.func
    if not isinstance(func, Attribute) or func.attr not in {*VERBS, "route", "websocket", "api_route"}:
        return False
    rule = text(project, place, argument(call, 0)) if isinstance(func.value, Subscript | Call) else None
    return rule is not None and rule.startswith("/") and project.resolve_expression(place, func.value) is None
