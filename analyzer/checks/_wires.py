"""Where a function makes a collaborator for itself, or uses one that its module made when it was loaded."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.checks._making import called
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Expression, Name
from analyzer.facts.outline import Function
from analyzer.facts.statements import With
from analyzer.facts.visit import chain, children, statements, walk
from analyzer.frameworks import persistence
from analyzer.graph.controllers import COLLABORATORS
from analyzer.graph.injection import Injection, named
from analyzer.graph.names import class_hint
from analyzer.graph.picture import Picture
from analyzer.graph.transport import outbound
from analyzer.knowledge import known
from analyzer.model import Confidence, Location, Span, Tier
from analyzer.project import Place, Target

_OF_REQUEST = frozenset({"request", "kwargs", "args", "object", "user", "data", "req", "info"})
"""Attributes of views that hold what a client sent."""
_STARTING = frozenset(
    {"connect", "setup", "init", "start", "startup", "open", "close", "disconnect", "shutdown", "login"}
)
_TELLING = frozenset({"logger", "log", "settings", "config", "cache", "bus", "event_bus", "producer", "publisher"})


class Wire(msgspec.Struct, frozen=True):
    """One collaborator that a function ties itself to, with the place in its body.

    ``kind`` is service, repository, client or session; ``name`` what is made (``OrderRepository``), ``shared`` the
    module-level object that is used instead of making one, with ``home``, where that is made. ``passing``:
    a library's client that a ``with`` opens and closes on the spot; tests of such code answer in its transport's place.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    place: Place
    kind: str
    name: str
    ours: bool
    shared: str = ""
    home: Location | None = None
    passing: bool = False


