"""Small projects made of texts, for tests of everything behind the facts."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import partial

from analyzer.facts.codec import encode
from analyzer.facts.modules import Modules
from analyzer.facts.outline import Bodies
from analyzer.project import Place, Project, link
from analyzer.syntax import lower


class _Kept:
    def __init__(self, bodies: Mapping[str, Bodies]) -> None:
        self._bodies = bodies

    def bodies(self, digest: str) -> Bodies:
        return self._bodies[digest]

    def holds(self, digest: str, text: bytes) -> bool:
        return text in encode(self._bodies[digest]).lower()


def project_of(files: Mapping[str, str], documents: Mapping[str, str] | None = None) -> Project:
    """The linked project of files given as ``{path: source}``; sources are dedented.

    ``documents`` are descriptions of interfaces by path.
    """
    facts = {path: lower(textwrap.dedent(text).encode()) for path, text in sorted(files.items())}
    for path, one in facts.items():
        assert one.outline.problem is None, (path, one.outline.problem)
    outlines = {path: one.outline for path, one in facts.items()}
    modules = Modules(outlines, {path: path for path in facts}, _Kept({p: f.bodies for p, f in facts.items()}))
    return link(modules, {path: partial(str, textwrap.dedent(text)) for path, text in (documents or {}).items()})


def place_of(project: Project, path: str, qualname: str) -> Place:
    """The place of a function by its name in a file."""
    functions = project.outline(path).functions
    return Place(path, next(i for i, function in enumerate(functions) if function.qualname == qualname))
