"""Lists of URL patterns: written out, summed up from lists of other modules, appended to, handed through functions."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Binary, Call, Comprehension, Name, Sequence, Starred
from analyzer.facts.statements import Assign, Augment
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.loops import calls_of, constant_items
from analyzer.frameworks.registry import holder
from analyzer.frameworks.text import argument
from analyzer.project.project import Project
from analyzer.project.target import Place

PATHS = frozenset({"path", "re_path", "url"})
"""What makes a pattern: ``django.urls.path`` and its older names."""
PatternList = tuple[str, str]
"""A module and the name of a list in it."""
Entry = tuple[Place, AnyExpression]
_ADDING = {"append": 0, "extend": 0, "insert": 1}


def stored(project: Project, held: PatternList, seen: set[PatternList]) -> Iterator[Entry]:
    """The entries of a module-level list, in order; ``seen`` collects every list that was opened, each only once."""
    if held in seen:
        return
    seen.add(held)
    path, name = held
    place = Place(path, -1)
    added = {f"{name}.{method}" for method in _ADDING}
    for statement in walk(project.outline(path).body):
        if isinstance(statement, Assign) and statement.value is not None:
            if any(isinstance(target, Name) and target.id == name for target in statement.targets):
                yield from entries(project, place, statement.value, seen)
        elif isinstance(statement, Augment) and chain_of(statement.target) == name:
            yield from entries(project, place, statement.value, seen)
    if all(use.chain not in added for use in project.outline(path).uses):
        return
    for one in calls_of(project, place):
        before, _, method = chain_of(one.call.func).rpartition(".")
        given = argument(one.call, _ADDING[method]) if before == name and method in _ADDING else None
        if given is not None and method == "extend":
            yield from entries(project, one.where(given), given, seen)
        elif given is not None:
            yield one.where(given), given


def entries(project: Project, place: Place, value: AnyExpression | None, seen: set[PatternList]) -> Iterator[Entry]:
    """The entries of an expression that comes to a list of patterns, each with the place to read it in."""
    if isinstance(value, Sequence):
        for item in value.items:
            if isinstance(item, Starred):
                yield from entries(project, place, item.value, seen)
            else:
                yield place, item
    elif isinstance(value, Binary) and value.op == "+":
        yield from entries(project, place, value.left, seen)
        yield from entries(project, place, value.right, seen)
    elif isinstance(value, Comprehension):
        items = constant_items(project, place, value)
        yield from items if items is not None else [(place, value.element)]
    elif isinstance(value, Attribute) and value.attr == "urls":
        yield place, value
    elif isinstance(value, Call):
        yield from _made(project, place, value, seen)
    elif isinstance(value, Name | Attribute):
        held = named(project, place, value)
        if held is not None:
            yield from stored(project, held, seen)


def _made(project: Project, place: Place, call: Call, seen: set[PatternList]) -> Iterator[Entry]:
    """What a function makes of the patterns it is given: a list, or (``i18n_patterns``) one pattern an argument."""
    name = chain_of(call.func).rpartition(".")[2]
    given = [one.value for one in call.arguments if one.keyword is None]
    for value in given[1:] if name == "patterns" else given:
        if isinstance(value, Call) and pattern_maker(project, place, value):
            yield place, value
        else:
            yield from entries(project, place, value, seen)


def named(project: Project, place: Place, value: AnyExpression | None) -> PatternList | None:
    """The list that a name means, imports and aliases followed; ``None`` when it is no variable of a module."""
    held = holder(project, place, chain_of(value))
    if held is None or held.scope != -1 or held.path.endswith("/"):
        return None
    return (held.path, held.name) if held.name in project.namespace(held.path).variables else None


def pattern_maker(project: Project, place: Place, call: Call) -> str:
    """Which of ``path``, ``re_path`` and ``url`` a call comes to, also through a function that hands its own arguments
    on to it; ``""`` for none."""
    name = chain_of(call.func).rpartition(".")[2]
    if name in PATHS:
        return name
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "function":
        return ""
    inside = Place(target.path, target.index)
    function = project.function(inside)
    if function is None or len(function.parameters) < 2 or not any(_last(use.chain) in PATHS for use in function.uses):
        return ""
    handed = [one.name for one in function.parameters[:2]]
    for node in walk(project.body(inside)):
        if not isinstance(node, Call) or _last(chain_of(node.func)) not in PATHS:
            continue
        if [chain_of(one.value) for one in node.arguments[:2]] == handed:
            return _last(chain_of(node.func))
    return ""


def unnamed(project: Project, seen: set[PatternList]) -> Iterator[PatternList]:
    """Lists of patterns that nothing names: they are registered by whoever imports their module at run time."""
    for path in project.paths():
        for name, values in sorted(project.namespace(path).variables.items()):
            for value in values:
                items = value.items if isinstance(value, Sequence) else []
                made = any(isinstance(item, Call) and _from_django(project, path, item) for item in items)
                if made and (path, name) not in seen:
                    yield path, name
                    break


def _from_django(project: Project, path: str, call: Call) -> bool:
    return _last(chain_of(call.func)) in PATHS and project.callee(Place(path, -1), call).startswith("django.")


def _last(chain: str) -> str:
    return chain.rpartition(".")[2]
