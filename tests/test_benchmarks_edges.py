"""The comparison of edges: the document says what was measured, and our own columns are measured anew."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from benchmarks.comparison import COMPARISON, EDGES, document
from benchmarks.edges import CONTENDERS, Contender, Edges, measure_contender, names
from benchmarks.edges_table import CONTROLS
from benchmarks.edges_table import EDGES as TEXTS

MEASURED = msgspec.json.decode(EDGES.read_bytes(), type=Edges)
OURS = [contender for contender in CONTENDERS if contender.tool == "backend-audit"]


def test_the_document_is_made_of_the_figures() -> None:
    assert COMPARISON.read_text(encoding="utf-8") == document()
    assert (set(TEXTS), set(CONTROLS)) == (set(names("edges")), set(names("controls")))


@pytest.mark.parametrize("contender", OURS, ids=lambda contender: contender.how)
def test_our_columns_are_still_so(contender: Contender, tmp_path: Path) -> None:
    measured = next(item for item in MEASURED.columns if (item.tool, item.how) == (contender.tool, contender.how))
    assert measure_contender(contender, tmp_path / "edges", None).seen == measured.seen


def test_without_configuration_every_edge_is_seen_and_nothing_else() -> None:
    rules = next(item for item in MEASURED.columns if (item.tool, item.how) == ("backend-audit", "no configuration"))
    assert rules.seen == tuple(f"edges.{name}" for name in names("edges"))
