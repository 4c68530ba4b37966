"""Uses that go up the layers although no import statement shows it: through a container, a provider, a package that
re-exports, a star, or what the application keeps for its requests."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.outline import Import, Use
from analyzer.graph.imports import ImportEdge
from analyzer.graph.picture import Picture
from analyzer.project import Place, Target
from analyzer.project.held import HOLDERS

_SOURCES = {"model", "repository", "service"}
_KINDS = {"call", "read", "base", "default", "decorate"}
_SHARED = {"session", "settings", "schema", "client", "middleware", "test", "migration", "task", "command"}


class Head(msgspec.Struct, frozen=True):
    """The name a chain starts with, where it may hide something: ``edge`` imports it, a ``star`` perhaps brings it."""

    edge: ImportEdge | None
    star: bool = False
    lazy: bool = False


def hidden(picture: Picture, path: str) -> Iterator[tuple[ImportEdge, str]]:
    """Edges that a module's uses make beside its imports, with the chain that makes each; one a line and target."""
    role = picture.module_role(path)
    if role.name not in _SOURCES or picture.is_root(path):
        return
    heads = _heads(picture, path)
    if not heads:
        return
    seen: set[tuple[int, str]] = set()
    outline = picture.project.outline(path)
    for index in range(-1, len(outline.functions)):
        place = Place(path, index)
        uses = outline.functions[index].uses if index >= 0 else _module_uses(picture, path)
        for use in uses:
            name = use.chain.partition(".")[0].partition("(")[0].partition("[")[0]
            head = heads.get(name) if use.kind in _KINDS else None
            if head is None or (not head.star and len(name) == len(use.chain)):
                continue
            for target, chain in _reached(picture, place, use, head):
                edge = _edge(picture, path, use, head, target)
                if edge is not None and (edge.line, edge.target) not in seen:
                    seen.add((edge.line, edge.target))
                    yield edge, "" if head.star else chain
                    break


def _module_uses(picture: Picture, path: str) -> list[Use]:
    outline = picture.project.outline(path)
    return [*outline.uses, *(use for item in outline.classes for use in item.uses)]


def _heads(picture: Picture, path: str) -> dict[str, Head]:
    """The names worth following: modules that only pass on, objects of composition roots, holders of a framework."""
    project = picture.project
    lines = {(edge.line, edge.column, edge.name): edge for edge in picture.imports_of(path)}
    found: dict[str, Head] = {}
    for item in project.outline(path).imports:
        if item.guard == "type":
            continue
        edge = lines.get((item.line, item.column, item.name or "")) or lines.get((item.line, item.column, ""))
        if item.name == "*" and edge is not None:
            found.update(_starred(picture, path, edge))
        elif item.bound and _worth(picture, item, edge):
            found[item.bound] = Head(edge, lazy=item.scope >= 0)
    return found


def _worth(picture: Picture, item: Import, edge: ImportEdge | None) -> bool:
    if edge is None:
        return item.name in HOLDERS and item.module in {"flask", "quart"}
    if edge.target == edge.source:
        return False
    symbol = edge.symbol
    if not edge.name or symbol is None or symbol.kind == "module":
        return not picture.module_role(edge.target).height
    role = picture.target_role(symbol)
    if role.height or role.name in _SHARED:
        return False
    return picture.is_root(edge.target) or symbol.kind in {"instance", "variable"}


def _starred(picture: Picture, path: str, edge: ImportEdge) -> dict[str, Head]:
    """The names a star import brings that code of the module uses, where the starred module only passes them on."""
    if picture.module_role(edge.target).height:
        return {}
    project = picture.project
    namespace = project.namespace(path)
    found = {}
    for use in [*_module_uses(picture, path), *(use for item in project.outline(path).functions for use in item.uses)]:
        name = use.chain.partition(".")[0].partition("(")[0].partition("[")[0]
        own = name in namespace.imports or name in namespace.classes or name in namespace.functions
        if name in found or own or name in namespace.variables or project.member(edge.first, name) is None:
            continue
        found[name] = Head(edge, star=True, lazy=edge.lazy)
    return found


def _reached(picture: Picture, place: Place, use: Use, head: Head) -> Iterator[tuple[Target, str]]:
    """What a chain and its beginnings denote, the longest first: ``a.b.c``, ``a.b``."""
    chain = use.chain
    while chain:
        target = picture.project.resolve(place, chain, use.line)
        if target is not None and target.path and target.path != place.path and target.kind != "module":
            yield target, chain
        shorter = chain.rpartition(".")[0]
        chain = shorter if "." in shorter or "(" in shorter or "[" in shorter or head.star else ""


def _edge(picture: Picture, path: str, use: Use, head: Head, target: Target) -> ImportEdge | None:
    """The edge a use makes; at the statement for a star, at the use for anything else. ``None`` for what is shared."""
    if not picture.target_role(target).height:
        return None
    label = target.dotted.removeprefix(picture.project.module_name(target.path) + ".")
    if head.star and head.edge is not None:
        return msgspec.structs.replace(
            head.edge, target=target.path, name=label.partition(".")[0], symbol=target, through=(head.edge.first,)
        )
    through = (head.edge.target,) if head.edge is not None and head.edge.target != target.path else ()
    return ImportEdge(
        path, through[0] if through else target.path, target.path, label, target, through, use.line, use.column,
        use.end_line, use.end_column, head.lazy, False,
    )  # fmt: skip
