"""Where the secrets of a file stand, so that no report prints them next to something else."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.model import Span
from analyzer.project import Project


def secret_spans(project: Project, paths: Iterable[str]) -> dict[str, tuple[Span, ...]]:
    """The spans of all literals that look like secrets, by file; files without any are left out."""
    found: dict[str, tuple[Span, ...]] = {}
    for path in sorted(set(paths) & project.modules.outlines.keys()):
        secrets = project.outline(path).secrets
        if secrets:
            found[path] = tuple(Span(node.line, node.column, node.end_line, node.end_column) for node in secrets)
    return found
