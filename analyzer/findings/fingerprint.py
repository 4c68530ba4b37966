"""What makes a finding the same finding in the next commit: everything but its line number."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from analyzer.findings.masking import line_edits, masked
from analyzer.findings.sources import Source, Sources
from analyzer.model import Finding, Span

_BLANKS = re.compile(r"\s+")
_STRING_OR_COMMENT = re.compile(
    r"""(?P<string>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<comment>\#.*)"""
)
_DIGITS = 32
"""Hexadecimal digits kept of SHA-256: 128 bits."""


def with_fingerprints(
    findings: Sequence[Finding], sources: Sources, secrets: Mapping[str, Sequence[Span]]
) -> list[Finding]:
    """The findings, each with its ``backendAudit/v1`` fingerprint.

    It hashes the rule, the path, the enclosing definition, the normalised code of the line and the ordinal among
    findings that are equal so far, in the given order. Secrets are masked before hashing.
    """
    equals: dict[tuple[str, str, str, str], int] = {}
    result: list[Finding] = []
    for finding in findings:
        path = finding.location.path
        code = normalised_line(sources[path], finding.location.span.line, secrets.get(path, ()))
        identity = (finding.rule, path, finding.scope, code)
        ordinal = equals.get(identity, 0)
        equals[identity] = ordinal + 1
        result.append(msgspec.structs.replace(finding, fingerprint=_digest(*identity, str(ordinal))))
    return result


def normalised_line(source: Source, number: int, secrets: Sequence[Span]) -> str:
    """The code of a line: secrets masked, its comment left out, stretches of white space made one blank."""
    line = masked(source.line(number), line_edits(source, number, secrets))
    without_comment = _STRING_OR_COMMENT.sub(lambda found: found["string"] or "", line)
    return _BLANKS.sub(" ", without_comment).strip()


def _digest(*parts: str) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()[:_DIGITS]
