"""Routers that functions make: what a call gives back, and which call a variable gets its value from."""

from __future__ import annotations

from analyzer.facts.expressions import Call
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.loops import Registration
from analyzer.frameworks.registry import Holder, holder
from analyzer.project.project import Project
from analyzer.project.target import Place


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
