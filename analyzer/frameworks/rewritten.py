"""Tables of handlers copied in a loop, with something put before each pattern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.facts.expressions import AnyExpression, Binary, Constant, Format, Interpolation, Name, Starred, Subscript
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assign, For
from analyzer.facts.visit import walk
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.text import text
from analyzer.project.project import Project
from analyzer.project.target import Place

_Item = tuple[Place, AnyExpression]


def copies(item: AnyExpression, loop: For) -> bool:
    """Whether an entry takes its handler from what the loop runs over: ``(base + old[0], *old[1:])``."""
    if not isinstance(item, Display) or len(item.items) < 2:
        return False
    return any(isinstance(node, Name) and node.id in _names(loop) for node in walk(item.items[1]))


def named_inside(value: AnyExpression, loop: For) -> AnyExpression:
    """A name that the loop's body gives a value: that value."""
    if isinstance(value, Name) and value.id not in _names(loop):
        for node in walk(loop.body):
            names = [one.id for one in node.targets if isinstance(one, Name)] if isinstance(node, Assign) else []
            if isinstance(node, Assign) and node.value is not None and value.id in names:
                return node.value
    return value


def rewritten(
    project: Project, place: Place, item: AnyExpression, loop: For, table: Sequence[_Item]
) -> Iterator[_Item]:
    """The entries of a table as the loop copies them; where what it puts before a pattern is not constant, the pattern
    starts with an unknown prefix."""
    first = item.items[0] if isinstance(item, Display) else item
    first = named_inside(first, loop)
    for at, entry in table:
        pattern = text(project, at, entry.items[0]) if isinstance(entry, Display) and len(entry.items) > 1 else None
        if pattern is None or not isinstance(entry, Display):
            yield at, entry
            continue
        changed = _changed(project, place, first, loop, pattern)
        whole = UNKNOWN + pattern if changed is None else changed
        where = (entry.line, entry.column, entry.end_line, entry.end_column)
        yield at, Display(*where, entry.kind, [Constant(*where, whole), *entry.items[1:]])


def _names(loop: For) -> set[str]:
    target = loop.target
    parts = target.items if isinstance(target, Display) else [target]
    inner = [part.value if isinstance(part, Starred) else part for part in parts]
    return {part.id for part in inner if isinstance(part, Name)}


def _changed(project: Project, place: Place, first: AnyExpression, loop: For, pattern: str) -> str | None:
    """The new pattern of an entry, ``None`` when a part of it is not constant."""
    if isinstance(first, Binary) and first.op == "+":
        parts = [first.left, first.right]
    elif isinstance(first, Format):
        parts = [part.value if isinstance(part, Interpolation) else part for part in first.parts]
    elif isinstance(first, Name | Subscript):
        held = first.value if isinstance(first, Subscript) else first
        if isinstance(held, Name) and held.id in _names(loop):
            return pattern
        return text(project, place, first)
    else:
        return text(project, place, first)
    changed = [_changed(project, place, part, loop, pattern) for part in parts]
    return None if None in changed else "".join(part for part in changed if part is not None)
