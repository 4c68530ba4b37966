"""Code that lies in the folder an audit is started in is never run, however the audit is started."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = ("msgspec", "libcst", "typer", "rich", "yaml", "networkx", "bandit", "semgrep", "pathspec")
STARTS = {
    "module": [sys.executable, "-m", "analyzer"],
    "script": [shutil.which("backend-audit", path=str(Path(sys.executable).parent)) or ""],
}


@pytest.mark.parametrize("start", STARTS)
def test_planted_modules_are_audited_and_not_imported(start: str, tmp_path: Path) -> None:
    if not STARTS[start][0]:
        pytest.skip("backend-audit is not installed beside this Python")
    marker = tmp_path / "was-run"
    project = tmp_path / "project"
    project.mkdir()
    for name in PLANTED:
        (project / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write({name!r})\nraise ImportError\n")
    # Enough to be spread over worker processes, which look for modules themselves.
    for number in range(12):
        (project / f"module_{number}.py").write_text(f"value_{number} = {{'key': [1, 2, 3]}}\n" * 1_200)
    (project / "query.py").write_text(
        "def find(cursor, name):\n    cursor.execute(f'SELECT * FROM t WHERE n = {name}')\n"
    )
    done = subprocess.run(
        [*STARTS[start], "check", ".", "--no-cache", "--jobs", "2", "--fail-on", "never", "--quiet"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not marker.exists(), marker.read_text()
    assert done.returncode == 0, done.stderr
    assert "query.py:2" in done.stdout
