"""``docs/comparison.md`` from what each comparison measured last."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks import edges_table, secrets_table, suites_table
from benchmarks.edges import Edges
from benchmarks.secrets import Secrets
from benchmarks.suites import Suites

COMPARISON = Path(__file__).resolve().parent.parent / "docs" / "comparison.md"
EDGES = Path(__file__).resolve().parent / "edges.json"
SECRETS = Path(__file__).resolve().parent / "secrets.json"
SUITES = Path(__file__).resolve().parent / "suites.json"


def write(path: Path, found: Edges | Secrets | Suites) -> None:
    """Keep what one comparison measured, and write the document anew."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    COMPARISON.write_text(document(), encoding="utf-8")


def document() -> str:
    """The whole document."""
    sections = (
        edges_table.section(msgspec.json.decode(EDGES.read_bytes(), type=Edges)),
        secrets_table.section(msgspec.json.decode(SECRETS.read_bytes(), type=Secrets)),
        suites_table.section(msgspec.json.decode(SUITES.read_bytes(), type=Suites)),
    )
    return "\n".join((_HEAD, *sections))


_HEAD = """# Comparison with other tools

Each section is written by a command of [`benchmarks`](../benchmarks/README.md) that runs every tool:
[which edges are seen](#which-edges-are-seen), [which secrets are told](#which-secrets-are-told), and
[the annotated tests of other scanners](#annotated-tests-of-other-scanners). Whether what we report is worth reading is
judged finding by finding in [precision.md](precision.md).
"""
