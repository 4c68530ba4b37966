"""Declared types: which object an annotation promises, also through ``Annotated``, aliases and injection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Call,
    Constant,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.visit import chain as chain_of
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.project.project import Project

_TRANSPARENT = {
    "Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Mapped", "Type",
    "Generator", "Iterator", "AsyncGenerator", "AsyncIterator", "Awaitable", "Coroutine", "ContextManager",
    "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager", "FromDishka", "Inject",
    "Injected", "FromComponent", "InitVar",
}  # fmt: skip
"""Generic types whose (first) argument is the object one gets: ``AsyncIterator[Session]`` of a provider included."""
_MARKER = re.compile(r"ninja\.(?:params\.)?(?:Body|Cookie|File|Form|Header|Path|Query)(?:Ex)?$")
"""Django Ninja's ``Query[Filters]``: where in the request a parameter comes from, and what it is."""
_INJECTORS = {"Depends", "Security", "Provide", "Inject", "Provider"}
_DOTTED = re.compile(r"[A-Za-z_][\w.]*\Z")


def promised(project: Project, place: Place, annotation: AnyExpression | None, depth: int = 0) -> Target | None:
    """The object an annotation promises, ``None`` when nothing definite (``list[X]``, ``Any``, a ``TypeVar``)."""
    if annotation is None or depth > 8:
        return None
    if isinstance(annotation, Constant):
        text = annotation.value.strip() if isinstance(annotation.value, str) else ""
        return promised(project, place, _parsed(text, annotation.line), depth + 1)
    if isinstance(annotation, Binary) and annotation.op == "|":
        left = promised(project, place, annotation.left, depth + 1)
        return left or promised(project, place, annotation.right, depth + 1)
    if isinstance(annotation, Subscript):
        return _generic(project, place, annotation, depth)
    if isinstance(annotation, Name | Attribute):
        return _instance(project, place, annotation, depth)
    return None


def injected(project: Project, place: Place, call: Call) -> Target | None:
    """What ``Depends(provider)`` and its kind put into a parameter; ``None`` for any other default."""
    if chain_of(call.func).split(".")[-1] not in _INJECTORS or not call.arguments:
        return None
    provider = project.resolve_expression(place, call.arguments[0].value)
    return project.called(provider) if provider else None


def given(project: Project, place: Place, default: AnyExpression) -> Target | None:
    """What a parameter holds by its default: what is injected, or the very object that stands there."""
    if isinstance(default, Call):
        found = injected(project, place, default)
        if found is not None:
            return found
    target = project.resolve_expression(place, default)
    if target is None or target.kind in {"variable", "module"}:
        return None
    if target.kind == "external":
        # ``Query(…)`` and its kind only describe a parameter; an object of a library has a name of its own.
        return target if isinstance(default, Name | Attribute) and not target.dotted.startswith("builtins.") else None
    return target


def from_chain(source: str, line: int) -> AnyExpression | None:
    """The expression of a plain dotted annotation chain; ``Optional[]``-like chains lose their arguments."""
    return _parsed(source, line)


def _generic(project: Project, place: Place, annotation: Subscript, depth: int) -> Target | None:
    name = chain_of(annotation.value).split(".")[-1]
    inner = annotation.index
    items = inner.items if isinstance(inner, Sequence) else [inner]
    if name == "Union":
        found = (promised(project, place, item, depth + 1) for item in items)
        return next((target for target in found if target is not None), None)
    if name == "Annotated":
        for item in items[1:]:
            if isinstance(item, Call):
                given = injected(project, place, item)
                if given is not None and promised(project, place, items[0], depth + 1) is None:
                    return given
    if name in _TRANSPARENT and items:
        return promised(project, place, items[0], depth + 1)
    target = project.resolve_expression(place, annotation.value)
    if target is not None and target.kind == "class":
        return project.called(target)
    if target is not None and _MARKER.match(target.dotted) and items:
        return promised(project, place, items[0], depth + 1)
    if (
        target is not None
        and target.kind == "external"
        and not target.dotted.startswith(("builtins.", "typing.", "collections."))
    ):
        return project.called(target)
    return None


def _instance(project: Project, place: Place, annotation: Name | Attribute, depth: int) -> Target | None:
    if isinstance(annotation, Name) and annotation.id in {"None", "Any", "Self"}:
        return None
    target = project.resolve_expression(place, annotation)
    if target is None or target.kind == "variable":
        found = project.variable(place.path, chain_of(annotation))
        return promised(project, Place(found[0], -1), found[1], depth + 1) if found else None
    if target.kind == "external":
        if target.dotted in {"typing.Any", "typing.Self"} or "[]" in target.dotted or target.dotted.endswith("()"):
            found = project.variable(place.path, chain_of(annotation))
            return promised(project, Place(found[0], -1), found[1], depth + 1) if found else None
        return Target("external", target.dotted + "()")
    return project.called(target) if target.kind == "class" else None


def _parsed(text: str, line: int) -> AnyExpression | None:
    """A quoted or flattened annotation as an expression: dotted names, ``X | None``, ``Optional[X]``."""
    text = text.strip().strip("\"'")
    wrapped = re.fullmatch(r"([\w.]+)\[(.*)\]", text, re.DOTALL)
    if wrapped and wrapped[1].split(".")[-1] in _TRANSPARENT:
        return _parsed(wrapped[2].split(",")[0], line)
    for part in text.split("|"):
        part = part.strip()
        if part != "None" and _DOTTED.match(part):
            head, *rest = part.split(".")
            node: AnyExpression = Name(line, 1, line, 1, head)
            for name in rest:
                node = Attribute(line, 1, line, 1, node, name)
            return node
    return None
