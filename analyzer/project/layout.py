"""Which dotted name each file has, and which file a dotted name means.

Nothing is imported, so ``sys.path`` is inferred: a folder is a *root* when absolute imports start there. Folders with
an ``__init__.py``, folders that relative imports stand in and folders that longer absolute imports run through are
packages and therefore no roots. A name of the standard library is ours only where other imports prove the root.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from analyzer.facts.outline import Outline

_BESIDE = 2
"""Modules beside each other, imported by their bare names, that prove a folder to be on the path; one may be a library
of the same name."""


class Layout:
    """The module names of a tree. Paths are relative with forward slashes; folders have no trailing slash."""

    def __init__(self, outlines: Mapping[str, Outline]) -> None:
        self._files = set(outlines)
        self._folders: set[str] = {""}
        self._holders: dict[str, set[str]] = {}
        for path in outlines:
            self._index(path)
        self._packages = {_folder(path) for path in outlines if path.endswith("__init__.py")} - {""}
        self._roots: dict[str, int] = {}
        self._found: dict[tuple[str, str], str] = {}
        self._infer(outlines)
        self._names = {path: self._name(path) for path in outlines}

    def name(self, path: str) -> str:
        """The dotted name of a module; that of a package for its ``__init__.py``."""
        return self._names[path]

    def module(self, folder: str, dotted: str) -> str | None:
        """The file of ``folder/dotted``: a module or a package's ``__init__.py``; ``None`` when there is none.

        A folder without ``__init__.py`` is a package too; it is answered as ``folder/`` with a trailing slash.
        """
        base = _join(folder, dotted.replace(".", "/")) if dotted else folder
        for candidate in (f"{base}/__init__.py" if base else "__init__.py", f"{base}.py"):
            if candidate in self._files:
                return candidate
        return f"{base}/" if base in self._folders else None

    def absolute(self, importer: str, dotted: str) -> str | None:
        """The file that ``import dotted`` means in the file ``importer``; ``None`` for what is not ours."""
        key = (_folder(importer), dotted)
        if key not in self._found:
            self._found[key] = self._search(*key) or ""
        return self._found[key] or None

    def relative(self, importer: str, level: int, dotted: str) -> str | None:
        """The file that ``from ..dotted import`` with ``level`` dots means; ``None`` when it leaves the tree."""
        folder = _folder(importer)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = _folder(folder)
        return self.module(folder, dotted)

    def _index(self, path: str) -> None:
        folder, name = _folder(path), path.rsplit("/", 1)[-1].removesuffix(".py")
        self._holders.setdefault(name, set()).add(folder)
        while folder and folder not in self._folders:
            self._folders.add(folder)
            parent = _folder(folder)
            self._holders.setdefault(folder.rsplit("/", 1)[-1], set()).add(parent)
            folder = parent

    def _infer(self, outlines: Mapping[str, Outline]) -> None:
        absolute: list[tuple[str, str]] = []
        for path, outline in outlines.items():
            for item in outline.imports:
                if item.level:
                    folder = _folder(path)
                    if folder and not path.endswith("__init__.py"):
                        self._packages.add(folder)
                elif item.module:
                    absolute.append((path, item.module))
        for path, dotted in absolute:
            parts = dotted.split(".")
            if len(parts) < 2:
                continue
            for root in self._holding(dotted):
                if root not in self._packages and _within(path, root):
                    folder = root
                    for part in parts[:-1]:
                        folder = _join(folder, part)
                        self._packages.add(folder)
        self._packages -= self._started_inside(outlines, absolute)
        for path, dotted in absolute:
            if dotted.split(".", 1)[0] in sys.stdlib_module_names:
                continue
            for root in self._holding(dotted):
                if root not in self._packages and _within(path, root):
                    self._roots[root] = self._roots.get(root, 0) + 1

    def _started_inside(self, outlines: Mapping[str, Outline], absolute: Iterable[tuple[str, str]]) -> set[str]:
        """Packages in name only: their modules import each other as if the folder were on the path, because the program
        is started inside it. Two such imports prove it, where no import goes through the package or is relative."""
        beside: dict[str, set[str]] = {}
        through = {_folder(path) for path, one in outlines.items() if any(item.level for item in one.imports)}
        for path, dotted in absolute:
            folder, first = _folder(path), dotted.split(".", 1)[0]
            bare = dotted == first and first not in sys.stdlib_module_names
            # A module that imports its own name means another one: a library, or a package of the same name.
            beside_it = f"{folder}/{first}.py"
            if bare and folder in self._packages and beside_it in self._files and beside_it != path:
                beside.setdefault(folder, set()).add(first)
            if "." in dotted:
                through.update(_join(root, first) for root in self._holders.get(first, ()))
        return {folder for folder, names in beside.items() if len(names) >= _BESIDE} - through

    def _holding(self, dotted: str) -> Iterable[str]:
        for folder in self._holders.get(dotted.split(".", 1)[0], ()):
            if self.module(folder, dotted) is not None:
                yield folder

    def _search(self, folder: str, dotted: str) -> str | None:
        standard = dotted.split(".", 1)[0] in sys.stdlib_module_names
        here = folder + "/x" if folder else "x"
        best: tuple[tuple[bool, bool, int, int, str], str] | None = None
        for root in self._holding(dotted):
            around = _within(here, root)
            votes = self._roots.get(root, 0)
            if root in self._packages:
                # A package's own folder is a root only for programs started inside it: an import through one of its
                # packages tells, or of a package of it where nothing holds the folder itself.
                inner = "." in dotted or (
                    _folder(root) not in self._packages and (self.module(root, dotted) or "").endswith("/__init__.py")
                )
                if not (around and inner and not standard):
                    continue
                votes = 0
            elif (standard or not around) and not votes:
                continue
            # The folder of a distribution (``billing/setup.py``) often has the name of the package that it holds.
            whole = not (self.module(root, dotted) or "/").endswith("/")
            rank = (whole, around, votes, root.count("/"), root)
            if best is None or rank > best[0]:
                best = (rank, root)
        return self.module(best[1], dotted) if best else None

    def _name(self, path: str) -> str:
        root = _folder(path)
        while root and root in self._packages:
            root = _folder(root)
        inside = path[len(root) + 1 :] if root else path
        dotted = inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return dotted if dotted != "__init__" else (root.rsplit("/", 1)[-1] or "__init__")


def _folder(path: str) -> str:
    return path.rsplit("/", 1)[0] if "/" in path else ""


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _within(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")
