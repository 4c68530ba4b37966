"""From paths to the tree of files that the audit looks at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.config.root import common_folder, find_root, resolve_paths
from analyzer.config.settings import Config
from analyzer.config.text import shown
from analyzer.model.errors import NothingToAudit
from analyzer.model.source import SourceFile, SourceTree
from analyzer.source.reading import Skip, digest_of, read_source
from analyzer.source.settings_files import read_descriptions, read_settings, read_templates
from analyzer.source.tiers import settings_tests, tier_of
from analyzer.source.walk import Walk


def discover(paths: Sequence[Path], config: Config) -> SourceTree:
    """The Python files of ``paths`` (files or folders), sorted, with paths relative to the repository's root.

    A file named in ``paths`` is taken even when it is ignored, excluded or generated, and when it is a script whose
    first line names Python. Raises ``UserError`` for a path that does not exist, ``NothingToAudit`` when no file is
    left.
    """
    resolved = resolve_paths(paths)
    root = find_root(resolved)
    walk = Walk(root, config)
    named = {path.relative_to(root).as_posix() for path in resolved if path.is_file()}
    for path in resolved:
        if path.is_dir():
            walk.folder(path)
    walk.follow_links(resolved)
    skipped = {path: reason for path, reason in walk.skipped.items() if path not in named}
    common = common_folder(resolved)
    files = _read(root, common, sorted(walk.files | named), named, config, skipped)
    if not files:
        raise NothingToAudit(_nothing(paths, skipped, len(walk.excluded)))
    settings = read_settings(str(root), _above(root, common), sorted(walk.settings), config, skipped)
    return SourceTree(
        root=str(root),
        files=tuple(files),
        settings=settings,
        descriptions=read_descriptions(str(root), sorted(walk.descriptions), config),
        templates=read_templates(str(root), sorted(walk.templates), config),
        skipped=tuple(sorted(skipped.items())),
        excluded=len(walk.excluded - named),
    )


def _above(root: Path, common: Path) -> str:
    """The folder all audited paths share, relative to the root, with a slash at its end; empty for the root."""
    above = common.relative_to(root).as_posix()
    return "" if above == "." else above + "/"


def _read(
    root: Path, common: Path, paths: Sequence[str], named: set[str], config: Config, skipped: dict[str, str]
) -> list[SourceFile]:
    """Read, hash and classify every path; those not to be analysed go to ``skipped``."""
    tests = settings_tests(config.tests)
    prefix = _above(root, common)
    files: list[SourceFile] = []
    for path in paths:
        try:
            data = read_source(f"{root}/{path}", config.max_file_size, path in named)
        except Skip as skip:
            skipped[path] = str(skip)
            continue
        tier = tier_of(path.removeprefix(prefix), data, tests.covers(path))
        files.append(SourceFile(path=path, digest=digest_of(data), size=len(data), tier=tier))
    return files


def _nothing(paths: Sequence[Path], skipped: dict[str, str], excluded: int) -> str:
    """Why there is nothing to audit, in one line."""
    where = ", ".join(shown(str(path)) for path in paths) or "the paths"
    reasons = [f"{excluded} left out by ignore files and excludes"] if excluded else []
    reasons += [f"{shown(path)}: {reason}" for path, reason in sorted(skipped.items())[:3]]
    return f"no Python file to audit in {where}" + (f" ({'; '.join(reasons)})" if reasons else "")
