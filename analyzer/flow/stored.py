"""Classes whose objects are kept: what their constructor and their setters do with a value before it is."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Attribute, Call, Name
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.hashing import protects
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
    ``__init__`` or ``__setattr__`` that hashes, or a column type that does. Also true for a class that keeps the way to
    another server: its password has to be readable again, and no hash could help."""
    project = flow.project
    if _keeps_connections(flow, target):
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


def setter_hashes(flow: Flow, name: str) -> bool:
    """Whether any class of the project has a property called ``name`` that hashes what it is given."""
    project = flow.project
    for path in project.paths():
        outline = project.outline(path)
        for function in outline.functions:
            if function.owner >= 0 and function.name == name:
                target = project.class_target(path, function.owner)
                if hashes_itself(flow, target, name):
                    return True
        for index, item in enumerate(outline.classes):
            for statement in item.body:
                if isinstance(statement, Assign) and isinstance(statement.targets[0], Name):
                    if statement.targets[0].id == name and isinstance(statement.value, Call):
                        if _typed(flow, project.class_target(path, index), name):
                            return True
    return False


_HOOKS = {"validates", "before_event", "pre_save", "validator", "field_validator", "model_validator", "listens_for"}


_WAYS = re.compile(
    r"^(?:host|hostname|port|server|uri|url|dsn|endpoint|sqlalchemy_uri|connection_\w+|conn_\w+|.*_host|.*_port)$"
)
"""Fields that only a description of another server has."""


def _keeps_connections(flow: Flow, target: Target) -> bool:
    for item in flow.project.classes.order(target.path, target.index):
        if item.kind == "class":
            for statement in flow.project.outline(item.path).classes[item.index].body:
                if isinstance(statement, Assign) and isinstance(statement.targets[0], Name):
                    if _WAYS.match(statement.targets[0].id):
                        return True
    return False


def _typed(flow: Flow, item: Target, name: str) -> bool:
    for statement in flow.project.outline(item.path).classes[item.index].body:
        if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
            continue
        target = statement.targets[0]
        if not isinstance(target, Name) or target.id != name:
            continue
        methods = flow.project.namespace(item.path).methods.get(item.index, {})
        for node in walk(statement.value):
            if isinstance(node, Name | Attribute):
                last = node.id if isinstance(node, Name) else node.attr
                if _OWN_HASHING_TYPES.search(last):
                    return True
                if last in methods and protects(flow, Place(item.path, methods[last])):
                    return True
    return False
