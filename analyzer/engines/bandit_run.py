"""Run bandit's tests that speak for our rules over copies of files, in worker processes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from analyzer.engines.needles import Sieve
from analyzer.engines.outcome import Learned, Match, Outcome
from analyzer.engines.process import Children, TimedOut
from analyzer.model import Rule, Span

_WORKER = Path(__file__).with_name("bandit_worker.py")

BATCH_FILES = 300
"""Starting the worker takes 0.3 s; a batch of this size some seconds."""

FAILURES = 12
"""Failed runs before bandit is given up as a whole."""

STILLBORN = 3
"""Failed runs before it is given up when no file was ever answered: then the fault lies not with the files."""


class BanditTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of ``bandit_tests.toml``."""

    message: str
    fix: str
    confidence: Literal["high", "medium", "low"]
    place: Literal["literal", "call"]
    near: str
    secret: bool = False
    needles: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def known_tests() -> Mapping[str, BanditTest]:
    """Every test of bandit we can translate, by id. Raises ``msgspec.ValidationError`` when the table is wrong."""
    text = Path(__file__).with_name("bandit_tests.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, BanditTest])


def tests_for(rules: Sequence[Rule]) -> dict[str, str]:
    """Test id to the code of the rule it speaks for, for the rules given. Raises ``ValueError`` for an unknown id."""
    tests = {test: rule.code for rule in rules for test in rule.bandit}
    if unknown := sorted(tests.keys() - known_tests().keys()):
        raise ValueError(f"bandit_tests.toml does not describe {', '.join(unknown)}")
    return dict(sorted(tests.items()))


def sieve(tests: Sequence[str]) -> Sieve:
    """Which of the tests can report anything in a file."""
    known = known_tests()
    return Sieve({test: (*filter(None, [known[test].needles]), known[test].near) for test in tests})


def find_bandit() -> str | None:
    """The version of the bandit in this interpreter's environment, or ``None``."""
    for library in sorted({sysconfig.get_path(name) for name in ("purelib", "platlib")}):
        for distribution in importlib.metadata.distributions(name="bandit", path=[library]):
            return distribution.version
    return None


def run_bandit(
    copies: Mapping[str, str], tests: Sequence[str], children: Children, done: Callable[[int], None]
) -> Learned:
    """``copies`` is name in the children's folder to digest. Never raises for what bandit does wrong."""
    learned = Learned()
    table = {test: {"near": known_tests()[test].near, "place": known_tests()[test].place} for test in tests}
    names = sorted(copies)
    waiting = [names[start : start + BATCH_FILES] for start in range(0, len(names), BATCH_FILES)]
    failures = 0
    while waiting:
        batch = waiting.pop(0)
        order = json.dumps({"tests": table, "files": batch}).encode()
        try:
            ended = children.run([sys.executable, "-P", "-E", str(_WORKER)], order)
        except TimedOut:
            _give_up(learned, "did not finish in time", batch, waiting)
            break
        except OSError:
            _give_up(learned, "could not be started", batch, waiting)
            break
        finished = _learn(ended.output, {name: copies[name] for name in batch}, learned)
        done(finished)
        if finished == len(batch):
            continue
        # The worker died: the first file it did not answer for is the one that killed it.
        failures += 1
        if failures >= FAILURES or (failures >= STILLBORN and not learned.outcomes):
            _give_up(learned, "failed", batch[finished:], waiting)
            break
        learned.gaps.append((copies[batch[finished]], "bandit failed on it"))
        done(1)
        if rest := batch[finished + 1 :]:
            waiting.insert(0, rest)
    return learned


def _learn(output: bytes, copies: Mapping[str, str], learned: Learned) -> int:
    """Take in the answers, one line a file in order; how many there are."""
    finished = 0
    for name, line in zip(copies, output.splitlines(), strict=False):
        try:
            answered, found, gaps = json.loads(line)
            matches = sorted(Match(test, Span(*span), certainty) for test, certainty, *span in found)
        except (ValueError, TypeError):
            break
        if answered != name:
            break
        learned.outcomes[copies[name]] = Outcome(tuple(matches), tuple(gaps))
        learned.lasting.add(copies[name])
        finished += 1
    return finished


def _give_up(learned: Learned, what: str, batch: Sequence[str], waiting: Sequence[Sequence[str]]) -> None:
    left = len(batch) + sum(map(len, waiting))
    learned.gaps.append(("", f"{what}: {'1 file was' if left == 1 else f'{left} files were'} not searched"))


def kind(version: str, tests: Sequence[str]) -> str:
    """Under which name results are kept: they depend on bandit, on the Python that parses for it, and on our table."""
    table = hashlib.blake2b(digest_size=8)
    for path in (_WORKER, _WORKER.with_name("bandit_tests.toml")):
        table.update(path.read_bytes())
    python = ".".join(map(str, sys.version_info[:3]))
    return f"bandit {version} python {python} {table.hexdigest()} {' '.join(tests)}"
