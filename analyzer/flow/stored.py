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

_OWN_HASHING_TYPES = re.compile(r"Password|Encrypted|Hashed|Crypt")
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
    ``__init__`` or ``__setattr__`` that hashes, or a column type that does."""
    project = flow.project
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


_HOOKS = {"validates", "before_event", "pre_save", "validator", "field_validator", "model_validator", "listens_for"}


def _typed(flow: Flow, item: Target, name: str) -> bool:
    for statement in flow.project.outline(item.path).classes[item.index].body:
        if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
            continue
        target = statement.targets[0]
        if isinstance(target, Name) and target.id == name:
            for node in walk(statement.value):
                if isinstance(node, Name | Attribute):
                    last = node.id if isinstance(node, Name) else node.attr
                    if _OWN_HASHING_TYPES.search(last) and last[:1].isupper():
                        return True
    return False
