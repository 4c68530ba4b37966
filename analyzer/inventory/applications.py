"""Which application a route belongs to, where a repository has several."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from analyzer.facts.expressions import Constant
from analyzer.facts.visit import walk
from analyzer.frameworks import Route
from analyzer.graph.groups import installed, named_module, top
from analyzer.graph.picture import Picture

_TABLE = "urlpatterns"
_MOST = 2000
"""Packages and lone modules; with more of them, nothing is told apart."""


class Applications:
    """Applications by route. Two packages with routes are one where one of them, or a third one, comes to both; what
    both come to, a library of the repository, joins nothing."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._names = self._named()

    def of(self, route: Route) -> str:
        """The name of the application: its folder or package; empty where there is only one."""
        return self._names.get(top(self._picture.project, route.handler.path), "")

    def _named(self) -> dict[str, str]:
        project = self._picture.project
        routes = (*self._picture.routes, *self._picture.backend.library)
        ways = self._ways()
        for route in routes:
            if route.registered in project.modules.outlines:  # and not a document beside the code
                ways.setdefault(top(project, route.registered), set()).add(top(project, route.handler.path))
        with_routes = {top(project, route.handler.path) for route in routes}
        if len(with_routes) < 2 or len(ways) > _MOST:
            return {}
        groups = _joined(with_routes, (_reached(ways, start) & with_routes for start in sorted(ways)))
        return _spelt(groups) if len(groups) > 1 else {}

    def _ways(self) -> dict[str, set[str]]:
        """What packages and lone modules come to: by imports, by Django's settings and its tables of URLs."""
        project, found = self._picture.project, dict[str, set[str]]()
        for path in project.paths():
            if not self._picture.is_main(path):
                continue
            targets = {edge.target for edge in self._picture.imports_of(path)}
            targets |= {*installed(project, path), *self._included(path)}
            found.setdefault(top(project, path), set()).update(top(project, target) for target in targets)
        return found

    def _included(self, path: str) -> Iterator[str]:
        values = self._picture.project.namespace(path).variables.get(_TABLE, [])
        for node in walk(list(values)):
            if isinstance(node, Constant) and isinstance(node.value, str) and "/" not in node.value:
                module = named_module(self._picture.project, path, node.value)
                if module:
                    yield module


def _reached(ways: dict[str, set[str]], start: str) -> set[str]:
    found, pending = {start}, [start]
    while pending:
        new = ways.get(pending.pop(), set()) - found
        found |= new
        pending += new
    return found


def _joined(items: set[str], together: Iterable[set[str]]) -> list[set[str]]:
    """Items in groups: those that stand together anywhere are in one."""
    groups = [{item} for item in sorted(items)]
    for several in together:
        touched = [group for group in groups if group & several]
        if len(touched) > 1:
            groups = [group for group in groups if not group & several] + [set().union(*touched)]
    return sorted(groups, key=min)


def _spelt(groups: list[set[str]]) -> dict[str, str]:
    """The folder that the packages of each application lie in, where it is theirs alone; else its first package."""
    folders = [posixpath.commonpath([posixpath.dirname(one) or "." for one in group]) for group in groups]
    found: dict[str, str] = {}
    for group, folder in zip(groups, folders, strict=True):
        name = folder if folder not in {"", "."} and folders.count(folder) == 1 else min(group)
        found.update(dict.fromkeys(group, name))
    return found
