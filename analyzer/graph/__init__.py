"""The picture of the backend: roles with evidence, layers, dependency edges, cycles, and which routes reach what.

In: a :class:`~analyzer.frameworks.backend.Backend` (routes over linked modules). Out: a
:class:`~analyzer.graph.picture.Picture`. networkx lives here and nowhere else.
"""

from analyzer.graph.attach import attach
from analyzer.graph.contracts import Broken, Modules, broken, mistakes
from analyzer.graph.picture import Picture, build
from analyzer.graph.role import LAYERS, ROLES, Evidence, Role
from analyzer.graph.secrets import secret_spans

__all__ = [
    "LAYERS",
    "ROLES",
    "Broken",
    "Evidence",
    "Modules",
    "Picture",
    "Role",
    "attach",
    "broken",
    "build",
    "mistakes",
    "secret_spans",
]
