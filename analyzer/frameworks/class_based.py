"""FastAPI's classes: what a class of handlers injects for all of them, and what a router's own class brings along."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Subscript
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.forwarded import given_by
from analyzer.frameworks.loops import Registration, substitute
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_INJECTORS = frozenset({"Depends", "Security"})


def injected_by_class(project: Project, place: Place, function: Function) -> tuple[Attachment, ...]:
    """``user: User = Depends(current_user)`` in the class of a handler or in one of its bases: fastapi-utils and its
    kin turn the fields of a class into dependencies of every handler in it."""
    index = project.owner_index(place) if function.owner >= 0 else -1
    if index < 0:
        return ()
    found = (
        attachment(project, Place(path, -1), item, "class")
        for _, path, statement in project.classes.fields(place.path, index)
        for item in _injectors(statement.value, statement.annotation)
    )
    return tuple(dict.fromkeys(one for one in found if one is not None))


def brought_by_class(project: Project, place: Place, call: Call) -> tuple[str, tuple[Attachment, ...]]:
    """What the constructor of a router's own class hands to its base: a constant prefix, and dependencies."""
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "class" or not target.ours:
        return "", ()
    prefix, attached = "", list[Attachment]()
    for name, method in project.classes.methods(target.path, target.index):
        if name != "__init__":
            continue
        for node in walk(project.body(method)):
            if isinstance(node, Call) and chain_of(node.func).endswith(".__init__"):
                given = argument(node, 99, "prefix")
                prefix = (_prefix(project, method, given, Registration(place, call)) if given else "") or prefix
                attached.extend(listed(project, method, node, "router", "dependencies"))
    return prefix, tuple(attached)


def _prefix(project: Project, method: Place, given: AnyExpression, site: Registration) -> str:
    """The prefix that a constructor hands on, which may be what it is given itself."""
    function = project.function(method)
    constant = text(project, method, given)
    if constant is not None or function is None:
        return constant or ""
    origins: dict[int, Place] = {}
    known = given_by(project, method, function, site).known
    made: AnyExpression = substitute(given, known, origins)  # type: ignore[assignment]
    at = next((origins[id(node)] for node in walk(made) if id(node) in origins), method)
    return text(project, at, made) or ""


def _injectors(*expressions: AnyExpression | None) -> Iterator[Call]:
    for one in expressions:
        if isinstance(one, Subscript) and isinstance(one.index, Display):
            yield from _injectors(*one.index.items)
        elif isinstance(one, Call) and chain_of(one.func).rpartition(".")[2] in _INJECTORS and one.arguments:
            yield one
