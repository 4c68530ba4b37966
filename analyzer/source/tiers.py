"""Tests and migrations, told by where a file lies and what it holds."""

from __future__ import annotations

import re

from analyzer.config.patterns import PatternList
from analyzer.model.scale import Tier

TEST_FOLDERS = frozenset({"test", "tests"})
MIGRATION_FOLDERS = frozenset({"alembic", "migrations", "versions"})

_TEST_CONTENT = re.compile(rb"^[ \t]*(?:async[ \t]+)?(?:def[ \t]+test|class[ \t]+Test)|\bpytest\b|\bunittest\b", re.M)
_REVISION = re.compile(rb"^down_revision\b", re.MULTILINE)
_MIGRATION = re.compile(
    rb"^(?:class[ \t]+Migration\b|(?:down_)?revision\b[^\n=]*=|def[ \t]+(?:upgrade|migrate|forwards)\b)"
    rb"|\bop\.(?:execute|get_bind|batch_alter_table|alter_column|(?:create|drop|add|rename)_\w+)\(",
    re.MULTILINE,
)
"""A migration, or a helper of migrations that is handed their operations."""


def tier_of(path: str, data: bytes, tests: bool) -> Tier:
    """The tier of a file. ``path`` is relative to the common folder of what is audited, never to anything above it,
    so that a folder called ``tests`` which a user names is main code; ``tests`` says that the settings name it a test.
    """
    *folders, name = path.split("/")
    if tests or not TEST_FOLDERS.isdisjoint(folders) or _named_test(name, data):
        return Tier.TEST
    if not MIGRATION_FOLDERS.isdisjoint(folders) and name != "env.py" and _migrates(folders, data):
        return Tier.MIGRATION
    return Tier.MAIN


def settings_tests(patterns: tuple[str, ...]) -> PatternList:
    """The patterns of ``Config.tests``, relative to the root."""
    return PatternList.parse(patterns)


def _named_test(name: str, data: bytes) -> bool:
    """``conftest.py`` by name; ``test_x.py``, ``x_test.py``, ``tests.py`` when they hold tests.

    The content counts because a name lies: ``test_connection.py`` may well be the command that tests a connection.
    """
    if name == "conftest.py":
        return True
    named = name.startswith("test_") or name.endswith("_test.py") or name in ("test.py", "tests.py")
    return named and bool(_TEST_CONTENT.search(data))


def _migrates(folders: list[str], data: bytes) -> bool:
    """A Django, Alembic or similar migration; in ``versions/`` alone only an Alembic one, as APIs have versions too."""
    if "migrations" in folders or "alembic" in folders:
        return bool(_MIGRATION.search(data))
    return bool(_REVISION.search(data))
