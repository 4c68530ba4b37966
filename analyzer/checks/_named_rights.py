"""The part of BA113 about rights that strangers name: by a parameter, ``def change(is_admin: bool = Query(False))``, or
by a field of a schema that is kept one by one, ``User(name=data.name, role=data.role)``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from analyzer.checks._numbers import looked_at
from analyzer.checks._privileged import gives_rights
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Parameter,
    Subscript,
)
from analyzer.facts.expressions import Mapping as Display
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.named import method
from analyzer.flow.questions import location
from analyzer.flow.sources import enumeration, injected
from analyzer.frameworks.persistence import is_schema
from analyzer.frameworks.text import argument
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place, Project

_FRAMEWORKS = frozenset({"FastAPI", "Litestar", "Django Ninja"})
"""Frameworks that fill the parameters of a handler from the request."""
_MIGHTY = re.compile(
    r"^(?:is_?)?(?:admin|superuser|super_user|staff|administrator)$|^(?:user_?)?(?:role|roles|permissions?)$"
)
"""Rights that a stranger gives themselves by them; that an address is verified or a plan is paid for is less."""


_DEPTH = 3
"""Functions followed from a handler to where its data is kept."""
_RULING = re.compile(r"admin|super|staff|manager|root|owner|moderator|editor", re.IGNORECASE)
"""Names of what a list of choices had better not offer to strangers."""


def findings(picture: Picture, rule: Rule, handlers: Iterable[Place], fix: str) -> Iterator[Finding]:
    """Handlers behind no guard that keep a right as they are given it; in order of handlers."""
    guards = picture.shared(Guards)
    project = picture.project
    seen: set[tuple[Place, int, int]] = set()
    for place in handlers:
        routes = picture.handlers().get(place, ())
        function = project.function(place)
        if function is None or not routes or any(route.framework not in _FRAMEWORKS for route in routes):
            continue
        named = {name: said for one in function.parameters for name, said in _rights(project, place, one)}
        if not named or any(guards.of(route).guards for route in routes):
            continue
        kept = _kept(project, place, named, _DEPTH)
        if kept is None or (kept[0], kept[1].line, kept[1].column) in seen:
            continue
        at, node, said = kept
        seen.add((at, node.line, node.column))
        yield Finding(
            rule=rule.code,
            location=location(at, node),
            message=f"Whoever calls `{function.name}` sets `{said}` by a parameter, and so what they may do",
            fix=fix,
            severity=rule.severity,
            confidence=Confidence.MEDIUM,
        )


Kept = tuple[Place, AnyExpression | Assign, str]


def _kept(project: Project, place: Place, named: Mapping[str, str], depth: int) -> Kept | None:
    """Where a function, or one that it hands them to, keeps the rights that it spells so, and looks at none of them."""
    nodes = list(walk(project.body(place)))
    open_ = {
        name: said
        for name, said in named.items()
        if not any(isinstance(node, Compare) and _compares(node, name) for node in nodes)
        and not any(isinstance(node, Assign) and any(chain(one) == name for one in node.targets) for node in nodes)
    }
    for node in nodes:
        if isinstance(node, Assign | Call | Display):
            said = next((said for name, said in open_.items() if _keeps(node, name)), "")
            if said:
                return place, node, said
    for call in nodes if open_ and depth > 0 else ():
        inner = _handed(project, place, call, open_) if isinstance(call, Call) else None
        found = _kept(project, inner[0], inner[1], depth - 1) if inner is not None else None
        if found is not None:
            return found
    return None


def _handed(
    project: Project, place: Place, call: Call, named: Mapping[str, str]
) -> tuple[Place, dict[str, str]] | None:
    """The function that a call enters, and how it spells the rights that it is handed."""
    roots = {name.partition(".")[0] for name in named}
    if not chain(call.func) or not any(chain(one.value).partition(".")[0] in roots for one in call.arguments):
        return None
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "function" or not target.ours:
        return None
    at = Place(target.path, target.index)
    function = project.function(at)
    given = bound(function, call, method(target, function, chain(call.func))) if function is not None else None
    inner = {
        parameter + name[len(chain(one.value)) :]: said
        for parameter, one in (given or {}).items()
        for name, said in named.items()
        if name == chain(one.value) or name.startswith(f"{chain(one.value)}.")
    }
    return (at, inner) if inner and at != place else None


def _rights(project: Project, place: Place, parameter: Parameter) -> Iterator[tuple[str, str]]:
    """How a handler spells the rights that a parameter brings, each with its name: ``("data.role", "role")``."""
    if parameter.annotation is not None and not _open(project, place, parameter.annotation):
        return
    said = _right(parameter)
    if said:
        yield parameter.name, said
        return
    target = project.annotated(place, parameter.annotation) if parameter.annotation is not None else None
    if target is None or target.kind not in {"class", "instance"} or target.index < 0 or injected(parameter):
        return
    if not is_schema(project, target.path, target.index):
        return
    checked = looked_at(project, target)
    for name, path, made in project.classes.fields(target.path, target.index):
        mighty = gives_rights(name) and _MIGHTY.match(name) is not None and name not in checked
        if mighty and made.annotation is not None and _open(project, Place(path, -1), made.annotation):
            yield f"{parameter.name}.{name}", name


def _open(project: Project, place: Place, annotation: AnyExpression) -> bool:
    """Whether a type lets mighty words through: texts and flags do, choices where one of them is mighty."""
    for node in walk([annotation]):
        if isinstance(node, Subscript) and chain(node.value).rpartition(".")[2] == "Literal":
            return any(isinstance(one, Constant) and _RULING.search(str(one.value)) for one in walk([node.index]))
        target = project.resolve_expression(place, node) if isinstance(node, Name | Attribute) else None
        if target is not None and enumeration(project, target):
            members = project.outline(target.path).classes[target.index].body
            named = (chain(one) for node in members if isinstance(node, Assign) for one in node.targets)
            return any(_RULING.search(one) for one in named)
    return True


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
    elif isinstance(node, Display):
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
    return isinstance(value, Name | Attribute) and chain(value) == name


def _compares(node: Compare, name: str) -> bool:
    """Whether a right is looked at, and not only for being there."""
    sides = [node.left, *node.comparators]
    there = any(isinstance(one, Constant) and one.value is None for one in sides)
    return not there and any(chain(one) == name or chain(one).startswith(f"{name}.") for one in sides)
