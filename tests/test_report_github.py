"""Annotations and the step summary of a workflow, and that no name in audited code can act in them."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.model import Finding, Report
from analyzer.report import formats, render
from analyzer.report import github_summary as summary_format
from analyzer.report.github import escape_data, escape_property
from analyzer.report.markdown import escaped, fenced, prose
from tests.report_samples import finding, sample


def commands(report: Report) -> list[str]:
    return [line for line in render(report, "github").splitlines() if line.startswith("::")]


def test_an_annotation_has_its_place_and_words() -> None:
    first, *_ = commands(sample())
    head, _, message = first.removeprefix("::error ").partition("::")
    assert dict(part.split("=", 1) for part in head.split(",")) == {
        "file": "app/repositories/users.py",
        "line": "7",
        "endLine": "7",
        "col": "24",
        "endColumn": "69",
        "title": "BA101 string-built-sql",
    }
    assert message.split("%0A")[1] == "Reached by POST /login → AuthController.login → UserRepository.by_name"


def test_an_annotation_over_several_lines_has_no_columns() -> None:
    several = next(line for line in commands(sample()) if "endLine=15" in line)
    assert "col=" not in several


def test_ten_of_a_kind_worst_first_and_a_word_about_the_rest() -> None:
    def line(number: int, rule: str, **more: object) -> Finding:
        return finding(rule, "m.py", (number, 1, number, 2), f"number {number}", "x", **more)

    findings = [line(number, "BA101") for number in range(1, 15)]
    findings += [line(number, "BA504") for number in range(20, 33)]
    findings += [line(40, "BA101", route="GET /")]
    report = sample(findings, {"m.py": "a\n" * 50})
    told = commands(report)
    assert [command.split(" ")[0] for command in told] == ["::error"] * 10 + ["::warning"] * 10
    assert "number 40" in told[0]
    assert "8 more findings without an annotation (5 errors, 3 warnings)" in render(report, "github")


@given(st.text(), st.text())
def test_a_workflow_command_cannot_be_left(name: str, value: str) -> None:
    line = f"::error file={escape_property(name)},title={escape_property(value)}::{escape_data(value)}"
    assert "\n" not in line
    assert "\r" not in line
    head, _, message = line.removeprefix("::error ").partition("::")
    file, title = head.split(",")

    def back(text: str) -> str:
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, character)
        return text

    assert back(file) == f"file={name}"
    assert back(title) == f"title={value}"
    assert back(message) == value


HOSTILE = "a\r\n::error::x\x1b]0;t\x07\u202e\u200b</code></details><script>alert(1)</script>`![x](http://evil)`@team|#1"


@pytest.mark.parametrize("format", formats())
def test_hostile_names_act_nowhere(format: str) -> None:
    path = f"app/{HOSTILE}.py"
    evil = finding("BA101", path, (1, 1, 1, 9), f"`{HOSTILE}` is bad", HOSTILE, route=f"GET /{HOSTILE}", scope=HOSTILE)
    text = render(sample([evil], {path: f"{HOSTILE}\n"}), format)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u200b\u202e]", text)
    assert not re.search(r"^::error::", text, re.MULTILINE)
    if format == "github-summary":
        outside = re.sub(r"^(`{3,})python\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
        assert "<script" not in outside
        assert "](http://evil" not in outside
        assert outside.count("</details>") == 1


markdown_text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Zl", "Zp"]), max_size=80)


@given(markdown_text)
def test_markdown_escapes_read_back_as_the_text(text: str) -> None:
    assert not re.search(r"[<>*_`\[\]|@~\\]", escaped(text))
    if text.isascii():
        assert html.unescape(escaped(text)) == text


def test_quoted_names_are_code() -> None:
    assert prose("`a_b` is <b>") == "<code>a&#95;b</code> is &#60;b&#62;"


@given(st.lists(st.text("`a \n~", max_size=20), min_size=1, max_size=5))
def test_a_fence_is_longer_than_what_it_holds(lines: list[str]) -> None:
    first, *body, last = fenced(tuple(lines)).split("\n")
    fence = first.removesuffix("python")
    assert last == fence
    assert not any(fence in line for line in body)


def test_the_summary_tells_the_worst_and_stays_under_the_limit() -> None:
    findings = [
        finding("BA504", "m.py", (line, 1, line, 2), f"number {line} " + "x" * 3000, "y", key=str(line))
        for line in range(1, 600)
    ]
    findings.append(finding("BA101", "z.py", (1, 1, 1, 2), "the worst of all", "y"))
    text = render(sample(findings, {"m.py": "a\n" * 600, "z.py": "a\n"}), "github-summary")
    assert len(text.encode()) < summary_format.LIMIT
    assert "](" not in text, "no link that leads nowhere"
    assert text.index("the worst of all") < text.index("number 1 ")
    assert re.search(r"\d+ more findings left out here", text)
