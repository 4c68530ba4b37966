"""All modules together.

In: :class:`~analyzer.facts.modules.Modules`. Out: a :class:`Project` that knows what every name denotes.
"""

from analyzer.facts.modules import Modules
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

__all__ = ["Place", "Project", "Target", "link"]


def link(modules: Modules) -> Project:
    """Link the modules of a tree."""
    return Project(modules)
