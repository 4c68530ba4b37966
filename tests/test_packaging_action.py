"""The GitHub Action: its scripts run here with a stand-in for the audit; its text is checked for what must not be."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from analyzer import __version__

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "action.yml", *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
STAND_IN = """#!{python}
import json, os, sys
json.dump(sys.argv[1:], open(os.environ["SEEN"], "w"))
if os.environ["WRITES_SARIF"]:
    target = next(word for word in sys.argv if word.startswith("sarif=")).removeprefix("sarif=")
    json.dump({{"runs": [{{"automationDetails": {{"id": "backend-audit/"}}, "results": []}}]}}, open(target, "w"))
sys.exit(int(os.environ["LEAVES_WITH"]))
"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the action's scripts are for bash")


def _steps(path: Path) -> list[dict[str, Any]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


def _step(name: str) -> dict[str, Any]:
    return next(step for step in _steps(ROOT / "action.yml") if step["name"] == name)


def _audit(tmp_path: Path, code: int = 0, sarif: bool = True, **inputs: str) -> tuple[list[str], dict[str, str]]:
    """Run the action's audit step in an empty workspace; the words the program got, and the step's outputs."""
    program = tmp_path / "backend-audit"
    program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    outputs = tmp_path / "outputs"
    outputs.touch()
    step = _step("Audit")
    environment = {
        **os.environ,
        "PYTHONSAFEPATH": "1",
        "SET_CATEGORY": step["env"]["SET_CATEGORY"],
        "PROGRAM": str(program),
        "INTERPRETER": sys.executable,
        "CACHE": "/cache",
        "TARGETS": ".",
        "ARGUMENTS": "",
        "FAIL_ON": "",
        "SARIF_FILE": "backend-audit.sarif",
        "CATEGORY": "backend-audit",
        "GITHUB_OUTPUT": str(outputs),
        "SEEN": str(tmp_path / "seen.json"),
        "WRITES_SARIF": "yes" if sarif else "",
        "LEAVES_WITH": str(code),
        **inputs,
    }
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(bash, cwd=workspace, env=environment, check=True, timeout=60)
    told = dict(line.split("=", 1) for line in outputs.read_text(encoding="utf-8").splitlines())
    return json.loads((tmp_path / "seen.json").read_text(encoding="utf-8")), told


def test_plain_inputs_become_one_run_with_annotations_and_sarif(tmp_path: Path) -> None:
    words, outputs = _audit(tmp_path)
    assert words == [
        *("check", "--cache-dir", "/cache", "--output", "github", "--output", "sarif=backend-audit.sarif"),
        *("--", "."),
    ]
    assert outputs == {"exit-code": "0", "sarif-file": "backend-audit.sarif"}


def test_paths_are_lines_and_arguments_are_words(tmp_path: Path) -> None:
    words, _ = _audit(
        tmp_path, TARGETS="src/my app\n\n--odd\n", ARGUMENTS="--pedantic\n --select  BA1 ", FAIL_ON="error"
    )
    assert words[7:] == ["--pedantic", "--select", "BA1", "--fail-on", "error", "--", "src/my app", "--odd"]


def test_inputs_are_never_run_by_the_shell(tmp_path: Path) -> None:
    hostile = '$(touch owned) `touch owned` "; touch owned; " *'
    words, _ = _audit(tmp_path, TARGETS=hostile, ARGUMENTS=hostile, FAIL_ON=hostile)
    assert words[-1] == hostile
    assert hostile.split() == words[7 : 7 + len(hostile.split())]
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == ["backend-audit.sarif"]


def test_findings_do_not_end_the_step_so_that_the_report_is_uploaded(tmp_path: Path) -> None:
    _, outputs = _audit(tmp_path, code=1)
    assert outputs == {"exit-code": "1", "sarif-file": "backend-audit.sarif"}


def test_without_a_report_nothing_is_uploaded(tmp_path: Path) -> None:
    _, outputs = _audit(tmp_path, code=2, sarif=False)
    assert outputs == {"exit-code": "2"}
    assert "steps.audit.outputs.sarif-file != ''" in _step("Upload to code scanning")["if"]


def test_category_is_what_the_report_says(tmp_path: Path) -> None:
    _audit(tmp_path, CATEGORY="it's the api/")
    report = json.loads((tmp_path / "workspace" / "backend-audit.sarif").read_text(encoding="utf-8"))
    assert report["runs"][0]["automationDetails"] == {"id": "it's the api/"}


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
def test_the_last_step_fails_as_the_audit_did(code: int) -> None:
    last = _steps(ROOT / "action.yml")[-1]
    done = subprocess.run(["bash", "-c", last["run"]], env={**os.environ, "CODE": str(code)}, check=False, timeout=60)
    assert done.returncode == code


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    assert not [step for step in _steps(path) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("path", [*FILES, ROOT / "README.md"], ids=lambda path: path.name)
def test_foreign_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: *(\S+)(.*)", path.read_text(encoding="utf-8"))
    foreign = [(name, rest) for name, rest in used if not name.startswith(("./", "OWNER/"))]
    assert foreign
    for name, rest in foreign:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name), name
        assert re.match(r" # v\d+\.\d+\.\d+$", rest), name


def test_the_action_installs_the_version_it_belongs_to() -> None:
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert inputs["version"]["default"] == __version__
    assert f"OWNER/backend-audit@v{__version__}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_hook_audits_the_whole_backend() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "backend-audit"
    assert hook["pass_filenames"] is False
    assert hook["args"] == ["."]
