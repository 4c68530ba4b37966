"""Folders that hold no code of the audited project: environments, build output, vendored and generated code."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from analyzer.config.patterns import PatternList
from analyzer.config.settings import Config

DEFAULT_EXCLUDES = (
    ".bzr/",
    ".direnv/",
    ".eggs/",
    "*.egg-info/",
    ".git/",
    ".hg/",
    ".ipynb_checkpoints/",
    ".mypy_cache/",
    ".nox/",
    ".pants.d/",
    ".pyenv/",
    ".pytest_cache/",
    ".pytype/",
    ".ruff_cache/",
    ".svn/",
    ".tox/",
    ".venv/",
    ".virtualenv/",
    "__pycache__/",
    "__pypackages__/",
    "_build/",
    "_vendor/",
    "_vendored/",
    "bower_components/",
    "build/",
    "buck-out/",
    "dist/",
    "node_modules/",
    "site-packages/",
    "third_party/",
    "thirdparty/",
    "vendor/",
    "vendored/",
    "venv/",
    "virtualenv/",
)
"""What ``exclude`` holds unless a user replaces it."""

GENERATED_NAMES = ("_pb2.py", "_pb2_grpc.py")
"""Endings of files that a compiler writes; they are listed as skipped rather than left out in silence."""

AMBIGUOUS = frozenset({"build", "dist", "vendor", "vendored"})
"""Names of excluded folders that are also words of a trade: a shop has vendors, a build server builds."""

APPLICATION_FILES = frozenset(
    {
        "admin.py",
        "apps.py",
        "controllers.py",
        "handlers.py",
        "models.py",
        "repositories.py",
        "repository.py",
        "router.py",
        "routers.py",
        "routes.py",
        "schemas.py",
        "serializers.py",
        "service.py",
        "services.py",
        "urls.py",
        "views.py",
    }
)
"""Modules that the packages of an application have and libraries copied into it hardly ever do."""


class Excludes(msgspec.Struct, frozen=True):
    """Patterns relative to the root: ``asked`` those of the settings, which decide first, ``usual`` the defaults."""

    asked: PatternList
    usual: PatternList

    def leaves_out(self, path: str, absolute: str, folder: bool) -> bool:
        """Whether the entry ``path`` is not audited; ``absolute`` is where it lies on disk."""
        decision = self.asked.decide(path, folder)
        if decision is not None:
            return decision
        if not self.usual.decide(path, folder):
            return False
        return not (path.rpartition("/")[2] in AMBIGUOUS and _is_application(absolute))


def excludes_of(config: Config) -> Excludes:
    """The excludes of an audit: ``exclude`` replaces the defaults, ``extend_exclude`` adds to them or negates."""
    usual = DEFAULT_EXCLUDES if config.exclude is None else ()
    return Excludes(PatternList.parse((*(config.exclude or ()), *config.extend_exclude)), PatternList.parse(usual))


def is_environment(names: Collection[str]) -> bool:
    """Whether a folder with these entries is a virtual environment (PEP 405) or a conda one."""
    return "pyvenv.cfg" in names or "conda-meta" in names


def _is_application(folder: str) -> bool:
    """Whether a folder whose name is ambiguous holds a package of the application after all."""
    try:
        names = {entry.name for entry in Path(folder).iterdir()}
    except OSError:
        return False
    return "__init__.py" in names and not APPLICATION_FILES.isdisjoint(names)
