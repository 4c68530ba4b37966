"""Whatever the bytes are: a problem at worst, never an exception, never a line of the source in the message."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.facts.codec import decode_bodies, decode_outline, encode
from analyzer.facts.expressions import Constant
from analyzer.facts.outline import ModuleFacts
from analyzer.facts.recursion import roomy
from analyzer.facts.statements import Assign
from analyzer.syntax import lower


def refused(data: bytes) -> tuple[int, str]:
    found = lower(data)
    assert found.outline.problem is not None
    assert found.outline.functions == found.outline.body == found.bodies.functions == []
    return found.outline.problem.line, found.outline.problem.message


def value_of(facts: ModuleFacts) -> object:
    assert facts.outline.problem is None, facts.outline.problem
    statement = facts.outline.body[-1]
    assert isinstance(statement, Assign)
    assert isinstance(statement.value, Constant)
    return statement.value.value


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x = 1\ndef f(:\n    pass\n", 2),
        (b"print 'python 2'\n", 1),
        (b"class A:\n    x = (1\n\ny = 2\n", 2),
        (b"x = 'abc\ny = 1\n", 1),
        (b"exec 'code'\n", 1),
        (b"x = 1\n\0\n", 2),
        (b"x = 1\ny = '\xff\xfe'\n", 2),
        (b"def f():\n    x = 1\n  \\\n    y = 2\n", 4),
        (b"x = 1\n\\\n    y = 2\n", 3),
        (b"x = 1\n    \\\ny = 2\n", 3),
        (b"if x:\n    y = 1\n\\\n\\\n", 4),
        (b"# -*- coding: no-such-thing -*-\n", 1),
        (b"#!/usr/bin/env python\n# vim: set fileencoding=rot13 :\n", 2),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1),
        (b"# coding: utf-16\nx = 1\n", 1),
        (b"\xff\xfex\x00=\x001\x00", 1),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 3),
    ],
)
def test_what_is_no_python_is_a_problem_on_its_line(data: bytes, line: int) -> None:
    assert refused(data)[0] == line


def test_messages_hold_nothing_of_the_source() -> None:
    for data in (b"password = 'hunter2' oops\n", b"token = 'abc\n", b"# coding: hunter2\n", b"hunter2 = '\xff'\n"):
        message = refused(data)[1]
        assert "hunter2" not in message
        assert "abc" not in message
        assert "\n" not in message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("x = 'é'\n".encode(), "é"),
        ("\ufeffx = 'é'\n".encode(), "é"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "é"),
        ("#!/bin/sh\n# vim: fileencoding=cp1252\nx = '€'\n".encode("cp1252"), "€"),
        ("# coding: utf-8-sig\nx = 'é'\n".encode(), "é"),
        ("# coding: utf8\nx = 'é'\n".encode(), "é"),
        ("# coding=koi8-r\nx = 'Ж'\n".encode("koi8-r"), "Ж"),
        ("x = 1\n\n# coding: latin-1\nx = 'é'\n".encode(), "é"),
        ("'x'\n# coding: latin-1\nx = 'é'\n".encode(), "é"),
    ],
)
def test_encodings(data: bytes, expected: str) -> None:
    assert value_of(lower(data)) == expected


DEEP = {
    "brackets": lambda n: "x = " + "(" * n + "1" + ")" * n,
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "operators": lambda n: "x = " + " + ".join(["a"] * n),
    "powers": lambda n: "x = " + " ** ".join(["a"] * n),
    "calls": lambda n: "x = a" + ".b()" * n,
    "negations": lambda n: "x = " + "not " * n + "a",
    "signs": lambda n: "x = " + "-" * n + "1",
    "lambdas": lambda n: "x = " + "lambda: " * n + "1",
    "conditions": lambda n: "x = " + "a if b else " * n + "c",
    "blocks": lambda n: "".join(" " * i + "if x:\n" for i in range(n)) + " " * n + "pass\n",
    "alternatives": lambda n: "if x:\n pass\n" + "elif x:\n pass\n" * n,
    "formatted": lambda n: "x = " + 'f"{' * n + "1" + '}"' * n,
    "brackets hidden by text": lambda n: "x = " + "(')', " * n + ")" * n,
    "attributes": lambda n: "x = a" + ".b" * n,
    "comparisons": lambda n: "x = " + " < ".join(["a"] * n),
    "joined": lambda n: "x = (" + "\n".join(["'a'"] * n) + ")",
}


@pytest.mark.parametrize("kind", DEEP)
def test_no_depth_hurts(kind: str) -> None:
    for depth in (60, 300, 5_000, 100_000):
        if kind in ("signs", "blocks", "joined") and depth > 300:
            continue  # the parser takes half a minute for some thousand of them
        found = lower(DEEP[kind](depth).encode())
        if depth == 60 and kind != "formatted":
            assert found.outline.problem is None
        with roomy():
            decode_outline(encode(found.outline))
            decode_bodies(encode(found.bodies))


def test_long_tables_of_text_are_no_depth() -> None:
    # Python 3.12 alone bounds what C functions call, whatever recursion limit is set; beyond, the file is a problem.
    long = 300 if sys.version_info[:2] == (3, 12) else 1_000
    text = "x = (" + "\n".join(["'a'"] * long) + ")\n"
    assert value_of(lower(text.encode())) == "a" * long


def test_lone_surrogates_and_huge_numbers_can_be_kept() -> None:
    found = lower(b"a = '\\ud800'\nb = 0x" + b"f" * 5_000 + b"\nc = " + b"9" * 5_000 + b"\nd = 1e999\ne = -2**70\n")
    assert found.outline.problem is None
    assert decode_outline(encode(found.outline)).lines == 5


PIECES = [
    *"()[]{}'\"\\\n\r\t\x0c#:,=@*a1é ",
    *('"""', "f'", "    ", "if x", "else", "def f", "class A", "lambda", "import a", "from . import b", "async "),
    *("await ", "match x:\n case _", "**", "->", ":=", "yield", "try", "except", "with", "global x", "type X", "t'"),
    *("{x}", "b'"),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_text_is_facts_or_a_problem(pieces: list[str]) -> None:
    found = lower("".join(pieces).encode())
    assert decode_outline(encode(found.outline)) is not None


def test_any_bytes_are_facts_or_a_problem() -> None:
    chance = random.Random(5)
    for _ in range(200):
        lower(bytes(chance.randrange(256) for _ in range(chance.randrange(60))))


def test_a_continued_line_that_only_the_parser_sees_is_a_problem() -> None:
    """Quotes within an f-string, as Python 3.12 allows them, hide where the literals end."""
    hidden = b"def f():\n    x = f\"{'''\"'''}\"\n\\\ny = ''''''\n"
    assert refused(hidden)[1].startswith("continued")
    assert lower(hidden.replace(b"\\\n", b"\n")).outline.problem is None
