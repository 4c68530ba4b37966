"""What Django calls routes by: the names of patterns, below the namespaces that they are included with."""

from __future__ import annotations

import msgspec

from analyzer.facts.expressions import AnyExpression, Call, Sequence
from analyzer.frameworks.backend import UNNAMED, Found
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_APPLICATION = "app_name"


def named(project: Project, place: Place, given: AnyExpression | None, found: Found, since: int) -> None:
    """Give the routes that were added since then the name of their pattern."""
    name = (text(project, place, given) or "") if given is not None else UNNAMED
    found.routes[since:] = [msgspec.structs.replace(one, url_name=name) for one in found.routes[since:]]


def inside(found: Found, since: int, space: str | None) -> None:
    """Put the names of the routes that were added since then below a namespace; ``None``: one that is not known."""
    for index in range(since if space != "" else len(found.routes), len(found.routes)):
        route = found.routes[index]
        if route.url_name not in {"", UNNAMED}:
            name = f"{space}:{route.url_name}" if space is not None else ""
            found.routes[index] = msgspec.structs.replace(route, url_name=name)


def namespace(project: Project, place: Place, value: AnyExpression | None, call: Call) -> str | None:
    """The namespace of an ``include``: what it says, else what the included module (or the pair) says its application
    is; empty for none, ``None`` where it is not constant."""
    given = argument(call, 1, "namespace")
    if given is not None:
        return text(project, place, given)
    pair = argument(call, 0, "arg")
    if isinstance(pair, Sequence) and pair.kind == "tuple" and len(pair.items) > 1:
        return text(project, place, pair.items[1])
    named_module = text(project, place, value)
    target = project.resolve_expression(place, value)
    path = project.layout.absolute(place.path, named_module) if named_module is not None else None
    if path is None and target is not None and target.kind == "module":
        path = target.path
    held = project.variable(path, _APPLICATION) if path is not None and not path.endswith("/") else None
    return text(project, Place(held[0], -1), held[1]) if held is not None else ""
