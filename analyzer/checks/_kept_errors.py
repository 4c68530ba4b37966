"""The part of BA402 about texts of exceptions that work in the background keeps with its task, and that a route hands
out later: ``JOBS[key]["error"] = str(error)``, ``job.error = str(error)``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._error_texts import Search
from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Mapping, Name, Subscript
from analyzer.facts.statements import Assign, Evaluate, Handler, Return
from analyzer.facts.visit import chain, statements, walk
from analyzer.flow.questions import chain_end
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.picture import Picture
from analyzer.project import Place, Project, Target

_FAILURE = re.compile(
    r"(?:^|_)(?:err(?:or)?s?|exception|traceback|failure|fail(?:ed)?_reason|error_\w+)$", re.IGNORECASE
)
"""Columns that say why something failed."""
_COPYING = frozenset({"get", "copy", "dict", "jsonify", "values", "items"})
_STEM = 3
"""Letters of the shortest name of an object by which a schema is known to be its own."""


class Kept(msgspec.Struct, frozen=True):
    """A text that is kept: where, and the expression that makes it."""

    node: AnyExpression
    holder: AnyExpression
    key: str


def kept(picture: Picture, search: Search, clause: Handler) -> AnyExpression | None:
    """The first text of its exception that a clause keeps where a route of the application hands it out."""
    if not clause.name:
        return None
    tainted = {clause.name}
    for statement in statements(clause.body):
        for one in _keeps(search, statement, tainted):
            base = _base(one.holder)
            if base is None:
                continue
            if isinstance(one.holder, Attribute):
                if _shown_by_schema(picture, base.id, one.key):
                    return one.node
            elif _of_module(search.project, search.place, base.id) and _answered(
                picture, search.place, base.id, one.key
            ):
                return one.node
    return None


def of_tasks(picture: Picture, place: Place) -> AnyExpression | None:
    """The first text of a task's exception in what a handler answers: ``result.traceback``, ``str(result.info)`` of an
    ``AsyncResult`` of Celery's."""
    function = picture.project.function(place)
    if function is None or not any(use.chain.endswith("AsyncResult") for use in function.uses):
        return None
    body = picture.project.body(place)
    made = {
        one.id
        for node in statements(body)
        if isinstance(node, Assign) and isinstance(node.value, Call) and chain_end(node.value) == "AsyncResult"
        for one in node.targets
        if isinstance(one, Name)
    }
    texts = {f"{name}.{attribute}" for name in made for attribute in ("info", "result")}
    traces = {f"{name}.traceback" for name in made}
    gave = {one.id for node in walk(body) if isinstance(node, Return) for one in walk(node) if isinstance(one, Name)}
    for node in statements(body):
        kept_ = isinstance(node, Assign) and any(isinstance(one, Name) and one.id in gave for one in node.targets)
        for one in walk(node) if isinstance(node, Return) or kept_ else ():
            if isinstance(one, Attribute) and chain(one) in traces:
                return one
            shown = isinstance(one, Call) and chain(one.func) in {"str", "repr"} and bool(one.arguments)
            if shown and isinstance(one, Call) and chain(one.arguments[0].value) in texts:
                return one
    return None


def _keeps(search: Search, statement: object, tainted: set[str]) -> Iterator[Kept]:
    if isinstance(statement, Assign) and statement.value is not None:
        told = search.tells(statement.value, tainted)
        for target in statement.targets if told is not None else ():
            if isinstance(target, Name):
                tainted.add(target.id)
            elif isinstance(target, Attribute) and _FAILURE.search(target.attr) and told is not None:
                yield Kept(statement.value, target, target.attr)
            elif isinstance(target, Subscript) and told is not None:
                index = target.index
                key = str(index.value) if isinstance(index, Constant) else _key(search, statement.value, tainted)
                yield Kept(statement.value, target, key)
    call = statement.value if isinstance(statement, Evaluate) else None
    call = call.value if isinstance(call, Await) else call
    if isinstance(call, Call) and chain_end(call) == "update" and isinstance(call.func, Attribute):
        for one in call.arguments:
            if search.tells(one.value, tainted) is not None:
                yield Kept(one.value, call.func.value, one.keyword or _key(search, one.value, tainted))


