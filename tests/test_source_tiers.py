"""Tests and migrations are told apart from main code by where they lie below what is audited, and what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.config.settings import Config
from analyzer.model import Tier
from analyzer.source import discover

TEST_CODE = "import pytest\n\n\ndef test_x():\n    assert 1\n"
ALEMBIC = 'revision = "ab12"\ndown_revision: str | None = "ab11"\n\n\ndef upgrade() -> None:\n    pass\n'
DJANGO = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    pass\n"
PLAIN = "x = 1\n"

CASES = [
    ("app/main.py", PLAIN, Tier.MAIN),
    ("tests/factories.py", PLAIN, Tier.TEST),
    ("app/test/helpers.py", PLAIN, Tier.TEST),
    ("app/conftest.py", PLAIN, Tier.TEST),
    ("app/test_orders.py", TEST_CODE, Tier.TEST),
    ("app/orders_test.py", TEST_CODE, Tier.TEST),
    ("app/shop/tests.py", "from unittest import TestCase\n", Tier.TEST),
    ("app/commands/test_connection.py", "def run(uri):\n    return uri\n", Tier.MAIN),
    ("app/datamodels/connection_test.py", "class ConnectionTest:\n    pass\n", Tier.MAIN),
    ("app/latest/contest.py", PLAIN, Tier.MAIN),
    ("alembic/versions/ab12_users.py", ALEMBIC, Tier.MIGRATION),
    ("db/versions/ab12_users.py", ALEMBIC, Tier.MIGRATION),
    ("alembic/env.py", "def run_migrations_online():\n    pass\n", Tier.MAIN),
    ("shop/migrations/0001_initial.py", DJANGO, Tier.MIGRATION),
    ("shop/migrations/helpers.py", 'def drop(name, op):\n    op.execute(f"DROP TABLE {name}")\n', Tier.MIGRATION),
    ("shop/migrations/loading.py", "def rows(shop):\n    shop.execute()\n", Tier.MAIN),
    ("shop/migrations/__init__.py", "", Tier.MAIN),
    ("api/versions/v1.py", "def upgrade(client):\n    pass\n", Tier.MAIN),
    ("shop/migrations/service.py", "def plan():\n    pass\n", Tier.MAIN),
]


@pytest.mark.parametrize(("path", "text", "tier"), CASES, ids=[case[0] for case in CASES])
def test_tier(path: str, text: str, tier: Tier, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    (file,) = discover([tmp_path], Config()).files
    assert (file.path, file.tier) == (path, tier)


def tiers(root: Path, *paths: str, **settings: object) -> dict[str, Tier]:
    tree = discover([root / path for path in paths], Config(**settings))  # type: ignore[arg-type]
    return {file.path: file.tier for file in tree.files}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that itself lies under ``tests``, with an example backend among its tests."""
    root = tmp_path / "tests" / "repository"
    for name in ("src/app.py", "tests/apps/shop/main.py", "tests/apps/shop/tests/data.py", "checks/smoke.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(PLAIN)
    (root / ".git").mkdir()
    return root


def test_folders_above_the_audited_one_do_not_make_tests(repository: Path) -> None:
    assert tiers(repository, ".")["src/app.py"] is Tier.MAIN
    assert tiers(repository, "tests/apps/shop") == {
        "tests/apps/shop/main.py": Tier.MAIN,
        "tests/apps/shop/tests/data.py": Tier.TEST,
    }
    assert tiers(repository, "tests")["tests/apps/shop/main.py"] is Tier.MAIN


def test_tests_named_beside_main_code_stay_tests(repository: Path) -> None:
    found = tiers(repository, "src", "tests")
    assert found["src/app.py"] is Tier.MAIN
    assert found["tests/apps/shop/main.py"] is Tier.TEST


def test_settings_name_more_tests(repository: Path) -> None:
    assert tiers(repository, ".", tests=("/checks/",))["checks/smoke.py"] is Tier.TEST
    assert tiers(repository, ".", tests=("checks/*", "!checks/smoke.py"))["checks/smoke.py"] is Tier.MAIN
