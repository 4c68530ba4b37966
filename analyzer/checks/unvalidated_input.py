"""BA401: what a client sent is stored, computed with or handed on, and nothing looked at it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._amounts import reckoned
from analyzer.checks._asked_sizes import asked_sizes
from analyzer.checks._conversions import converted, keys_made
from analyzer.checks._declared_amounts import declared_amounts
from analyzer.checks._documents import filled
from analyzer.checks._in_vain import in_vain
from analyzer.checks._looser_twins import looser
from analyzer.checks._missing_keys import missing_keys
from analyzer.checks._only_told import only_told
from analyzer.checks._page_sizes import sized
from analyzer.checks._raw import Given, checked, checks_itself, given, is_whole, raw_parts, state_changing, validates
from analyzer.checks._selecting import only_selects, puts_values, selectors
from analyzer.checks._stored_amounts import bounded_by_models, stored
from analyzer.checks._uploads import Upload, kept
from analyzer.checks._validators import toothless
from analyzer.facts.expressions import AnyExpression, Attribute, Binary, Call, Mapping, Name, Sequence, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.executed import statement_of
from analyzer.flow.named import method
from analyzer.flow.parts import Part
from analyzer.flow.questions import flow_of, location, written
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Step
from analyzer.project import Place, Target

_DEPTH = 3
"""Functions followed from a handler to where its data is kept."""
_CHANGING = re.compile(
    r"^_?(?:create|add|insert|update|save|register|store|set|change|edit|place|submit|transfer|upsert|write|new|make"
    r"|sign_?up|enqueue|publish|handle|dispatch)(?:_|$)"
)
"""Functions that change something, by what they are called; asked only where their code tells nothing."""
_NOT_KEPT = re.compile(
    r"(?:^|\.)(?:self|cls|request|req|resp|response|session|g|ctx|context|app|form|config|logger|log)$"
)
_PASSING = re.compile(r"(?:Error|Exception|Response|Warning|View|Form|Schema|Serializer|Event|Context|Filter|Query)$")
_AMOUNT = re.compile(r"quantity|qty|amount|price|credit|balance|count|total|discount|points|rate|age\b", re.IGNORECASE)
_FIX = (
    "Declare what the route takes (a pydantic model, marshmallow schema, form or serializer) and use only what came "
    "through it"
)


class Use(msgspec.Struct, frozen=True):
    """A place where raw values are used: the expression, and how the code spells the values."""

    node: AnyExpression
    values: tuple[str, ...]
    what: str
    steps: tuple[Step, ...] = ()


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a handler, in order of places."""
    flow = flow_of(picture)
    search = _Search(picture, flow)
    uploads = {upload.place: upload for upload in kept(picture)}
    yield from toothless(picture, rule)
    yield from (_kept(rule, upload) for upload in uploads.values())
    told: set[Place] = set(uploads)
    for place, finding in (*in_vain(picture, rule), *only_told(picture, rule)):
        if place not in told:
            told.add(place)
            yield finding
    for place in state_changing(picture, flow):
        if place in told:
            continue
        raw = given(flow.project, place)
        uses = search.uses(raw, _DEPTH) if raw is not None else None
        if raw is not None and uses and not search.partly(raw):
            told.add(place)
            yield _finding(rule, place, uses, partly=False)
            continue
        amount = reckoned(flow, rule, place)
        if amount is not None:
            told.add(place)
            yield amount
        elif raw is not None and uses:
            told.add(place)
            yield _finding(rule, place, uses, partly=True)
    for place, finding in converted(picture, flow, rule, told):
        told.add(place)
        yield finding
    for place, finding in keys_made(picture, flow, rule, told):
        told.add(place)
        yield finding
    for place, finding in missing_keys(picture, flow, rule, told):
        told.add(place)
        yield finding
    for place, finding in sized(picture, flow, rule, told):
        told.add(place)
        yield finding
    yield from asked_sizes(picture, flow, rule, told)
    bounded = bounded_by_models(picture.project)
    yield from stored(picture, flow, rule, told, bounded)
    yield from declared_amounts(picture, rule, bounded)
    yield from looser(picture, rule)


