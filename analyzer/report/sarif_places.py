"""Places in SARIF: URIs, regions, snippets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from analyzer.model import Excerpt, Finding, Location, visible

ROOT_ID = "SRCROOT"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def artifact(path: str) -> dict[str, Any]:
    """A file by its path relative to the root, percent-encoded (RFC 3986); bytes that are no UTF-8 too."""
    uri = quote(path, safe="/-._~", errors="surrogateescape") or "."
    return {"uri": uri, "uriBaseId": ROOT_ID}


def primary(finding: Finding) -> dict[str, Any]:
    """The finding's own place: a region on one line with all four fields, its snippet and its surroundings."""
    span = finding.location.span
    excerpt = finding.excerpt
    end = span.end_column if span.end_line == span.line else 0
    if excerpt is not None and excerpt.end_column:
        end = excerpt.end_column
    region = _region(span.line, span.column, span.line, max(end, span.column))
    snippet = excerpt.lines[0][slice(*excerpt.marks[0])] if excerpt is not None and excerpt.marks else ""
    region["snippet"] = {"text": snippet}
    physical: dict[str, Any] = {"artifactLocation": artifact(finding.location.path), "region": region}
    physical["contextRegion"] = _surroundings(finding.context, span.line)
    place: dict[str, Any] = {"physicalLocation": physical}
    if finding.scope:
        place["logicalLocations"] = [{"fullyQualifiedName": visible(finding.scope)}]
    return place


def told_place(location: Location, message: str) -> dict[str, Any]:
    """Another place with what is to be said about it."""
    span = location.span
    region = _region(span.line, span.column, span.end_line, span.end_column)
    return {
        "physicalLocation": {"artifactLocation": artifact(location.path), "region": region},
        "message": {"text": sentence(message)},
    }


def sentence(text: str) -> str:
    """Harmless text that ends in a period, without an embedded link or a placeholder (SARIF 2.1.0, section 3.11)."""
    shown = _PLACEHOLDER.sub(r"{{\1}}", visible(text.strip(), keep="\n").replace("](", "\\]("))
    return shown if shown.endswith((".", "!", "?")) else f"{shown}."


def _region(line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {
        "startLine": max(line, 1),
        "startColumn": max(column, 1),
        "endLine": max(end_line, line, 1),
        "endColumn": max(end_column, 1) if end_line > line else max(end_column, column, 1),
    }


def _surroundings(context: Excerpt | None, line: int) -> dict[str, Any]:
    """Whole lines around ``line``; the line alone where the file has no other or cannot be read any more."""
    if context is None:
        return {"startLine": max(line, 1), "endLine": max(line, 1), "snippet": {"text": ""}}
    last = context.first_line + len(context.lines) - 1
    return {"startLine": context.first_line, "endLine": last, "snippet": {"text": "\n".join(context.lines)}}
