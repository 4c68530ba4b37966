"""Records that a function looks up or fills and then saves or takes away by a method of their own."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import Await, Call
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import uses_of
from analyzer.graph.picture import Picture
from analyzer.project import Place

_CHANGING = frozenset({"save", "asave", "delete", "adelete", "delete_instance"})
_FINDING = (".objects.get", ".objects.create", ".objects.first", ".get_or_none", ".get_by_id", ".objects.aget")
_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})


def changed_records(picture: Picture, place: Place) -> Iterator[str]:
    """``post.delete`` where ``post = get_object_or_404(Post, pk=pk)`` stands before, as written."""
    ends = {use.chain for use in uses_of(picture.project, place) if use.kind == "call"}
    changes = sorted(one for one in ends if one.count(".") == 1 and one.rpartition(".")[2] in _CHANGING)
    if not changes:
        return
    held: set[str] = set()
    for node in walk(picture.project.body(place)):
        if not isinstance(node, Assign):
            continue
        made = node.value.value if isinstance(node.value, Await) else node.value
        spelled = chain(made.func) if isinstance(made, Call) else ""
        if spelled.rpartition(".")[2] in _SHORTCUTS or any(step in spelled for step in _FINDING):
            held.update(chain(target) for target in node.targets)
    yield from (one for one in changes if one.partition(".")[0] in held)