def _kept(rule: Rule, upload: Upload) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(upload.place, upload.node),
        message=f"The upload `{upload.shown}` is kept as it came: nothing looks at its type or its size",
        fix="Refuse what is larger than you need and what is not of a type you expect, by its content and not its name",
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
    )


class _Search:
    """Looks for uses of raw values, in a handler and in what it calls."""

    def __init__(self, picture: Picture, flow: Flow) -> None:
        self._picture = picture
        self._flow = flow
        self._busy: set[Place] = set()

    def partly(self, raw: Given) -> bool:
        """Whether some of what was sent is looked at by hand."""
        return bool(checked(self._flow, raw))

    def uses(self, raw: Given, depth: int) -> list[Use] | None:
        """Uses of raw values in a function, in source order; ``None`` when a validator looked at them."""
        if validates(self._flow, raw):
            return None
        known = checked(self._flow, raw)
        self._busy.add(raw.place)
        found = [use for point in self._flow.calls(raw.place) for use in self._called(raw, point, known, depth)]
        found.extend(self._assigned(raw, known))
        found.extend(self._computed(raw, known))
        self._busy.discard(raw.place)
        return sorted(found, key=lambda use: (use.node.line, use.node.column))

    def _unchecked(self, raw: Given, point: Point, known: set[str]) -> list[Part]:
        return [part for part in raw_parts(self._flow, raw, point) if part.text not in known]

    def _called(self, raw: Given, point: Point, known: set[str], depth: int) -> Iterator[Use]:
        call = point.expression
        if not isinstance(call, Call):
            return
        target = self._flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        stores = self._writes(point, call) or self._collected(point, call)
        entered = target is not None and target.kind == "function" and depth > 0
        # What a call gets is worked out only where something can come of it.
        if not stores and not entered and not (target is not None and target.kind == "class" and self._makes(target)):
            return
        fields = {*self._fields(raw, point, call), *map(id, selectors(call))} if stores else set()
        given = {
            id(one): self._unchecked(raw, Point(point.place, one.value, point.environment), known)
            for one in call.arguments
            if one.star != 2 and id(one) not in fields
        }
        values = tuple(dict.fromkeys(part.text for parts in given.values() for part in parts))
        if not values:
            return
        if stores:
            yield Use(call, values, "stored")
        elif target is not None and target.kind == "class":
            yield Use(call, values, f"made into `{target.dotted.rpartition('.')[2]}`")
        elif target is not None:
            yield from self._handed(call, target, {key for key, parts in given.items() if parts}, depth, values)

    def _fields(self, raw: Given, point: Point, call: Call) -> Iterator[int]:
        """The arguments, by identity, whose whole body becomes the fields of a document, as ``**body`` does those of a
        record: that is BA113."""
        for value in filled(self._flow.project, point.place, call):
            if is_whole(self._flow, raw, Point(point.place, value, point.environment)):
                yield from (id(one) for one in call.arguments if any(node is value for node in walk(one.value)))

    def _handed(self, call: Call, target: Target, raw: set[int], depth: int, values: tuple[str, ...]) -> Iterator[Use]:
        """What a function does with raw values; ``raw`` are the arguments, by identity, that hold some."""
        project = self._flow.project
        place = Place(target.path, target.index)
        function = project.function(place)
        if function is None or place in self._busy:
            return
        arguments = bound(function, call, method(target, function, chain(call.func)))
        name = chain(call.func).rpartition(".")[2]
        if arguments is None:
            if _CHANGING.match(name):
                yield Use(call, values, f"handed to `{name}`")
            return
        roots = frozenset(key for key, one in arguments.items() if id(one) in raw)
        inner = self.uses(Given(place, roots, False), depth - 1) if roots else None
        if inner:
            steps = (Step(location(place, inner[0].node), f"`{inner[0].values[0]}` is {inner[0].what} here"),)
            yield Use(call, values, f"handed to `{name}`", (*steps, *inner[0].steps))

    def _makes(self, target: Target) -> bool:
        """Whether making an object of a class keeps what it is made of, unseen."""
        project = self._flow.project
        if _PASSING.search(target.dotted) or checks_itself(project, target.path, target.index):
            return False
        externals = project.classes.externals(target.path, target.index)
        return not any(one.endswith(("Exception", "Error", "Enum", "Flag")) for one in externals)

    def _writes(self, point: Point, call: Call) -> bool:
        """Whether a call stores what it is given in a database."""
        name = written(call)
        last = name.rpartition(".")[2]
        found = statement_of(self._flow, point.place, call)
        if found is not None:
            text = self._flow.value(Point(point.place, found.text, point.environment))
            return any(row and row[0].kind == "text" and puts_values(row[0].text) for row in text.rows)
        if last == "values" and re.search(r"(?:^|\.)(?:insert|update)\(\)", name):
            return True
        return not only_selects(call) and any(
            one.kind == "write" and (one.line, one.column) == (call.line, call.column)
            for one in self._picture.accesses_of(point.place)
        )

    def _collected(self, point: Point, call: Call) -> bool:
        """``ORDERS.append(data)`` on a container of the module."""
        func = call.func
        if not isinstance(func, Attribute) or func.attr not in {"append", "add", "insert", "update"}:
            return False
        return isinstance(func.value, Name) and self._of_module(point.place, func.value.id)

    def _of_module(self, place: Place, name: str) -> bool:
        """Whether a name is a container of the module, and not one of the function's own."""
        function = self._flow.project.function(place)
        own = {one.target for one in function.locals} | {one.name for one in function.parameters} if function else set()
        values = self._flow.project.namespace(place.path).variables.get(name, [])
        return name not in own and any(isinstance(one, Mapping | Sequence | Call) for one in values)

    def _assigned(self, raw: Given, known: set[str]) -> Iterator[Use]:
        """``user.email = data["email"]``, ``STORE[key] = data``."""
        for node in walk(self._flow.project.body(raw.place)):
            if not isinstance(node, Assign) or node.value is None:
                continue
            state = self._flow.state_at(raw.place, node.value)
            kept = [one for one in node.targets if self._kept(raw.place, one)]
            if state is None or not kept:
                continue
            parts = self._unchecked(raw, Point(raw.place, node.value, state), known)
            if parts:
                values = tuple(dict.fromkeys(part.text for part in parts))
                yield Use(node.value, values, f"assigned to `{chain(kept[0]).replace('[]', '[…]')}`")

    def _kept(self, place: Place, target: AnyExpression) -> bool:
        if isinstance(target, Attribute) and isinstance(target.value, Name):
            return not _NOT_KEPT.search(target.value.id)
        if isinstance(target, Subscript) and isinstance(target.value, Name):
            return self._of_module(place, target.value.id)
        return False

    def _computed(self, raw: Given, known: set[str]) -> Iterator[Use]:
        """``price * data["quantity"]``."""
        for point in self._flow.points(raw.place):
            node = point.expression
            if isinstance(node, Binary) and node.op in {"*", "-"}:
                for side in (node.left, node.right):
                    parts = self._unchecked(raw, Point(point.place, side, point.environment), known)
                    if len(parts) == 1 and isinstance(side, Subscript | Attribute | Name | Call):
                        yield Use(node, (parts[0].text,), "computed with")


def _finding(rule: Rule, place: Place, uses: list[Use], partly: bool) -> Finding:
    values = list(dict.fromkeys(value for use in uses for value in use.values))
    counted = any(_AMOUNT.search(value) for value in values)
    shown = ", ".join(f"`{value}`" for value in values[:3]) + (" …" if len(values) > 3 else "")
    first = uses[0]
    return Finding(
        rule=rule.code,
        location=location(place, first.node),
        message=f"{shown} {'is' if len(values) == 1 else 'are'} {first.what} as the client sent "
        f"{'it' if len(values) == 1 else 'them'}: no schema, form or check of type and range stands before",
        fix=_FIX,
        severity=rule.severity,
        confidence=Confidence.LOW if partly and not counted else Confidence.MEDIUM,
        steps=first.steps,
    )
