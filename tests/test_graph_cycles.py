"""Groups of modules that import each other, and the imports to cut."""

from __future__ import annotations

import itertools

import pytest

from analyzer.graph.cycles import Cycle, cycles
from analyzer.graph.imports import ImportEdge
from tests.pictures import picture_of


def edge(source: str, target: str) -> ImportEdge:
    return ImportEdge(source, target, target, "x", None, (), 1, 1, 1, 2, False, False)


def groups(*pairs: str) -> list[Cycle]:
    """The cycles of edges written ``a>b``."""
    found = {(one, other): edge(one, other) for one, other in (pair.split(">") for pair in pairs)}
    return cycles(found, found, lambda _: 0)


def cut_of(cycle: Cycle) -> set[str]:
    return {f"{item.source}>{item.target}" for item in cycle.cut}


def test_no_circle_no_group() -> None:
    assert groups("a>b", "b>c", "a>c") == []


def test_the_one_edge_that_closes_two_circles_is_cut() -> None:
    (cycle,) = groups("a>b", "b>c", "c>a", "b>d", "d>a")
    assert cycle.exact
    assert cut_of(cycle) == {"a>b"}


def test_separate_circles_are_separate_groups() -> None:
    found = groups("a>b", "b>a", "c>d", "d>c", "b>c")
    assert [cycle.modules for cycle in found] == [("a", "b"), ("c", "d")]
    assert all(len(cycle.cut) == 1 for cycle in found)


@pytest.mark.parametrize("size", [5, 12, 13, 30])
def test_every_cut_leaves_no_circle_and_a_ring_needs_one(size: int) -> None:
    names = [f"m{number:02}" for number in range(size)]
    ring = [f"{one}>{other}" for one, other in zip(names, [*names[1:], names[0]], strict=True)]
    (cycle,) = groups(*ring)
    assert len(cycle.cut) == 1
    assert cycle.exact is (size <= 12)
    left = [pair for pair in ring if pair not in cut_of(cycle)]
    assert groups(*left) == []


def test_a_small_tangle_is_cut_with_the_fewest_edges() -> None:
    names = "abcde"
    pairs = [f"{one}>{other}" for one, other in itertools.permutations(names, 2)]
    (cycle,) = groups(*pairs)
    # A complete graph on n modules needs n(n-1)/2 edges cut.
    assert len(cycle.cut) == 10


def test_a_package_that_only_gathers_names_is_told_apart() -> None:
    (cycle,) = picture_of(
        {
            "app/__init__.py": "from app.first import First\nfrom app.second import Second",
            "app/first.py": "class First: ...",
            "app/second.py": "from app import First\nclass Second(First): ...",
        }
    ).cycles
    assert cycle.packaged
    assert cycle.modules == ("app/__init__.py", "app/second.py")


def test_importing_a_submodule_is_no_edge_to_its_parent_package() -> None:
    assert not picture_of(
        {
            "app/__init__.py": "from app.first import First",
            "app/first.py": "from app.second import Second\nimport app.third\nclass First: ...",
            "app/second.py": "class Second: ...",
            "app/third.py": "",
        }
    ).cycles
