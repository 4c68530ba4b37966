"""BA503: an import against the direction of the layers, of the rings, or from a shared base back up."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.direction import Directions, Upward
from analyzer.graph.imports import ImportEdge
from analyzer.graph.picture import Picture
from analyzer.model import Finding, Location, Related, Rule, Severity, Span

_MOST_NAMES = 4
"""Names spelt out in a message; more are counted."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding an import statement, at the statement; lazy imports of one module out of another are one finding."""
    grouped: dict[tuple[str, int, str], list[Upward]] = {}
    for found in picture.shared(Directions).find():
        edge = found.edge
        apart = edge.lazy or found.used
        key = (edge.source, 0, edge.target) if apart else (edge.source, edge.line, "")
        grouped.setdefault(key, []).append(found)
    for items in sorted(grouped.values(), key=lambda items: (items[0].edge.source, items[0].edge.line)):
        yield _finding(picture, rule, items)


def _finding(picture: Picture, rule: Rule, items: list[Upward]) -> Finding:
    first = max(items, key=lambda item: item.confidence)
    edge = first.edge
    name = picture.project.module_name(edge.source)
    taken = _names([item.edge.name or picture.project.module_name(item.edge.target) for item in items])
    related = [
        Related(_at(item.edge), "uses it too" if item.used else "imports it too")
        for item in {item.edge.line: item for item in items}.values()
        if item.edge.line != edge.line
    ]
    for module in edge.through:
        related.append(Related(_line(module, 1), f"offers {edge.name}" if first.used else f"re-exports {edge.name}"))
    if edge.target not in edge.through:
        related.append(
            Related(_line(edge.target, _defined(picture, first)), f"{edge.name or 'this module'} is defined here")
        )
    severity = rule.severity
    if first.kind == "base" or first.eased:
        severity = Severity(max(Severity.NOTE, severity - 1))
    if edge.lazy:
        severity = Severity(max(Severity.NOTE, severity - 1))
    return Finding(
        rule=rule.code,
        location=_at(edge),
        message=_message(picture, first, name, taken),
        fix=_fix(first, taken),
        severity=severity,
        confidence=first.confidence,
        related=tuple(related),
    )


def _message(picture: Picture, found: Upward, name: str, taken: str) -> str:
    edge = found.edge
    target = picture.project.module_name(edge.target)
    lazily = " inside a function" if edge.lazy else ""
    through = (
        f" (re-exported by {', '.join(picture.project.module_name(path) for path in edge.through)})"
        if edge.through
        else ""
    )
    what = f"{taken} from {target}{through}" if edge.name else target
    if found.kind == "test":
        return (
            f"`{name}` belongs to the application and imports {what}{lazily}, which lies among its tests: where they "
            "are not installed, it fails, and a change of the tests changes the application."
        )
    if found.kind == "base":
        return (
            f"`{name}` belongs to `{found.source}`, on which other packages build ({found.source_why}), but imports "
            f"{what}{lazily}, {_a(found.target)} above it ({found.target_why}): {found.detail}."
        )
    if found.kind == "ring":
        return (
            f"`{name}` lies in the {found.source} and imports {what}{lazily}, which lies in the {found.target}: in a "
            f"code base of rings dependencies point inwards ({found.target_why})."
        )
    verb = "imports"
    if found.used:
        verb, what, lazily = "uses", f"{taken} from {target} through `{found.used}`", ""
    return (
        f"`{name}` is {_a(found.source)} ({found.source_why}) and {verb} {what}{lazily}, {_a(found.target)} "
        f"({found.target_why}): {_plural(found.source)} must not know the {found.target} layer."
    )


def _fix(found: Upward, taken: str) -> str:
    if found.kind == "ring":
        return (
            "Declare a port (Protocol or ABC) in the domain or application, implement it in the adapter, and pass the "
            "adapter in where the application is wired."
        )
    if found.kind == "test":
        return f"Move {taken} into the application, and let the tests import it from there."
    if found.kind == "base":
        return (
            f"Move {taken} below `{found.source}`, or this code out of `{found.source}` to where {taken} lives; "
            "else pass it in as an argument."
        )
    if found.source == "model":
        return (
            f"Let the {found.target} call the model, not the other way round: move the code that needs {taken} up, or "
            f"{taken} down beside the model."
        )
    return (
        f"Move what both need into a module below both, or give the {found.source} {taken} as an argument through an "
        "interface it declares itself."
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _plural(noun: str) -> str:
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def _names(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    shown = ", ".join(f"`{name}`" for name in unique[:_MOST_NAMES])
    return shown if len(unique) <= _MOST_NAMES else f"{shown} and {len(unique) - _MOST_NAMES} more"


def _defined(picture: Picture, found: Upward) -> int:
    symbol = found.edge.symbol
    if symbol is None or symbol.path != found.edge.target or symbol.index < 0:
        return 1
    outline = picture.project.outline(symbol.path)
    if symbol.kind == "function":
        return outline.functions[symbol.index].line
    return outline.classes[symbol.index].line if symbol.kind in {"class", "instance"} else 1


def _at(edge: ImportEdge) -> Location:
    return Location(edge.source, Span(edge.line, edge.column, edge.end_line, edge.end_column))


def _line(path: str, line: int) -> Location:
    return Location(path, Span(line, 1, line, 1))
