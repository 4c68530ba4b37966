"""What becomes the fields of a document: the arguments of a document store's methods that are kept as they are."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Mapping, Name
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.persistence import is_model
from analyzer.project import Place, Project, Target

_KEPT = {"insert_one": 0, "insert_many": 0, "replace_one": 1, "find_one_and_replace": 1}
"""Methods of collections, by the argument that is kept whole."""
_SET = {"update_one": 1, "update_many": 1, "find_one_and_update": 1, "update": 0}
"""Methods that take what is to be set under an operator, by the argument it stands in; ``update`` is a record's own."""
_OPERATORS = frozenset({"$set", "$setOnInsert"})


def filled(project: Project, place: Place, call: Call) -> Iterator[AnyExpression]:
    """The expressions that a call makes the fields of a document: ``update_one(key, {"$set": fields})``."""
    func = call.func
    if not isinstance(func, Attribute):
        return
    if func.attr in _KEPT:
        given = _argument(call, _KEPT[func.attr])
        if given is not None:
            yield given
    elif func.attr in _SET:
        given = _argument(call, _SET[func.attr])
        pairs = zip(given.keys, given.values, strict=True) if isinstance(given, Mapping) else ()
        yield from (value for key, value in pairs if isinstance(key, Constant) and key.value in _OPERATORS)
    elif func.attr == "set" and len(call.arguments) == 1 and _record(project, place, func.value):
        yield call.arguments[0].value


def _argument(call: Call, at: int) -> AnyExpression | None:
    plain = [one.value for one in call.arguments if one.keyword is None and not one.star]
    named = (one.value for one in call.arguments if one.keyword in {"document", "update", "replacement"})
    return plain[at] if at < len(plain) else next(named, None)


def _record(project: Project, place: Place, holder: AnyExpression) -> bool:
    """Whether an object is a record of a model of ours: ``trip = await Trip.get(number)``."""
    if not isinstance(holder, Name):
        return False
    if _model(project, project.resolve_expression(place, holder)):
        return True
    for node in walk(project.body(place)):
        if isinstance(node, Assign) and any(chain(target) == holder.id for target in node.targets):
            made = node.value.value if isinstance(node.value, Await) else node.value
            func = made.func if isinstance(made, Call) else None
            held = func.value if isinstance(func, Attribute) and func.attr in _LOOKING else None
            if held is not None and _model(project, project.resolve_expression(place, held)):
                return True
    return False


def _model(project: Project, target: Target | None) -> bool:
    ours = target is not None and target.kind in {"class", "instance"} and target.index >= 0
    return ours and target is not None and is_model(project, target.path, target.index)


_LOOKING = frozenset({"get", "find_one", "get_or_none", "first"})
