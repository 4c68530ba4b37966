"""Documents that are answered as they are kept: all their fields are asked for, and none is taken out on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Mapping, Name
from analyzer.facts.statements import Assign, Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.passwords import is_password_column
from analyzer.graph.picture import Picture
from analyzer.project import Place

_PASSING = frozenset({"jsonable_encoder", "jsonify", "dumps", "loads", "JSONResponse", "parse_json", "json_response"})
_SENDING = frozenset({"self.write", "self.finish"})
"""Methods of handlers that answer with what they are given."""


def answered_as_kept(picture: Picture, place: Place, node: AnyExpression) -> bool:
    """Whether the document that ``find_one`` brings is what a function answers with, or gives back, field by field."""
    asked = node.value if isinstance(node, Await) else node
    if not isinstance(asked, Call) or not chain(asked.func).endswith(".find_one") or len(asked.arguments) != 1:
        return False
    nodes = list(walk(picture.project.body(place)))
    held = {
        target.id
        for one in nodes
        if isinstance(one, Assign) and one.value is not None and any(inner is asked for inner in walk(one.value))
        for target in one.targets
        if isinstance(target, Name)
    }
    words = (one.value for one in nodes if isinstance(one, Constant) and isinstance(one.value, str))
    if any(map(is_password_column, words)):
        return False
    return any(isinstance(one, Name) and one.id in held for answer in _answers(nodes) for one in _answered(answer))


def _answers(nodes: Iterable[object]) -> Iterator[AnyExpression | None]:
    for node in nodes:
        if isinstance(node, Return):
            yield node.value
        elif isinstance(node, Call) and isinstance(node.func, Attribute) and chain(node.func) in _SENDING:
            yield from (one.value for one in node.arguments)


def _answered(value: AnyExpression | None) -> Iterator[AnyExpression]:
    """What an answer is made of as it is: ``user``, ``jsonable_encoder(user)``, ``{"user": user}``."""
    if isinstance(value, Call) and chain(value.func).rpartition(".")[2] in _PASSING:
        for one in value.arguments:
            yield from _answered(one.value)
    elif isinstance(value, Mapping):
        for held in value.values:
            yield from _answered(held)
    elif value is not None:
        yield value
