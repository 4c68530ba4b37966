"""BA113: a client's names decide which fields of a record are set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks import _declared_fields, _named_rights, _schema_rights
from analyzer.checks._documents import filled
from analyzer.checks._privileged import gives_rights, privileged_fields
from analyzer.checks._raw import Given, checked_before, given, is_whole, raw_parts, state_changing, validates
from analyzer.checks._rights_taken import (
    Taken,
    columns_of_keys,
    names_columns,
    rights_in_records,
    rights_in_statements,
    rights_remembered,
)
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Subscript
from analyzer.facts.statements import Assign, If
from analyzer.facts.visit import chain, statements
from analyzer.flow.callers import handed
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.named import method
from analyzer.flow.own_keys import is_own_key
from analyzer.flow.questions import flow_of, location, written
from analyzer.flow.ways import ends, way
from analyzer.frameworks.persistence import is_schema, keeps_extra
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place, Project, Target

_DEPTH = 3
"""Functions followed from a handler to where its data is kept."""
_RULING = re.compile(r"admin|superuser|staff|manager|role|permission|owner", re.IGNORECASE)
_OWN = re.compile(r"^(?:self|own|me|profile)\b|[.:_](?:self|own|me)$")
"""Names of scopes that let people work on what is theirs."""
_WRITES = frozenset({"create", "update", "get_or_create", "update_or_create", "values", "insert", "create_user", "save",
    "insert_many", "acreate"})  # fmt: skip
_STATEMENT = re.compile(r"(?:^|\.)(?:insert|update)\(\)(?:\.\w+\(\))*\.values$")
"""``update(User).where(User.id == key).values``"""
_FIX = "Take the fields that a client may set one by one, or through a schema that declares only these"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA113: code first, then forms and serializers; in order of places."""
    flow = flow_of(picture)
    seen: set[tuple[Place, int, int]] = set()
    search = _Search(picture, flow, rule)
    for place in state_changing(picture, flow):
        for raw in (given(flow.project, place), _opened(flow.project, place)):
            if raw is None or checked_before(flow, place):
                continue
            for at, node, finding in search.findings(raw, _DEPTH):
                if (at, node.line, node.column) not in seen:
                    seen.add((at, node.line, node.column))
                    yield finding
    for place in picture.handlers():
        raw = given(flow.project, place) if picture.is_main(place.path) else None
        if raw is None or search.ruled(place) or validates(flow, raw):
            continue
        for one in rights_remembered(flow, raw):
            if (place, one.node.line, one.node.column) not in seen:
                seen.add((place, one.node.line, one.node.column))
                yield search.remembered(raw, one)
    yield from _schema_rights.findings(flow, rule, state_changing(picture, flow), search.ruled, _FIX)
    yield from _schema_rights.tables(flow, rule, state_changing(picture, flow), search.ruled, _FIX)
    yield from _named_rights.findings(picture, rule, state_changing(picture, flow), _FIX)
    yield from _declared_fields.findings(picture, rule)


def _opened(project: Project, place: Place) -> Given | None:
    """The parameters of a handler whose schema keeps every field that a client names."""
    function = project.function(place)
    found = set()
    for one in function.parameters if function is not None else ():
        target = project.annotated(place, one.annotation) if one.annotation is not None else None
        ours = target is not None and target.kind in {"class", "instance"} and target.index >= 0
        if not ours or target is None or not is_schema(project, target.path, target.index):
            continue
        if keeps_extra(project, target.path, target.index):
            found.add(one.name)
    return Given(place, frozenset(found), False) if found else None


Found = Iterator[tuple[Place, AnyExpression, Finding]]


