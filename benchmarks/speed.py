"""One backend, every contender: our audit cold, warm and with one file changed, bandit, semgrep, and the floor."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import yaml

from analyzer.rulebook import rules_folder
from benchmarks.backends import Backend, BenchmarkError, Sources, fetch, unpack
from benchmarks.measure import Measurement, is_semgrep, measure

PYTHON = (sys.executable, "-P", "-m")


class Setting(msgspec.Struct, frozen=True):
    """How to measure: ``workspace`` for everything written, ``wheels`` where the backends' wheels lie or are to be
    laid, ``jobs`` processes for each contender that has processes, ``repeat`` runs of which the median counts."""

    workspace: Path
    wheels: Path
    jobs: int
    repeat: int


class Outcome(msgspec.Struct, frozen=True):
    """All measurements on one backend."""

    backend: Backend
    files: int
    lines: int
    floor: Measurement
    bandit: Measurement
    semgrep: Measurement
    cold: Measurement
    warm: Measurement
    changed: Measurement


def measure_backend(backend: Backend, setting: Setting, say: Callable[[str], None]) -> Outcome:
    """Take every measurement on one backend; ``say`` hears what is under way. Raises ``BenchmarkError``."""
    say("fetching")
    wheel = fetch(backend, setting.wheels)
    place = setting.workspace / f"{backend.name}-{backend.version}"
    sources = unpack(wheel, place / "sources")
    contenders: dict[str, Callable[[], Measurement]] = {
        "floor": lambda: _floor(sources, setting),
        "bandit": lambda: _bandit(sources, place),
        "semgrep": lambda: _semgrep(sources, place, setting),
        "cold": lambda: _cold(sources, place, setting),
        "warm": lambda: _audit(sources, place, setting),
        "changed": lambda: _changed(sources, place, setting),
    }
    taken: dict[str, list[Measurement]] = {name: [] for name in contenders}
    for turn in range(setting.repeat):
        for name, contender in contenders.items():
            say(f"{name}, run {turn + 1} of {setting.repeat}")
            taken[name].append(contender())
    medians = {name: _median(runs) for name, runs in taken.items()}
    return Outcome(backend=backend, files=sources.files, lines=sources.lines, **medians)


def _median(runs: list[Measurement]) -> Measurement:
    """The median time and the highest peak."""
    return Measurement(
        seconds=statistics.median(run.seconds for run in runs),
        peak=max(run.peak for run in runs),
    )


def _floor(sources: Sources, setting: Setting) -> Measurement:
    command = [sys.executable, "-m", "benchmarks.floor", str(sources.tree), str(setting.jobs)]
    return measure(command, cwd=Path(__file__).resolve().parent.parent)


def _bandit(sources: Sources, place: Path) -> Measurement:
    """All of bandit's tests on all files; it has no processes to share the work among."""
    options = ["--recursive", "--quiet", "--exit-zero", "--format", "json", "--output", str(place / "bandit.json")]
    return measure([*PYTHON, "bandit", *options, str(sources.tree)], cwd=place)


def _semgrep(sources: Sources, place: Path, setting: Setting) -> Measurement:
    """Semgrep with our rules, as one file, on all files: none is passed over for its place, its size or git."""
    rules = place / "semgrep-rules.json"
    rules.write_bytes(_semgrep_rules())
    (sources.tree / ".semgrepignore").write_text("", encoding="utf-8")
    options = ["--metrics=off", "--disable-version-check", "--quiet", "--json", "--output", str(place / "semgrep.json")]
    options += ["--no-git-ignore", "--project-root", str(sources.tree), "--max-target-bytes", "0", "--disable-nosem"]
    options += ["--jobs", str(setting.jobs), "--config", str(rules)]
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(programs / "semgrep"), "scan", *options, str(sources.tree)]
    try:
        return measure(command, cwd=sources.tree, environment=environment)
    finally:
        (sources.tree / ".semgrepignore").unlink()


def _semgrep_rules() -> bytes:
    """Every ``semgrep.yml`` of the rule folders as one JSON file."""
    rules: list[object] = []
    for path in sorted(rules_folder().glob("*/semgrep.yml")):
        rules += yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    if not rules:
        raise BenchmarkError("no rule folder holds a semgrep.yml")
    return msgspec.json.encode({"rules": rules})


def _cold(sources: Sources, place: Path, setting: Setting) -> Measurement:
    shutil.rmtree(place / "cache", ignore_errors=True)
    return _audit(sources, place, setting)


def _changed(sources: Sources, place: Path, setting: Setting) -> Measurement:
    """A warm cache and one new function in a file of median size; the file is put back afterwards."""
    before = sources.changeable.read_bytes()
    sources.changeable.write_bytes(before + b"\n\ndef added_by_the_benchmark(value):\n    return [value]\n")
    try:
        return _audit(sources, place, setting, cache="cache-of-change", seed="cache")
    finally:
        sources.changeable.write_bytes(before)


def _audit(sources: Sources, place: Path, setting: Setting, cache: str = "cache", seed: str = "") -> Measurement:
    """Our audit with every default engine. ``seed`` names a cache that is copied to ``cache`` before the clock runs."""
    if seed:
        shutil.rmtree(place / cache, ignore_errors=True)
        shutil.copytree(place / seed, place / cache)
    options = ["--isolated", "--fail-on", "never", "--jobs", str(setting.jobs), "--cache-dir", str(place / cache)]
    options += ["--output", f"json={place / 'report.json'}"]
    return measure([*PYTHON, "analyzer", *options, str(sources.tree)], cwd=place, foreign=is_semgrep)
