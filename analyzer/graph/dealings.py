"""What handlers do about data: by their own hand, through a repository, or through a service."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.facts.expressions import Attribute, Call, Constant, Name
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.graph.access import Access, CallSite
from analyzer.graph.classes import owner_class
from analyzer.graph.effects import gives_password
from analyzer.graph.entities import entities, mentioned
from analyzer.graph.names import word_hint
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Tier
from analyzer.project import Place, Target

_SHARE = 0.33
_SMALL, _SHARE_OF_SMALL = 10, 0.2
"""A layer is the application's own convention when a third of the handlers that deal with data go through it; below
that, it is a corner of the application. Up to ten such handlers a fifth will do: there, one service is an intention.
Provisional, chosen on the labelled applications."""
_CLOSED = 2.75
"""Handlers through services for each one past them, from which on nobody meant the layer to be open: eleven for four.
Provisional; real backends that read past their services on purpose have two and a half."""
_MOST = 0.5
"""What only behaves like a layer, without being called one, must carry half of them."""
_DEEP = 4
"""Calls followed to see whether a service works on stored data."""
_PROBE = re.compile(r"health|ready|readiness|liveness|\blive\b|\bping\b|heartbeat|status", re.IGNORECASE)
_HOLE = re.compile(r"[{<]|\(\?P")
"""A parameter in a path: of FastAPI, of Flask, of a regular expression."""
_LAYER_FOLDER = re.compile(r"v\d+|handlers?|http|web|rest|presentation|core|domain|application|infra(?:structure)?")
"""Folders that name a layer or a version, besides the words of layers."""
_TRIVIAL = re.compile(r"\s*select\s+1\s*;?\s*$", re.IGNORECASE)


_LOOK_UP = re.compile(
    r"(?:^|\.)(?:aget_object_or_404|get_object_or_404|get_or_404|objects\.a?get|session\.get|db\.get)$"
)
_STATEMENT = re.compile(r"(?:^|\.)select$")
_COMPOSING = re.compile(r"(?:sqlalchemy|sqlmodel|flask_sqlalchemy)\.(?:[\w.()]+\.)?select(?:\(\))?$")
"""What begins a statement that reads."""
_ENDING = frozenset({"commit", "rollback", "flush", "begin", "refresh", "__aenter__", "__aexit__"})
"""Methods of a unit of work that ask nothing of the data."""


class Dealing(msgspec.Struct, frozen=True):
    """One handler's dealings with data."""

    handler: Place
    own: tuple[Access, ...]
    repositories: tuple[CallSite, ...]
    services: tuple[CallSite, ...]

    @property
    def touches(self) -> bool:
        """Whether the handler reads or writes data itself; ending a transaction is none of both."""
        return any(access.kind != "transaction" for access in self.own)

    @property
    def writes(self) -> bool:
        """Whether the handler changes data itself."""
        return any(access.kind == "write" for access in self.own)

    @property
    def writes_much(self) -> bool:
        """Whether the handler changes data itself more than once."""
        return sum(access.kind == "write" for access in self.own) > 1


class Habit(msgspec.Struct, frozen=True):
    """How an application's handlers deal with data: how many go through services, repositories, or neither.

    ``service``/``repository`` name an example of the layer where it is established, else they are empty; ``near`` names
    one of each by module and by feature; ``closed`` says that few handlers that
    could go through a service go straight to a repository.
    """

    through_services: int
    through_repositories: int
    direct: int
    service: str
    repository: str
    closed: bool
    near: tuple[Mapping[str, str], Mapping[str, str]]
    homes: tuple[frozenset[str], frozenset[str]]
    """The packages, by feature, that the services and the repositories lie in."""
    subjects: frozenset[str]
    """The persisted classes that the services and repositories work on."""

    @property
    def kind(self) -> str:
        """``service`` or ``repository``: the layer most handlers go through, empty when there is none."""
        if self.service and (not self.repository or self.through_services >= self.through_repositories):
            return "service"
        return "repository" if self.repository else ""

    def example(self, path: str, kind: str) -> str:
        """A function of a layer (``service`` or ``repository``) that a reader of this module knows."""
        number = 0 if kind == "service" else 1
        near = self.near[number].get(path) or self.near[number].get(feature(path))
        return near or (self.service, self.repository)[number]

    def foreign(self, path: str, kind: str) -> bool:
        """Whether a layer lies in other features only: none of this module's goes through it, and it is not shared."""
        number, own = 0 if kind == "service" else 1, feature(path)
        above = any(not home or own == home or own.startswith(f"{home}/") for home in self.homes[number])
        return not above and not self.near[number].get(own)


