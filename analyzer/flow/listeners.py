"""Functions that listen to what happens to the objects of a class, and hash a password before one of them is kept."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow
from analyzer.flow.hashing import protects
from analyzer.flow.questions import chain_end, places_calling
from analyzer.project.target import Place, Target

_DECORATORS = frozenset(
    "listens_for receiver pre_save pre_init post_init pre_insert before_save before_insert connect connect_via".split()
)
"""``@event.listens_for(User, "before_insert")``, ``@receiver(pre_save, sender=User)``, ``@pre_save(User)``."""
_CONNECTING = frozenset({"listen", "connect"})
"""``event.listen(User, "init", hash_it)``, ``pre_save.connect(hash_it, sender=User)``."""


def hashed_by_listener(flow: Flow, target: Target) -> bool:
    """Whether a function that hashes passwords listens to a class, or to one that it inherits from."""
    names = _names(flow)
    return any(
        one.kind == "class" and ((one.path, one.index) in names or ("", one.dotted.rpartition(".")[2]) in names)
        for one in flow.project.classes.order(target.path, target.index)
    )


def _names(flow: Flow) -> frozenset[tuple[str, int | str]]:
    """The classes whose objects a listener hashes: by place, or by the name that a text gives; made once a project."""
    kept: frozenset[tuple[str, int | str]] | None = vars(flow.project).get("_hashed_by_listeners")
    if kept is None:
        kept = frozenset((*_decorated(flow), *_connected(flow)))
        vars(flow.project)["_hashed_by_listeners"] = kept
    return kept


def _decorated(flow: Flow) -> Iterator[tuple[str, int | str]]:
    project = flow.project
    for path in project.paths():
        for index, function in enumerate(project.outline(path).functions):
            for decorator in function.decorators:
                if not isinstance(decorator, Call) or chain_end(decorator) not in _DECORATORS:
                    continue
                if protects(flow, Place(path, index)):
                    yield from _classes(flow, Place(path, -1), decorator)


def _connected(flow: Flow) -> Iterator[tuple[str, int | str]]:
    project = flow.project
    for place in places_calling(project, _CONNECTING):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or chain_end(call) not in _CONNECTING:
                continue
            given = [project.resolve_expression(place, one.value) for one in call.arguments if chain(one.value)]
            heard = [one for one in given if one is not None and one.kind == "function" and one.index >= 0]
            if any(protects(flow, Place(one.path, one.index)) for one in heard):
                yield from _classes(flow, place, call)


def _classes(flow: Flow, place: Place, call: Call) -> Iterator[tuple[str, int | str]]:
    """The classes that a call names: ``User``, ``User.password``, ``"members.User"``."""
    for one in call.arguments:
        found = _class(flow, place, one.value)
        if found is not None:
            yield found.path, found.index
        elif isinstance(one.value, Constant) and isinstance(one.value.value, str) and one.keyword == "sender":
            yield "", one.value.value.rpartition(".")[2]


def _class(flow: Flow, place: Place, named: AnyExpression) -> Target | None:
    if not chain(named):
        return None
    target = flow.project.resolve_expression(place, named)
    if target is not None and target.kind == "class" and target.index >= 0:
        return target
    return _class(flow, place, named.value) if isinstance(named, Attribute) else None
