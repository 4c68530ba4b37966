"""Run semgrep over copies of files: in batches, through its binary, and through its command line when that fails.

The binary (``semgrep-core``) is what semgrep's own command line starts. It is called directly because that command line
takes 2-3 s to start and minutes to print thousands of matches on one line; the order it gets and the JSON it
writes are those of semgrep's published interface (``semgrep_output_v1``). A version that understands it no longer fails
on the first batch, and the command line is used from then on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from analyzer.engines.outcome import Learned, Match, Outcome
from analyzer.engines.positions import Positions
from analyzer.engines.process import Children, TimedOut
from analyzer.engines.semgrep_answer import Answer, NoAnswer, read_answer
from analyzer.engines.semgrep_install import Installed

BATCH_FILES = 400
BATCH_BYTES = 6_000_000
"""A batch takes some seconds, so that a time-out or a crash loses little and progress is seen."""

PATTERN_SECONDS = 30
"""A pattern on a file. Semgrep's own default of 5 is exceeded on files of 1 MB when the machine is busy, and what comes
out must not depend on that."""

PATTERN_TIMEOUTS = 3
"""Patterns that may time out on a file before it is given up; semgrep's own default."""

MEMORY_MEBIBYTES = 2000

FAILURES = 12
"""Failed runs before semgrep is given up as a whole: enough to corner one file among a batch by halving it."""


class Semgrep:
    """One engine, started as often as its files need."""

    def __init__(self, installed: Installed, folder: Path, document: bytes, children: Children, jobs: int) -> None:
        """``folder`` holds the copies and is the working folder of every run."""
        self._installed = installed
        self._folder = folder
        self._children = children
        self._jobs = jobs
        self._direct = installed.core is not None
        self._failures = 0
        self._answered = False
        (folder / "rules.json").write_bytes(document)
        (folder / ".semgrepignore").write_bytes(b"")

    def run(self, copies: Mapping[str, str], done: Callable[[int], None]) -> Learned:
        """``copies`` is name in the folder to digest. Never raises for what semgrep does wrong."""
        learned = Learned()
        waiting = list(_batches(self._folder, sorted(copies)))
        while waiting:
            batch = waiting.pop(0)
            try:
                answer = self._ask(batch)
            except TimedOut:
                left = len(batch) + sum(map(len, waiting))
                learned.gaps.append(("", f"did not finish in time: {_files(left)} not searched"))
                break
            except (NoAnswer, OSError):
                self._failures += 1
                if self._failures >= FAILURES or (len(batch) == 1 and not self._answered and not waiting):
                    left = len(batch) + sum(map(len, waiting))
                    learned.gaps.append(("", f"failed: {_files(left)} not searched"))
                    break
                if len(batch) > 1:
                    half = len(batch) // 2
                    waiting[:0] = [batch[:half], batch[half:]]
                else:
                    learned.gaps.append((copies[batch[0]], "semgrep failed on it"))
                    done(1)
                continue
            self._answered = True
            self._learn(answer, {name: copies[name] for name in batch}, learned)
            done(len(batch))
        return learned

    def _learn(self, answer: Answer, copies: Mapping[str, str], learned: Learned) -> None:
        for name, digest in copies.items():
            gaps = answer.gaps.get(name, set())
            found = answer.matches.get(name, [])
            if name not in answer.scanned and not found and not gaps:
                learned.gaps.append((digest, "passed over without a reason"))
                continue
            positions = Positions((self._folder / name).read_bytes()) if found else None
            matches = {Match(check, positions.span(start, end)) for check, start, end in found if positions}
            learned.outcomes[digest] = Outcome(tuple(sorted(matches)), tuple(sorted(gaps)))
            if name not in answer.transient:
                learned.lasting.add(digest)

    def _ask(self, names: Sequence[str]) -> Answer:
        if self._direct:
            try:
                return self._checked(self._core(names))
            except (NoAnswer, OSError):
                if self._answered or not self._installed.command:
                    raise
            answer = self._checked(self._command_line(names))
            self._direct = False
            return answer
        return self._checked(self._command_line(names))

    def _checked(self, command: Sequence[str]) -> Answer:
        # The exit code says nothing: 0 with errors, 1 with findings. The answer does.
        return read_answer(self._children.run(command).output)

    def _core(self, names: Sequence[str]) -> list[str]:
        targets = [
            ["CodeTarget", {"path": {"fpath": name, "ppath": f"/{name}"}, "analyzer": "python", "products": ["sast"]}]
            for name in names
        ]
        (self._folder / "targets.json").write_text(json.dumps(["Targets", targets]), encoding="utf-8")
        limits = ["-timeout", str(PATTERN_SECONDS), "-timeout_threshold", str(PATTERN_TIMEOUTS)]
        limits += ["-max_memory", str(MEMORY_MEBIBYTES), "-j", str(self._jobs)]
        files = ["-rules", "rules.json", "-targets", "targets.json"]
        return [str(self._installed.core), *files, *limits, "-json_nodots", "-fast"]

    def _command_line(self, names: Sequence[str]) -> list[str]:
        limits = [f"--timeout={PATTERN_SECONDS}", f"--timeout-threshold={PATTERN_TIMEOUTS}"]
        limits += [f"--max-memory={MEMORY_MEBIBYTES}", f"--jobs={self._jobs}", "--max-target-bytes=0"]
        switches = [
            "--metrics=off",
            "--disable-version-check",
            "--disable-nosem",
            "--no-git-ignore",
            "--no-rewrite-rule-ids",
        ]
        what = ["scan", "--config=rules.json", "--json", "--quiet"]
        return [*self._installed.command, *what, *switches, *limits, *names]


def _batches(folder: Path, names: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in names:
        batch.append(name)
        size += (folder / name).stat().st_size
        if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _files(count: int) -> str:
    return "1 file was" if count == 1 else f"{count} files were"