class Dealings:
    """The dealings of every handler, and the habits of every application."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._stored: dict[tuple[Place, int], bool] = {}
        self._known: dict[Place, Dealing] = {}
        self._about: dict[tuple[str, int], frozenset[str]] = {}

    def of(self, handler: Place) -> Dealing:
        """What a handler does about data; probes (``SELECT 1``) do not count."""
        if handler not in self._known:
            own = () if self._is_probe(handler) else self._picture.accesses_of(handler) or self._composed(handler)
            repositories: list[CallSite] = []
            services: list[CallSite] = []
            probing = self._probes(handler)
            for site in self._picture.calls_of(handler):
                name = self._picture.target_role(site.target).name
                if site.target.kind == "class" or self._only_hands_over(site):
                    continue
                if name == "repository" and self._only_ends(site.target):
                    continue
                if name == "repository" and not probing and not self._is_provider(site.target):
                    repositories.append(site)
                elif (
                    name == "service"
                    and self._works_on_data(site.target)
                    and not self._is_handed_repository(site.target)
                ):
                    services.append(site)
            if own and all(access.kind == "transaction" for access in own):
                own = (*self._changed(handler, (*repositories, *services)), *own)
            self._known[handler] = Dealing(handler, tuple(own), tuple(repositories), tuple(services))
        return self._known[handler]

    def _changed(self, handler: Place, sites: Sequence[CallSite]) -> Iterator[Access]:
        """What a handler that ends the transaction sets of the records that services or repositories gave it."""
        lines = {site.line for site in sites}
        given: set[str] = set()
        for node in walk(self._picture.project.body(handler)):
            if isinstance(node, Call):
                changed = [gives_password(node)]
            elif isinstance(node, Assign):
                changed = [chain_of(one) for one in node.targets if isinstance(one, Attribute)]
                if any(node.line <= line <= node.end_line for line in lines):
                    given |= {one.id for one in node.targets if isinstance(one, Name)}
            else:
                continue
            for chained in changed:
                if chained.partition(".")[0] in given:
                    yield Access("write", chained, chained, node.line, node.column, node.line, node.column, True)

    def _composed(self, handler: Place) -> tuple[Access, ...]:
        """Statements about persisted classes that a handler puts together for others to run:
        ``paginate(select(User))``."""
        project = self._picture.project
        function = project.function(handler)
        uses = [use for use in function.uses if use.kind == "call"] if function is not None else []
        made = [use for use in uses if _STATEMENT.search(use.chain)]
        if not made or not entities(self._picture, handler):
            return ()
        found = []
        for use in made:
            target = project.resolve(handler, use.chain, use.line)
            if target is not None and not target.ours and _COMPOSING.match(target.dotted):
                end = (use.line, use.column, use.end_line, use.end_column)
                found.append(Access("read", use.chain, target.dotted, *end, True))
        return tuple(found[:1])

    def _only_ends(self, target: Target) -> bool:
        """Whether a function only ends the transaction that others worked in: ``unit_of_work.commit()``."""
        if target.kind != "function":
            return False
        return self._picture.project.outline(target.path).functions[target.index].name in _ENDING

    def habit(self, handlers: Sequence[Place]) -> Habit:
        """The habit of the handlers of one application."""
        names: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        near: tuple[dict[str, Counter[str]], dict[str, Counter[str]]] = ({}, {})
        homes: tuple[set[str], set[str]] = (set(), set())
        subjects: set[str] = set()
        through, certain, either, fronting, past, direct = [0, 0], 0, 0, 0, 0, 0
        for handler in handlers:
            dealing = self.of(handler)
            layered = (*dealing.services, *dealing.repositories)
            either += bool(layered)
            subjects.update(name for site in layered for name in self._subjects(site.target))
            certain += any(self._is_certain(site.target) for site in layered)
            # A service that reaches no repository (one that notifies, say) stands in front of none.
            fronted = any(self._reaches_repository(site.target) for site in dealing.services)
            fronting += fronted
            past += bool(dealing.repositories) and not fronted
            direct += not layered and dealing.touches
            for number, sites in enumerate((dealing.services, dealing.repositories)):
                through[number] += bool(sites)
                found = Counter(self.name(site.target) for site in sites)
                names[number].update(found)
                homes[number].update(feature(site.target.path) for site in sites)
                for whole in {handler.path, feature(handler.path)} if found else ():
                    near[number].setdefault(whole, Counter()).update(found)
        established = _is_habit(certain, direct) or (either > 0 and either >= _MOST * (either + direct))
        service, repository = (_usual(found) if established else "" for found in names)
        first, second = ({path: _usual(found) for path, found in one.items()} for one in near)
        closed = bool(service) and (
            fronting >= _CLOSED * past or (fronting + past <= _SMALL and _is_habit(fronting, past))
        )
        apart = (frozenset(homes[0]), frozenset(homes[1]))
        return Habit(
            through[0], through[1], direct, service, repository, closed, (first, second), apart, frozenset(subjects)
        )

    def _subjects(self, target: Target) -> frozenset[str]:
        """The persisted classes that a service or repository names: the class or module that a function stands in."""
        home = owner_class(self._picture.roles, target) or (target.path, -1)
        if home not in self._about:
            functions = len(self._picture.project.outline(home[0]).functions) if home[0] else 0
            everyone = [Place(home[0], at) for at in range(functions)]
            places = self._picture.project.classes.own(*home) if home[1] >= 0 else everyone
            self._about[home] = frozenset(name for place in places for name in mentioned(self._picture, place))
        return self._about[home]

    def looks_up(self, habit: Habit, handler: Place) -> bool:
        """Whether all a handler does is to ask for one record by its key, of a kind that no service works on."""
        own = self.of(handler).own
        if len(own) != 1 or own[0].kind != "read" or _LOOK_UP.search(own[0].shown) is None:
            return False
        return habit.subjects.isdisjoint(mentioned(self._picture, handler))

    def _is_certain(self, target: Target) -> bool:
        return self._picture.target_role(target).confidence is Confidence.HIGH

    def closed(self, habit: Habit, handlers: Sequence[Place]) -> bool:
        """Whether services stand in front of the repositories: handlers use them, and they use the repositories."""
        if not habit.closed:
            return False
        return any(self._reaches_repository(site.target) for handler in handlers for site in self.of(handler).services)

    def name(self, target: Target) -> str:
        """A callee as a reader knows it: ``OrderService.place``."""
        module = self._picture.project.module_name(target.path) + "." if target.path else ""
        return target.dotted.removeprefix(module)

    # Questions

    def _is_probe(self, handler: Place) -> bool:
        accesses = self._picture.accesses_of(handler)
        if not accesses or any(access.kind != "read" for access in accesses):
            return False
        if self._is_called_probe(handler):
            return len(accesses) <= 2
        for node in walk(self._picture.project.body(handler)):
            if isinstance(node, Constant) and isinstance(node.value, str) and _TRIVIAL.match(node.value):
                return len(accesses) == 1
        return False

    def _is_called_probe(self, handler: Place) -> bool:
        function = self._picture.project.function(handler)
        routes = self._picture.handlers().get(handler, ())
        return (
            function is not None
            and _PROBE.search(function.name) is not None
            and any(_PROBE.search(route.path) for route in routes)
        )

    def _probes(self, handler: Place) -> bool:
        """Whether a handler asks how the system is, and about no record: what it calls for that passes no layer by."""
        routes = self._picture.handlers().get(handler, ())
        return self._is_called_probe(handler) and not any(_HOLE.search(route.path) for route in routes)

    def _only_hands_over(self, site: CallSite) -> bool:
        """A call of a collaborator's plain attribute or of a framework hook is no dealing."""
        return site.target.kind == "variable"

    def _is_provider(self, target: Target) -> bool:
        """A function that returns a repository instead of asking one."""
        if target.kind != "function":
            return False
        place = Place(target.path, target.index)
        function = self._picture.project.function(place)
        if function is None or function.owner >= 0:
            return False
        given = self._picture.project.returned(place)
        return given is not None and self._picture.target_role(given).name in {"repository", "session"}

    def _works_on_data(self, target: Target) -> bool:
        owner = owner_class(self._picture.roles, target)
        if owner is not None:
            role = self._picture.class_role(*owner)
            if role.why.startswith("is given") or target.kind != "function":
                return True
            if any(self._stores(place, _DEEP) for place in self._picture.project.classes.own(*owner)):
                return True
        return target.kind == "function" and self._stores(Place(target.path, target.index), _DEEP)

    def _stores(self, place: Place, depth: int) -> bool:
        """Whether a function works on stored data, itself or through what it calls."""
        key = (place, depth)
        if key not in self._stored:
            self._stored[key] = False
            self._stored[key] = (
                bool(self._picture.accesses_of(place))
                or any(
                    self._picture.target_role(site.target).name == "repository"
                    or (depth > 0 and site.target.kind == "function" and self._stores(_place(site.target), depth - 1))
                    for site in self._picture.calls_of(place)
                )
                or any(self._stores(one, depth) for one in self._picture.project.classes.implementations(place))
            )
        return self._stored[key]

    def _reaches_repository(self, target: Target) -> bool:
        picture = self._picture
        owner = owner_class(picture.roles, target)
        places = picture.project.classes.own(*owner) if owner is not None else [_place(target)]
        places += [below for one in places for below in picture.project.classes.implementations(one)]
        return any(
            picture.target_role(site.target).name == "repository"
            for place in places
            for site in picture.calls_of(place)
        )

    def _is_handed_repository(self, target: Target) -> bool:
        """A plain function that is given its repository by the handler does not stand in front of it."""
        if target.kind != "function":
            return False
        place = _place(target)
        function = self._picture.project.function(place)
        if function is None or function.owner >= 0:
            return False
        return any(
            self._picture.target_role(self._picture.project.resolve(place, parameter.name)).name == "repository"
            for parameter in function.parameters
        )


