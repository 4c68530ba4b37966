"""One use of both engines: what is known is looked up, the rest runs beside the main process's own work."""

from __future__ import annotations

import codecs
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from analyzer.config import Config
from analyzer.engines import bandit_run
from analyzer.engines.needles import Sieve
from analyzer.engines.outcome import NOTHING, Learned, Match, Outcome, ResultStore, decode_all, encode
from analyzer.engines.process import Children
from analyzer.engines.semgrep_install import Installed, find_semgrep
from analyzer.engines.semgrep_rules import Compiled, compile_rules
from analyzer.engines.semgrep_run import Semgrep
from analyzer.engines.translate import from_bandit, from_semgrep
from analyzer.engines.workplace import Workplace, sweep
from analyzer.model import Finding, Note, Progress, Rule, SourceFile, SourceTree
from analyzer.source.reading import digest_of

MISSING = "is not installed beside backend-audit: nothing was searched"


class EngineResult(msgspec.Struct, frozen=True):
    """What both engines said, in stable order.

    ``degraded`` holds (engine, path, reason) for whatever was less than complete; the path is empty when an engine as
    a whole is concerned, and the reason then continues a sentence that begins with the engine's name. ``lasting`` is
    false when another run on the same files may come to something else: an engine was missing or ran out of time.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    degraded: tuple[tuple[str, str, str], ...] = ()
    lasting: bool = True


_Execute = Callable[[Path, dict[str, str], Children, Callable[[int], None]], Learned]
_Tell = Callable[[str, Sequence[Match]], Iterable[Finding]]


class _Engine(msgspec.Struct):
    """One engine's share of the work; ``kind`` names its results in the store, ``asked`` the digests not known yet."""

    name: str
    kind: str
    sieve: Sieve
    known: dict[str, Outcome]
    asked: list[SourceFile]
    execute: _Execute
    tell: _Tell
    learned: Learned = msgspec.field(default_factory=Learned)


def run(
    tree: SourceTree, rules: Sequence[Rule], config: Config, store: ResultStore, progress: Progress
) -> EngineResult:
    """Run both engines over the tree and wait. See ``start``."""
    with start(tree, rules, config, store, progress) as running:
        return running.result()


def start(tree: SourceTree, rules: Sequence[Rule], config: Config, store: ResultStore, progress: Progress) -> Running:
    """Look up what is known and start the engines on the rest; ``rules`` are the enabled ones.

    The store is used only by the calling thread: here, and in ``Running.result``.
    Raises ``ValueError`` when a rule's own engine data is wrong, which is a bug of ours.
    """
    return Running(tree, rules, config, store, progress)


