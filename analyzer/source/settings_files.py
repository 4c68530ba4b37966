"""Files beside the code that are no Python: settings, descriptions of interfaces, templates; which, and how large."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from analyzer.config.settings import Config
from analyzer.model.source import SourceFile
from analyzer.source.reading import Skip, digest_of, read_source
from analyzer.source.tiers import settings_tests, tier_of

LARGEST = 262_144
"""Bytes; people write smaller ones, and what is larger is data or a lock."""
MOST = 2_000
MOST_BYTES = 33_554_432
"""Of all such files together; the rest is told of in a note."""

_NAMES = re.compile(
    r"(?:\.env(?:rc)?(?:[.-][\w.-]+)?|[\w.-]+\.env|(?:[\w.-]+\.)?(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?"
    r"|[\w.-]+\.(?:ya?ml|toml|json|ini|cfg|conf|properties|dockerfile))",
    re.IGNORECASE,
)
_LOCKS = re.compile(
    r"(?:.*[.-]lock(?:\.(?:json|ya?ml|toml))?|package-lock\.json|npm-shrinkwrap\.json|.*\.min\.json|.*\.(?:ipynb|map|geojson)"
    r"|(?:openapi|swagger|schema)[\w.-]*\.(?:json|ya?ml)|[\w.-]*(?:schema|manifest|snapshot)\.json|tsconfig[\w.-]*\.json)",
    re.IGNORECASE,
)
"""Written by programs, or descriptions of interfaces: full of digests and of names that hold nothing."""


_DESCRIPTIONS = re.compile(r"[\w.-]+\.(?:ya?ml|json)", re.IGNORECASE)
_DESCRIBES = re.compile(rb"(?:^|[\s{\"'])(?:openapi|swagger)[\"']?\s*:")
LARGEST_DESCRIPTION = 524_288
"""Bytes of an interface's description; a YAML parser takes 5 s for as much."""
MOST_DESCRIPTIONS = 50


def is_description_name(name: str) -> bool:
    """Whether a file of that name may describe an HTTP interface (OpenAPI, Swagger); its content decides."""
    return _DESCRIPTIONS.fullmatch(name) is not None


def read_descriptions(root: str, paths: Sequence[str], config: Config) -> tuple[SourceFile, ...]:
    """The descriptions of HTTP interfaces among ``paths`` (sorted, relative), within the limits."""
    found = _read(
        root,
        paths,
        min(LARGEST_DESCRIPTION, config.max_file_size),
        lambda data: _DESCRIBES.search(data[:4_096]) is not None and b"paths" in data,
    )
    return tuple(islice(found, MOST_DESCRIPTIONS))


def _read(root: str, paths: Sequence[str], largest: int, wanted: Callable[[bytes], bool]) -> Iterator[SourceFile]:
    """The texts among ``paths`` of at most ``largest`` bytes whose content is wanted; files are read as they are asked
    for."""
    for path in paths[:MOST]:
        try:
            data = read_source(f"{root}/{path}", largest, False)
        except Skip:
            continue
        if wanted(data) and b"\0" not in data:
            yield SourceFile(path=path, digest=digest_of(data), size=len(data))


_TEMPLATES = re.compile(r"[\w.-]+\.(?:html?|jinja2?|j2|tpl|djhtml)", re.IGNORECASE)
_UNESCAPED = re.compile(rb"\|\s*safe\b|autoescape\s+(?:false|off|none)|\{%\s*raw\s+\w|\{\{\s*!", re.IGNORECASE)


def is_template_name(name: str) -> bool:
    """Whether a file of that name may be a template of HTML pages; its content decides whether it matters."""
    return _TEMPLATES.fullmatch(name) is not None


def read_templates(root: str, paths: Sequence[str], config: Config) -> tuple[SourceFile, ...]:
    """The templates among ``paths`` (sorted, relative) that write a value unescaped, within the limits."""
    largest = min(LARGEST, config.max_file_size)
    return tuple(_read(root, paths, largest, lambda data: _UNESCAPED.search(data) is not None))


def is_settings_name(name: str) -> bool:
    """Whether a file of that name holds settings of programs, one of which may be a secret."""
    return _NAMES.fullmatch(name) is not None and _LOCKS.fullmatch(name) is None


def read_settings(
    root: str, prefix: str, paths: Sequence[str], config: Config, skipped: dict[str, str]
) -> tuple[SourceFile, ...]:
    """The settings files among ``paths`` (sorted, relative), read once for their digest and within the limits.

    ``prefix`` is the folder the audited paths share. Files that are no text or too large are left out in silence, for
    nobody asked for them; what is beyond the limits of number and size is told in ``skipped``.
    """
    tests = settings_tests(config.tests)
    files: list[SourceFile] = []
    total = 0
    for number, path in enumerate(paths):
        if len(files) >= MOST or total >= MOST_BYTES:
            skipped[path] = f"{len(paths) - number} settings files from here on were not looked at: there are too many"
            break
        try:
            data = read_source(f"{root}/{path}", min(LARGEST, config.max_file_size), False)
        except Skip:
            continue
        if b"\0" in data[:8_192]:
            continue
        total += len(data)
        tier = tier_of(path.removeprefix(prefix), b"", tests.covers(path))
        files.append(SourceFile(path=path, digest=digest_of(data), size=len(data), tier=tier))
    return tuple(files)
