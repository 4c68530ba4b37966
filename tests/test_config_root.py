"""The folder that all paths of a report are relative to."""

from pathlib import Path

import pytest

from analyzer.config.root import find_root


def _made(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder.resolve()


def test_a_package_stands_below_the_root(tmp_path: Path) -> None:
    shop = _made(tmp_path / "src" / "shop", "__init__.py", "orders.py")
    assert find_root([shop]) == (tmp_path / "src").resolve()


@pytest.mark.parametrize("name", ["requirements.txt", "Dockerfile", "README.md", "Pipfile", ".gitignore"])
def test_the_top_of_a_project_is_the_root_although_it_is_a_package(tmp_path: Path, name: str) -> None:
    shop = _made(tmp_path / "shop", "__init__.py", "app.py", name)
    assert find_root([shop]) == shop


def test_version_control_and_project_files_above_come_first(tmp_path: Path) -> None:
    _made(tmp_path, "pyproject.toml")
    shop = _made(tmp_path / "shop", "__init__.py", "README.md")
    assert find_root([shop]) == tmp_path.resolve()
    (tmp_path / "shop" / ".git").mkdir()
    assert find_root([shop]) == shop
