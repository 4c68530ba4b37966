"""Who calls a function: a look-up by last name over all outlines, made once when first asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from analyzer.facts.expressions import Argument, Call
from analyzer.facts.outline import Function, Use
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.backend import EntryPoint
from analyzer.frameworks.started import STARTERS, before_method, bound_task, named_tasks, started
from analyzer.project.project import Project
from analyzer.project.target import Place

SITES = 12
"""Call sites looked at for one function; a helper with more is a library of its own and its parameters stay unknown."""
_CANDIDATES = 4 * SITES
"""Calls of one name that are told apart for that; a name with more (``get``, ``append``) is not looked into."""
_EVERY = 4_000
"""Calls of one name that are remembered (1 MB): more than any backend has of its one function that runs a query."""

_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "override", "cache", "lru_cache", "wraps", "typechecked"})


class Site(msgspec.Struct, frozen=True, order=True):
    """One use of a name in a call: where, the whole chain, its line and column.

    ``through`` is the chain of the call that stands there when it only asks for this one: ``send.delay(order)``,
    ``tasks.add_task(send, order)``; ``filled`` is how many parameters a worker fills before those that are given.
    """

    place: Place
    chain: str
    line: int
    column: int
    through: str = ""
    filled: int = 0


class Callers:
    """Call sites by the last name of what is called, and names that are handed around without being called."""

    def __init__(self, project: Project, doors: Mapping[Place, EntryPoint]) -> None:
        self._project = project
        self._doors = doors
        self._sites: dict[str, list[Site]] | None = None
        self._handed: set[str] = set()
        self._defined: dict[str, int] = {}
        self._every: dict[Place, list[Site]] = {}
        self._walked: set[Place] = set()

    def of(self, place: Place) -> tuple[list[Site], bool]:
        """The call sites of a function, and whether they are all there can be."""
        function = self._project.function(place)
        if function is None:
            return [], False
        name, candidates = self._candidates(place, function)
        if len(candidates) > _CANDIDATES:
            return [], False
        found, complete = self._told_apart(place, name, candidates)
        complete = complete and name not in self._handed and not _decorated(function) and 0 < len(found) <= SITES
        return found[:SITES], complete

    def every(self, place: Place) -> list[Site]:
        """All call sites of a function that hands on what it gets: the one helper through which a backend runs its
        queries or commands is called from everywhere, and each caller answers for what it hands in."""
        if place not in self._every:
            function = self._project.function(place)
            name, candidates = self._candidates(place, function) if function is not None else ("", [])
            self._every[place] = self._told_apart(place, name, candidates)[0]
        return self._every[place]

    def _candidates(self, place: Place, function: Function) -> tuple[str, list[Site]]:
        name = function.name
        if name == "__init__" and function.owner >= 0:
            name = self._project.outline(place.path).classes[function.owner].name
        return name, self._index().get(name, [])

    def _told_apart(self, place: Place, name: str, candidates: list[Site]) -> tuple[list[Site], bool]:
        """The sites that may call the function of a place, and whether each could be told."""
        unique = self._defined.get(name, 0) <= 1
        found: list[Site] = []
        complete = True
        filled = self._filled(place)
        for site in candidates:
            if filled:
                site = msgspec.structs.replace(site, filled=filled)
            target = self._project.resolve(site.place, site.chain, site.line)
            if target is None:
                if unique:
                    found.append(site)
                else:
                    complete = False
            elif target.ours and self._reaches(target.path, target.index, target.kind, place):
                found.append(site)
        return found, complete

    def _filled(self, place: Place) -> int:
        """How many parameters of a task its worker fills: with the task itself, the context of the job."""
        function, door = self._project.function(place), self._doors.get(place)
        if function is None or door is None or door.kind != "task":
            return 0
        return int(door.framework == "arq" or bound_task(function))

    @cached_property
    def _tasks(self) -> dict[str, list[str]]:
        """The names of functions by what their tasks are called by; only those that no other function has."""
        tasks = named_tasks(self._project, self._doors.values())
        named = {key: [self._project.function(place) for place in places] for key, places in tasks.items()}
        return {
            key: [one.name for one in functions if one is not None and self._defined.get(one.name, 0) == 1]
            for key, functions in named.items()
        }

    def _reaches(self, path: str, index: int, kind: str, place: Place) -> bool:
        if kind == "function":
            if (path, index) == (place.path, place.index):
                return True
            # A call of an abstract method or of a protocol may run any method of that name below it.
            owner = self._project.outline(path).functions[index].owner
            here = self._project.outline(place.path).functions[place.index].owner
            return (
                owner >= 0
                and here >= 0
                and any(
                    (item.path, item.index) == (place.path, here) for item in self._project.classes.below(path, owner)
                )
            )
        if kind == "class":
            function = self._project.outline(place.path).functions[place.index]
            return function.owner == index and path == place.path
        return False

    def _index(self) -> dict[str, list[Site]]:
        if self._sites is not None:
            return self._sites
        sites: dict[str, list[Site]] = {}
        defined = self._defined
        for outline in self._project.modules.outlines.values():
            for function in outline.functions:
                defined[function.name] = defined.get(function.name, 0) + 1
            for item in outline.classes:
                defined[item.name] = defined.get(item.name, 0) + 1
        renamed: dict[str, dict[str, str]] = {
            path: {item.bound: item.name for item in outline.imports if item.aliased and item.name}
            for path, outline in self._project.modules.outlines.items()
        }
        for place, uses in _all_uses(self._project):
            other = renamed[place.path]
            for use in uses:
                last = use.chain.rsplit(".", 1)[-1]
                last = other.get(use.chain, last) if other else last
                own = self._project.renamed.own_name(place, use.chain, use.line) if use.kind == "call" else ""
                for name in (last, own):
                    if name in defined and use.kind == "call":
                        known = sites.setdefault(name, [])
                        if len(known) < _EVERY:
                            known.append(Site(place, use.chain, use.line, use.column))
                if last in defined and use.kind == "read":
                    self._handed.add(last)
            self._index_started(place, uses, sites)
        self._sites = sites
        return sites

    def _index_started(self, place: Place, uses: list[Use], sites: dict[str, list[Site]]) -> None:
        """The calls that a function asks others for: of tasks by a method of theirs, of what is handed to a thread."""
        starts = False
        for use in uses:
            task = before_method(use.chain) if use.kind == "call" else ""
            if task.rpartition(".")[2] in self._defined:
                site = Site(place, task, use.line, use.column, use.chain)
                sites.setdefault(task.rpartition(".")[2], []).append(site)
            starts = starts or (use.kind == "call" and use.chain.rpartition(".")[2] in STARTERS)
        if not starts or place in self._walked:
            return
        self._walked.add(place)
        for node in walk(self._project.body(place)):
            call = started(node) if isinstance(node, Call) else None
            spelled = chain(call.function) if call is not None else ""
            name = spelled.rpartition(".")[2]
            if call is None or not isinstance(node, Call):
                continue
            if name in self._defined:
                site = Site(place, spelled, node.line, node.column, chain(node.func))
                sites.setdefault(name, []).append(site)
            for name in self._tasks.get(call.name, ()) if call.name else ():
                site = Site(place, name, node.line, node.column, chain(node.func))
                sites.setdefault(name, []).append(site)


def bound(function: Function, call: Call, method: bool) -> dict[str, Argument] | None:
    """The arguments of a call by parameter name; ``None`` when stars make that unknowable.

    ``method`` is true when the first parameter is filled by the object before the dot.
    """
    parameters = [one for one in function.parameters if one.kind in {"positional", "normal"}]
    if method:
        parameters = parameters[1:]
    found: dict[str, Argument] = {}
    position = 0
    names = {one.name for one in function.parameters}
    rest = next((one.name for one in function.parameters if one.kind == "args"), "")
    for argument in call.arguments:
        if argument.star:
            return None
        if argument.keyword is not None:
            if argument.keyword in names:
                found[argument.keyword] = argument
        elif position < len(parameters):
            found[parameters[position].name] = argument
            position += 1
        elif not rest:
            return None
    return found


def handed(function: Function, call: Call, method: bool) -> dict[str, Argument]:
    """As :func:`bound`, and the mapping that a call spreads (``change(key, **fields)``) as the function's own ``**``
    parameter; empty when the arguments are unknowable."""
    spread = [one for one in call.arguments if one.star == 2]
    open_ = next((one.name for one in function.parameters if one.kind == "kwargs"), "")
    if len(spread) != 1 or not open_:
        return bound(function, call, method) or {}
    plain = [one for one in call.arguments if one is not spread[0]]
    found = bound(function, msgspec.structs.replace(call, arguments=plain), method)
    return {**found, open_: spread[0]} if found is not None else {}


def _all_uses(project: Project) -> Iterator[tuple[Place, list[Use]]]:
    for path, outline in project.modules.outlines.items():
        yield Place(path, -1), outline.uses
        for item in outline.classes:
            yield Place(path, -1), item.uses
        for index, function in enumerate(outline.functions):
            yield Place(path, index), function.uses


def _decorated(function: Function) -> bool:
    names = {chain(item).split("(")[0].rsplit(".", 1)[-1] for item in function.decorators}
    return bool(names - _PLAIN_DECORATORS)
