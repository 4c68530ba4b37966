"""What code asks for: records of a model, of a table in SQL text, of a collection, or of a store in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from analyzer.checks._owners import FRAMEWORK, STANDS_FOR_USER, WHOSE, Model, Owners
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Format, Mapping, Name, Subscript
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.visit import chain, walk
from analyzer.flow import sql
from analyzer.flow.callers import Site
from analyzer.flow.engine import Point
from analyzer.flow.executed import handed_on, statement_of
from analyzer.flow.questions import flow_of
from analyzer.frameworks import persistence
from analyzer.graph.permissions import looked_up_with_permission
from analyzer.graph.picture import Picture
from analyzer.project import Place, Target

_SQL = re.compile(r"\b(?:from|update|into|join)\s+[\"'`\[]?([A-Za-z_][\w.]*)", re.IGNORECASE)
_IS_SQL = re.compile(r"^\s*(?:select|update|delete|insert|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"^\s*(?:update\s+\S+\s+set|delete\s+from)\b", re.IGNORECASE)
_INSERTING = re.compile(r"^\s*insert\b", re.IGNORECASE)
_ANSWERING = frozenset(
    "get post put patch delete head options list create retrieve update partial_update destroy dispatch".split()
)
_ACTIONS = frozenset({"action", "list_route", "detail_route"})
_GENERIC = re.compile(
    r"^rest_framework\.(?:generics\.\w*(?:Update|Destroy|Retrieve)\w*|viewsets\.(?:ReadOnly)?ModelViewSet)"
    r"|^django\.views\.generic\.(?:\w+\.)*(?:Update|Delete|Detail)View$"
)
_INSERT = re.compile(r"^\s*insert\s+into\s+[\w.\"'`]+\s*\(([^)]*)\)", re.IGNORECASE)
_DOCUMENTS = frozenset(
    "find_one find delete_one update_one replace_one find_one_and_update find_one_and_delete find_one_and_replace "
    "delete_many update_many".split()
)
_MAKING = frozenset({"create", "acreate", "insert", "insert_one", "insert_many", "create_user", "model_validate"})
_LOOKING = frozenset(
    "get_queryset get_object filter_queryset dispatch test_func check_object_permissions has_permission initial setup "
    "get_permissions".split()
)
_OPTIONS = re.compile(
    r"(?:^|\.)(?:joined|selectin|subquery|immediate|lazy|no|raise)load$|(?:^|\.)(?:load_only|defer|contains_eager)$"
)
"""What says how related records are to be fetched, and asks for none."""
_CALLERS = re.compile(r"\brequest\.(?:user|auth|session|\w*(?:team|tenant|organi[sz]ation|account))|current_user")
_NO_STORE = re.compile(
    r"config|settings|constants?|choices|mapping|handlers?|routes?|registr|schema|plugin|cache|lookup|types$|template|hook"
    r"|translat|queue|lock|connection|clients?$|default|classes|_maps?$|fields$|columns$|factor|loader|provider|extension|actions?$|functions?$",
    re.IGNORECASE,
)


class Resources:
    """Names resources: ``model:path:index``, ``table:name``, ``collection:name``, ``store:path:name``."""

    def __init__(self, picture: Picture) -> None:
        self.project = picture.project
        self._owners = picture.shared(Owners)
        self._stores: dict[tuple[str, str], str] = {}
        self._whose: dict[str, frozenset[str]] = {}
        self._flow = flow_of(picture)
        self._statements: dict[int, tuple[Call, str]] = {}

    def model(self, resource: str) -> Model | None:
        """The model behind a resource."""
        if resource.startswith("model:"):
            _, path, index = resource.split(":")
            return path, int(index)
        return self._owners.named(resource.partition(":")[2]) if resource.startswith("table:") else None

    def title(self, resource: str) -> str:
        """What messages call a resource."""
        found = self.model(resource)
        if found == FRAMEWORK:
            return "User"
        if found is not None:
            return self.project.outline(found[0]).classes[found[1]].name
        return resource.rpartition(":")[2]

    def made(self, place: Place, call: Call | None) -> str:
        """The resource of which a call makes a record: ``Order(…)``, ``Order.objects.create(…)``."""
        if call is None:
            return ""
        if isinstance(call.func, Attribute) and call.func.attr in _MAKING:
            return self._class(place, call.func.value) or self._within(place, call.func)
        target = self.project.resolve_expression(place, call.func) if chain(call.func) else None
        given = {one.keyword for one in call.arguments}
        if chain(call.func) in {"self.get_serializer", "self.serializer_class", "self.get_form"}:
            return self.viewed(place) if "data" in given and len(call.arguments) == len(given - {None}) else ""
        if target is not None and target.kind == "class" and "instance" not in given:
            # A serializer or form that gets a record first shows or changes that one: ``OrderSerializer(order)``.
            shown = None in given and "data" not in given
            return self._of(target) or ("" if shown else self._described(target))
        return ""

    def _described(self, target: Target) -> str:
        """The model that a serializer or a form of ours writes: its ``Meta.model``."""
        for path, index in [(target.path, target.index)]:
            inner = self.project.namespace(path).inner_classes.get(index, {}).get("Meta")
            found = self.project.classes.variable(path, inner, "model") if inner is not None else None
            if found is not None:
                return self._class(Place(found[0], -1), found[1])
        return ""

    def viewed(self, place: Place) -> str:
        """The model that a class view works on."""
        return self.viewed_by(place.path, self.project.owner_index(place))

    def viewed_by(self, path: str, index: int) -> str:
        """The model that the class view with an index works on."""
        place = Place(path, -1)
        found = self._of_view(path, index, ("queryset", "model"))
        for name in ("serializer_class", "form_class") if not found and index >= 0 else ():
            value = self.project.classes.variable(place.path, index, name)
            target = self.project.resolve_expression(Place(value[0], -1), value[1]) if value is not None else None
            if target is not None and target.kind == "class":
                found = self._described(target)
        return found or f"view:{place.path}:{index}"

    def narrowed(self, place: Place) -> bool:
        """Whether a class view looks records up among those of the caller, or asks whose they are."""
        return self.narrowed_by(place.path, self.project.owner_index(place))

    def narrowed_by(self, path: str, index: int) -> bool:
        """The same for the class view with an index."""
        asked = index >= 0 and looked_up_with_permission(self.project, path, index) and self._permits(path, index)
        return asked or (index >= 0 and self._looks_up(path, index))

    def _permits(self, path: str, index: int) -> bool:
        """Whether a permission of the project that the view names is asked about each record."""
        named = self.project.classes.variable(path, index, "permission_classes")
        asked: list[tuple[Place, msgspec.Struct]] = [(Place(named[0], -1), named[1])] if named is not None else []
        for name, at in self.project.classes.methods(path, index):
            if name == "get_permissions":
                asked += [(at, node) for node in self.project.body(at)]
        for place, inside in asked:
            for node in walk(inside):
                held = self.project.resolve_expression(place, node) if isinstance(node, Name | Attribute) else None
                if held is not None and held.kind == "class" and held.ours and held.index >= 0:
                    methods = dict(self.project.classes.methods(held.path, held.index))
                    if "has_object_permission" in methods:
                        return True
        return False

    def _looks_up(self, path: str, index: int) -> bool:
        return any(
            _CALLERS.search(chain(node))
            for name, at in self.project.classes.methods(path, index)
            if name in _LOOKING
            for node in walk(self.project.body(at))
            if isinstance(node, Attribute)
        )

    def whose(self, resource: str) -> frozenset[str]:
        """The columns that say whose a record is."""
        if resource not in self._whose:
            model = self.model(resource)
            columns = self._owners.columns(model) or self._owners.likely(model) if model is not None else ()
            self._whose[resource] = frozenset(columns)
        return self._whose[resource]

    def asked(self, place: Place, node: AnyExpression, steps: Sequence[AnyExpression]) -> str:
        """The resource that a chain of calls asks for, ``""`` for none."""
        found = self._within(place, node)
        if found:
            return found
        for step in steps:
            if not isinstance(step, Call) or _OPTIONS.search(chain(step.func)):
                continue
            for one in step.arguments:
                found = self._class(place, one.value)
                if found:
                    return found
            found = _table(self.statement(place, step))
            if found:
                return found
            if isinstance(step.func, Attribute) and step.func.attr in _DOCUMENTS and not self._own(place, step.func):
                name = self._collection(place, step.func.value)
                if name:
                    return f"collection:{name}"
        return ""

    def _collection(self, place: Place, node: AnyExpression) -> str:
        """What a collection is called in its database, where a variable of a module stands for it, else in the code."""
        held = self.project.variable(place.path, node.id) if isinstance(node, Name) else None
        return (_collection(held[1]) if held is not None else "") or _collection(node)

    def _own(self, place: Place, func: Attribute) -> bool:
        """Whether a method named like a document store's is one of the application's, or of an object it made."""
        found = (self.project.resolve_expression(place, one) for one in (func, func.value))
        return any(target is not None and target.ours and target.kind != "variable" for target in found)

    def store(self, place: Place, node: Name) -> str:
        """The resource that a module-level dictionary or list of records is."""
        key = (place.path, node.id)
        if key not in self._stores:
            self._stores[key] = ""
            found = self.project.variable(place.path, node.id) if not _NO_STORE.search(node.id) else None
            if found is not None and _records(found[1]) and not self._by_class(found[0], found[1]):
                self._stores[key] = f"store:{found[0]}:{node.id}"
        return self._stores[key]

    def _by_class(self, path: str, value: AnyExpression) -> bool:
        """Whether a dictionary says something of each of some classes: it holds no records."""
        keys = (key for key in value.keys if isinstance(key, Name | Attribute)) if isinstance(value, Mapping) else ()
        targets = (self.project.resolve_expression(Place(path, -1), key) for key in keys)
        return any(target is not None and target.kind == "class" for target in targets)

    def statement(self, place: Place, call: Call) -> str:
        """The text of SQL that a call is given, in place or in a variable; ``""`` when it is given none."""
        kept = self._statements.get(id(call))
        if kept is None or kept[0] is not call:
            kept = self._statements[id(call)] = (call, self._statement(place, call))
        return kept[1]

    def _statement(self, place: Place, call: Call) -> str:
        for one in call.arguments:
            text = _text(one.value)
            if text and _IS_SQL.match(text):
                return text
        if not any(isinstance(one.value, Name) for one in call.arguments):
            return ""
        found = statement_of(self._flow, place, call)
        spelled = chain(call.func)
        if found is None or not isinstance(found.text, Name) or not spelled:
            return ""
        point = self._flow.call_at(Site(place, spelled, call.line, call.column))
        if point is None or handed_on(point, found.text):
            return ""
        rows = self._flow.value(Point(place, found.text, point.environment)).rows
        return next((text for text in map(sql.rendered, rows) if _IS_SQL.match(text)), "")

    def writes(self, place: Place, call: Call) -> bool:
        """Whether the text of SQL that a call is given changes rows."""
        return _WRITES.match(self.statement(place, call)) is not None

    def inserting(self, place: Place, call: Call) -> bool:
        """Whether the text of SQL that a call is given makes rows."""
        return _INSERTING.match(self.statement(place, call)) is not None

    def supplied(self, handler: Place) -> bool:
        """Whether the framework answers by a generic view, and the handler is only one of its hooks."""
        index = self.project.owner_index(handler)
        function = self.project.function(handler)
        if index < 0 or function is None or function.name in _ANSWERING or any(map(_is_action, function.decorators)):
            return False
        return any(_GENERIC.search(one) for one in self.project.classes.externals(handler.path, index))

    def inserts(self, place: Place, call: Call) -> str:
        """The column of an ``INSERT`` that says whose the row is."""
        found = _INSERT.match(self.statement(place, call))
        for name in found[1].split(",") if found else ():
            if WHOSE.search(name.strip(" \"'`")):
                return name.strip(" \"'`")
        return ""

    def _class(self, place: Place, node: AnyExpression) -> str:
        """The model that an expression names (or one of its columns: ``select(Order.total)``)."""
        if not isinstance(node, Name | Attribute) or not chain(node):
            return ""
        target = self.project.resolve_expression(place, node)
        if target is None or target.kind != "class":
            inner = node.value if isinstance(node, Attribute) else None
            if target is None or not STANDS_FOR_USER.search(target.dotted):
                target = self.project.resolve_expression(place, inner) if isinstance(inner, Name) else None
        return self._of(target)

    def _of(self, target: Target | None) -> str:
        if target is not None and STANDS_FOR_USER.search(target.dotted):
            return "model::-1"
        if target is None or target.kind != "class" or target.index < 0:
            return ""
        if not persistence.is_model(self.project, target.path, target.index):
            return ""
        return f"model:{target.path}:{target.index}"

    def _within(self, place: Place, node: AnyExpression) -> str:
        """The model that a chain starts at, or that the object it starts at works on."""
        spelled = chain(node)
        if not spelled:
            return ""
        parts = spelled.replace("[]", "").split(".")
        head = parts[0]
        target = self.project.resolve(place, head.removesuffix("()"), node.line)
        found = self._of(target)
        if found and len(parts) > 1:
            return found
        if len(parts) > 1 and parts[0] in {"self", "cls"}:
            return self._held(place, parts[1].removesuffix("()"))
        if target is not None and target.kind in {"variable", "external", "instance"} and len(parts) > 1:
            value = self.project.variable(place.path, head)
            for inner in walk(value[1]) if value is not None and isinstance(value[1], Call | Subscript) else ():
                found = self._class(Place(value[0], -1), inner) if isinstance(inner, Name | Attribute) else ""  # type: ignore[index]
                if found:
                    return found
        return ""

    def _held(self, place: Place, name: str) -> str:
        """The model of ``self.queryset``, ``self.model``, ``self.get_object()`` and ``self.repository``."""
        index = self.project.owner_index(place)
        if index < 0:
            return ""
        wanted = (name,) if name not in {"get_object", "get_queryset", "object"} else ("queryset", "model")
        return self._of_view(place.path, index, wanted)

    def _of_view(self, path: str, index: int, names: Sequence[str]) -> str:
        """The model that one of some variables of a class speaks of."""
        for one in names if index >= 0 else ():
            found = self.project.classes.variable(path, index, one)
            if found is not None:
                for node in walk(found[1]):
                    named = self._class(Place(found[0], -1), node) if isinstance(node, Name | Attribute) else ""
                    if named:
                        return named
        return ""


def _is_action(decorator: AnyExpression) -> bool:
    """``@action(detail=True)``: what a view set answers besides what the framework brings."""
    return isinstance(decorator, Call) and chain(decorator.func).rpartition(".")[2] in _ACTIONS


def _table(text: str) -> str:
    found = _SQL.search(text)
    return f"table:{found[1].rpartition('.')[2].lower()}" if found else ""


def _text(node: AnyExpression) -> str:
    """The constant parts of a text; ``text("…")`` and concatenations are looked into."""
    parts = [one.value for one in walk(node) if isinstance(one, Constant) and isinstance(one.value, str)]
    return " ".join(parts) if isinstance(node, Constant | Format | Call) or parts else ""


def _collection(node: AnyExpression) -> str:
    """``db["users"]``, ``db.users``, ``db.get_collection("users")``"""
    if isinstance(node, Call) and isinstance(node.func, Attribute) and node.func.attr == "get_collection":
        given = node.arguments[0].value if node.arguments else None
        return given.value if isinstance(given, Constant) and isinstance(given.value, str) else ""
    if isinstance(node, Subscript) and isinstance(node.index, Constant) and isinstance(node.index.value, str):
        return node.index.value
    spelled = chain(node)
    return spelled.rpartition(".")[2] if spelled and "()" not in spelled else ""


def _records(value: AnyExpression) -> bool:
    """Whether a module-level value is a store: an empty container, or one of dictionaries or of objects."""
    if isinstance(value, Display):
        return value.kind == "list" and all(isinstance(one, Mapping | Call) for one in value.items)
    if isinstance(value, Mapping):
        return all(isinstance(one, Mapping | Call | Display) for one in value.values)
    return isinstance(value, Call) and chain(value.func) in {"dict", "list", "defaultdict", "collections.defaultdict"}
