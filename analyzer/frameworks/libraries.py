"""Routes that libraries bring, as far as they are known: ``include("django.contrib.auth.urls")``, and routers that they
make (``users.get_auth_router(…)``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import Constant
from analyzer.facts.visit import walk
from analyzer.knowledge import known
from analyzer.project.project import Project

_APPLICATION = "{application}"
_DEPTH = 4


class Page(msgspec.Struct, frozen=True):
    """One method and path of a library's table. ``guard`` is what asks who the client is, empty for nothing."""

    method: str
    path: str
    view: str
    guard: str


def pages(project: Project, module: str, depth: int = 0) -> list[Page] | None:
    """The table of a library's module, ``None`` where it is not known."""
    table = next((one for one in known().urls if one.module == module), None)
    if table is None or depth > _DEPTH:
        return None
    found: list[Page] = []
    for prefix, inner, application in table.include:
        if not application or application in _installed(project):
            found += [
                msgspec.structs.replace(one, path=prefix + one.path) for one in pages(project, inner, depth + 1) or ()
            ]
    begun = f"{table.installed}." if table.installed else ""
    names = [one.removeprefix(begun).split(".")[0] for one in _installed(project) if one.startswith(begun)]
    for methods, path, view, guard in table.routes:
        for name in sorted(set(names)) if _APPLICATION in path else [""]:
            for method in methods.split():
                found.append(Page(method, path.replace(_APPLICATION, name), view.replace(_APPLICATION, name), guard))
    return found


def known_pages(dotted: str) -> list[Page]:
    """The routes of a router that a library's function or class makes, by its canonical name; none for unknown ones."""
    table = next((one for one in known().urls if one.module == dotted), None)
    return [
        Page(method, path, view, guard)
        for methods, path, view, guard in (table.routes if table is not None else ())
        for method in methods.split()
    ]


def ready(view: str) -> tuple[Page, ...]:
    """What a view of a library answers and asks for, wherever a project puts it: its methods, each with its guard."""
    if _TOKENS.match(view):
        return (Page("POST", "", view, ""),)
    if view.startswith("django."):
        return ()
    routes = (one for table in known().urls for one in table.routes if one[2] == view and _APPLICATION not in one[2])
    methods, _, _, guard = next(routes, ("", "", "", ""))
    return tuple(Page(method, "", view, guard) for method in methods.split() if method != "ANY")


_TOKENS = re.compile(r"rest_framework_simplejwt\.views\.Token\w+\Z|rest_framework\.authtoken\.views\.ObtainAuthToken\Z")
"""Views that give tokens for a password or an older token, and ask for nothing else."""


def _installed(project: Project) -> set[str]:
    """What ``INSTALLED_APPS`` of any settings module names."""
    kept: set[str] | None = vars(project).get("_installed_apps")
    if kept is None:
        kept = vars(project)["_installed_apps"] = set(_named(project))
    return kept


def _named(project: Project) -> Iterator[str]:
    for path in project.paths():
        for name, values in project.namespace(path).variables.items():
            if name.endswith(("INSTALLED_APPS", "THIRD_PARTY_APPS")):
                for node in walk(list(values)):
                    if isinstance(node, Constant) and isinstance(node.value, str):
                        yield node.value
