"""The straight way, read from left to right.

paths → source → syntax → facts → project → frameworks → graph → checks; beside them engines, and plain for the files
that are no Python; then findings → report.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from analyzer import __version__, checks, engines, findings, frameworks, graph, plain, project, source, syntax
from analyzer.config import Config
from analyzer.config.selection import select_rules
from analyzer.config.text import nearest
from analyzer.facts.modules import Modules
from analyzer.facts.store import Store, open_store
from analyzer.findings import trust
from analyzer.graph.picture import Picture
from analyzer.inventory.rows import Inventory
from analyzer.model import Finding, Progress, Report, Rule, Silent, SourceTree, Span, Statistics, Tier, UserError
from analyzer.rulebook import load_rules
from analyzer.unchanged import UNSEEN, Unchanged, UnchangedRoutes, left_out, with_notes


def audit(paths: Sequence[Path], config: Config, progress: Progress | None = None) -> Report:
    """Audit the Python files at and below ``paths``.

    Raises :class:`~analyzer.model.UserError` for wrong use and :class:`~analyzer.model.NothingToAudit`. What goes wrong
    inside a stage does not lose the audit: it is told in ``Report.notes``, and ``Report.complete`` is false.
    """
    progress = progress or Silent()
    every_rule = load_rules()
    enabled = select_rules(every_rule, config)
    tree = _files(paths, config, progress)
    with _uncollected(), open_store(config) as store:
        unchanged = Unchanged(tree, enabled, config, store)
        known = unchanged.report()
        if known is not None:
            return known
        with engines.start(tree, enabled, config, store, progress) as running:
            modules = _modules(tree, store, config, progress)
            picture = _picture(tree, modules, config, progress)
            seen = running.result()
        progress.start("rules")
        sharing = checks.Sharing(config.jobs or os.cpu_count() or 1, store.reopen)
        checked = checks.run(picture, enabled, seen.findings, sharing)
        beside = plain.look(tree, next((rule for rule in enabled if rule.code == "BA201"), None))
        raw = [*_trust(enabled, tree, modules, seen.degraded), *checked.findings, *beside.findings]
        told = graph.attach(raw, picture)
        progress.finish("rules")
        outcome = findings.finish(
            told,
            rules=enabled,
            all_rules=every_rule,
            config=config,
            comments={**_comments(modules), **beside.comments},
            read=unchanged.watching(_reader(tree)),
            secrets={
                **graph.secret_spans(picture.project, (finding.location.path for finding in told)),
                **beside.secrets,
                **_unparsed(modules, _reader(tree)),
            },
            tiers={file.path: file.tier for file in (*tree.files, *tree.settings)},
            unsure=_unsure(enabled, seen.degraded),
        )
        notes = (*trust.notes(seen.degraded), *checked.notes, *left_out(tree), *store.notes)
        report = Report(
            version=__version__,
            root=tree.root,
            paths=tree.paths(),
            rules=enabled,
            findings=outcome.findings,
            suppressed=outcome.suppressed,
            notes=tuple(sorted(set(notes))),
            statistics=Statistics(
                files=len(tree.files),
                settings_files=len(tree.settings),
                lines=sum(outline.lines for outline in modules.outlines.values()),
                not_analysed=sum(1 for outline in modules.outlines.values() if outline.problem) + len(tree.skipped),
                routes=len(picture.routes),
                below=outcome.below,
                refuted=checked.refuted,
            ),
            frameworks=picture.backend.frameworks,
            complete=checked.complete,
        )
        if seen.lasting and modules.as_read(tree):
            unchanged.keep(report)
    return report


@contextmanager
def picture_of(
    paths: Sequence[Path], config: Config, progress: Progress | None = None
) -> Iterator[tuple[SourceTree, Picture]]:
    """The picture alone, without engines and rules. Usable inside the ``with``: bodies are read on demand.

    Raises what :func:`audit` raises for its arguments.
    """
    progress = progress or Silent()
    tree = _files(paths, config, progress)
    with open_store(config) as store:
        yield tree, _picture(tree, _modules(tree, store, config, progress), config, progress)


def routes(paths: Sequence[Path], config: Config, progress: Progress | None = None) -> Inventory:
    """The route table; that of the last run where nothing it depends on has changed. Raises as :func:`audit` does."""
    progress = progress or Silent()
    tree = _files(paths, config, progress)
    with open_store(config) as store:
        unchanged = UnchangedRoutes(tree, config, store)
        found = unchanged.inventory()
        if found is None:
            from analyzer.inventory.routes import inventory

            modules = _modules(tree, store, config, progress)
            found = inventory(_picture(tree, modules, config, progress))
            broken = [f"{path}: not parsed" for path, outline in modules.outlines.items() if outline.problem]
            found = msgspec.structs.replace(found, notes=tuple(broken))
            if modules.as_read(tree):
                unchanged.keep(found)
        return with_notes(found, tree, store)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for dead circles meanwhile: almost all that an audit makes lives to its end, and a fifth of the time
    of the rules went into finding that out again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _files(paths: Sequence[Path], config: Config, progress: Progress) -> SourceTree:
    progress.start("files")
    tree = source.discover(paths, config)
    progress.finish("files")
    return tree


def _modules(tree: SourceTree, store: Store, config: Config, progress: Progress) -> Modules:
    return syntax.read_modules(tree, store, config.jobs or os.cpu_count() or 1, progress)


def _picture(tree: SourceTree, modules: Modules, config: Config, progress: Progress) -> Picture:
    progress.start("graph")
    documents = {file.path: partial(_text, tree, file.path) for file in tree.descriptions}
    templates = {file.path: partial(_text, tree, file.path) for file in tree.templates}
    tiers = {file.path: file.tier for file in tree.files}
    tests = frozenset(path for path, tier in tiers.items() if tier is Tier.TEST)
    backend = frameworks.recognise(project.link(modules, documents, templates), tests)
    picture = graph.build(backend, tiers, config.roles, config.contracts)
    _believe(picture, tree)
    progress.finish("graph")
    return picture


def _believe(picture: Picture, tree: SourceTree) -> None:
    """Raise ``UserError`` with a line for every name of a contract that means nothing."""
    if not picture.contracts:
        return
    roots = {path.removesuffix(name.replace(".", "/") + end) for path, name, end in _named(picture)}

    def exists(name: str) -> bool:
        # Modules that are not audited now, because only some paths were asked for, are no mistakes.
        inside = name.replace(".", "/")
        places = (Path(tree.root) / root / inside for root in sorted({"", "src/", *roots}))
        return any(place.is_dir() or place.with_name(place.name + ".py").is_file() for place in places)

    wrong = graph.mistakes(picture.shared(graph.Modules), picture.contracts, exists)
    if wrong:
        lines = (
            f'{mistake.where}: {mistake.message} "{mistake.name}"{nearest(mistake.name, mistake.known)}'
            for mistake in wrong
        )
        raise UserError("\n".join(lines))


def _named(picture: Picture) -> Iterator[tuple[str, str, str]]:
    """Paths, their dotted names, and what a path ends in after its name."""
    for path in picture.project.paths():
        yield path, picture.project.module_name(path), "/__init__.py" if path.endswith("/__init__.py") else ".py"


def _text(tree: SourceTree, path: str) -> str:
    return tree.read(path).decode("utf-8", "replace")


def _trust(
    enabled: Sequence[Rule], tree: SourceTree, modules: Modules, gaps: Sequence[tuple[str, str, str]]
) -> list[Finding]:
    """What could not be seen: files that do not parse, files an engine gave up on."""
    by_code = {rule.code: rule for rule in enabled}
    found: list[Finding] = []
    if "BA001" in by_code:
        problems = [
            (path, outline.problem.line, outline.problem.column, outline.problem.message)
            for path, outline in modules.outlines.items()
            if outline.problem is not None
        ]
        problems += [(path, 1, 1, reason) for path, reason in tree.skipped if reason.startswith(UNSEEN)]
        found.extend(trust.unreadable(by_code["BA001"], problems))
    if "BA005" in by_code:
        # A file that nobody can parse is told once, by BA001.
        whole = [gap for gap in gaps if not gap[1] or modules.outlines[gap[1]].problem is None]
        found.extend(trust.degraded(by_code["BA005"], whole))
    return found


def _reader(tree: SourceTree) -> Callable[[str], bytes]:
    """What reads a file for its excerpts; one that was left out, for its size say, stays closed."""
    left_out = dict(tree.skipped)

    def read(path: str) -> bytes:
        if path in left_out:
            raise OSError(left_out[path])
        return tree.read(path)

    return read


def _unsure(enabled: Sequence[Rule], gaps: Sequence[tuple[str, str, str]]) -> set[str]:
    """The rules that a failed engine left half done: nobody can say that a comment about them suppresses nothing."""
    failed = {engine for engine, path, _ in gaps if not path}
    return {
        rule.code for rule in enabled if ("semgrep" in failed and rule.semgrep) or ("bandit" in failed and rule.bandit)
    }


def _unparsed(modules: Modules, read: Callable[[str], bytes]) -> Mapping[str, Sequence[Span]]:
    """What to mask in files whose facts could not be read: their first line with a mistake may hold a secret."""
    found: dict[str, Sequence[Span]] = {}
    for path, outline in modules.outlines.items():
        if outline.problem is not None:
            try:
                found[path] = plain.hidden(read(path))
            except OSError:
                continue
    return found


def _comments(modules: Modules) -> Mapping[str, Sequence[tuple[int, int, str, bool]]]:
    return {
        path: [(comment.line, comment.column, comment.text, comment.own_line) for comment in outline.comments]
        for path, outline in modules.outlines.items()
        if outline.comments
    }
