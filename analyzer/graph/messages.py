"""Functions that nobody calls by name: a bus looks them up by the type of the message it is given.

``bus.handle(CreateOrder(…))`` runs ``create_order(command: CreateOrder)`` where the bus asks for
``handlers[type(message)]``.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import persistence
from analyzer.project import Place, Project, Target


def dispatches_by_type(project: Project) -> bool:
    """Whether a function of the project looks something up by the type of what it is given."""
    return any(
        _looks_up(project, place, function)
        for place in project.places()
        if (function := project.function(place)) is not None
        and any(use.chain == "type" or use.chain.endswith(".__class__") for use in function.uses)
    )


def _looks_up(project: Project, place: Place, function: Function) -> bool:
    given = {one.name for one in function.parameters} - {"self", "cls"}
    for node in walk(project.body(place)):
        if isinstance(node, Subscript) and _type_of(node.index, given):
            return True
        looked = isinstance(node, Call) and chain(node.func).endswith(".get") and node.arguments
        if looked and isinstance(node, Call) and _type_of(node.arguments[0].value, given):
            return True
        if isinstance(node, Assign) and node.value is not None and _type_of(node.value, given):
            return True
    return False


def _type_of(value: AnyExpression, given: set[str]) -> bool:
    """``type(message)`` or ``message.__class__`` of a parameter."""
    if isinstance(value, Attribute) and value.attr == "__class__":
        return chain(value.value) in given
    asked = isinstance(value, Call) and chain(value.func) == "type" and len(value.arguments) == 1
    return asked and isinstance(value, Call) and chain(value.arguments[0].value) in given


def messages(project: Project, place: Place, function: Function) -> Iterator[Target]:
    """The classes of the project that a function takes objects of and that only carry data; records are no messages."""
    for parameter in function.parameters:
        target = project.resolve(place, parameter.name) if parameter.annotation is not None else None
        if target is None or target.kind != "instance" or not target.ours or target.index < 0:
            continue
        works = any(not name.startswith("__") for name, _ in project.classes.methods(target.path, target.index))
        if not works and not persistence.is_model(project, target.path, target.index):
            yield target
