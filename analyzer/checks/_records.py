"""Which records a handler loads by what the client sends, and whether anything on the way asks whose they are.

A handler and what it calls are walked once in source order. Every value carries marks: ``client`` (sent by the client),
``caller`` (who is asking), or the number of a load it came from. A load is *keyed* when the client chooses the record,
*scoped* when the caller has a say in it: in its filter, in a comparison with what it gave, or in a call that decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Map

import msgspec

from analyzer.checks._chains import (
    PAGING,
    PROOF,
    Chain,
    Chains,
    Given,
    arguments_of,
    identifies,
    last_name,
    says_caller,
    spine,
)
from analyzer.checks._resources import Resources
from analyzer.checks._settled import SETTLED, flags, found_or_refused, required, required_of_some
from analyzer.checks._trails import NONE, Leg, Load, Mark, Marks, State, Trail
from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Await,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Mapping,
    Name,
    Parameter,
    Starred,
    Subscript,
    Walrus,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assign, Augment, Delete, For, If, Return, While, With
from analyzer.facts.visit import chain, children, walk
from analyzer.flow.sources import injected
from analyzer.frameworks import Route
from analyzer.frameworks.attachments import attachment
from analyzer.frameworks.fastapi import injections
from analyzer.graph.idle import Idleness
from analyzer.graph.picture import Picture
from analyzer.project import Place, Project, Target

_PROVIDING = re.compile(r"current|user|auth(?!ors?\b|or_)|principal|identity|claims|token|logged", re.IGNORECASE)
"""Providers that put who is asking into a parameter."""
_USER = re.compile(
    r"^(?:\w+_)?(?:user|principal|identity|claims|actor|requester|viewer|me)$|user_?id$|^username$", re.I
)
_DEPTH = 3
_MOST = 80
"""Functions walked for one handler."""
_WHOSE: Marks = frozenset({"client", "caller", SETTLED})
_SENT: Marks = frozenset({"client"})
_SETTLED: Marks = frozenset({SETTLED})
_CALLING: Marks = frozenset({"caller"})
_WHOLE = 1 << 30
"""More functions than are ever open: none was met again."""
Names = dict[str, Marks]
Here = tuple[Place, int, frozenset[tuple[str, Marks]], frozenset[str]]
"""All that a walk of a function hangs on: where, how deep, the marks of its parameters, and what was spoken of."""
Key = tuple[Place, int, frozenset[tuple[str, Marks]], frozenset[str], tuple[State, ...]]
"""The same for any handler: the records that are given are numbered from 0, and what is known of them is told."""


class Records:
    """Trails by handler, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._chains = Chains(picture.shared(Resources))
        self._legs: dict[Key, Leg] = {}
        self._settling: dict[Place, set[str]] = {}
        self._known: dict[Place, Trail] = {}

    def of(self, handler: Place, routes: Sequence[Route]) -> Trail:
        """What a handler loads."""
        if handler not in self._known:
            self._known[handler] = _Walk(self._picture, self._chains, self._legs, self._settling, handler, routes).trail
        return self._known[handler]


