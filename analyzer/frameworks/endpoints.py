"""Flask's endpoints: what ``request.endpoint`` is for a route, ``accounts.sign_in``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.prefixes import Mount
from analyzer.frameworks.registry import Creation, Holder
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_DEPTH = 8


def blueprint_names(project: Project, made: Sequence[Creation], mounts: Sequence[Mount]) -> dict[Holder, str]:
    """What the endpoints of each blueprint begin with, ``shop.`` or ``shop.orders.``; empty for an application. What
    is missing is not known."""
    own: dict[Holder, str] = {}
    interfaces: dict[Holder, set[Holder]] = {}
    for one in made:
        kind = one.dotted.rpartition(".")[2]
        if kind.endswith("Blueprint"):
            name = text(project, one.place, argument(one.call, 0, "name"))
            if name is not None:
                own[one.holder] = name + "."
        elif kind in {"Api", "Namespace", "namespace"}:
            # Both hang below what makes endpoints: without it nothing is known.
            parents = {mount.parent for mount in mounts if mount.child == one.holder}
            if parents:
                interfaces[one.holder] = parents
        else:
            own[one.holder] = ""
    for held in [*interfaces, *interfaces]:  # a namespace may come before the interface that it hangs below
        if all(one in own for one in interfaces[held]):
            own[held] = ""
    return {held: begun for held in own if (begun := _begun(own, mounts, held, 0)) is not None}


def resource_name(project: Project, made: Creation | None, resource: str) -> str:
    """The last part of the endpoint of a resource class that says none itself: ``orders`` for ``Orders`` of
    Flask-RESTful, ``shop_big_orders`` for ``BigOrders`` in the namespace ``shop`` of Flask-RESTX."""
    if made is None:
        return ""
    library, kind = made.dotted.partition(".")[0], made.dotted.rpartition(".")[2]
    if library == "flask_restful":
        return resource.lower()
    if library not in {"flask_restx", "flask_restplus"}:
        return resource
    dashed = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", resource)).lower()
    if kind == "Api":
        return dashed
    name = text(project, made.place, argument(made.call, 0, "name"))
    return f"{name}_{dashed}" if name is not None else ""


def _begun(own: Mapping[Holder, str], mounts: Sequence[Mount], held: Holder, depth: int) -> str | None:
    above = {mount.parent for mount in mounts if mount.child == held and mount.parent in own}
    if depth > _DEPTH or len(above) > 1:
        return own[held] if all(not own[one] for one in above) else None
    begun = _begun(own, mounts, above.pop(), depth + 1) if above else ""
    return None if begun is None else begun + own[held]


def endpoint(project: Project, place: Place, call: Call, position: int, given: AnyExpression | None, name: str) -> str:
    """The last part of the endpoint that a registration makes: its ``endpoint``, the name a class view is given, or the
    name of the function; empty where that is not constant."""
    said = argument(call, position, "endpoint")
    if said is not None:
        return text(project, place, said) or ""
    if isinstance(given, Call) and chain_of(given.func).endswith(".as_view"):
        return text(project, place, argument(given, 0, "name")) or ""
    return name
