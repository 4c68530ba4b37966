"""GitHub's line hash: the same bytes must give the value GitHub computes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.findings import line_hashes

MODULE = b"import os\n\n\ndef run(name):\n\treturn os.popen('ls ' + name)\n"


def test_known_values_of_an_ordinary_module() -> None:
    # Values computed with GitHub's own implementation.
    assert line_hashes(MODULE, range(1, 7)) == {
        1: "5c3ba9b242676656:1",
        2: "21b28e27783a6c8b:1",
        3: "e6ae65ae61511dad:1",
        4: "5f148c2e1198b797:1",
        5: "4af62d463160eb29:1",
        6: "c129715d7a2bc9a3:1",
    }


def test_known_values_outside_the_basic_plane_and_of_nothing() -> None:
    text = "# 日本語 😀\nvalue = 'é'".encode()
    assert line_hashes(text, (1, 2)) == {1: "e9622b03c07a1a95:1", 2: "91bea120147d004c:1"}
    assert line_hashes(b"", (1,)) == {1: "c129715d7a2bc9a3:1"}


def test_equal_lines_are_counted() -> None:
    hashes = line_hashes(b"x = 1\r\n" * 60, range(1, 4))
    assert hashes == {1: "ca3e9a077b09da0c:1", 2: "ca3e9a077b09da0c:2", 3: "ca3e9a077b09da0c:3"}


def test_lines_the_file_does_not_have_are_left_out() -> None:
    assert line_hashes(MODULE, (7, 100)) == {}


@given(st.lists(st.sampled_from(["a", "é", "😀", "\n", " ", "\t", "x = 1\n"]), max_size=200).map("".join))
def test_blanks_and_the_kind_of_line_end_do_not_matter(text: str) -> None:
    lines = range(1, text.count("\n") + 2)
    plain = line_hashes(text.encode(), lines)
    assert set(plain) == set(lines)
    assert line_hashes(text.replace("\n", "\r\n").replace("a", " a\t").encode(), lines) == plain
