"""The part of BA113 about rights that strangers name by a parameter: ``def change(is_admin: bool = Query(False))``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from analyzer.checks._privileged import gives_rights
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Compare,
    Constant,
    Mapping,
    Name,
    Parameter,
    Subscript,
)
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import location
from analyzer.flow.sources import injected
from analyzer.frameworks.text import argument
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

_FRAMEWORKS = frozenset({"FastAPI", "Litestar", "Django Ninja"})
"""Frameworks that fill the parameters of a handler from the request."""
_MIGHTY = re.compile(
    r"^(?:is_?)?(?:admin|superuser|super_user|staff|administrator)$|^(?:user_?)?(?:role|roles|permissions?)$"
)
"""Rights that a stranger gives themselves by them; that an address is verified or a plan is paid for is less."""


def findings(picture: Picture, rule: Rule, handlers: Iterable[Place], fix: str) -> Iterator[Finding]:
    """Handlers behind no guard that keep a right as they are given it; in order of handlers."""
    guards = picture.shared(Guards)
    for place in handlers:
        routes = picture.handlers().get(place, ())
        function = picture.project.function(place)
        if function is None or not routes or any(route.framework not in _FRAMEWORKS for route in routes):
            continue
        named = {one.name: said for one in function.parameters if (said := _right(one))}
        if not named or any(guards.of(route).guards for route in routes):
            continue
        nodes = list(walk(picture.project.body(place)))
        kept = next(((node, name) for node in nodes for name in named if _keeps(node, name)), None)
        if kept is None or any(isinstance(node, Compare) and _compares(node, kept[1]) for node in nodes):
            continue
        yield Finding(
            rule=rule.code,
            location=location(place, kept[0]),
            message=f"Whoever calls `{function.name}` sets `{named[kept[1]]}` by a parameter, and so what they may do",
            fix=fix,
            severity=rule.severity,
            confidence=Confidence.MEDIUM,
        )


def _right(parameter: Parameter) -> str:
    """The right that a parameter is called after, or that its alias names."""
    if injected(parameter):
        return ""
    alias = argument(parameter.default, 99, "alias") if isinstance(parameter.default, Call) else None
    said = str(alias.value) if isinstance(alias, Constant) else parameter.name
    return said if gives_rights(said) and _MIGHTY.match(said) else ""


def _keeps(node: msgspec.Struct, name: str) -> bool:
    """``user.is_admin = is_admin``, ``changes["is_admin"] = is_admin``, ``User(role=role)``, ``{"role": role}``"""
    if isinstance(node, Assign):
        return _is(node.value, name) and any(_called(target) for target in node.targets)
    if isinstance(node, Call):
        given = [(one.keyword or "", one.value) for one in node.arguments]
    elif isinstance(node, Mapping):
        pairs = zip(node.keys, node.values, strict=True)
        given = [(str(key.value) if isinstance(key, Constant) else "", value) for key, value in pairs]
    else:
        return False
    # The role of a message, beside its content, is nobody's right.
    spoken = any(said in {"content", "parts", "text"} for said, _ in given)
    return not spoken and any(gives_rights(said) and _is(value, name) for said, value in given)


def _called(target: AnyExpression) -> bool:
    if isinstance(target, Subscript):
        return isinstance(target.index, Constant) and gives_rights(str(target.index.value))
    return isinstance(target, Attribute) and gives_rights(target.attr)


def _is(value: AnyExpression | None, name: str) -> bool:
    return isinstance(value, Name) and value.id == name


def _compares(node: Compare, name: str) -> bool:
    """Whether a right is looked at, and not only for being there."""
    sides = [node.left, *node.comparators]
    there = any(isinstance(one, Constant) and one.value is None for one in sides)
    return not there and any(chain(one).partition(".")[0] == name for one in sides)
