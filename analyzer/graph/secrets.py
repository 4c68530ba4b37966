"""Where the secrets of a file stand, so that no report prints them next to something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from analyzer.facts.expressions import Secret
from analyzer.facts.visit import walk
from analyzer.model import Span
from analyzer.project import Project


def secret_spans(project: Project, paths: Iterable[str]) -> dict[str, tuple[Span, ...]]:
    """The spans of all literals that look like secrets, by file; files without any are left out."""
    found = {path: tuple(_spans(project, path)) for path in sorted(set(paths)) if path in project.modules.outlines}
    return {path: spans for path, spans in found.items() if spans}


def _spans(project: Project, path: str) -> Iterator[Span]:
    outline = project.outline(path)
    roots: list[msgspec.Struct] = [*outline.body, *outline.functions, *outline.classes]
    for body in project.bodies(path).functions:
        roots.extend(body)
    for node in walk(roots):
        if isinstance(node, Secret):
            yield Span(node.line, node.column, node.end_line, node.end_column)
