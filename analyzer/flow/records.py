"""Objects whose text or dump shows their fields: which of these are secrets."""

from __future__ import annotations

import re

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.passwords import is_password_column
from analyzer.flow.sensitive import sensitive
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


def secret_field(project: Project, target: Target, *, shown: bool) -> tuple[str, str] | None:
    """The first field of a class that is a secret, with its kind; ``shown``: one that the object's text shows."""
    settings = any(one.endswith("BaseSettings") for one in project.classes.externals(target.path, target.index))
    kinds = ("password", "card", "key", "secret", "connection") if settings else ("password", "card")
    for name, _, statement in project.classes.fields(target.path, target.index):
        kind = sensitive(name)
        if kind.startswith(kinds) and not _kept_back(statement, shown):
            return name, kind
    return None


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
    from analyzer.facts.visit import walk

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
