"""Objects whose text or dump shows their fields: which of these are secrets."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Sequence, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow
from analyzer.flow.passwords import is_password_column
from analyzer.flow.sensitive import WEAK, sensitive
from analyzer.flow.showing import textual
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_SHOWING = (
    "pydantic.",
    "pydantic_settings.",
    "sqlmodel.",
    "msgspec.Struct",
    "ninja.",
    "typing.NamedTuple",
    "typing.TypedDict",
    "odmantic.",
)
"""Bases whose objects show every field when they are made text."""


def shows_fields(project: Project, target: Target) -> bool:
    """Whether the text of an object of a class is its fields: schemas, data classes, named tuples without own text."""
    for item in project.classes.order(target.path, target.index):
        if item.kind == "external":
            if item.dotted.startswith(_SHOWING):
                return True
            continue
        methods = project.namespace(item.path).methods.get(item.index, {})
        if "__repr__" in methods or "__str__" in methods:
            return False
        decorators = project.outline(item.path).classes[item.index].decorators
        if any(
            chain(one).replace("()", "").rpartition(".")[2] in {"dataclass", "define", "frozen"} for one in decorators
        ):
            return True
    return False


class Left(msgspec.Struct, frozen=True):
    """Which fields a dump leaves out: those of ``out``, and where ``only`` is given all others; ``unknown`` where that
    is decided elsewhere."""

    out: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    unknown: bool = False

    def leaves(self, name: str) -> bool:
        return self.unknown or name in self.out or (self.only is not None and name not in self.only)


NOTHING = Left()


def left_out(call: Call) -> Left:
    """What ``req.dict(exclude={"password"})`` leaves out."""
    out, only = argument(call, -1, "exclude"), argument(call, -1, "include")
    excluded, included = _words(out), _words(only)
    unknown = (out is not None and excluded is None) or (only is not None and included is None)
    return Left(excluded or frozenset(), included, unknown)


def _words(listed: AnyExpression | None) -> frozenset[str] | None:
    items = listed.items if isinstance(listed, Sequence) else listed.keys if isinstance(listed, Mapping) else None
    texts = [one.value for one in items or () if isinstance(one, Constant) and isinstance(one.value, str)]
    return frozenset(texts) if items and len(texts) == len(items) else None


_KINDS = ("password", "card", "key", "secret", "token", "one-time")
"""Kinds of fields that whoever reads an object's text has; of settings also the way to the database."""


def secret_field(flow: Flow, target: Target, *, shown: bool, left: Left) -> tuple[str, str] | None:
    """The first field of a class that is a secret, with its kind; ``shown``: one that the object's text shows; none of
    those that are ``left`` out. A kind that the name alone does not settle comes last."""
    project = flow.project
    settings = any(one.endswith("BaseSettings") for one in project.classes.externals(target.path, target.index))
    kinds = ("password", "card", "key", "secret", "connection") if settings else _KINDS
    found = [
        (name, kind)
        for name, path, statement in project.classes.fields(target.path, target.index)
        if (kind := sensitive(name)).startswith(kinds)
        and not left.leaves(name)
        and not _kept_back(statement, shown)
        and (kind.startswith(("password", "card")) or _of_text(flow, Place(path, -1), kind, statement.annotation))
    ]
    return min(found, key=lambda one: one[1].endswith(WEAK), default=None)


def _of_text(flow: Flow, place: Place, kind: str, annotation: AnyExpression | None) -> bool:
    """Whether a field is declared to hold text, and not a mapping of design tokens; without a declaration its name has
    to settle what it is."""
    if annotation is None:
        return not kind.endswith(WEAK)
    if any(
        chain(one).rpartition(".")[2] in _CONTAINERS for one in walk(annotation) if isinstance(one, Name | Attribute)
    ):
        return False
    return textual(flow, place, annotation)


_CONTAINERS = frozenset("dict Dict Mapping MutableMapping Any object list List tuple Tuple set Set".split())


def _kept_back(statement: Assign, shown: bool) -> bool:
    """``SecretStr``, ``Field(repr=False)``, ``field(repr=False)``; no value is a secret for a switch."""
    value = statement.value
    if isinstance(value, Call):
        for keyword in ("repr", "exclude") if shown else ("exclude",):
            given = argument(value, -1, keyword)
            if isinstance(given, Constant) and given.value is (keyword == "exclude"):
                return True
    if isinstance(value, Constant) and isinstance(value.value, bool | int):
        return True
    return statement.annotation is not None and _secret_type(statement.annotation)


def _secret_type(annotation: AnyExpression) -> bool:
    named = {chain(one).rpartition(".")[2] for one in walk(annotation)}  # type: ignore[arg-type]
    return bool(named & {"SecretStr", "SecretBytes", "Secret", "bool", "int", "datetime"})


_PEOPLE = re.compile(r"^(?:app_|auth_)?users?(?:_?(?:collection|coll?|db))?$", re.IGNORECASE)
"""What collections of those who log in are called."""


def brings_person(project: Project, place: Place, call: Call) -> bool:
    """Whether a call brings a whole document of somebody who logs in, their password with it:
    ``db.users.find_one({"email": email})``, where the module deals with passwords of documents."""
    held = call.func.value if isinstance(call.func, Attribute) and call.func.attr == "find_one" else None
    if held is None or len(call.arguments) != 1:
        return False
    known = project.variable(place.path, held.id) if isinstance(held, Name) else None
    if not any(_PEOPLE.match(name) for name in (_collection(held), _collection(known[1]) if known else "")):
        return False
    target = project.resolve_expression(place, held)
    if target is not None and target.kind == "class":
        return False
    functions = range(len(project.outline(place.path).functions))
    return any(_keeps_password(project, Place(place.path, at)) for at in functions)


def _collection(node: AnyExpression) -> str:
    if isinstance(node, Subscript) and isinstance(node.index, Constant):
        return str(node.index.value)
    return chain(node).rpartition(".")[2]


def _keeps_password(project: Project, place: Place) -> bool:
    """Whether a function reads or writes a password under a key: ``user["password"]``, ``{"password": hashed}``."""
    for node in walk(project.body(place)):
        keys = [node.index] if isinstance(node, Subscript) else node.keys if isinstance(node, Mapping) else ()
        if any(isinstance(key, Constant) and is_password_column(str(key.value)) for key in keys):
            return True
    return False
