"""The report of an audit in which nothing has changed since the last one: same bytes, settings, rules and engines.

A report is kept under the tree's root, the paths and the settings, together with a digest of *all* it depends on, so
a newer one takes the place of an older one and one that is out of date is never read. Only a report that another run
would make again is kept: an engine that ran out of time may do better next time.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from analyzer.config import Config
from analyzer.facts.store import Store, open_store
from analyzer.inventory.rows import Inventory
from analyzer.model import Note, Report, Rule, SourceTree
from analyzer.rulebook import rules_folder
from analyzer.source import discover
from analyzer.source.reading import digest_of

UNSEEN = ("too large", "unreadable")
"""Why a file is left out that should have been audited."""
_KIND = "report"
_ROUTES = "routes"
_PARTS = ("bandit", "libcst", "networkx", "semgrep")
"""Installed packages that have a say in what is found."""
_ASIDE = ("jobs", "cache", "cache_dir")
"""Settings that change how fast a report is made and nothing in it."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    depends: str
    report: Report


class _KeptRoutes(msgspec.Struct, frozen=True, array_like=True):
    depends: str
    inventory: Inventory


class Unchanged:
    """Looks a report up before an audit and keeps it after. ``read`` is the tree's, and notices a changed file."""

    def __init__(self, tree: SourceTree, rules: Sequence[Rule], config: Config, store: Store) -> None:
        self._tree, self._rules, self._store = tree, tuple(rules), store
        self._files = {file.path: file.digest for file in (*tree.files, *tree.settings, *tree.templates)}
        self._paths = tree.paths()
        self._changed = False
        settings = msgspec.structs.asdict(config)
        asked = {name: value for name, value in settings.items() if name not in _ASIDE}
        self._key = _digest(tree.root, asked)
        self._depends = _digest(_product(), tree, asked)

    def report(self) -> Report | None:
        """The report of the last audit when everything it depends on is the same."""
        data = self._store.get(_KIND, [self._key]).get(self._key)
        try:
            kept = None if data is None else msgspec.msgpack.decode(data, type=_Kept)
        except (msgspec.DecodeError, RecursionError):
            return None
        if kept is None or kept.depends != self._depends:
            return None
        return msgspec.structs.replace(kept.report, rules=self._rules, paths=self._paths)

    def keep(self, report: Report) -> None:
        """Keep a report, unless a file changed while it was made or the store has something to say in it."""
        if not self._changed and report.complete and not self._store.notes:
            small = msgspec.structs.replace(report, rules=(), paths=())
            self._store.put(_KIND, {self._key: msgspec.msgpack.encode(_Kept(self._depends, small))})

    def watching(self, read: Callable[[str], bytes]) -> Callable[[str], bytes]:
        """``read``, but a file that is no longer what the tree says is noticed. Raises what ``read`` raises."""

        def watched(path: str) -> bytes:
            try:
                data = read(path)
            except OSError:
                self._changed = self._changed or path in self._files
                raise
            self._changed = self._changed or digest_of(data) != self._files.get(path)
            return data

        return watched


class UnchangedRoutes:
    """The same for the route table, which depends on the files, the settings and our code."""

    def __init__(self, tree: SourceTree, config: Config, store: Store) -> None:
        settings = msgspec.structs.asdict(config)
        asked = {name: value for name, value in settings.items() if name not in _ASIDE}
        self._store = store
        self._key = _digest(tree.root, asked, [file.path for file in tree.files])
        self._depends = _digest(_product(), tree, asked)

    def inventory(self) -> Inventory | None:
        """The table of the last run when everything it depends on is the same."""
        data = self._store.get(_ROUTES, [self._key]).get(self._key)
        try:
            kept = None if data is None else msgspec.msgpack.decode(data, type=_KeptRoutes)
        except (msgspec.DecodeError, RecursionError):
            return None
        return kept.inventory if kept is not None and kept.depends == self._depends else None

    def keep(self, inventory: Inventory) -> None:
        """Keep a table, unless the store has something to say."""
        if not self._store.notes:
            kept = _KeptRoutes(self._depends, inventory)
            self._store.put(_ROUTES, {self._key: msgspec.msgpack.encode(kept)})


def known_routes(paths: Sequence[Path], config: Config) -> Inventory | None:
    """The route table of the last run where nothing it depends on has changed, ``None`` otherwise.

    It imports no stage that makes one: a table that is known is there before those would be loaded. Raises as
    :func:`analyzer.pipeline.routes` does.
    """
    tree = discover(paths, config)
    with open_store(config) as store:
        found = UnchangedRoutes(tree, config, store).inventory()
        return with_notes(found, tree, store) if found is not None else None


def with_notes(found: Inventory, tree: SourceTree, store: Store) -> Inventory:
    """A table with a line for every file that was left out on purpose and for what went wrong with the store."""
    unread = [note.message for note in (*left_out(tree), *store.notes)]
    return msgspec.structs.replace(found, notes=tuple(sorted({*found.notes, *unread})))


def left_out(tree: SourceTree) -> list[Note]:
    """A note for every file that was left out on purpose."""
    return [Note("file", f"{path}: {reason}") for path, reason in tree.skipped if not reason.startswith(UNSEEN)]


def _digest(*parts: object) -> str:
    return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).hexdigest()


@cache
def _product() -> str:
    """A digest of our code, our rules, and the versions of what we stand on."""
    digest = hashlib.blake2b(f"{sys.version_info} {[(name, _version(name)) for name in _PARTS]}".encode())
    package = Path(__file__).parent
    for folder in (package, rules_folder()):
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".toml", ".yml", ".yaml", ".md"} and file.is_file():
                digest.update(f"{file.relative_to(folder)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
