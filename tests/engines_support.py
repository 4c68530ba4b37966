"""Small trees, a store in memory and engines that misbehave, for the tests of ``analyzer.engines``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from analyzer import engines
from analyzer.config import Config
from analyzer.engines import EngineResult
from analyzer.engines.semgrep_install import Installed
from analyzer.model import Silent, SourceFile, SourceTree
from analyzer.rulebook import load_rules
from analyzer.source.reading import digest_of

RULES = load_rules()
ONLY_SEMGREP = Config(bandit=False, jobs=1)
ONLY_BANDIT = Config(semgrep=False, jobs=1)

SQL = "def find(cursor, name):\n    cursor.execute(f\"SELECT id FROM users WHERE name = '{name}'\")\n"
"""One BA101 on line 2 for both engines."""


class MemoryStore:
    """Keeps what it is given, and remembers who asked for what."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, keys: list[str]) -> dict[str, bytes]:
        return {key: self.items[kind, key] for key in keys if (kind, key) in self.items}

    def put(self, kind: str, items: Mapping[str, bytes]) -> None:
        self.items.update({(kind, key): value for key, value in items.items()})


def make_tree(root: Path, files: Mapping[str, str | bytes]) -> SourceTree:
    """Write files and list them all, whatever their names and folders."""
    listed = []
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        listed.append(SourceFile(path=name, digest=digest_of(data), size=len(data)))
    return SourceTree(root=str(root), files=tuple(sorted(listed, key=lambda file: file.path)))


def run(tree: SourceTree, config: Config, store: MemoryStore | None = None) -> EngineResult:
    """Both engines as the configuration says, with every rule enabled."""
    return engines.run(tree, RULES, config, store or MemoryStore(), Silent())


def places(result: EngineResult, code: str = "") -> set[tuple[str, int]]:
    """Path and first line of each finding, of one rule or all."""
    return {(f.location.path, f.location.span.line) for f in result.findings if code in ("", f.rule)}


def fake_core(folder: Path, body: str) -> Installed:
    """A program in place of semgrep's binary, and no command line to fall back to."""
    script = folder / "core"
    script.write_text(f"#!{sys.executable} -E\nimport json, os, sys, time\n{body}\n")
    script.chmod(0o755)
    return Installed("0.0", script, ())