def _key(search: Search, value: AnyExpression, tainted: set[str]) -> str:
    """The key of a display under which the text is."""
    for key, held in zip(value.keys, value.values, strict=True) if isinstance(value, Mapping) else ():
        if isinstance(key, Constant) and search.tells(held, tainted) is not None:
            return str(key.value)
    return ""


def _base(node: AnyExpression) -> Name | None:
    while isinstance(node, Attribute | Subscript | Call):
        node = node.func if isinstance(node, Call) else node.value
    return node if isinstance(node, Name) else None


def _of_module(project: Project, place: Place, name: str) -> bool:
    function = project.function(place)
    own = {one.name for one in function.parameters} | {one.target for one in function.locals} if function else set()
    return name not in own and bool(project.namespace(place.path).variables.get(name))


def _answered(picture: Picture, place: Place, name: str, key: str) -> bool:
    """Whether a handler answers with what a container of the module holds, or with the text in it."""
    for handler in picture.handlers():
        if handler.path != place.path and not any(
            item.name == name for item in picture.project.outline(handler.path).imports
        ):
            continue
        body = picture.project.body(handler)
        held = {name}
        for node in statements(body):
            if isinstance(node, Assign) and node.value is not None and _whole(node.value, held, key):
                held |= {one.id for one in node.targets if isinstance(one, Name)}
        if any(isinstance(one, Return) and _whole(one.value, held, key) for one in statements(body)):
            return True
    return False


def _whole(node: AnyExpression | None, held: set[str], key: str) -> bool:
    """Whether an expression gives what is held under a name, an entry of it, or the text in one."""
    if isinstance(node, Name):
        return node.id in held
    if isinstance(node, Await):
        return _whole(node.value, held, key)
    if isinstance(node, Subscript):
        asked = node.index.value if isinstance(node.index, Constant) else key
        return asked == key and _whole(node.value, held, key)
    if isinstance(node, Mapping):
        return any(_whole(one, held, key) for one in node.values)
    if isinstance(node, Call):
        if isinstance(node.func, Attribute) and node.func.attr in _COPYING and _whole(node.func.value, held, key):
            asked_ = node.arguments[0].value if node.arguments else None
            return not isinstance(asked_, Constant) or asked_.value == key
        answers = chain_end(node).endswith(("jsonify", "Response", "dict", "list"))
        return answers and any(_whole(one.value, held, key) for one in node.arguments)
    return False


def _shown_by_schema(picture: Picture, name: str, field: str) -> bool:
    """Whether the answer of a handler is declared as a schema of such an object that has the field."""
    stem = name.lower().replace("_", "")
    if len(stem) < _STEM or name in {"self", "cls"}:
        return False
    project = picture.project
    for handler in picture.handlers():
        function = project.function(handler)
        declared = [function.returns] if function is not None and function.returns is not None else []
        for one in function.decorators if function is not None else ():
            given = one.arguments if isinstance(one, Call) else ()
            declared += [each.value for each in given if each.keyword == "response_model"]
        for target in (found for one in declared for found in _named(project, handler, one)):
            named = stem in target.dotted.rpartition(".")[2].lower() and is_schema(project, target.path, target.index)
            if named and any(each == field for each, _, _ in project.classes.fields(target.path, target.index)):
                return True
    return False


def _named(project: Project, place: Place, annotation: AnyExpression) -> Iterator[Target]:
    """The classes that an annotation names: ``JobOut`` of ``list[JobOut]``."""
    for node in walk(annotation):
        if isinstance(node, Name | Attribute):
            target = project.resolve_expression(place, node)
            if target is not None and target.kind == "class" and target.index >= 0:
                yield target
