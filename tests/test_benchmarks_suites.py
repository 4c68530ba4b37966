"""How the annotations of other scanners' tests are read, on texts in their forms."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from benchmarks.comparison import SUITES
from benchmarks.peers import statements
from benchmarks.suites import Suites, _copy_queries, _is_alert
from benchmarks.suites_notes import BY_DESIGN, TRUE_MISSES


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("run(x)  # $ Alert", True),
        ("run(x)  # $ Alert[py/some-query] # NOT OK", True),
        ("run(x)  # $ MISSING: Alert", True),
        ("run(x)  # $ SPURIOUS: Alert # OK", False),
        ("run(x)  # $ Alert SPURIOUS: result=BAD", True),
        ("run(x)  # $ Source", False),
        ("run(x)  # Alert", False),
    ],
)
def test_alerts_that_are_right_count(line: str, right: bool) -> None:
    assert _is_alert(line) is right


def test_alerts_of_another_query_are_left_aside_and_tests_get_other_names(tmp_path: Path) -> None:
    folder = tmp_path / "query"
    folder.mkdir()
    (folder / "test.py").write_text("a()  # $ Alert[py/one]\nb()  # $ Alert[py/two]\n")
    assert _copy_queries(folder, tmp_path / "copy", "py/one") == ({("case.py", 1)}, {("case.py", 2)})
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["case.py"]


def test_without_annotations_the_expected_rows_count(tmp_path: Path) -> None:
    folder = tmp_path / "query"
    folder.mkdir()
    (folder / "app.py").write_text("a()\nb()\n")
    (folder / "Query.expected").write_text(
        "edges\n| app.py:1:1:1:2 | x |\n#select\n| app.py:2:1:2:3 | b() | message |\n"
    )
    assert _copy_queries(folder, tmp_path / "copy", "") == ({("app.py", 2)}, set())


def test_a_line_belongs_to_its_innermost_statement() -> None:
    begins = statements("if a:\n    run(\n        b,\n    )\nelse:\n    c\n")
    assert [begins[line] for line in (1, 2, 3, 4, 6)] == [1, 2, 2, 2, 6]


def test_every_kind_with_misses_has_its_reason_and_no_other_has() -> None:
    found = msgspec.json.decode(SUITES.read_bytes(), type=Suites)
    rows = next(suite.rows for suite in found.suites if suite.name == "CodeQL")
    missed = {row.title.partition(" (CWE")[0] for row in rows if row.scores[0].found < row.expected}
    assert missed == BY_DESIGN.keys() | TRUE_MISSES.keys()
    assert not BY_DESIGN.keys() & TRUE_MISSES.keys()
