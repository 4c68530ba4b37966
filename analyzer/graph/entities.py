"""Which persisted classes a function names when it works on a database."""

from __future__ import annotations

from collections import Counter

from analyzer.frameworks import persistence
from analyzer.graph.picture import Picture
from analyzer.project import Place


def entities(picture: Picture, place: Place) -> tuple[str, ...]:
    """The persisted classes that a function's own body names, by dotted name, in source order, each once."""
    return tuple(mentioned(picture, place))


def mentioned(picture: Picture, place: Place) -> Counter[str]:
    """How often a function's own body names each persisted class, in source order."""
    function = picture.project.function(place)
    found: Counter[str] = Counter()
    for use in function.uses if function is not None else ():
        if use.kind in {"call", "read"} and function is not None and use.line >= function.line:
            name = _entity(picture, place, use.chain.replace("()", ""), use.line)
            if name:
                found[name] += 1
    return found


def _entity(picture: Picture, place: Place, chain: str, line: int) -> str:
    """The first persisted class on the way of a chain: ``Order`` of ``models.Order.objects.filter``."""
    head = ""
    for word in chain.split("."):
        head = f"{head}.{word}" if head else word
        target = picture.project.resolve(place, head, line)
        if target is None:
            return ""
        if target.kind == "class":
            kept = persistence.is_model(picture.project, target.path, target.index)
            return target.dotted if kept else ""
    return ""
