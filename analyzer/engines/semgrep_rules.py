"""All ``semgrep.yml`` of the enabled rules as one JSON document, made once a change of theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from analyzer.engines.outcome import ResultStore
from analyzer.model import Rule

_FORMAT = "1"
"""Raised when the compilation itself changes, so that nothing compiled or found before is used again."""


class PatternMetadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ``metadata`` of one entry in a ``semgrep.yml``: whose rule it speaks for and what a user reads."""

    rule: str
    confidence: Literal["high", "medium", "low"]
    fix: str
    needles: tuple[tuple[str, ...] | str, ...]
    secret: bool = False
    """The matched text is a secret."""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a ``semgrep.yml``: what we need to know when it matches."""

    id: str
    tag: str
    """Part of the names of the copies it is run on, ``-3-``."""
    message: str
    metadata: PatternMetadata


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """``document`` is what semgrep reads; ``digest`` changes with any of the rule files."""

    digest: str
    patterns: tuple[Pattern, ...]
    document: bytes


def compile_rules(rules: Sequence[Rule], store: ResultStore) -> Compiled | None:
    """The compiled patterns of the rules that declare semgrep, or ``None`` when none does.

    Raises ``ValueError`` that names the file when a ``semgrep.yml`` is not as it must be (a bug of ours).
    """
    files = [(rule.code, Path(rule.folder) / "semgrep.yml") for rule in rules if rule.semgrep]
    if not files:
        return None
    texts = [(code, path, path.read_bytes()) for code, path in files]
    digest = hashlib.blake2b(_FORMAT.encode(), digest_size=16)
    for code, _, text in texts:
        digest.update(f"\0{code}\0{len(text)}\0".encode() + text)
    key = digest.hexdigest()
    if kept := store.get("semgrep-rules", [key]).get(key):
        try:
            return msgspec.msgpack.decode(kept, type=Compiled)
        except msgspec.DecodeError:
            pass
    compiled = _compile(key, texts)
    store.put("semgrep-rules", {key: msgspec.msgpack.encode(compiled)})
    return compiled


def _compile(digest: str, texts: Sequence[tuple[str, Path, bytes]]) -> Compiled:
    import yaml

    entries: list[dict[str, Any]] = []
    patterns: list[Pattern] = []
    for code, path, text in texts:
        for entry in yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["rules"]:
            try:
                metadata = msgspec.convert(entry.pop("metadata"), PatternMetadata)
            except (KeyError, msgspec.ValidationError) as error:
                raise ValueError(f"{path}: {entry.get('id')}: metadata: {error}") from error
            if metadata.rule != code or not entry["id"].startswith(f"{code.lower()}-"):
                raise ValueError(f"{path}: {entry['id']} must begin with {code.lower()}- and speak for {code}")
            tag = f"-{len(patterns)}-"
            patterns.append(Pattern(id=entry["id"], tag=tag, message=entry["message"], metadata=metadata))
            # Each copy's name says which patterns can match in it, so that semgrep tries no others.
            entries.append(entry | {"paths": {"include": [f"*{tag}*"]}})
    if len({pattern.id for pattern in patterns}) < len(patterns):
        raise ValueError("two entries of semgrep.yml files have the same id")
    return Compiled(digest=digest, patterns=tuple(patterns), document=msgspec.json.encode({"rules": entries}))