class _Walk:
    """One walk of a handler."""

    def __init__(
        self,
        picture: Picture,
        chains: Chains,
        legs: dict[Key, Leg],
        settling: dict[Place, set[str]],
        handler: Place,
        routes: Sequence[Route],
    ) -> None:
        self.project = picture.project
        self.resources = picture.shared(Resources)
        self.idleness = picture.shared(Idleness)
        self.chains = chains
        self.trail = Trail([], set())
        self._legs = legs
        self.settling = settling
        """The parameters of functions that come back from them only if they are the caller's to use."""
        self._open: dict[Place, int] = {}
        """Functions that are being walked, and how many were when each was begun."""
        self._cut = _WHOLE
        """The outermost of them that was met again and not entered."""
        self._gave: dict[Here, Marks] = {}
        self._walked = 0
        function = self.project.function(handler)
        if function is not None:
            names = {name for route in routes for name in re.findall(r"\{(\w+)\}", route.path)}
            if self.resources.supplied(handler) and names:
                self._supplied(handler, routes)
            self._function(handler, self._start(handler, function, names, 0), 0)
            self._acted()

    def _supplied(self, handler: Place, routes: Sequence[Route]) -> None:
        """What a generic view of a framework does by itself: it looks a record up by the path."""
        for resource in [self.resources.viewed(handler)]:
            load = Load(
                resource, handler, Name(*_nowhere(self.project, handler), "get_object"), "get_object", keyed=True
            )
            load.scoped = self.resources.narrowed(handler)
            load.used = "changed" if any(one.method in _CHANGING for one in routes) else "read"
            self.trail.loads.append(load)

    def _acted(self) -> None:
        """What was checked first may be asked for again: ``if task.owner != me: …``, then ``del tasks[number]``."""
        checked: set[str] = set()
        for load in self.trail.loads:
            if load.used == "counted":
                load.used = "" if self.trail.made else "changed"
            if load.keyed and load.scoped:
                checked.add(load.resource)
            load.scoped = load.scoped or (load.keyed and load.resource in checked)

    def _start(self, place: Place, function: Function, names: set[str], depth: int) -> Names:
        """What the parameters of a handler, or of what is injected into it, hold."""
        found: Names = {}
        settled: set[str] = set()
        for one in function.parameters:
            if one.name in {"self", "cls", "request", "req", "db", "session", "info", "response"}:
                continue
            if one.name in names:
                found[one.name] = frozenset({"client"}) if not PROOF.search(one.name) else NONE
                continue
            alone = msgspec.structs.replace(function, parameters=[one])
            mine = list(injections(self.project, place, alone))
            if _carried(one):
                found[one.name] = frozenset({"caller"} if identifies(one.name) else {"client"})
            elif mine or injected(one):
                found[one.name] = self._injected(one.name, mine, names, depth)
                settled |= self._settled_by(mine)
            elif _USER.search(one.name) and one.annotation is None:
                found[one.name] = frozenset({"caller"})
            elif PROOF.search(one.name) or PAGING.search(one.name):
                found[one.name] = NONE
            else:
                found[one.name] = frozenset({"client"})
        for name in settled & found.keys():
            if "client" in found[name]:
                found[name] |= _SETTLED
        return found

    def _settled_by(self, mine: list[tuple[Place, Call]]) -> set[str]:
        """The parameters that what is injected settles: a provider asks for them by the same names."""
        held = (attachment(self.project, at, call, "handler") for at, call in mine)
        return {name for one in held if one is not None for name in self.settling.get(one.place, ())}

    def _injected(self, name: str, mine: list[tuple[Place, Call]], names: set[str], depth: int) -> Marks:
        marks: Marks = NONE
        for at, call in mine:
            held = attachment(self.project, at, call, "handler")
            function = self.project.function(held.place) if held is not None and held.place.path else None
            if held is not None and held.dotted.startswith("fastapi.security."):
                marks |= {"caller"}
            if held is None or function is None or depth > _DEPTH:
                continue
            inner = self._function(held.place, self._start(held.place, function, names, depth + 1), depth + 1)
            marks |= inner | (frozenset({"caller"}) if _PROVIDING.search(held.dotted.rpartition(".")[2]) else NONE)
        return marks | (frozenset({"caller"}) if _USER.search(name) or says_caller(name) else NONE)

    # Statements

    def _function(self, place: Place, names: Names, depth: int) -> Marks:
        """Walk a function; what it gives back."""
        if place in self._open or self._walked > _MOST:
            self._cut = min(self._cut, self._open.get(place, 0))
            return NONE
        if depth > _DEPTH:
            return NONE
        here = (place, depth, frozenset(names.items()), frozenset(self.trail.spoken))
        if here in self._gave:
            # Walked again with the same marks, a function would load the same records and say the same of them.
            return self._gave[here]
        handed = sorted({mark for marks in names.values() for mark in marks if isinstance(mark, int)})
        given = [self.trail.loads[mark] for mark in handed]
        if handed:
            numbers: dict[Mark, Mark] = {mark: at for at, mark in enumerate(handed)}
            names = {name: frozenset(numbers.get(mark, mark) for mark in marks) for name, marks in names.items()}
        key = (*here[:2], frozenset(names.items()), here[3], tuple(load.state for load in given))
        leg = self._legs.get(key)
        if leg is None:
            order, outer = len(self._open), self._cut
            self._open[place], self._cut = order, _WHOLE
            self._walked += 1
            leg = self._leg(place, names, depth, given)
            if self._cut >= order:  # no function around it was met again, so it is the same for every handler
                self._legs[key] = leg
            del self._open[place]
            self._cut = min(outer, self._cut) if self._cut < order else outer
        marks = self.trail.take(leg, handed)
        if handed:
            self._gave[here] = marks
        return marks

    def _leg(self, place: Place, names: Names, depth: int, given: Sequence[Load]) -> Leg:
        """Walk a function on a trail of its own, which begins with the records that it is given."""
        whole, gave = self.trail, self._gave
        self.trail = Trail([msgspec.structs.replace(one, idle=None) for one in given], set(), spoken=set(whole.spoken))
        self._gave = {}
        marks = _Body(self, place, names, depth).run()
        leg = Leg(self.trail, marks)
        self.trail, self._gave = whole, gave
        return leg


