"""Which modules belong to one application: a repository may hold several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.facts.expressions import Constant
from analyzer.facts.visit import walk
from analyzer.graph.imports import Imports
from analyzer.model import Tier
from analyzer.project import Project

_SETTINGS = ("INSTALLED_APPS", "ROOT_URLCONF")
"""Variables of Django's settings that name modules in texts."""
_LISTS = "_APPS"
"""How the lists are called that settings put together: ``LOCAL_APPS``."""


def groups(project: Project, imports: Imports, tiers: Mapping[str, Tier]) -> dict[str, tuple[str, ...]]:
    """Each module's application: its top-level package and those connected with it, by imports or by the settings of
    Django that name them.

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
        named = (edge.target for edge in imports.of(path))
        for target in (*named, *installed(project, path)):
            one, other = sorted((find(top(project, path)), find(top(project, target))))
            if one != other:
                parent[other] = one
    members: dict[str, list[str]] = {}
    for path in project.paths():
        members.setdefault(find(top(project, path)), []).append(path)
    whole = {root: tuple(paths) for root, paths in members.items()}
    return {path: whole[find(top(project, path))] for path in project.paths()}


def installed(project: Project, path: str) -> Iterator[str]:
    """The modules of the project that a module of Django's settings names: ``"shop"``, ``"shop.apps.ShopConfig"``."""
    variables = project.namespace(path).variables
    if not any(name in variables for name in _SETTINGS):
        return
    values = (one for name, held in variables.items() if name in _SETTINGS or name.endswith(_LISTS) for one in held)
    for node in (inner for value in values for inner in walk(value)):
        if isinstance(node, Constant) and isinstance(node.value, str):
            found = named_module(project, path, node.value)
            if found:
                yield found


def named_module(project: Project, path: str, dotted: str) -> str:
    """The file of a module, or of the package that a class is named in; ``""`` for what is not ours."""
    found = project.layout.absolute(path, dotted) or ""
    if found.endswith("/"):  # a package without an ``__init__.py``: any of its files stands for it
        return next((one for one in project.paths() if one.startswith(found)), "")
    while not found and "." in dotted:
        dotted = dotted.rpartition(".")[0]
        found = project.layout.absolute(path, dotted) or ""
    return found if not found.endswith("/") else ""


def top(project: Project, path: str) -> str:
    """The top-level package (or lone module) of a path, as a folder or file name."""
    name = project.module_name(path)
    depth = len(name.split("."))
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return "/".join(parts[: len(parts) - depth + 1])
