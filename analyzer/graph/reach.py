"""Which route reaches a function, by the shortest chain of calls.

The search goes backwards from the function that is asked about, over the callers found by name and confirmed by
resolution, so that only what leads to a finding is ever resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.facts.outline import Function, Use
from analyzer.frameworks import Backend, Route
from analyzer.frameworks.registry import calls
from analyzer.frameworks.started import BY_NAME, before_method, named_tasks, started
from analyzer.graph.messages import dispatches_by_type, messages
from analyzer.project import Place, Project

_VISITED = 600
"""Functions one search looks at; a chain that needs more would be too long to read."""
_LONGEST = 12
"""Calls in a chain."""
_SAME_NAME = 4000
"""Uses of one name that are resolved; only names like ``get`` have more, and they rarely lead anywhere."""


class Hop(msgspec.Struct, frozen=True, order=True):
    """One call on the way: ``rank`` is 0 for a call, 1 for an injected provider, 2 for a reference handed on."""

    rank: int
    caller: Place
    line: int
    column: int
    end_column: int
    callee: Place


class Reach:
    """Chains from routes to functions."""

    def __init__(self, backend: Backend) -> None:
        self._project: Project = backend.project
        self._routes: dict[Place, Route] = {}
        self._injected: dict[Place, set[Place]] = {}
        for door in backend.entrypoints:
            if door.kind == "rpc":  # a client calls it as it calls a route
                self._routes[door.place] = Route(door.name, "RPC", door.place, door.framework, door.path, door.line)
        for route in backend.routes:
            self._routes.setdefault(route.handler, route)
            for provider in route.dependencies:
                self._injected.setdefault(provider, set()).add(route.handler)
        self._doors = backend.entrypoints
        self._named: dict[Place, list[Hop]] | None = None
        self._uses: Mapping[str, list[tuple[Place, Use]]] | None = None
        self._known: dict[Place, tuple[Hop, ...]] = {}
        self._dispatching: bool | None = None
        self._chains: dict[Place, tuple[Route, tuple[Hop, ...]] | None] = {}

    def chain(self, place: Place) -> tuple[Route, tuple[Hop, ...]] | None:
        """The route that reaches a function and the calls from its handler to it; ``None`` when none is found."""
        if place not in self._chains:
            self._chains[place] = self._search(place)
        return self._chains[place]

    def callers(self, place: Place) -> tuple[Hop, ...]:
        """Who calls a function, directly or through the method it overrides; sorted."""
        if place not in self._known:
            self._known[place] = self._callers(place)
        return self._known[place]

    def _search(self, place: Place) -> tuple[Route, tuple[Hop, ...]] | None:
        if place.index < 0:
            return None
        if place in self._routes:
            return self._routes[place], ()
        seen = {place}
        front: list[tuple[Place, tuple[Hop, ...]]] = [(place, ())]
        for _ in range(_LONGEST):
            following: list[tuple[Place, tuple[Hop, ...]]] = []
            for current, tail in front:
                for hop in self.callers(current):
                    if hop.caller in seen:
                        continue
                    seen.add(hop.caller)
                    following.append((hop.caller, (hop, *tail)))
            arrived = [
                (sum(hop.rank for hop in hops), self._routes[one], hops)
                for one, hops in following
                if one in self._routes
            ]
            if arrived:
                _, route, hops = min(arrived, key=lambda item: (item[0], item[1], item[2]))
                return route, hops
            front = following
            if not front or len(seen) > _VISITED:
                return None
        return None

    def _callers(self, place: Place) -> tuple[Hop, ...]:
        project = self._project
        function = project.function(place)
        if function is None:
            return ()
        found: dict[Place, Hop] = {}

        def note(hop: Hop) -> None:
            known = found.get(hop.caller)
            if hop.caller != place and (known is None or hop < known):
                found[hop.caller] = hop

        for handler in self._injected.get(place, ()):
            at = project.function(handler)
            if at is not None:
                note(Hop(1, handler, at.line, at.column, at.end_column, place))
        if function.parent >= 0:
            note(Hop(2, Place(place.path, function.parent), function.line, function.column, function.end_column, place))
        for hop in self._asked().get(place, ()):
            note(hop)
        wanted = self._same(place)
        name = function.name
        if name in {"__init__", "__call__"} and function.owner >= 0:  # who makes an object to call it calls it
            name = project.outline(place.path).classes[function.owner].name
        for caller, use in self._index().get(name, ())[:_SAME_NAME]:
            target = project.resolve(caller, use.chain, use.line)
            if target is None or (target.path, target.index, target.kind == "function") not in wanted:
                continue
            sure = use.kind == "call" and function.name != "__call__"
            note(Hop(0 if sure else 2, caller, use.line, use.column, use.end_column, place))
        for hop in self._sent(place, function):
            note(hop)
        return tuple(sorted(found.values()))

    def _sent(self, place: Place, function: Function) -> Iterator[Hop]:
        """Who makes the messages that a function takes, where a bus finds functions by the type of a message."""
        if self._dispatching is None:
            self._dispatching = dispatches_by_type(self._project)
        for message in messages(self._project, place, function) if self._dispatching else ():
            name = self._project.outline(message.path).classes[message.index].name
            for caller, use in self._index().get(name, ())[:_SAME_NAME]:
                made = self._project.resolve(caller, use.chain, use.line) if use.kind == "call" else None
                if made is not None and (made.kind, made.path, made.index) == ("class", message.path, message.index):
                    yield Hop(2, caller, use.line, use.column, use.end_column, place)

    def _asked(self) -> Mapping[Place, Sequence[Hop]]:
        """Who asks for a task by its name, by the function that runs."""
        if self._named is None:
            self._named = {}
            tasks = named_tasks(self._project, self._doors)
            for place, call in calls(self._project, BY_NAME) if tasks else ():
                asked = started(call)
                for task in tasks.get(asked.name, ()) if asked is not None else ():
                    hop = Hop(2, place, call.line, call.column, call.end_column, task)
                    self._named.setdefault(task, []).append(hop)
        return self._named

    def _same(self, place: Place) -> set[tuple[str, int, bool]]:
        """What a call may resolve to and still run this function: itself, its class, the methods it overrides or
        keeps the promise of."""
        project = self._project
        function = project.outline(place.path).functions[place.index]
        wanted = {(place.path, place.index, True)}
        if function.owner < 0:
            return wanted
        if function.name in {"__init__", "__call__"}:
            wanted.add((place.path, function.owner, False))
        classes = project.classes
        for base in (*classes.order(place.path, function.owner)[1:], *classes.protocols(place.path, function.owner)):
            if base.kind == "class":
                method = project.namespace(base.path).methods.get(base.index, {}).get(function.name)
                if method is not None:
                    wanted.add((base.path, method, True))
        return wanted

    def _index(self) -> Mapping[str, Sequence[tuple[Place, Use]]]:
        """Every use of a name that is defined somewhere in the project, by that name (import aliases undone)."""
        if self._uses is None:
            project = self._project
            names: set[str] = set()
            for path in project.paths():
                outline = project.outline(path)
                names.update(function.name for function in outline.functions)
                names.update(item.name for item in outline.classes)
            uses: dict[str, list[tuple[Place, Use]]] = {}
            for path in project.paths():
                outline = project.outline(path)
                alias = {i.bound: i.name for i in outline.imports if i.aliased and i.name}
                for index, function in enumerate(outline.functions):
                    place = Place(path, index)
                    for use in function.uses:
                        if use.kind in _REACHING:
                            task = before_method(use.chain)
                            if task:  # `send.delay(order)` runs `send`, elsewhere
                                use = msgspec.structs.replace(use, chain=task, kind="read")
                            name = use.chain.rpartition(".")[2]
                            name = alias.get(name, name)
                            for one in (name, project.renamed.own_name(place, use.chain, use.line)):
                                if one in names:
                                    uses.setdefault(one, []).append((place, use))
            self._uses = uses
        return self._uses


_REACHING = {"call", "read"}