class _Search:
    """Looks for whole bodies that become fields, in a handler and in what it hands its body to."""

    def __init__(self, picture: Picture, flow: Flow, rule: Rule) -> None:
        self._picture = picture
        self._flow = flow
        self._rule = rule
        self._busy: set[Place] = set()
        self._setting: dict[tuple[Place, int], bool] = {}

    def findings(self, raw: Given, depth: int, free: bool | None = None) -> Found:
        """Findings in a function whose raw values are given; ``free`` tells whether it is reached without ruling."""
        self._busy.add(raw.place)
        rights = not self.ruled(raw.place) if free is None else free
        looked_at = self._tested(raw) if rights else set()
        keys = columns_of_keys(self._flow, raw)
        for point in self._flow.calls(raw.place):
            call = point.expression
            if isinstance(call, Call):
                yield from self._spread(raw, point, call)
                yield from self._merged(raw, point, call)
                yield from self._documented(raw, point, call)
                if keys and names_columns(self._flow, raw, point, call, keys):
                    says = "Every key that a client sends becomes a column of the statement"
                    yield self._found(raw, call, says, Confidence.HIGH, point)
                if rights:
                    yield from self._right(raw, point, call, looked_at)
                    yield from self._right_taken(raw, rights_in_statements(self._flow, raw, point, call))
                if depth > 0:
                    yield from self._handed(raw, point, call, depth, rights)
        if rights:
            yield from self._right_assigned(raw)
            yield from self._right_taken(raw, rights_in_records(self._flow, raw))
        self._busy.discard(raw.place)

    def _spread(self, raw: Given, point: Point, call: Call) -> Found:
        """``User(**body)``, ``User.objects.create(**body)``, ``setattr(user, name, value)``."""
        if chain(call.func) == "setattr" and len(call.arguments) == 3:
            name = Point(point.place, call.arguments[1].value, point.environment)
            parts = raw_parts(self._flow, raw, name)
            if parts and not isinstance(name.expression, Constant) and not is_own_key(self._flow, name):
                thing = chain(call.arguments[0].value) or "the record"
                yield self._found(
                    raw, call, f"Every name that a client sends is set on `{thing}`", Confidence.HIGH, name
                )
            return
        if not self._spreads(point, call) or validates(self._flow, raw):
            return
        stars = [Point(point.place, one.value, point.environment) for one in call.arguments if one.star == 2]
        whole = next((one for one in stars if self._whole(raw, one)), None)
        if whole is None:
            return
        target = self._flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        if target is not None and target.kind == "class":
            yield self._found(raw, call, self._told(target), Confidence.HIGH, whole)
        elif isinstance(call.func, Attribute):
            what = chain(call.func.value).replace("()", "(…)") or "the record"
            says = f"Every field that a client names is set through `{what}`"
            yield self._found(raw, call, says, Confidence.HIGH, whole)

    def _spreads(self, point: Point, call: Call) -> bool:
        """Whether a call sets fields by names that it is given in a mapping or as a value, whatever is in them."""
        if chain(call.func) == "setattr" and len(call.arguments) == 3:
            return not isinstance(call.arguments[1].value, Constant)
        if not any(one.star == 2 for one in call.arguments):
            return False
        project = self._flow.project
        target = project.resolve_expression(point.place, call.func) if chain(call.func) else None
        if target is not None and target.kind == "class":
            return not (is_schema(project, target.path, target.index) or target.dotted.endswith(("Error", "Schema")))
        return isinstance(call.func, Attribute) and self._stores(point, call)

    def _stores(self, point: Point, call: Call) -> bool:
        """Whether a call writes rows whose columns are its keywords."""
        name = written(call)
        if name.rpartition(".")[2] not in _WRITES:
            return False
        if ".objects." in name or name.endswith(".create_user") or _STATEMENT.search(name):
            return True
        return any(
            one.kind == "write" and (one.line, one.column) == (call.line, call.column)
            for one in self._picture.accesses_of(point.place)
        )

    def _told(self, target: Target) -> str:
        known = privileged_fields(self._flow.project, target) or []
        name = target.dotted.rpartition(".")[2]
        more = f", {', '.join(f'`{one}`' for one in known[:2])} included" if known else ""
        return f"Every field of `{name}` that a client names is set{more}"

    def _whole(self, raw: Given, point: Point) -> bool:
        return is_whole(self._flow, raw, point)

    def _merged(self, raw: Given, point: Point, call: Call) -> Found:
        """``record.update(body)`` where the record holds what the server put there."""
        func = call.func
        if not isinstance(func, Attribute) or not _merges(call):
            return
        merged = Point(point.place, call.arguments[0].value, point.environment)
        if not self._whole(raw, merged):
            return
        holder = chain(func.value)
        if self._of_server(Point(point.place, func.value, point.environment), raw):
            yield self._found(
                raw, call, f"What a client sends is merged over `{holder}`, and replaces what the server put there",
                Confidence.MEDIUM, merged,
            )  # fmt: skip

    def _documented(self, raw: Given, point: Point, call: Call) -> Found:
        """``users.update_one({"_id": key}, {"$set": body})``, ``users.insert_one(body)``"""
        for one in filled(self._flow.project, point.place, call):
            value = Point(point.place, one, point.environment)
            if not self._whole(raw, value) or validates(self._flow, raw):
                continue
            what = chain(call.func).rpartition(".")[0].replace("()", "(…)") or "the document"
            says = f"Every field that a client names is kept in a document of `{what}`"
            making = chain(call.func).rpartition(".")[2].startswith("insert")
            yield self._found(raw, call, says, Confidence.MEDIUM if making else Confidence.HIGH, value)

    def _of_server(self, point: Point, raw: Given) -> bool:
        expression = point.expression
        if isinstance(expression, Attribute) and expression.attr == "__dict__":
            return True
        if isinstance(expression, Call) and chain(expression.func) == "vars":
            return True
        if isinstance(expression, Subscript) and isinstance(expression.value, Name):
            variables = self._flow.project.namespace(point.place.path).variables
            return any(isinstance(one, Mapping) for one in variables.get(expression.value.id, []))
        if isinstance(expression, Call):
            return ".query" in written(expression) or ".objects" in written(expression)
        for origin in self._flow.origins(point):
            display = origin.expression
            if isinstance(display, Mapping) and any(
                not isinstance(value, Constant | Mapping)
                and not raw_parts(self._flow, raw, Point(origin.place, value, origin.environment), whole=True)
                for key, value in zip(display.keys, display.values, strict=True)
                if key is not None
            ):
                return True
        return False

    def _right(self, raw: Given, point: Point, call: Call, looked_at: set[str]) -> Found:
        """``User(name=…, admin=body["admin"])``."""
        target = self._flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        made = target is not None and target.kind == "class" and not is_schema(
            self._flow.project, target.path, target.index
        )  # fmt: skip
        if not made and not self._stores(point, call):
            return
        for one in call.arguments:
            if one.keyword is None or not gives_rights(one.keyword) or isinstance(one.value, Constant):
                continue
            value = Point(point.place, one.value, point.environment)
            if raw_parts(self._flow, raw, value) or (isinstance(one.value, Name) and one.keyword in looked_at):
                says = f"A client sets `{one.keyword}` of what `{chain(call.func)}` makes, and with it what it may do"
                yield self._found(raw, call, says, Confidence.MEDIUM, value)

    def _right_taken(self, raw: Given, taken: Iterator[Taken]) -> Found:
        for one in taken:
            says = f"A client sets `{one.field}` of the record, and with it what it may do"
            yield self._found(raw, one.node, says, Confidence.MEDIUM, one.value)

    def remembered(self, raw: Given, one: Taken) -> Finding:
        """The finding for a right that a client sends and that a session, a token or a cookie remembers."""
        says = f"A client sets `{one.field}` that is remembered of it, and with it what it may do from then on"
        return self._found(raw, one.node, says, Confidence.MEDIUM, one.value)[2]

    def _right_assigned(self, raw: Given) -> Found:
        """``user.role = body["role"]``."""
        for node in statements(self._flow.project.body(raw.place)):
            if not isinstance(node, Assign) or node.value is None or isinstance(node.value, Constant):
                continue
            state = self._flow.state_at(raw.place, node.value)
            rights = [one for one in node.targets if isinstance(one, Attribute) and gives_rights(one.attr)]
            if rights and state is not None and raw_parts(self._flow, raw, Point(raw.place, node.value, state)):
                says = f"A client sets `{chain(rights[0])}`, and with it what it may do"
                yield self._found(raw, node.value, says, Confidence.MEDIUM, Point(raw.place, node.value, state))

    def _tested(self, raw: Given) -> set[str]:
        """Privileged names that a condition looks up in a raw body: ``if body["admin"]:``."""
        found: set[str] = set()
        for node in statements(self._flow.project.body(raw.place)):
            state = self._flow.state_at(raw.place, node.test) if isinstance(node, If) else None
            if not isinstance(node, If) or state is None:
                continue
            for inner, environment in scan(node.test, state):
                if isinstance(inner, Subscript | Call):
                    for part in raw_parts(self._flow, raw, Point(raw.place, inner, environment)):
                        found.update(name for name in re.findall(r"\['(\w+)'\]", part.text) if gives_rights(name))
        return found

    def ruled(self, place: Place) -> bool:
        """Whether only people who give rights to others reach a handler."""
        guards = self._picture.shared(Guards)
        for route in self._picture.handlers().get(place, ()):
            for guard in guards.of(route).guards:
                if _OWN.search(guard.wanted):
                    continue  # what everybody may do for themselves
                if guard.demand in {"role", "scope"} or _RULING.search(guard.name):
                    return True
        return False

    def _handed(self, raw: Given, point: Point, call: Call, depth: int, free: bool) -> Found:
        project = self._flow.project
        target = project.resolve_expression(point.place, call.func) if chain(call.func) else None
        if target is None or target.kind != "function":
            return
        place = Place(target.path, target.index)
        function = project.function(place)
        named = {one.name for one in function.parameters if free and gives_rights(one.name)} if function else set()
        if place in self._busy or not (named or self._sets(place, depth - 1)):
            return
        arguments = handed(function, call, method(target, function, chain(call.func))) if function else {}
        looked_at = validates(self._flow, raw)
        roots = frozenset(
            name
            for name, one in arguments.items()
            if (not looked_at and self._whole(raw, Point(point.place, one.value, point.environment)))
            or (name in named and raw_parts(self._flow, raw, Point(point.place, one.value, point.environment)))
        )
        if roots:
            yield from self.findings(Given(place, roots, False), depth - 1, free)

    def _sets(self, place: Place, depth: int) -> bool:
        """Whether a function, or one that it calls up to ``depth`` calls away, sets fields from a mapping at all.

        Told without any values: what goes into a call is worked out only where this is so.
        """
        key = (place, depth)
        if key not in self._setting:
            self._setting[key] = any(
                isinstance(point.expression, Call)
                and (
                    self._spreads(point, point.expression)
                    or _merges(point.expression)
                    or any(filled(self._flow.project, place, point.expression))
                    or (depth > 0 and self._calls_setting(point, point.expression, depth - 1))
                )
                for point in self._flow.calls(place)
            )
        return self._setting[key]

    def _calls_setting(self, point: Point, call: Call, depth: int) -> bool:
        target = self._flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        return target is not None and target.kind == "function" and self._sets(Place(target.path, target.index), depth)

    def _found(
        self, raw: Given, node: AnyExpression, says: str, confidence: Confidence, value: Point
    ) -> tuple[Place, AnyExpression, Finding]:
        sent = raw_parts(self._flow, raw, value, whole=True)
        end = ends(raw.place, node, "becomes fields of the record")
        return (
            raw.place,
            node,
            Finding(
                rule=self._rule.code,
                location=location(raw.place, node),
                message=says,
                fix=_FIX,
                severity=self._rule.severity,
                confidence=confidence,
                steps=way(self._flow, value, sent[0], [end]) if sent else (),
            ),
        )


def _merges(call: Call) -> bool:
    """Whether a call merges a mapping over another."""
    func = call.func
    updating = isinstance(func, Attribute) and func.attr == "update" and len(call.arguments) == 1
    return updating and not call.arguments[0].star
