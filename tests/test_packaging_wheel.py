"""What the built wheel holds, and what it must not."""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from analyzer import __version__

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built once."""
    folder = tmp_path_factory.mktemp("dist")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(ROOT)], check=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_installs_one_package_and_nothing_beside_it(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} == {"analyzer", f"backend_audit-{__version__}.dist-info"}


def test_wheel_carries_every_rule_schema_and_model(names: list[str]) -> None:
    data = {
        path.relative_to(ROOT).as_posix()
        for folder, suffixes in (("rules", {".md", ".yml"}), ("schema", {".json"}))
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes
    }
    assert data, "the checkout has no rules"
    assert {f"analyzer/{name}" for name in data} <= set(names)


def test_wheel_carries_every_file_of_the_package(names: list[str]) -> None:
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "analyzer").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package <= set(names)


def test_wheel_has_no_fixtures_tests_or_benchmarks(names: list[str]) -> None:
    strangers = {"fixtures", "tests", "benchmarks", "scripts"}
    assert not [name for name in names if strangers & set(name.split("/"))]


def test_wheel_installs_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        entry_points = configparser.ConfigParser()
        entry_points.read_string(archive.read(name).decode())
    assert dict(entry_points["console_scripts"]) == {"backend-audit": "analyzer.cli.main:run"}


def test_installed_wheel_finds_its_rules(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    program = "from analyzer.rulebook import load_rules, rules_folder; print(rules_folder(), len(load_rules()))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, 'installed'); {program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    folder, count = done.stdout.rsplit(maxsplit=1)
    assert (tmp_path / folder).resolve() == (tmp_path / "installed" / "analyzer" / "rules").resolve()
    assert int(count) == len(list((ROOT / "rules").glob("*/README.md")))
