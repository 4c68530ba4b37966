"""The arguments of GraphQL fields, as graphene, strawberry and ariadne declare them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from analyzer.facts.expressions import AnyExpression, Call, Constant, Lambda, Mapping
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import Given
from analyzer.frameworks.spelling import type_text
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_ARGUMENT = "argument"
_SETTINGS = frozenset({"resolver", "source", "type_", "args"})
"""What graphene's fields take that is never an argument of the field."""
_INPUTS = ("Arguments", "Input")
"""Classes inside a graphene mutation that hold its arguments."""
_RELAY = re.compile(r"\.ClientIDMutation$")
_PAGED = re.compile(r"(?:Connection|Filter\w*Connection)Field$")
_PAGES = ("before", "after", "first", "last")
"""Arguments of every connection (Relay's Cursor Connections Specification, section 4)."""
_GIVEN = frozenset({"self", "cls", "root", "info", "parent"})
Spelling = Callable[[str], str]


def of_field(project: Project, place: Place, call: Call, spelled: Spelling) -> tuple[Given, ...]:
    """``graphene.Field(Tree, name=graphene.String(required=True), args={…})``."""
    found = [
        _argument(project, place, one.keyword, one.value, spelled)
        for one in call.arguments
        if one.keyword is not None and one.keyword not in _SETTINGS and _declares(one.value)
    ]
    table = argument(call, 99, "args")
    if isinstance(table, Mapping):
        for key, value in zip(table.keys, table.values, strict=True):
            name = text(project, place, key)
            if name is not None:
                found.append(_argument(project, place, name, value, spelled))
    if _PAGED.search(chain_of(call.func)):
        told = {one.name for one in found}
        found += [Given(_ARGUMENT, one, "", False) for one in _PAGES if one not in told]
    return tuple(found)


def of_type(call: Call) -> str:
    """The type of ``graphene.Field(Tree)``, ``graphene.List(lambda: Tree)`` and ``graphene.Int()``."""
    last = chain_of(call.func).rpartition(".")[2]
    if last == "Field" or _PAGED.search(last):
        inner = argument(call, 0, "type_", "type")
        inner = inner.body if isinstance(inner, Lambda) else inner
        written = inner.value if isinstance(inner, Constant) and isinstance(inner.value, str) else _typed(inner)[0]
        return written.rpartition(".")[2]
    return _typed(call)[0] if last[:1].isupper() else ""


def of_mutation(project: Project, made: Target, spelled: Spelling) -> tuple[Given, ...]:
    """The arguments of a graphene mutation: what its class ``Arguments`` holds; a relay mutation takes one object."""
    name = project.outline(made.path).classes[made.index].name
    if any(_RELAY.search(base) for base in project.classes.externals(made.path, made.index)):
        return (Given(_ARGUMENT, "input", f"{name}Input"),)
    for owner in project.classes.order(made.path, made.index):
        if owner.kind != "class":
            continue
        outline = project.outline(owner.path)
        for index, item in enumerate(outline.classes):
            if item.name in _INPUTS and item.qualname == f"{outline.classes[owner.index].qualname}.{item.name}":
                fields = project.classes.fields(owner.path, index)
                return tuple(
                    _argument(project, Place(path, -1), field, statement.value, spelled)
                    for field, path, statement in fields
                    if _declares(statement.value)
                )
    return ()


def of_resolver(project: Project, handler: Place | None, spelled: Spelling, bound: int = 0) -> tuple[Given, ...]:
    """The parameters of a resolver, without the first ``bound`` and those that the library fills."""
    return tuple(_parameters(project, handler, spelled, bound)) if handler is not None else ()


def _parameters(project: Project, handler: Place, spelled: Spelling, bound: int) -> Iterator[Given]:
    function = project.function(handler)
    passed = 0
    for one in function.parameters if function is not None else ():
        if one.kind in {"args", "keyword"}:
            passed = bound
        if passed < bound:
            passed += 1
            continue
        typed = type_text(one.annotation)
        filled = one.name in _GIVEN or typed.partition("[")[0].rpartition(".")[2] in {
            "Info",
            "Parent",
            "GraphQLResolveInfo",
        }
        if not filled and one.kind not in {"args", "kwargs"}:
            yield Given(_ARGUMENT, spelled(one.name), typed, one.default is None)


def _declares(value: AnyExpression | None) -> bool:
    """Whether a value declares an argument: a type that is called, or the bare class of one."""
    return value is not None and not isinstance(value, Constant) and chain_of(value).rpartition(".")[2][:1].isupper()


def _argument(project: Project, place: Place, name: str, value: AnyExpression | None, spelled: Spelling) -> Given:
    """``graphene.String(required=True)``, ``graphene.Argument(UserInput, name="user")``."""
    shown, required = _typed(value)
    given = text(project, place, argument(value, 99, "name")) if isinstance(value, Call) else None
    return Given(_ARGUMENT, given or spelled(name), shown, required)


def _typed(value: AnyExpression | None) -> tuple[str, bool]:
    """The type that a graphene declaration names, wrappers taken off, and whether it is required."""
    last = chain_of(value).removesuffix("()").rpartition(".")[2]
    if not isinstance(value, Call):
        return last, False
    flag = argument(value, 99, "required")
    required = last == "NonNull" or (isinstance(flag, Constant) and flag.value is True)
    inner = argument(value, 0, "type_", "of_type")
    if inner is None or last not in {"Argument", "NonNull", "List"}:
        return last, required
    inner = inner.body if isinstance(inner, Lambda) else inner
    shown, wanted = _typed(inner)
    return (f"list[{shown}]", required) if last == "List" else (shown, required or wanted)