class Wires:
    """Finds the wires of functions; what makes a class a collaborator is remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self._injection = picture.shared(Injection)
        self._reaching: dict[tuple[str, int], bool] = {}
        self._workers: dict[tuple[str, int], bool] = {}

    def of(self, place: Place) -> list[Wire]:
        """The wires of a function's own body, in source order."""
        function = self._project.function(place)
        if function is None:
            return []
        found: dict[int, Wire] = {}
        varied: set[str] = set()
        for call, kept in called(function, self._project.body(place)):
            wire = (self._made(place, function, call, varied) if kept else None) or self._shared(place, call)
            if wire is not None and wire.line not in found:
                found[wire.line] = wire
        found = {line: wire for line, wire in found.items() if wire.name not in varied}
        return list(found.values()) if found and self._served(place) else []

    def _served(self, place: Place) -> bool:
        """Whether a client may be behind a call: a function that only operators and workers call wires its own."""
        if place in self._picture.handlers() or not self._picture.reach.callers(place):
            return True
        return self._picture.chain_to(place) is not None

    # Made in the body

    def _made(self, place: Place, function: Function, call: Call, varied: set[str]) -> Wire | None:
        """The wire that a call is. ``varied`` gathers what is made of a request's data, here if not everywhere."""
        written = chain(call.func)
        if not written or self._is_own(place, written):
            return None
        target = self._project.resolve_expression(place, call.func)
        kind = self._makes(target)
        if target is None or not kind:
            return None
        values = [argument.value for argument in call.arguments]
        if any(argument.star for argument in call.arguments) or not all(
            self._ready(place, function, v) for v in values
        ):
            varied.add(written.replace("()", ""))
            return None
        if target.kind == "class" and not self._ties(place, target, values):
            return None
        if any(self._opened(place, function, value) for value in values):
            return None
        passing = target.kind == "external" and kind == "client" and call.line in self._opening(place)
        return Wire(
            call.line, call.column, call.end_line, call.end_column, place, kind, written.replace("()", ""),
            target.kind == "class", passing=passing,
        )  # fmt: skip

    def _ties(self, place: Place, target: Target, values: list[AnyExpression]) -> bool:
        """Whether an object of a class is worth replacing. A service that makes another one of what it was handed hides
        nothing from a test, nor does a handler of the repositories and clients that it was handed; a handler that was
        handed a session might have been handed the service."""
        handed = {self._hands(place, value) for value in values} - {""}
        if handed <= COLLABORATORS:
            handed = set()
        return bool(handed) or self._reaches(target.path, target.index)

    def _opening(self, place: Place) -> set[int]:
        blocks = (node for node in statements(self._project.body(place)) if isinstance(node, With))
        return {item.context.line for block in blocks for item in block.items}

    def _is_own(self, place: Place, written: str) -> bool:
        """Whether a chain starts at something the function was given or holds: ``self.factory()``, ``cls()``."""
        head = written.partition(".")[0].partition("(")[0].partition("[")[0]
        index = place.index
        functions = self._project.outline(place.path).functions
        while index >= 0:
            function = functions[index]
            if any(one.name == head for one in function.parameters) or any(
                one.target == head for one in function.locals
            ):
                return True
            index = function.parent
        return head == "super"

    def _makes(self, target: Target | None) -> str:
        """The kind of collaborator that calling a target makes, ``""`` for anything else."""
        if target is None:
            return ""
        if target.kind == "external":
            if persistence.is_handle(target.dotted + "()") and not target.dotted.startswith("django."):
                return "session"
            return "client" if known().client(target.dotted) else ""
        return self._collaborator(target.path, target.index) if target.kind == "class" else ""

    def _collaborator(self, path: str, index: int) -> str:
        """The kind of a class that works for others, ``""`` for one that carries a request's data or its own state."""
        item = self._project.outline(path).classes[index]
        kind = self._injection.of_kind(path, index)
        if not kind or item.parent >= 0 or self._picture.tier(path) is not Tier.MAIN:
            return ""
        role = self._picture.class_role(path, index)
        if role.confidence is Confidence.LOW or self._is_worker(path, index):
            return ""
        return kind if class_hint(item.name) or self._injection.of_class(path, index) else ""

    def _is_worker(self, path: str, index: int) -> bool:
        """Whether objects of a class change while they are worked with: one is made for each piece of work."""
        key = (path, index)
        if key not in self._workers:
            self._workers[key] = any(
                use.kind == "write" and use.chain.startswith("self.")
                for name, place in self._project.classes.methods(path, index)
                if not name.startswith("_") and name not in _STARTING
                for use in self._project.outline(place.path).functions[place.index].uses
            )
        return self._workers[key]

    def _reaches(self, path: str, index: int) -> bool:
        """Whether objects of a class get at a database or another system by themselves, whoever made them."""
        key = (path, index)
        if key not in self._reaching:
            self._reaching[key] = False
            held = "session" in self._injection.of_class(path, index)
            methods = self._project.classes.methods(path, index)
            self._reaching[key] = any(self._goes_out(place, held) for _, place in methods)
        return self._reaching[key]

    def _goes_out(self, place: Place, held: bool) -> bool:
        """Whether a method finds a way out of its own, where its class holds a session and where it does not."""
        if not held and "session" in self._injection.of(place):
            return False
        if not held and any(access.sure for access in self._picture.accesses_of(place)):
            return True
        function = self._project.outline(place.path).functions[place.index]
        for use in function.uses:
            target = self._project.resolve(place, use.chain, use.line) if use.kind == "call" else None
            if target is None or self._is_own(place, use.chain):
                continue
            if target.kind == "external" and (outbound(target.dotted) or self._makes(target)):
                return True
            if target.kind == "class" and self._collaborator(target.path, target.index):
                return self._reaches(target.path, target.index)
            found = Place(target.path, target.index) if target.kind == "function" else None
            if found is not None and not use.chain.startswith("self.") and self._asks_store(found):
                return True
        return False

    def _asks_store(self, place: Place) -> bool:
        """Whether a function is a repository's that finds its session by itself."""
        return self._picture.role(place) == "repository" and "session" not in self._injection.of(place)

    # What it is handed

    def _ready(self, place: Place, function: Function, value: AnyExpression) -> bool:
        """Whether somebody outside could have handed over the same: nothing of it comes from the request."""
        if isinstance(value, Name | Attribute):
            return self._is_ready(place, function, value)
        if isinstance(value, Call):
            head = chain(value.func)
            if not head or (self._is_own(place, head) and not head.startswith(("self.", "cls."))):
                return False
        return all(self._ready(place, function, child) for child in _below(value))

    def _is_ready(self, place: Place, function: Function, value: AnyExpression) -> bool:
        written = chain(value)
        head, _, rest = written.partition(".")
        target = self._project.resolve(place, written, value.line)
        if self._injection.kind(target):
            return True
        if target is not None and target.kind in {"class", "function", "module"}:
            return True
        if head in {"self", "cls"}:
            return rest.partition(".")[0] not in _OF_REQUEST and self._kept(place, rest.partition(".")[0])
        if any(one.name == head for one in function.parameters):
            told = head in _TELLING or (target is None and named(head) != "")
            told = told or self._picture.target_role(target).name in {"settings", "session"}
            return told or self._injection.is_injected(place, function, head)
        if any(one.target == head for one in function.locals):
            return False
        return target is None or not any(part in _OF_REQUEST for part in target.dotted.split("."))

    def _kept(self, place: Place, name: str) -> bool:
        """Whether an object has an attribute from its constructor or as a declared field."""
        owner = self._project.owner_index(place)
        if owner < 0:
            return False
        methods = dict(self._project.classes.methods(place.path, owner))
        made = self._project.function(methods["__init__"]) if "__init__" in methods else None
        if made is not None and any(use.kind == "write" and use.chain == f"self.{name}" for use in made.uses):
            return True
        return any(field == name for field, _, _ in self._project.classes.fields(place.path, owner))

    def _hands(self, place: Place, value: AnyExpression) -> str:
        """The kind of collaborator that an argument is, ``made`` where it makes one itself, ``""`` for none."""
        if isinstance(value, Call) and self._makes(self._project.resolve_expression(place, value.func)):
            return "made"
        target = self._project.resolve_expression(place, value)
        if target is not None or not isinstance(value, Name | Attribute):
            return self._injection.kind(target)
        return named(chain(value).rpartition(".")[2])

    def _opened(self, place: Place, function: Function, value: AnyExpression) -> bool:
        """Whether an argument is a session that this function opens, with a factory it was given or holds."""
        if not isinstance(value, Name):
            return any(self._opened(place, function, child) for child in _below(value))
        sources = [one.source for one in function.locals if one.target == value.id and one.how in {"with", "assign"}]
        return any(
            source.endswith("()") and (self._is_own(place, source) or not self._from_module(place, source))
            for source in sources
        )

    def _from_module(self, place: Place, source: str) -> bool:
        target = self._project.resolve(place, source.removesuffix("()"))
        return self._makes(target) == "session"

    # Made when the module was loaded

    def _shared(self, place: Place, call: Call) -> Wire | None:
        """``orders.place(…)`` of an object that a module made of a collaborator's class."""
        words = chain(call.func).split(".")
        if len(words) < 2 or self._is_own(place, words[0]):
            return None
        for count in range(1, len(words)):
            name = ".".join(words[:count])
            if "(" in name or "[" in name:
                return None
            found = self._project.variable(place.path, name)
            if found is None:
                continue
            path, value = found
            kind = self._instance(path, value)
            if not kind or not isinstance(value, Call) or self._handed(place, call):
                return None
            target = self._project.resolve_expression(Place(path, -1), value.func)
            return Wire(
                call.line, call.column, call.end_line, call.end_column, place, kind, chain(value.func),
                target is not None and target.kind == "class", name,

                Location(path, Span(value.line, value.column, value.end_line, value.end_column)),
            )  # fmt: skip
        return None

    def _instance(self, path: str, value: AnyExpression) -> str:
        """The kind of a collaborator that a module-level value makes; what composition roots make is meant so."""
        if not isinstance(value, Call) or self._picture.is_root(path) or self._picture.tier(path) is not Tier.MAIN:
            return ""
        place = Place(path, -1)
        target = self._project.resolve_expression(place, value.func)
        kind = self._makes(target)
        if target is None or not kind or target.kind != "class":
            return kind
        hands = any(self._hands(place, argument.value) for argument in value.arguments)
        return kind if hands or self._reaches(target.path, target.index) else ""

    def _handed(self, place: Place, call: Call) -> bool:
        """Whether a call is given the session it works in: then that is what a test replaces."""
        for argument in call.arguments:
            target = self._project.resolve_expression(place, argument.value)
            if self._injection.kind(target) == "session" or (argument.keyword and named(argument.keyword) == "session"):
                return True
            if target is None and named(chain(argument.value).rpartition(".")[2]) == "session":
                return True
        return False


def _below(value: AnyExpression) -> Iterator[AnyExpression]:
    """The expressions directly in another, the arguments of a call included, its callee not."""
    if isinstance(value, Call):
        yield from (argument.value for argument in value.arguments)
        return
    for node in children(value):
        if isinstance(node, Expression):
            yield node  # type: ignore[misc]
        else:
            yield from (one for one in walk(node) if isinstance(one, Name | Constant))
