"""Routers that functions make: what a call gives back, and which call a variable gets its value from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.forwarded import Given, called, given_by, locals_of
from analyzer.frameworks.loops import Item, Registration, substitute
from analyzer.frameworks.registry import Creation, Holder, holder
from analyzer.frameworks.spelling import spelt
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_MOST = 200
"""Calls of one function that makes routers."""


class Instance(msgspec.Struct, frozen=True):
    """A router as one call of the function makes it that it is created in, with what that call gives."""

    holder: Holder
    known: dict[str, Item]
    place: Place


def written(one: Instance, given: AnyExpression) -> tuple[AnyExpression, Place]:
    """An expression of the function with what it was given, and the place to read it in."""
    origins: dict[int, Place] = {}
    made: AnyExpression = substitute(given, one.known, origins)  # type: ignore[assignment]
    return made, next((origins[id(node)] for node in walk(made) if id(node) in origins), one.place)


def hangs(project: Project, creation: Creation, *prefixes: str) -> bool:
    """Whether what a function is given tells the prefix of the router it makes, or the path of one of its routes."""
    place = creation.place
    function = project.function(place)
    if function is None or not function.parameters:
        return False
    given = argument(creation.call, 99, *prefixes)
    if given is not None and text(project, place, given) is None:
        return True
    for one in project.outline(place.path).functions:
        for decorator in one.decorators if one.parent == place.index else ():
            if isinstance(decorator, Call) and chain_of(decorator.func).startswith(f"{creation.holder.name}."):
                path = argument(decorator, 0, "path", "rule")
                if path is not None and text(project, place, path) is None:
                    return True
    return False


def instances(project: Project, creation: Creation) -> list[Instance]:
    """The routers that a function makes, one for every call that gives it something else."""
    function = project.function(creation.place)
    found: dict[Holder, Instance] = {}
    for given in called(project, creation.place, function) if function is not None else ():
        one = instance(project, creation.holder, creation.place, given)
        found.setdefault(one.holder, one)
        if len(found) >= _MOST:
            break
    return list(found.values())


def instance(project: Project, held: Holder, place: Place, given: Given) -> Instance:
    """The router that a call makes; calls that give the same make the same."""
    told = []
    for name, (at, value) in sorted(given.known.items()):
        told.append(f"{name}={text(project, at, value) or spelt(value)}")
    known = {**given.known, **locals_of(project, place, given, {})}
    return Instance(Holder(held.path, held.scope, f"{held.name}({', '.join(told)})"), known, place)


def made_by(project: Project, site: Registration, known: Mapping[Holder, Sequence[Instance]]) -> Holder | None:
    """The variable that a function called here returns; as that call makes it where that makes a difference."""
    held = returned(project, site)
    if held is None or not known.get(held):
        return held
    made = Place(held.path, held.scope)
    function = project.function(made)
    return instance(project, held, made, given_by(project, made, function, site)).holder if function else held


def stored_call(project: Project, held: Holder) -> tuple[Place, Call] | None:
    """The call that a variable of a module or a function gets its value from, and where."""
    if held.scope < 0:
        found = project.variable(held.path, held.name)
        return (Place(found[0], -1), found[1]) if found is not None and isinstance(found[1], Call) else None
    place = Place(held.path, held.scope)
    for statement in walk(project.body(place)):
        if isinstance(statement, Assign) and any(chain_of(target) == held.name for target in statement.targets):
            return (place, statement.value) if isinstance(statement.value, Call) else None
    return None


def returned(project: Project, site: Registration) -> Holder | None:
    """The variable that a function of the project gives back where it is called."""
    target = project.resolve_expression(site.where(site.call.func), site.call.func)
    if target is None or target.kind != "function":
        return None
    inside = Place(target.path, target.index)
    function = project.function(inside)
    for local in function.locals if function else ():
        if local.target == "return" and local.how == "return":
            return holder(project, inside, local.source)
    return None
