"""What a person sees, pinned screen by screen. ``UPDATE_SNAPSHOTS=1`` writes the screens anew: read the diff."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from analyzer.model import Statistics, UserError
from analyzer.report import formats, render
from tests.report_samples import finding, sample

SNAPSHOTS = Path(__file__).parent / "snapshots"


def assert_snapshot(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 100, 140])
def test_plain_screens(width: int) -> None:
    assert_snapshot(f"text-{width}.txt", render(sample(), "text", width=width))


def test_verbose_screen() -> None:
    assert_snapshot("text-verbose.txt", render(sample(), "text", verbose=True))


def test_coloured_screen() -> None:
    assert_snapshot("text-colour.txt", render(sample(), "text", color=True, width=80))


def test_quiet_screen() -> None:
    assert_snapshot("text-quiet.txt", render(sample(), "text", quiet=True))


def test_a_clean_result_is_one_line() -> None:
    report = sample([], {}, notes=(), statistics=Statistics(files=42, routes=7))
    assert render(report, "text") == "No findings in 42 files (7 routes, FastAPI).\n"
    assert render(report, "text", quiet=True) == ""


def test_a_clean_result_does_not_hide_what_was_not_seen() -> None:
    text = render(sample([], {}, complete=False), "text")
    assert "bandit timed out" in text
    assert "1 file not analysed" in text
    assert "could not be completed" in text


def test_colour_is_an_addition_only() -> None:
    coloured = render(sample(), "text", color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(sample(), "text")
    assert "\x1b" not in render(sample(), "text")


def test_the_environment_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = render(sample(), "text", color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "33")
    monkeypatch.setenv("TERM", "dumb")
    assert render(sample(), "text", color=True) == expected


def caret_of(line: str, span: tuple[int, int, int, int], width: int = 100) -> tuple[str, int, int]:
    """The excerpt's line as shown, and from which cell to which the carets stand under it."""
    report = sample([finding("BA101", "a.py", span, "m", "f")], {"a.py": line + "\n"})
    lines = render(report, "text", width=width).splitlines()
    at = next(number for number, text in enumerate(lines) if "│ " in text and "^" in text)
    return lines[at - 1], lines[at].index("^"), len(lines[at])


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("run(name)", "name"),
        ("\tif x:\trun(name)", "name"),
        ("日本語 = run(名前)", "名前"),
        ("x = '😀😀' + run(name)", "run(name)"),
        ("x" * 400 + " run(name) " + "y" * 400, "run(name)"),
        ("\x1b[2Jrun(\u202ename)", "name"),
    ],
)
def test_carets_stand_under_the_span(line: str, text: str) -> None:
    begin = line.index(text) + 1
    shown, first, last = caret_of(line, (1, begin, 1, begin + len(text)))
    before = shown[: shown.index(text)]
    assert cell_len(before) == first
    assert cell_len(before + text) == last
    assert cell_len(shown) <= 100


def test_an_unknown_format_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="yaml"):
        render(sample(), "yaml")
    assert set(formats()) >= {"text", "json", "sarif", "github", "github-summary"}