def feature(path: str) -> str:
    """The package a module is about, without the folders that only name its layer: ``shop/orders`` of
    ``shop/orders/api/v1/views.py``."""
    folders = path.split("/")[:-1]
    while folders and (word_hint(folders[-1].lower()) or _LAYER_FOLDER.fullmatch(folders[-1].lower())):
        folders.pop()
    return "/".join(folders)


def application_handlers(picture: Picture) -> list[list[Place]]:
    """The handlers of main code by application, sorted."""
    found: dict[str, list[Place]] = {}
    for handler in picture.handlers():
        if handler.index >= 0 and picture.tier(handler.path) is Tier.MAIN and _answers(picture, handler):
            found.setdefault(picture.application(handler.path)[0], []).append(handler)
    return [found[key] for key in sorted(found)]


def _is_habit(through: int, beside: int) -> bool:
    """Whether enough handlers go through something, of those that could."""
    dealing = through + beside
    return through > 0 and through >= (_SHARE_OF_SMALL if dealing <= _SMALL else _SHARE) * dealing


def _usual(names: Counter[str]) -> str:
    """The name used most often, the first of the alphabet among equals."""
    return min(names, key=lambda name: (-names[name], name), default="")


_VERBS = {
    "get", "post", "put", "patch", "delete", "head", "options", "trace", "websocket", "dispatch", "dispatch_request",
    "list", "create", "retrieve", "update", "partial_update", "destroy", "form_valid", "__call__", "on_connect",
    "on_receive",
}  # fmt: skip
_ACCESSORS = ("property", "cached_property", "classmethod", "staticmethod")


def _answers(picture: Picture, handler: Place) -> bool:
    """Whether a handler is the code that answers: generic views are known by another method of their class only."""
    function = picture.project.outline(handler.path).functions[handler.index]
    if function.owner < 0 or function.name in _VERBS or any(route.view < 0 for route in picture.handlers()[handler]):
        return True
    names = [chain_of(item.func if isinstance(item, Call) else item).rpartition(".")[2] for item in function.decorators]
    return any(name not in _ACCESSORS for name in names)


def _place(target: Target) -> Place:
    return Place(target.path, target.index)