class Running:
    """Engines at work; a context manager that leaves no process, thread or file behind."""

    def __init__(
        self, tree: SourceTree, rules: Sequence[Rule], config: Config, store: ResultStore, progress: Progress
    ) -> None:
        """See ``start``."""
        self._tree = tree
        self._rules = {rule.code: rule for rule in rules}
        self._store = store
        self._progress = progress
        self._degraded: list[tuple[str, str, str]] = []
        self._failure: BaseException | None = None
        self._workplace: Workplace | None = None
        self._thread: threading.Thread | None = None
        jobs = config.jobs or os.cpu_count() or 1
        self._compiled = compile_rules(rules, store) if config.semgrep else None
        self._tests = bandit_run.tests_for(rules) if config.bandit else {}
        self._semgrep = self._prepare_semgrep(self._compiled, jobs) if self._compiled else None
        self._bandit = self._prepare_bandit(self._tests) if self._tests else None
        self._engines = [engine for engine in (self._semgrep, self._bandit) if engine]
        sweep()
        if any(engine.asked for engine in self._engines):
            try:
                self._begin(config.semgrep_timeout)
            except OSError as error:
                self._give_up(error)

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._children.stop()
            self._thread.join()
        if self._workplace is not None:
            self._workplace.remove()

    def result(self) -> EngineResult:
        """Wait for the engines, keep what they found, and tell it."""
        if self._thread is not None:
            self._thread.join()
        if self._failure is not None:
            raise self._failure
        findings: list[Finding] = []
        lasting = not self._degraded
        for engine in self._engines:
            self._keep(engine)
            lasting = lasting and not engine.learned.gaps and engine.learned.lasting >= engine.learned.outcomes.keys()
            outcomes = engine.known | engine.learned.outcomes
            gaps: dict[str, list[str]] = {}
            for digest, reason in engine.learned.gaps:
                gaps.setdefault(digest, []).append(reason)
            self._degraded += [(engine.name, "", reason) for reason in gaps.get("", ())]
            for file in self._tree.files:
                outcome = outcomes.get(file.digest, NOTHING)
                findings += engine.tell(file.path, outcome.matches)
                for reason in (*outcome.gaps, *gaps.get(file.digest, ())):
                    self._degraded.append((engine.name, file.path, reason))
        degraded = tuple(sorted(set(self._degraded)))
        return EngineResult(
            findings=tuple(sorted(findings, key=lambda f: (f.location, f.rule, f.engines, f.message))),
            notes=tuple(Note("engine", f"{engine} {reason}") for engine, path, reason in degraded if not path),
            degraded=degraded,
            lasting=lasting,
        )

    def _keep(self, engine: _Engine) -> None:
        lasting = {digest: encode(engine.learned.outcomes[digest]) for digest in sorted(engine.learned.lasting)}
        if lasting:
            self._store.put(engine.kind, lasting)

    def _prepare_semgrep(self, compiled: Compiled, jobs: int) -> _Engine | None:
        installed = find_semgrep()
        if installed is None:
            self._degraded.append(("semgrep", "", MISSING))
            return None
        found: Installed = installed

        def execute(folder: Path, copies: dict[str, str], children: Children, done: Callable[[int], None]) -> Learned:
            return Semgrep(found, folder, compiled.document, children, jobs).run(copies, done)

        patterns = {pattern.id: pattern for pattern in compiled.patterns}

        def tell(path: str, matches: Sequence[Match]) -> Iterator[Finding]:
            return from_semgrep(path, matches, patterns, self._rules)

        sieve = Sieve({pattern.tag: pattern.metadata.needles for pattern in compiled.patterns})
        return self._prepare("semgrep", f"semgrep {found.version} {compiled.digest}", sieve, execute, tell)

    def _prepare_bandit(self, tests: Mapping[str, str]) -> _Engine | None:
        version = bandit_run.find_bandit()
        if version is None:
            self._degraded.append(("bandit", "", MISSING))
            return None

        def execute(_: Path, copies: dict[str, str], children: Children, done: Callable[[int], None]) -> Learned:
            return bandit_run.run_bandit(copies, list(tests), children, done)

        def tell(path: str, matches: Sequence[Match]) -> Iterator[Finding]:
            return from_bandit(path, matches, tests, self._rules)

        sieve = bandit_run.sieve(list(tests))
        return self._prepare("bandit", bandit_run.kind(version, list(tests)), sieve, execute, tell)

    def _prepare(
        self,
        name: str,
        kind: str,
        sieve: Sieve,
        execute: _Execute,
        tell: _Tell,
    ) -> _Engine:
        distinct = {file.digest: file for file in reversed(self._tree.files)}
        known = decode_all(self._store.get(kind, sorted(distinct)))
        asked = sorted((file for digest, file in distinct.items() if digest not in known), key=lambda file: file.path)
        return _Engine(name, kind, sieve, known, asked, execute, tell)

    def _begin(self, seconds: float) -> None:
        """Raises ``OSError`` where the system has no room for a folder."""
        self._workplace = Workplace()
        self._children = Children(self._workplace.path, seconds)
        self._thread = threading.Thread(target=self._work, name="engines", daemon=True)
        self._thread.start()

    def _give_up(self, error: OSError) -> None:
        """A full or read-only disk takes the engines away, not the audit."""
        for engine in self._engines:
            if engine.asked:
                engine.learned.gaps.append(("", f"could not be given the files: {error.strerror or error}"))

    def _work(self) -> None:
        """In a thread of its own: copy what an engine needs to see, then let both run at once."""
        try:
            assert self._workplace is not None
            copies = self._copy(self._workplace.path)
            threads = [
                threading.Thread(target=self._execute, args=(engine, copies[engine.name]), daemon=True)
                for engine in self._engines
                if copies[engine.name]
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except OSError as error:
            self._give_up(error)
        except BaseException as error:
            self._failure = error

    def _execute(self, engine: _Engine, copies: dict[str, str]) -> None:
        try:
            assert self._workplace is not None
            self._progress.start(engine.name, len(copies))
            learned = engine.execute(
                self._workplace.path,
                copies,
                self._children,
                lambda units: self._progress.advance(engine.name, units),
            )
            self._progress.finish(engine.name)
            engine.learned.outcomes |= learned.outcomes
            engine.learned.lasting |= learned.lasting
            engine.learned.gaps += learned.gaps
        except OSError as error:
            engine.learned.gaps.append(("", f"failed: {error.strerror or error}"))
        except BaseException as error:
            self._failure = error

    def _copy(self, folder: Path) -> dict[str, dict[str, str]]:
        """Write each file that an engine must see under a name of ours; name to digest, by engine."""
        copies: dict[str, dict[str, str]] = {engine.name: {} for engine in self._engines}
        wanted: dict[str, tuple[SourceFile, list[_Engine]]] = {}
        for engine in self._engines:
            for file in engine.asked:
                wanted.setdefault(file.digest, (file, []))[1].append(engine)
        for number, (digest, (file, engines)) in enumerate(sorted(wanted.items(), key=lambda item: item[1][0].path)):
            try:
                data = self._tree.read(file.path)
            except OSError:
                data = None
            if data is None or digest_of(data) != digest:
                for engine in engines:
                    engine.learned.gaps.append((digest, "the file changed during the audit"))
                continue
            name = ""
            for engine in engines:
                tags = engine.sieve.rules_for(data)
                if not tags:
                    engine.learned.outcomes[digest] = NOTHING
                    engine.learned.lasting.add(digest)
                    continue
                # semgrep reads from a copy's name which patterns can match in it; bandit does not look at names.
                name = name or f"{number:06}{''.join(tags) if engine is self._semgrep else ''}.py"
                copies[engine.name][name] = digest
            if name:
                # A mark makes semgrep cut the texts of metavariables in the wrong place, and takes no column anyway.
                (folder / name).write_bytes(data.removeprefix(codecs.BOM_UTF8))
        return copies
