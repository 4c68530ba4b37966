"""All modules together.

In: :class:`~analyzer.facts.modules.Modules`. Out: a :class:`Project` that knows what every name denotes.
"""

from collections.abc import Callable, Mapping

from analyzer.facts.modules import Modules
from analyzer.project.checking import settled
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

__all__ = ["Place", "Project", "Target", "link"]


def link(
    modules: Modules,
    documents: Mapping[str, Callable[[], str]] | None = None,
    templates: Mapping[str, Callable[[], str]] | None = None,
) -> Project:
    """Link the modules of a tree; beside them, by path, are ``documents``, the descriptions of HTTP interfaces, and
    ``templates``, those of pages that write a value unescaped."""
    project = Project(modules, documents, templates)
    mended = settled(project)
    return project if mended is None else Project(mended, documents, templates)
