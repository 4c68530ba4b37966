"""Gitignore patterns: the cases of gitignore(5), and random trees compared with git itself."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from analyzer.config.patterns import BadPattern, PatternList, parse_pattern, rebase
from analyzer.config.settings import Config
from analyzer.model import NothingToAudit
from analyzer.source import discover


@pytest.mark.parametrize(
    ("lines", "path", "covered"),
    [
        (["name"], "a/name", True),
        (["name"], "a/name/b.py", True),
        (["/name"], "a/name", False),
        (["a/name"], "a/name", True),
        (["a/name"], "b/a/name", False),
        (["name/"], "name", False),
        (["name/"], "name/x.py", True),
        (["**/logs"], "a/b/logs/x.py", True),
        (["a/**/b"], "a/b", True),
        (["a/**/b"], "a/x/y/b", True),
        (["a/**"], "a/x/y.py", True),
        (["a/**"], "ab/x.py", False),
        (["*.py", "!keep.py"], "a/keep.py", False),
        (["a/", "!a/keep.py"], "a/keep.py", True),
        (["a/*", "!a/keep.py"], "a/keep.py", False),
        (["*"], "x", True),
        (["a*/b"], "ac/d/b", False),
        (["[!a]x.py"], "ax.py", False),
        (["[!a]x.py"], "bx.py", True),
        (["[[:digit:]]?_*.py"], "01_first.py", True),
        (["\\!x.py"], "!x.py", True),
        (["\\#x.py"], "#x.py", True),
        (["# x.py", "", "  "], "x.py", False),
        (["x.py   "], "x.py", True),
        (["x\\ "], "x ", True),
        (["x.py\r"], "x.py", True),
        (["ä[ö]*.py"], "äöü.py", True),
        (["a\nb.py"], "a\nb.py", True),
    ],
)
def test_pattern_covers_what_git_ignores(lines: list[str], path: str, covered: bool) -> None:
    assert PatternList.parse(lines).covers(path) is covered


@pytest.mark.parametrize("line", ["a[", "a\\", "/", "!", "a//b", "[[:nope:]]"])
def test_pattern_that_can_match_nothing_is_refused(line: str) -> None:
    with pytest.raises(BadPattern):
        parse_pattern(line)


def test_hostile_pattern_does_not_hang() -> None:
    """A backtracking matcher would need longer than anybody waits for each of these."""
    stars = PatternList.parse(["*a" * 60 + "b"])
    assert stars.decide("a" * 250, False) is None
    folders = PatternList.parse(["**/a/" * 60 + "b"])
    assert folders.decide("a/" * 200 + "c", False) is None


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("gen/", "services/shop/a/gen/x.py", True),
        ("gen/", "services/other/gen/x.py", False),
        ("/gen/", "services/shop/gen/x.py", True),
        ("/gen/", "services/shop/a/gen/x.py", False),
        ("a/b.py", "services/shop/a/b.py", True),
    ],
)
def test_rebased_pattern_holds_in_its_folder_alone(pattern: str, path: str, covered: bool) -> None:
    assert PatternList.parse([rebase(pattern, "services/shop")]).covers(path) is covered


NAMES = ("a", "b", "foo", "*.py", "*", "build", "x.py", "bar.*", "**", "f?o", "t.txt", "*o*", "x*p*")
BRACKETS = ("[ab]", "[!a]*", "[]a]", "[a-f]*", "[[:alpha:]]*", "[^b]", "\\*")
"""Left out on purpose: ``foo[`` and ``[z-a]``, where git's behaviour is an accident of its matcher."""


def _random_pattern(chance: random.Random) -> str:
    pattern = "/".join(chance.choice(NAMES + BRACKETS) for _ in range(chance.choice([1, 1, 1, 2, 2, 3])))
    if chance.random() < 0.2:
        pattern = "/" + pattern
    if chance.random() < 0.25:
        pattern += "/"
    return "!" + pattern if chance.random() < 0.35 else pattern


def _random_tree(root: Path, chance: random.Random) -> list[str]:
    files: set[str] = set()
    for _ in range(30):
        folders = [chance.choice(["a", "b", "foo", "fro"]) for _ in range(chance.randint(0, 4))]
        files.add("/".join([*folders, chance.choice(["bar.py", "x.py", "abp.py", "é.py"])]))
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    folders = sorted({str(Path(name).parent) for name in files})
    for folder in {".", *chance.sample(folders, min(3, len(folders)))}:
        lines = [_random_pattern(chance) for _ in range(chance.randint(1, 5))]
        (root / folder / ".gitignore").write_text("\n".join(lines) + "\n")
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text(_random_pattern(chance) + "\n")
    return sorted(files)


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
@pytest.mark.parametrize("seed", range(40))
def test_discovery_agrees_with_git(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, env=environment)
    files = _random_tree(tmp_path, chance)
    answer = subprocess.run(
        ["git", "check-ignore", "-z", "--stdin"],
        cwd=tmp_path,
        env=environment,
        input="\0".join(files).encode(),
        capture_output=True,
        check=False,
    )
    ignored = set(answer.stdout.decode().split("\0"))
    try:
        found = [file.path for file in discover([tmp_path], Config(exclude=())).files]
    except NothingToAudit:
        found = []
    assert found == [name for name in files if name not in ignored]
