"""Routers that functions make: what a call gives back, and which call a variable gets its value from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.forwarded import Given, called, given_by, locals_of
from analyzer.frameworks.loops import Item, Known, Registration, agree, rounds_around, substitute
from analyzer.frameworks.registry import RETURNED, Creation, Holder, holder, router
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


def hangs(project: Project, creation: Creation, *prefixes: str, first: bool = False) -> bool:
    """Whether what a function is given tells the prefix of the router it makes (``first``: its first argument may be
    that), or the path of one of its routes."""
    place = creation.place
    function = project.function(place)
    if function is None or not function.parameters:
        return False
    given = argument(creation.call, 99, *prefixes) or (argument(creation.call, 0) if first else None)
    if given is not None and text(project, place, given) is None:
        return True
    outline = project.outline(place.path)
    inside = [(one.parent, one.decorators) for one in outline.functions]
    inside += [(one.parent, one.decorators) for one in outline.classes]
    for parent, decorators in inside:
        for decorator in decorators if parent == place.index else ():
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


def of_rounds(project: Project, creation: Creation) -> list[Instance]:
    """The routers that a loop over a constant list makes, one a round; none for what is in no such loop."""
    call = creation.call

    def wanted(node: object) -> bool:
        return isinstance(node, Call) and (node.line, node.column) == (call.line, call.column)

    held, place = creation.holder, creation.place
    rounds = [known for known in rounds_around(project, place, wanted) if known]
    return [
        Instance(Holder(held.path, held.scope, f"{held.name}#{number}"), dict(known), place)
        for number, known in enumerate(rounds)
    ]


def in_round(held: Holder, known: Known, several: Mapping[Holder, Sequence[Instance]]) -> Holder:
    """The router of a loop's round for one that every round makes; itself for any other."""
    made = [one.holder for one in several.get(held, ()) if known and agree(one.known, known)]
    return made[0] if len(made) == 1 else held


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


def origin(
    project: Project, held: Holder | None, own: Mapping[Holder, str], known: Mapping[Holder, Sequence[Instance]]
) -> Holder | None:
    """A router; for a variable that gets its value from a function of the project the one that the function makes."""
    if held is None or held in own:
        return held
    made = stored_call(project, held)
    inner = made_by(project, Registration(*made), known) if made is not None else None
    return inner if inner in own else held


def called_router(
    project: Project,
    place: Place,
    chain: str,
    own: Mapping[Holder, str],
    wanted: frozenset[str],
    known: Mapping[Holder, Sequence[Instance]],
) -> Holder | None:
    """The router behind a chain, as :func:`~analyzer.frameworks.registry.router`, also one that a function made."""
    held = origin(project, holder(project, place, chain), own, known)
    return held if held in own else router(project, place, chain, own, wanted)


def kept_by(
    project: Project, site: Registration, held: Holder | None, known: Mapping[Holder, Sequence[Instance]]
) -> Holder | None:
    """The router that an object keeps which is made here: ``Orders(prefix="/orders").router``."""
    several = known.get(held, ()) if held is not None else ()
    made = several[0].place if several else None
    function = project.function(made) if made is not None else None
    if held is None or made is None or function is None:
        return held
    return instance(project, held, made, given_by(project, made, function, site)).holder


def stored_call(project: Project, held: Holder) -> tuple[Place, Call] | None:
    """The call that a variable, or an attribute of ``self``, gets its value from, and where."""
    if held.scope < -1:
        for index in project.namespace(held.path).methods.get(-2 - held.scope, {}).values():
            stored = _stored_in(project, Place(held.path, index), f"self.{held.name}")
            if stored is not None:
                return stored
        return None
    if held.scope < 0:
        found = project.variable(held.path, held.name)
        return (Place(found[0], -1), found[1]) if found is not None and isinstance(found[1], Call) else None
    return _stored_in(project, Place(held.path, held.scope), held.name)


def _stored_in(project: Project, place: Place, name: str) -> tuple[Place, Call] | None:
    for statement in walk(project.body(place)):
        if isinstance(statement, Assign) and any(chain_of(target) == name for target in statement.targets):
            return (place, statement.value) if isinstance(statement.value, Call) else None
    return None


def returned(project: Project, site: Registration) -> Holder | None:
    """The variable that a function of the project gives back where it is called, or what it makes as it returns."""
    target = project.resolve_expression(site.where(site.call.func), site.call.func)
    if target is None or target.kind != "function":
        return None
    inside = Place(target.path, target.index)
    function = project.function(inside)
    for local in function.locals if function else ():
        if local.target == "return" and local.how == "return":
            made = local.source.endswith(")")
            return Holder(inside.path, inside.index, RETURNED) if made else holder(project, inside, local.source)
    return None
