"""What in a project is a route, a handler, a model, a session: one file a framework, found without a list.

In: a :class:`~analyzer.project.Project`. Out: a :class:`~analyzer.frameworks.backend.Backend`. A framework is a module
of this package with ``recognise(project) -> Found | None``; ``None`` means that the project does not use it.
"""

from __future__ import annotations

import importlib
import pkgutil

from analyzer.frameworks.backend import Backend, EntryPoint, Route, Unresolved
from analyzer.project.project import Project

__all__ = ["Backend", "EntryPoint", "Route", "Unresolved", "recognise"]


def recognise(project: Project, tests: frozenset[str] = frozenset()) -> Backend:
    """Ask every framework for its routes and other doors.

    What ``tests`` register is no door of the backend: these files are not looked into, unless there are no others.
    """
    whole, project = project, project.without(tests if len(tests) < len(project.paths()) else frozenset())
    routes: set[Route] = set()
    entrypoints: set[EntryPoint] = set()
    unresolved: set[Unresolved] = set()
    library: set[Route] = set()
    names: set[str] = set()
    for module in sorted(item.name for item in pkgutil.iter_modules(__path__)):
        framework = importlib.import_module(f"{__name__}.{module}")
        found = framework.recognise(project) if hasattr(framework, "recognise") else None
        if found is not None:
            routes.update(found.routes)
            entrypoints.update(found.entrypoints)
            unresolved.update(found.unresolved)
            library.update(found.library)
            names.update(route.framework for route in found.routes)
    return Backend(
        whole,
        tuple(sorted(routes)),
        tuple(sorted(entrypoints)),
        tuple(sorted(unresolved)),
        tuple(sorted(names)),
        tuple(sorted(library)),
    )
