"""The walkthrough of CONTRIBUTING.md does what it says: it adds a rule that finds its bad case and no good one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"<!-- walkthrough -->\n````bash\n(.*?)````", re.DOTALL)
COMMAND = re.compile(r"^(pytest|backend-audit) .*\n", re.MULTILINE)

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the walkthrough is for bash")


def test_walkthrough_adds_a_working_rule(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(blocks) == 4
    for folder in ("analyzer", "rules"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    script = COMMAND.sub("", "".join(blocks))
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=True, timeout=60)
    (added,) = (tmp_path / "fixtures").iterdir()
    code = added.name.partition("-")[0]
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "analyzer", str(added), "--isolated", "--select", code),
            *("--output", "json", "--cache-dir", str(tmp_path / "cache")),
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr.decode()
    places = [finding["location"] for finding in json.loads(done.stdout)["findings"]]
    found = {(Path(place["path"]).name, place["line"]) for place in places}
    expected = {
        (path.name, number)
        for path in added.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if f"# expect: {code}" in line
    }
    assert found == expected
    assert len(expected) == 1
