"""Classes whose objects are kept: what their constructor and their setters do with a value before it is."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Call, Name
from analyzer.facts.outline import Class
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.hashing import protects
from analyzer.flow.listeners import hashed_by_listener
from analyzer.frameworks import persistence
from analyzer.project.target import Place, Target

_OWN_HASHING_TYPES = re.compile(r"Password[A-Z]|encrypted|Encrypted|Hashed|Crypt")
"""Column types that hash what they are given: sqlalchemy-utils ``PasswordType``, ``EncryptedType`` …"""


def persisted(flow: Flow, target: Target | None) -> bool:
    """Whether a class, or the class of an object, is kept in a database."""
    return (
        target is not None
        and target.kind in {"class", "instance"}
        and target.index >= 0
        and persistence.is_model(flow.project, target.path, target.index)
    )


def hashes_itself(flow: Flow, target: Target, name: str) -> bool:
    """Whether a class hashes what is given to its attribute ``name``: a property setter, a validator, ``save``,
    ``__init__`` or ``__setattr__`` that hashes, a column type or a listener that does. Also true for a class that keeps
    the way to another server: its password has to be readable again, and no hash could help."""
    project = flow.project
    if _keeps_connections(flow, target) or hashed_by_listener(flow, target):
        return True
    for item in project.classes.order(target.path, target.index):
        if item.kind != "class":
            continue
        for index, function in enumerate(project.outline(item.path).functions):
            if function.owner != item.index:
                continue
            decorators = [chain(one).replace("()", "") for one in function.decorators]
            setter = function.name == name and any(one.endswith((".setter", ".inplace.setter")) for one in decorators)
            hook = function.name in {"__init__", "save", "__setattr__", "asave", "pre_save", "clean", "before_insert"}
            hook = hook or any(one.rpartition(".")[2] in _HOOKS for one in decorators)
            if (setter or hook) and protects(flow, Place(item.path, index)):
                return True
        if _typed(flow, item, name):
            return True
    return False


def setter_hashes(flow: Flow, place: Place, name: str) -> bool:
    """Whether any class of the application around a place has a property ``name`` that hashes what it is given."""
    project = flow.project
    application = place.path.partition("/")[0]
    for path in project.paths():
        if path.partition("/")[0] != application:
            continue
        outline = project.outline(path)
        owners = {one.owner for one in outline.functions if one.owner >= 0 and one.name == name}
        owners.update(index for index, item in enumerate(outline.classes) if _assigns(item, name))
        if any(hashes_itself(flow, project.class_target(path, index), name) for index in sorted(owners)):
            return True
    return False


def _assigns(item: Class, name: str) -> bool:
    return any(
        isinstance(one, Assign)
        and isinstance(one.value, Call)
        and any(isinstance(target, Name) and target.id == name for target in one.targets)
        for one in item.body
    )


_HOOKS = {"validates", "before_event", "pre_save", "validator", "field_validator", "model_validator", "listens_for"}


_WAYS = re.compile(
    r"^(?:host|hostname|port|server|uri|url|dsn|endpoint|sqlalchemy_uri|connection_\w+|conn_\w+|.*_host|.*_port)$"
)
"""Fields that only a description of another server has."""


def _keeps_connections(flow: Flow, target: Target) -> bool:
    return any(_WAYS.match(name) for name, _, _ in flow.project.classes.fields(target.path, target.index))


def _typed(flow: Flow, item: Target, name: str) -> bool:
    for statement in flow.project.outline(item.path).classes[item.index].body:
        if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
            continue
        target = statement.targets[0]
        if not isinstance(target, Name) or target.id != name:
            continue
        methods = flow.project.namespace(item.path).methods.get(item.index, {})
        named = (node.id if isinstance(node, Name) else getattr(node, "attr", "") for node in walk(statement.value))
        for last in named:
            if _OWN_HASHING_TYPES.search(last):
                return True
            if last in methods and protects(flow, Place(item.path, methods[last])):
                return True
    return False
