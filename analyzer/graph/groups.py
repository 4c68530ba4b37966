"""Which modules belong to one application: a repository may hold several."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.graph.imports import Imports
from analyzer.model import Tier
from analyzer.project import Project


def groups(project: Project, imports: Imports, tiers: Mapping[str, Tier]) -> dict[str, tuple[str, ...]]:
    """Each module's application: its top-level package and those connected with it by imports.

    Tests connect nothing: one test suite may load every application of a repository.
    """
    parent: dict[str, str] = {}

    def find(item: str) -> str:
        while parent.setdefault(item, item) != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for path in project.paths():
        find(top(project, path))
    for path in project.paths():
        if tiers.get(path, Tier.MAIN) is not Tier.MAIN:
            continue
        for edge in imports.of(path):
            one, other = sorted((find(top(project, path)), find(top(project, edge.target))))
            if one != other:
                parent[other] = one
    members: dict[str, list[str]] = {}
    for path in project.paths():
        members.setdefault(find(top(project, path)), []).append(path)
    whole = {root: tuple(paths) for root, paths in members.items()}
    return {path: whole[find(top(project, path))] for path in project.paths()}


def top(project: Project, path: str) -> str:
    """The top-level package (or lone module) of a path, as a folder or file name."""
    name = project.module_name(path)
    depth = len(name.split("."))
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return "/".join(parts[: len(parts) - depth + 1])
