"""What the flow stage knows of the language, one file of ``fixtures/flow`` for each feature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_cases import FIXTURES

from analyzer.config.settings import Config
from analyzer.model import Silent
from analyzer.pipeline import audit

CASES = sorted(path for path in (FIXTURES / "flow").iterdir() if not path.name.startswith("__"))
_MARK = re.compile(r"[ \t]*# (expect|silent|todo): (BA\d{3})$", re.MULTILINE)


def _marks(case: Path) -> Iterator[tuple[str, str, int, str]]:
    """What the comments of a case say: the word, the file, the line and the rule."""
    for source in [case] if case.is_file() else sorted(case.rglob("*.py")):
        for number, line in enumerate(source.read_text().splitlines(), 1):
            for word, code in _MARK.findall(line):
                yield word, source.name, number, code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_feature_is_shown_by_two_bad_and_two_good_lines_at_least(case: Path) -> None:
    words = [word for word, *_ in _marks(case)]
    assert words.count("expect") >= 2
    assert words.count("silent") >= 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_is_told_of_a_feature_is_what_its_comments_say(case: Path, tmp_path: Path) -> None:
    for source in [case] if case.is_file() else sorted(case.rglob("*.py")):
        copy = tmp_path / "shop" / source.relative_to(case.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_MARK.sub("", source.read_text()))
    marks = list(_marks(case))
    codes = tuple(sorted({code for *_, code in marks}))
    config = Config(select=codes, semgrep=False, bandit=False, cache=False, jobs=1)
    report = audit([tmp_path / "shop"], config, Silent())
    told = {(Path(one.location.path).name, one.location.span.line, one.rule) for one in report.findings}
    open_ = {tuple(where) for word, *where in marks if word == "todo"}
    assert told - open_ == {tuple(where) for word, *where in marks if word == "expect"}
