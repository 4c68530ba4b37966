"""Calls of remote procedures through gRPC's generated stubs: none has a deadline unless it is given one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Call, Comprehension, Name
from analyzer.facts.statements import Assign, For
from analyzer.facts.visit import walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import places_calling
from analyzer.project.project import Project
from analyzer.project.target import Place

_METHOD = re.compile(r"(?:^|\.)\w*_pb2_grpc\.\w+Stub\(\)\.\w+$")
_LIMITERS = frozenset({"intercept_channel", "UnaryUnaryClientInterceptor"})
"""What may give every call of a channel a deadline."""


def remote_calls(flow: Flow) -> Iterator[tuple[Place, Point]]:
    """The calls of stubs that wait for one answer; none where an interceptor may limit them."""
    project = flow.project
    paths = [path for path in project.paths() if _imports(project, path, "_pb2_grpc")]
    if not paths or next(places_calling(project, _LIMITERS), None) is not None or _intercepts(project):
        return
    for path in paths:
        for index in range(-1, len(project.outline(path).functions)):
            place = Place(path, index)
            streams = _streams(project, place)
            for point in flow.calls(place):
                call = point.expression
                if isinstance(call, Call) and _METHOD.search(project.callee(place, call)) and id(call) not in streams:
                    yield place, point


def _streams(project: Project, place: Place) -> set[int]:
    """The calls whose answers are gone through one by one: a stream may be open for as long as it likes."""
    body = project.body(place)
    found: set[int] = set()
    names: set[str] = set()
    for node in walk(body):
        walked = [node.iterable] if isinstance(node, For) else []
        if isinstance(node, Comprehension):
            walked = [one.iterable for one in node.generators]
        for one in walked:
            names.update([one.id] if isinstance(one, Name) else [])
            found.add(id(one))
    for node in walk(body):
        if isinstance(node, Assign) and any(isinstance(one, Name) and one.id in names for one in node.targets):
            found.add(id(node.value))
    return found


def _intercepts(project: Project) -> bool:
    """Whether a class of the project is an interceptor of calls."""
    return any(
        "ClientInterceptor" in base
        for path in project.paths()
        for index in range(len(project.outline(path).classes))
        for base in project.classes.externals(path, index)
    )


def _imports(project: Project, path: str, ending: str) -> bool:
    return any(f"{one.module}.{one.name or ''}".rstrip(".").endswith(ending) for one in project.outline(path).imports)