class _Body:
    """The walk of one function's body."""

    def __init__(self, walk_: _Walk, place: Place, names: Names, depth: int) -> None:
        self.walk = walk_
        self.project = walk_.project
        self.resources = walk_.resources
        self.loads = walk_.trail.loads
        self.place = place
        self.names = names
        self.depth = depth
        self.returned: Marks = NONE
        self.given = frozenset(names.items())
        self.idle = walk_.idleness.of(place)
        self._keys: dict[int, set[str]] = {}
        """By which names the client chose a record."""

    def run(self) -> Marks:
        self._block(self.project.body(self.place))
        return self.returned

    def _block(self, block: Iterable[msgspec.Struct]) -> None:
        for statement in block:
            self._statement(statement)

    def _statement(self, statement: msgspec.Struct) -> None:
        if isinstance(statement, Assign):
            marks = self._asked(statement.value)
            for target in statement.targets:
                self._bind(target, marks)
        elif isinstance(statement, Augment):
            self.value(statement.value)
            if statement.op == "-":  # ``product.stock -= amount``: whoever orders changes it, and may
                self._use(self.value(spine(statement.target)[1]), "counted")
            elif statement.op != "+":  # who is given something is not harmed: ``receiver.balance += amount``
                self._touch(statement.target)
        elif isinstance(statement, Return):
            marks = self.value(statement.value)
            self.returned |= marks
            if self.depth == 0:
                self._use(marks, "read")
        elif isinstance(statement, For):
            self._bind(statement.target, self.value(statement.iterable))
            self._block([*statement.body, *statement.otherwise])
            self._settle_keys(required_of_some(statement))
        elif isinstance(statement, With):
            for item in statement.items:
                marks = self.value(item.context)
                if item.target is not None:
                    self._bind(item.target, marks)
            self._block(statement.body)
        elif isinstance(statement, If | While):
            self._asked(statement.test)
            if id(statement.test) not in self.idle and self._asks_role(statement.test):
                self.walk.trail.role = True
            self._block([*(statement.then if isinstance(statement, If) else statement.body), *statement.otherwise])
            if isinstance(statement, If) and id(statement.test) not in self.idle:
                self._noted(statement)
                self._settle_keys(required(statement))
        elif isinstance(statement, Delete):
            for target in statement.targets:
                self._use(self.value(target), "changed")
        else:
            for child in children(statement):
                if isinstance(child, AnyStatement):
                    self._statement(child)
                elif isinstance(child, AnyExpression):
                    self._asked(child)
                else:
                    self._statement(child)

    def _noted(self, statement: If) -> None:
        """A branch that notes that the caller was found: ``if member.user_id == me.id: found = True``."""
        marks = self.value(statement.test)
        if "caller" in marks:
            for one in flags(statement):
                for target in one.targets:
                    self._bind(target, frozenset(mark for mark in marks if isinstance(mark, int)))

    def _settle_keys(self, parts: Iterable[tuple[AnyExpression, bool]]) -> None:
        """Whoever comes past a check of a record of the caller's may use the key that chose it."""
        for part, compared in parts:
            marks = self.value(part)
            if not compared or "caller" in marks:
                self._settle_chosen(mark for mark in marks if isinstance(mark, int))

    def _settle_chosen(self, marks: Iterable[int]) -> None:
        """Settle the keys that chose the caller's records, and what else they choose."""
        for mark in list(marks):
            for name in sorted(self._keys.get(mark, ())) if self.loads[mark].scoped else ():
                self._settle_name(name)

    def _settle_name(self, name: str) -> None:
        self.names[name] = self.names.get(name, _SENT) | _SETTLED
        if "." not in name:
            self.walk.settling.setdefault(self.place, set()).add(name)
        for mark, keys in self._keys.items():
            if name in keys:
                self.loads[mark].scoped = True

    def _asked(self, node: AnyExpression | None) -> Marks:
        """The marks of what a statement asks; a check that keeps nobody out says nothing about the records."""
        inner = node.value if isinstance(node, Await) else node
        idle = self.idle.get(id(inner))
        if idle is None:
            return self.value(node)
        trail, names, scoped = self.walk.trail, dict(self.names), [load.scoped for load in self.loads]
        role, decides = trail.role, trail.decides
        marks = self.value(node)
        trail.role, trail.decides = role, decides
        self.names.update(names)
        for at, load in enumerate(self.loads):
            if load.scoped and not (at < len(scoped) and scoped[at]):
                load.scoped = False
                load.idle = (self.place, idle.node) if idle.meant else load.idle
        return marks

    def _asks_role(self, test: AnyExpression) -> bool:
        """Whether a test is about a role that somebody has, and not about one that the client wants to give."""
        spoken = self.walk.chains.roles(test)
        bases = (self.names.get(one.partition(".")[0], NONE) for one in spoken)
        return bool(spoken) and not any("client" in marks and "caller" not in marks for marks in bases)

    def _bind(self, target: AnyExpression, marks: Marks) -> None:
        if isinstance(target, Name):
            self.names[target.id] = self.names.get(target.id, NONE) | marks
        elif isinstance(target, Display):
            for item in target.items:
                self._bind(item, marks)
        elif isinstance(target, Starred):
            self._bind(target.value, marks)
        else:
            self._touch(target)
            base = spine(target)[1]
            for name in {chain(target), base.id if isinstance(base, Name) and "caller" in marks else ""} - {""}:
                self.names[name] = self.names.get(name, NONE) | marks
            if isinstance(target, Attribute) and "caller" in marks:
                self._credit(self.value(target.value), target.attr)

    def _touch(self, target: AnyExpression) -> None:
        """Something of a record is set."""
        if isinstance(target, Attribute | Subscript):
            marks = self.value(target.value)
            if isinstance(target, Subscript):
                marks |= self.value(target)
            for mark in marks:
                # A row or document that is changed after it was read is not what the database keeps.
                row = isinstance(target, Subscript) and isinstance(mark, int) and self._row(mark)
                self._use((mark,), "read" if row else "changed")

    def _row(self, mark: int) -> bool:
        return self.loads[mark].resource.startswith(("collection:", "table:"))

    def _use(self, marks: Iterable[Mark], how: str) -> None:
        for mark in marks:
            if isinstance(mark, int) and self.loads[mark].used != "changed":
                self.loads[mark].used = how

    def _credit(self, marks: Marks, column: str) -> None:
        """Something new is made in the caller's name: ``order.user = request.user``, ``serializer.save(user=…)``."""
        for mark in marks:
            if isinstance(mark, str) and mark.startswith("new "):
                self.walk.trail.made.add((mark[4:], column))

    def _scope(self, marks: Marks) -> None:
        for mark in marks:
            if isinstance(mark, int):
                self.loads[mark].scoped = True

    # Expressions

    def value(self, node: msgspec.Struct | None) -> Marks:
        """The marks of an expression; what it loads is noted on the way."""
        kind = type(node)
        if node is None or kind is Constant:
            return NONE
        step = _STEPS.get(kind)
        if step is not None:
            return step(self, node)
        return self._inside(node)

    def _inside(self, node: msgspec.Struct) -> Marks:
        """The marks of all that an expression is made of."""
        marks = NONE
        for child in children(node):
            marks |= self.value(child)
        return marks

    def _await(self, node: Await) -> Marks:
        return self.value(node.value)

    def _walrus(self, node: Walrus) -> Marks:
        marks = self.value(node.value)
        self._bind(node.target, marks)
        return marks

    def _comprehension(self, node: Comprehension) -> Marks:
        for one in node.generators:
            self._bind(one.target, self.value(one.iterable))
            for condition in one.conditions:
                self.value(condition)
        return self.value(node.element) | self.value(node.value)

    def _boolean(self, node: Boolean) -> Marks:
        sides = [self.value(one) for one in node.values]
        return _preferred(sides) if node.op == "or" else frozenset().union(*sides)

    def _conditional(self, node: Conditional) -> Marks:
        test, sides = self.value(node.test), [self.value(node.then), self.value(node.otherwise)]
        if "caller" in test:  # ``wanted if me.is_admin else me.id``
            return test | sides[0] | sides[1]
        return test | _preferred(sorted(sides, key=lambda marks: "client" not in marks))

    def _mapping(self, node: Mapping) -> Marks:
        for key, given in zip(node.keys, node.values, strict=True):
            if isinstance(key, Constant) and isinstance(key.value, str) and "caller" in self.value(given):
                self.walk.trail.spoken.add(key.value)
        return self._inside(node)

    def _name(self, node: Name) -> Marks:
        marks = self.names.get(node.id, NONE)
        if says_caller(node.id):
            marks |= {"caller"}
        if node.id not in self.names:
            store = self.resources.store(self.place, node)
            if store:
                marks |= {self._load(store, node, node.id)}
        return marks

    def _compare(self, node: Compare) -> Marks:
        sides = [node.left, *node.comparators]
        marks = [self.value(one) for one in sides]
        every = frozenset().union(*marks)
        if "caller" in every:
            self.walk.trail.caller = True
            self._scope(every)
            for side, held in zip(sides, marks, strict=True):
                if "caller" not in held:
                    self._tie(side)
        elif "client" in every:
            for mark in every:
                if isinstance(mark, int):
                    self.loads[mark].keyed = True
                    last = {chain(side).rpartition(".")[2] for side in sides}
                    self.loads[mark].whose |= not last.isdisjoint(self.resources.whose(self.loads[mark].resource))
        return every

    def _tie(self, side: AnyExpression) -> None:
        """What is compared with the caller stands for the caller from here on."""
        for inner in walk(side):
            if isinstance(inner, Name) and self.names.get(inner.id):
                self.names[inner.id] |= {"caller"}

    def _load(self, resource: str, node: AnyExpression, shown: str) -> int:
        load = Load(resource, self.place, node, shown, given=self.given)
        for at, one in enumerate(self.loads):
            if one.same(load):
                return at
        self.loads.append(load)
        return len(self.loads) - 1

    def _chain(self, node: AnyExpression) -> Marks:
        """A call, attribute or item, with all that its chain stands on."""
        taken = self.walk.chains.of(self.place, node)
        if taken.spelled in self.names:
            return self.names[taken.spelled]
        if taken.spelled and (taken.says or taken.identity) and self._of_caller(taken):
            for inner in arguments_of(node):
                self.value(inner.value)
            return _CALLING
        value = self.value
        given = [(one, value(one.argument.value)) for one in taken.given]
        held = value(taken.base)
        if isinstance(taken.base, Name) and taken.base.id == "self" and taken.spelled.startswith("self.get_object()"):
            held |= {self._one(node)}
        if taken.request:
            held |= _SENT
        if taken.proof and held:
            held -= _SENT
        return self._access(taken, held, given)

    def _of_caller(self, taken: Chain) -> bool:
        """Whether a chain reads who is asking: ``request.user``, ``session["user_id"]``, ``headers.get("Token")``."""
        base = taken.base
        if isinstance(base, Name) and base.id in self.names and not says_caller(base.id):
            # ``user.id`` of a user that was loaded here; what a session keeps was asked of no database.
            kept = base.id.endswith("session") and not any(isinstance(one, int) for one in self.names[base.id])
            return taken.identity and kept
        if taken.says and not any("client" in self.value(one.value) for one in arguments_of(taken.node)):
            return True
        return taken.identity

    def _one(self, node: AnyExpression) -> int:
        """The record that a view of a framework looks up by the path: ``self.get_object()``."""
        mark = self._load(self.resources.viewed(self.place), spine(node)[0][-2], "get_object")
        self.loads[mark].keyed = True
        self.loads[mark].scoped |= self.resources.narrowed(self.place)
        return mark

    def _access(self, taken: Chain, held: Marks, given: list[tuple[Given, Marks]]) -> Marks:
        handed: Marks = NONE
        for _, marks in given:
            if marks:
                handed |= marks
        call, resource = taken.call, taken.resource
        if not (
            held or handed or resource or taken.made or taken.name in _COLLECTING or (call and self._enters(taken))
        ):
            self.walk.trail.decides = self.walk.trail.decides or taken.deciding
            return NONE
        passed = {id(one.argument): marks for one, marks in given}
        if taken.made and call is not None and self._edits(call, passed):
            return handed
        if taken.made:
            self._create(taken.made, call, passed)
            # A new record is none of those that it was made from: saving it changes nobody else's.
            return frozenset(mark for mark in handed if isinstance(mark, str) and mark not in _WHOSE) | {
                f"new {taken.made}"
            }
        if "caller" in handed:
            self.walk.trail.caller = True
            for one, marks in given:
                if one.verb in {"save", "create"} and one.argument.keyword is not None and "caller" in marks:
                    self._credit(held, one.argument.keyword)
        if resource.startswith("table:"):
            held = held & _WHOSE  # what the cursor held before is gone
        caller = "caller" in handed and any("caller" in marks and not one.audit for one, marks in given)
        marks, asked = held, NONE
        if resource:
            self._inserted(resource, call, passed)
            if not taken.inserting:
                asked = frozenset({self._load(resource, taken.node, chain(call.func) if call else "")})
            marks |= asked
            if resource.startswith("table:") and isinstance(taken.base, Name):
                # ``cursor.execute(…)``, then ``cursor.fetchone()``; what the cursor held before is gone.
                self.names[taken.base.id] = asked
        loads = {mark for mark in marks if isinstance(mark, int)}
        if loads and "caller" in held:
            self._scope(marks)
        if loads and given:
            self._chosen(loads, given, handed, caller)
            if asked and found_or_refused(call):
                self._settle_chosen(mark for mark in asked if isinstance(mark, int))
        if taken.changes:
            # ``users.update_one({"_id": me}, {"$push": {"saved": post["_id"]}})`` changes no post.
            naming = frozenset().union(*(found for one, found in given if not one.filling))
            # What is called on rows, or on the connection that brought them, changes none of them.
            kept = frozenset(one for one in held if not (isinstance(one, int) and self._row(one)))
            self._use(kept | asked | naming, "changed")
        if call is not None:
            self._settle(taken.base, held, handed)
            marks |= self._called(taken, call, held, handed, passed)
        given_back = marks | handed
        if taken.request and "client" in held:
            given_back -= {"caller"}  # ``args.get("user_id", me.id)``: the caller, unless the client says another
        if loads:
            # What stands in a record was not sent by this client, whoever chose the record.
            given_back -= _SENT | _SETTLED
        if any(self.loads[mark].keyed and self.loads[mark].scoped for mark in loads):
            # A record that the client chose among the caller's is not the caller.
            given_back -= _CALLING
        return given_back

    def _edits(self, call: Call, passed: Map[int, Marks]) -> bool:
        """Whether a serializer or form is made for a record that was loaded: ``OrderSerializer(order, data=…)``."""
        if not last_name(call.func).endswith(("Serializer", "Form")):
            return False
        edited = [one for one in call.arguments[:1] if one.keyword is None and not one.star]
        edited += [one for one in call.arguments if one.keyword == "instance"]
        return any(isinstance(mark, int) for one in edited for mark in passed[id(one)])

    def _enters(self, taken: Chain) -> bool:
        """Whether a call of nothing that matters is walked into all the same: a function of the application's may bring
        records by itself, or say who is asking."""
        return taken.target is not None and taken.target.kind == "function"

    def _chosen(self, loads: set[int], given: list[tuple[Given, Marks]], handed: Marks, caller: bool) -> None:
        """What the arguments of a chain say about the records that it loads."""
        chosen = any("client" in marks and not one.paging for one, marks in given)
        chosen = chosen and not any(_proves(one.argument) for one, _ in given)
        for mark in loads:
            load = self.loads[mark]
            if chosen:
                load.keyed = True
                self._keys.setdefault(mark, set()).update(self._keyed_by(given))
            settled = SETTLED in handed
            if settled or caller or any(isinstance(one, int) and self.loads[one].scoped for one in handed - {mark}):
                load.scoped = True
            columns = self.resources.whose(load.resource)
            if columns and any(marks and one.argument.keyword in columns for one, marks in given):
                load.whose = True

    def _keyed_by(self, given: list[tuple[Given, Marks]]) -> Iterator[str]:
        """The names and attributes of what the client sends that choose a record."""
        for one, marks in given:
            for node in walk(one.argument.value) if "client" in marks and not one.paging else ():
                spelled = chain(node) if isinstance(node, Name | Attribute) else ""
                if spelled and not {"[", "("} & set(spelled) and "client" in self.value(node):
                    yield spelled

    def _settle(self, base: AnyExpression, held: Marks, handed: Marks) -> None:
        """What is called with the caller is the caller's from here on: ``filters.only(user.id)``."""
        if "caller" in handed and "client" in held and isinstance(base, Name) and base.id in self.names:
            self.names[base.id] |= {"caller"}

    def _create(self, resource: str, call: Call | None, passed: Map[int, Marks]) -> None:
        for one in call.arguments if call is not None else ():
            if "caller" in passed[id(one)]:
                # ``Order(owner=user)``, ``Order.model_validate(data, update={"owner_id": user.id})``
                self.walk.trail.made.update((resource, name) for name in (one.keyword, *self.walk.trail.spoken) if name)
            elif "client" in passed[id(one)] and one.keyword in self.resources.whose(resource):
                self.walk.trail.named.add((resource, one.keyword))

    def _inserted(self, resource: str, call: Call | None, passed: Map[int, Marks]) -> None:
        """A row that is put into a table of SQL with something of the caller's in it."""
        if call is not None and any("caller" in passed[id(one)] for one in call.arguments):
            column = self.resources.inserts(self.place, call)
            if column:
                self.walk.trail.made.add((resource, column))

    def _called(self, taken: Chain, call: Call, held: Marks, handed: Marks, passed: Map[int, Marks]) -> Marks:
        """What a call makes of marked values: functions of ours are walked, calls that decide settle the matter."""
        name, target = taken.name, taken.target
        every = held | handed
        if name in _COLLECTING and isinstance(call.func, Attribute) and isinstance(call.func.value, Name):
            kept = call.func.value.id
            self.names[kept] = self.names.get(kept, NONE) | {mark for mark in handed if isinstance(mark, int)}
        if self.depth == 0 and chain(call.func) in _SENDING:
            self._use(handed, "read")
        if name == "setattr" and call.arguments:
            self._use(passed[id(call.arguments[0])], "changed")
        result: Marks = NONE
        if target is not None and target.kind == "function":
            place = Place(target.path, target.index)
            function = self.project.function(place)
            if function is not None:
                before = len(self.loads)
                result = self.walk._function(
                    place, self._arguments_of(function, call, target, held, passed), self.depth + 1
                )
                self._settled_inside(place, function, call, target)
                if "caller" in handed and taken.validating:
                    self._scope(frozenset(range(before, len(self.loads))))
        elif target is None and "caller" in handed and name not in _SHOWING and not name[:1].isupper():
            # Nobody can say what it does with the caller: it may well decide.
            self._scope(every)
        if taken.deciding:
            self.walk.trail.decides = True
            if every - _CALLING:
                self._scope(every)
                for one in call.arguments:
                    self._tie(one.value)
        return result

    def _settled_inside(self, place: Place, function: Function, call: Call, target: Target) -> None:
        """What a function settles is settled for those that call it: ``get_own_board(board_id, user)``."""
        bound = self.walk.chains.bound(function, call, target) if place in self.walk.settling else None
        for name, one in (bound or {}).items():
            if name in self.walk.settling[place] and isinstance(one.value, Name | Attribute):
                spelled = chain(one.value)
                if "(" not in spelled and "client" in self.value(one.value):
                    self._settle_name(spelled)

    def _arguments_of(
        self, function: Function, call: Call, target: Target, held: Marks, passed: Map[int, Marks]
    ) -> Names:
        found: Names = {}
        names = self.walk.chains.bound(function, call, target)
        for name, one in (names or {}).items():
            found[name] = passed[id(one)] if id(one) in passed else self.value(one.value)
        if names is None:
            every = frozenset().union(*(passed[id(one)] for one in call.arguments))
            found = {one.name: every for one in function.parameters}
        if function.owner >= 0 and function.parameters and function.parameters[0].name == "self" and held:
            found["self"] = held
        return found


