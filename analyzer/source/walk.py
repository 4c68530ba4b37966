"""The Python files below a folder, without looking into what is left out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from analyzer.config.settings import Config
from analyzer.source.excludes import GENERATED_NAMES, excludes_of, is_environment
from analyzer.source.ignores import IGNORE_FILE, Ignores, ignored, ignores_above, with_file
from analyzer.source.reading import GENERATED, LINK_OUT, UNREADABLE, is_text, spelt
from analyzer.source.settings_files import is_description_name, is_settings_name, is_template_name


class Walk:
    """What has been found so far. ``files`` holds paths relative to the root; each once, however often asked for."""

    def __init__(self, root: Path, config: Config) -> None:
        self.root = root
        self.files: set[str] = set()
        self.settings: set[str] = set()
        """Files that are no Python and hold settings; links to such are not followed."""
        self.descriptions: set[str] = set()
        """Files that may describe an HTTP interface."""
        self.templates: set[str] = set()
        """Files that may be templates of pages."""
        self.skipped: dict[str, str] = {}
        self.excluded: set[str] = set()
        self._excludes = excludes_of(config)
        self._gitignore = config.respect_gitignore
        self._links: list[tuple[str, Ignores]] = []

    def folder(self, folder: Path) -> None:
        """Walk a folder the user named: it is audited whatever ignore files say of it."""
        prefix = folder.relative_to(self.root).as_posix()
        ignores = ignores_above(self.root, folder) if self._gitignore else ()
        self._walk("" if prefix == "." else prefix + "/", ignores)

    def follow_links(self, named: Iterable[Path]) -> None:
        """Walk what links inside the tree lead to, once the ``named`` paths have been walked.

        A link is followed only to a place in the tree that nothing else brings in: not below a named folder or what
        another link led to (it is found there, or left out on purpose), not to a folder around one (a cycle).
        """
        known = {os.path.realpath(path) for path in named}
        while self._links:
            links, self._links = sorted(self._links), []
            for path, ignores in links:
                self._follow(path, ignores, known)

    def _follow(self, path: str, ignores: Ignores, known: set[str]) -> None:
        absolute = f"{self.root}/{path}"
        target = os.path.realpath(absolute)
        folder = Path(target).is_dir()
        if not folder and not path.endswith(".py"):
            return
        if self._left_out(path, absolute, folder, ignores):
            return
        if not _within(target, str(self.root)):
            self.skipped[path] = LINK_OUT
        elif not Path(target).exists():
            self.skipped[path] = f"{UNREADABLE}: broken link"
        elif not any(_within(target, place) or _within(place, target) for place in known):
            known.add(target)
            if folder:
                self._walk(path + "/", ignores)
            else:
                self.files.add(path)

    def _walk(self, start: str, ignores: Ignores) -> None:
        """Find the files below the folder ``start`` (relative, ``""`` or with a slash at its end)."""
        pending = [(start, ignores)]
        while pending:
            prefix, ignores = pending.pop()
            place = f"{self.root}/{prefix}"
            try:
                with os.scandir(place) as found:
                    entries = list(found)
            except OSError as error:
                self.skipped[prefix.rstrip("/") or "."] = f"{UNREADABLE}: {error.strerror}"
                continue
            names = {entry.name for entry in entries}
            if prefix != start and is_environment(names):
                self.excluded.add(prefix)
                continue
            if self._gitignore and IGNORE_FILE in names:
                ignores = with_file(ignores, place + IGNORE_FILE, prefix)
            for entry in entries:
                if self._entry(entry, prefix + entry.name, ignores):
                    pending.append((f"{prefix}{entry.name}/", ignores))

    def _entry(self, entry: os.DirEntry[str], path: str, ignores: Ignores) -> bool:
        """Take note of one entry; whether it is a folder to walk."""
        link = entry.is_symlink()
        folder = not link and entry.is_dir(follow_symlinks=False)
        if not folder and not link and not path.endswith(".py"):
            self._beside(entry, path, ignores)
            return False
        if not is_text(entry.name):
            if folder or path.endswith(".py"):
                self.skipped[spelt(path)] = f"{UNREADABLE}: its name is not UTF-8"
            return False
        if link:
            self._links.append((path, ignores))
            return False
        if self._left_out(path, entry.path, folder, ignores):
            return False
        if folder:
            return True
        if path.endswith(GENERATED_NAMES):
            self.skipped[path] = GENERATED
        else:
            self.files.add(path)
        return False

    def _beside(self, entry: os.DirEntry[str], path: str, ignores: Ignores) -> None:
        settings, describes = is_settings_name(entry.name), is_description_name(entry.name)
        template = is_template_name(entry.name)
        if not (settings or describes or template) or not is_text(path):
            return
        if not self._excludes.leaves_out(path, entry.path, False) and not ignored(ignores, path, False):
            if settings:
                self.settings.add(path)
            if describes:
                self.descriptions.add(path)
            if template:
                self.templates.add(path)

    def _left_out(self, path: str, absolute: str, folder: bool, ignores: Ignores) -> bool:
        """Whether excludes or ignore files name an entry; it is counted then."""
        if not self._excludes.leaves_out(path, absolute, folder) and not ignored(ignores, path, folder):
            return False
        self.excluded.add(path)
        return True


def _within(path: str, place: str) -> bool:
    """Whether the real path ``path`` is ``place`` or lies below it."""
    return path == place or path.startswith(place.rstrip(os.sep) + os.sep)
