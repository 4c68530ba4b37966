"""gRPC: the methods of classes that derive from a generated ``…Servicer`` or are added to a server as one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import EntryPoint, Found
from analyzer.frameworks.text import argument
from analyzer.project.project import Project
from analyzer.project.target import Place

_GENERATED = re.compile(r"(?:^|[./])\w*_pb2_grpc(?:\.py|\.|$)")
_SERVICER = re.compile(r"^(?P<service>\w+)Servicer$")
_ADDED = re.compile(r"^add_(?P<service>\w+)Servicer_to_server$")
_CONTEXT = re.compile(r"context|ctx", re.IGNORECASE)
_PARAMETERS = 3
"""Of a method that answers a call: the object, the request (or the stream of them), the context."""


def recognise(project: Project) -> Found | None:
    """The methods that clients call; ``None`` when no generated module is imported."""
    if not _used(project):
        return None
    found = Found()
    services: dict[tuple[str, int], tuple[str, int]] = {}
    for path in project.paths():
        if not _GENERATED.search(path):
            for index, one in enumerate(project.outline(path).classes):
                service = _service(project, path, index)
                if service:
                    services[path, index] = service, one.line
    for place in project.places():
        function = project.function(place)
        for use in function.uses if function is not None else project.outline(place.path).uses:
            if use.kind == "call" and _ADDED.match(use.chain.rpartition(".")[2]):
                services.update(_added(project, place, use.line))
    for (path, index), (service, line) in services.items():
        wanted = _promised(project, path, index)
        for name, method in project.classes.methods(path, index):
            if not _GENERATED.search(method.path) and _answers(project, method, name, wanted):
                found.entrypoints.append(EntryPoint(method, "rpc", "gRPC", f"{service}/{name}", path, line))
    return found


def _used(project: Project) -> bool:
    return any(
        _GENERATED.search(f"{one.module}.{one.name or ''}")
        for path in project.paths()
        for one in project.outline(path).imports
    )


def _service(project: Project, path: str, index: int) -> str:
    """``Orders`` of a class that derives from ``orders_pb2_grpc.OrdersServicer``, whether that module is there or not
    (generated code is not read, and a relative import of it leads nowhere)."""
    for item in project.classes.order(path, index):
        if item.kind != "class":
            holder, _, last = item.dotted.rpartition(".")
            named = _SERVICER.match(last) if _GENERATED.search(holder) else None
            if named is not None:
                return named["service"]
            continue
        for base in project.outline(item.path).classes[item.index].bases:
            spelled = chain_of(base)
            named = _SERVICER.match(spelled.rpartition(".")[2])
            if named is not None and _from_generated(project, item.path, spelled):
                return named["service"]
    return ""


def _from_generated(project: Project, path: str, spelled: str) -> bool:
    head = spelled.partition(".")[0]
    return bool(_GENERATED.search(spelled)) or any(
        _GENERATED.search(f"{one.module}.{one.name or ''}")
        for one in project.outline(path).imports
        if one.bound == head
    )


def _added(project: Project, place: Place, line: int) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    """The class of the object in ``add_OrdersServicer_to_server(Orders(), server)``."""
    for node in walk(project.body(place)):
        named = _ADDED.match(chain_of(node.func).rpartition(".")[2]) if isinstance(node, Call) else None
        if named is None or not isinstance(node, Call) or node.line != line:
            continue
        given = argument(node, 0, "servicer")
        target = project.resolve_expression(place, given.func if isinstance(given, Call) else given)
        if target is not None and target.kind in {"class", "instance"}:
            yield (target.path, target.index), (named["service"], node.line)


def _promised(project: Project, path: str, index: int) -> frozenset[str]:
    """The methods that the generated class declares, where it is part of the tree."""
    return frozenset(
        name
        for base in project.classes.order(path, index)
        if base.kind == "class" and _GENERATED.search(base.path)
        for name in project.namespace(base.path).methods.get(base.index, {})
    )


def _answers(project: Project, method: Place, name: str, wanted: frozenset[str]) -> bool:
    """Whether a method is one of the service: declared there, or shaped and called like one."""
    if wanted:
        return name in wanted
    function = project.function(method)
    if function is None or name.startswith("_") or len(function.parameters) != _PARAMETERS:
        return False
    return name[:1].isupper() or _CONTEXT.search(function.parameters[-1].name) is not None