def _proves(argument: Argument) -> bool:
    """Whether a record is asked for by what nobody guesses as well: ``get(pk=number, mail_token=token)``."""
    if argument.keyword is not None:
        return PROOF.search(argument.keyword) is not None
    sides = (
        side for node in walk(argument.value) if isinstance(node, Compare) for side in (node.left, *node.comparators)
    )
    return any(isinstance(side, Attribute) and PROOF.search(side.attr) for side in sides)


def _preferred(sides: Sequence[Marks]) -> Marks:
    """What the first of several values that is there comes to: the client's, where the client may give one."""
    every = frozenset().union(*sides)
    return every - {"caller"} if "client" in sides[0] and "caller" not in sides[0] else every


_COLLECTING = frozenset({"append", "extend"})
_SENDING = frozenset({"self.write", "self.finish", "self.render", "self.write_json", "self.send_json"})
"""Methods of handlers that answer with what they are given, and give nothing back."""
_STEPS: Map[type, Callable[..., Marks]] = {
    Name: _Body._name,
    Await: _Body._await,
    Compare: _Body._compare,
    Walrus: _Body._walrus,
    Comprehension: _Body._comprehension,
    Attribute: _Body._chain,
    Subscript: _Body._chain,
    Call: _Body._chain,
    Mapping: _Body._mapping,
    Boolean: _Body._boolean,
    Conditional: _Body._conditional,
}
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SHOWING = frozenset(
    {"render", "render_template", "TemplateResponse", "jsonify", "Response", "info", "debug", "warning"}
)


def _carried(parameter: Parameter) -> bool:
    """Whether a parameter is a header or a cookie: ``authorization: str = Header()``."""
    return any(isinstance(node, Call) and last_name(node.func) in {"Header", "Cookie"} for node in _parts(parameter))


def _nowhere(project: Project, handler: Place) -> tuple[int, int, int, int]:
    function = project.outline(handler.path).functions[handler.index]
    return function.line, function.column, function.line, function.end_column


def _parts(parameter: Parameter) -> Iterator[msgspec.Struct]:
    for one in (parameter.annotation, parameter.default):
        if one is not None:
            yield from walk(one)
