"""Read one ``README.md``: YAML front matter between ``---`` lines, then five sections of Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from analyzer.model import Confidence, Rule, Sections, Severity

# libyaml's loader is ten times faster; the wheels of PyYAML bring it on every common platform.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

FAMILIES = {
    "0": "audit-trust",
    "1": "untrusted-input",
    "2": "secrets-and-cryptography",
    "3": "authentication",
    "4": "api-boundary",
    "5": "architecture",
    "6": "operations",
    "7": "quality-loop",
}
"""The digit after ``BA`` names the family."""

TITLES = {
    "What it finds": "what_it_finds",
    "Why it matters": "why_it_matters",
    "Bad": "bad",
    "Good": "good",
    "When not to fix it": "when_not_to_fix_it",
}
"""Headings of the sections, in the order in which they must stand."""

SUMMARY_LIMIT = 200
"""Characters; a summary is one line of a table."""


class RulebookError(Exception):
    """A rule's folder is not as it must be; one line a mistake. A bug of ours, never the user's fault."""


class _Engines(msgspec.Struct, forbid_unknown_fields=True):
    semgrep: bool
    bandit: tuple[str, ...]
    check: bool


class _FrontMatter(msgspec.Struct, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    code: str
    slug: str
    title: str
    summary: str
    family: str
    severity: Literal["error", "warning", "note"]
    confidence: Literal["high", "medium", "low"]
    cwe: tuple[int, ...]
    owasp: tuple[str, ...]
    tags: tuple[str, ...]
    tier: Literal["default", "pedantic"]
    engines: _Engines
    security_severity: str | None = None


def parse_rule(path: Path) -> Rule:
    """The rule that ``path`` (a ``README.md`` in a rule's folder) describes.

    Raises ``RulebookError`` that names the path, with one line a mistake.
    """
    text = path.read_text(encoding="utf-8")
    match = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    if match is None:
        raise RulebookError(f"{path}: must begin with front matter between two lines '---'")
    try:
        front = msgspec.convert(yaml.load(match[1], Loader=_LOADER), _FrontMatter)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise RulebookError(f"{path}: front matter: {' '.join(str(error).split())}") from error
    body = text[match.end() :].strip("\n") + "\n"
    sections = _sections(body)
    mistakes = [*_front_mistakes(front, path.parent.name), *_section_mistakes(sections)]
    if mistakes:
        raise RulebookError("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return Rule(
        code=front.code,
        slug=front.slug,
        title=front.title,
        summary=front.summary,
        family=front.family,
        severity=Severity[front.severity.upper()],
        confidence=Confidence[front.confidence.upper()],
        sections=Sections(**{field: sections[title] for title, field in TITLES.items()}),
        cwe=front.cwe,
        owasp=front.owasp,
        tags=front.tags,
        tier=front.tier,
        semgrep=front.engines.semgrep,
        bandit=front.engines.bandit,
        check=front.engines.check,
        security_severity=None if front.security_severity is None else float(front.security_severity),
        folder=str(path.parent.resolve()),
        markdown=body,
    )


def _front_mistakes(front: _FrontMatter, folder: str) -> list[str]:
    mistakes = []
    if not re.fullmatch(r"BA[0-7]\d\d", front.code):
        mistakes.append(f"code {front.code!r} is not BA and three digits, the first of them 0-7")
    elif front.family != FAMILIES[front.code[2]]:
        mistakes.append(f"family of {front.code} must be {FAMILIES[front.code[2]]!r}, not {front.family!r}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", front.slug):
        mistakes.append(f"slug {front.slug!r} is not kebab-case")
    if folder != f"{front.code}-{front.slug}":
        mistakes.append(f"folder must be named {front.code}-{front.slug}")
    if not front.title.strip() or not front.summary.strip():
        mistakes.append("title and summary must not be empty")
    if len(front.summary) > SUMMARY_LIMIT or "\n" in front.summary:
        mistakes.append(f"summary must be one line of at most {SUMMARY_LIMIT} characters")
    mistakes += [
        f"owasp entry {entry!r} is not like 'A03:2021'" for entry in front.owasp if not _OWASP.fullmatch(entry)
    ]
    mistakes += [
        f"bandit id {name!r} is not like 'B608'" for name in front.engines.bandit if not _BANDIT.fullmatch(name)
    ]
    if front.security_severity is not None and not _SCORE.fullmatch(front.security_severity):
        mistakes.append(f"security-severity {front.security_severity!r} is not a score from 0.0 to 10.0")
    return mistakes


_OWASP = re.compile(r"(A(0[1-9]|10)|API([1-9]|10)):20\d\d")
_BANDIT = re.compile(r"B\d\d\d")
_SCORE = re.compile(r"\d\.\d|10\.0")


def _sections(body: str) -> dict[str, str]:
    """Heading of each ``##`` section (in order) to its text; headings inside fenced code do not count."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    fenced = False
    for line in body.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("## ") and not fenced:
            lines = sections.setdefault(line[3:].strip(), [])
        else:
            lines.append(line)
    return {title: "\n".join(lines).strip() for title, lines in sections.items()}


def _section_mistakes(sections: dict[str, str]) -> list[str]:
    if list(sections) != list(TITLES):
        return [f"sections must be {', '.join(TITLES)}; they are {', '.join(sections) or 'none'}"]
    return [f"section {title!r} is empty" for title, text in sections.items() if not text]
