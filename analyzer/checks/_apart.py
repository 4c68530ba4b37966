"""The part of BA201 about literals that open nothing where they stand: refused ones, and those of test runs."""

from __future__ import annotations

import re

from analyzer.facts.expressions import AnyExpression, Attribute, Compare, Constant, Name
from analyzer.facts.secretnames import split
from analyzer.facts.statements import Assert, If, Raise
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import place_at
from analyzer.graph.picture import Picture
from analyzer.project.target import Place

_RUNS = re.compile(r"^(?:CI|GITHUB_(?:ACTIONS|WORKFLOW)|GITLAB_CI|TRAVIS|CIRCLECI|BUILDKITE|IS_CI|PYTEST_\w+)$")
"""Variables that services which run tests set for them."""
_REFUSING = {Assert: frozenset({"!=", "not in"}), If: frozenset({"==", "in"})}
"""How each statement compares with what must not be."""
_FOR_TESTS = frozenset({"test", "tests", "testing", "mock", "fake", "ci"})


def harmless(picture: Picture, path: str, line: int) -> bool:
    """Whether a literal that somebody thought up opens nothing where it stands."""
    return _refused(picture, path, line) or _invented(picture, path, line)


def _refused(picture: Picture, path: str, line: int) -> bool:
    """Whether a literal is what a start refuses: ``assert key != "change-it"``, ``if key == "change-it": raise …``."""
    place = place_at(picture.project, path, line)
    for one in walk(picture.project.body(place)) if place is not None else ():
        raises = isinstance(one, If) and bool(one.then) and isinstance(one.then[-1], Raise)
        if not isinstance(one, Assert | If) or not _within(one.test, line):
            continue
        if (isinstance(one, Assert) or raises) and _compares(one.test, line, _REFUSING[type(one)]):
            return True
    return False


def _invented(picture: Picture, path: str, line: int) -> bool:
    """Whether a literal is there for test runs: in a class of settings for them, or where a service runs tests."""
    outline = picture.project.outline(path)
    around = (one for one in outline.classes if one.line <= line <= one.end_line)
    if any(not _FOR_TESTS.isdisjoint(split(one.name)) for one in around):
        return True
    place, module = place_at(picture.project, path, line), Place(path, -1)
    return any(
        isinstance(one, If) and one.then and one.then[0].line <= line <= one.then[-1].end_line and _tested(one.test)
        for at in {place or module, module}
        for one in walk(picture.project.body(at))
    )


def _within(test: AnyExpression, line: int) -> bool:
    return test.line <= line <= test.end_line


def _compares(test: AnyExpression, line: int, operators: frozenset[str]) -> bool:
    found = [one for one in walk(test) if isinstance(one, Compare) and _within(one, line)]
    return bool(found) and all(set(one.operators) <= operators for one in found)


def _tested(test: AnyExpression) -> bool:
    """Whether a condition asks for a variable that services set which run tests."""
    for one in walk(test):
        name = one.value if isinstance(one, Constant) else chain(one) if isinstance(one, Name | Attribute) else ""
        if isinstance(name, str) and _RUNS.match(name.rpartition(".")[2]):
            return True
    return False
