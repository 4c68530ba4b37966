"""Documents say what is so: generated parts are fresh, links lead somewhere, nothing tells where we fetch from."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer import __version__
from analyzer.rulebook import load_rules
from scripts import readme

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "rules/*/*.md", "fixtures/*.md")
    for path in ROOT.glob(pattern)
)
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "debian" + ".org")
"""Put together here, so that this file does not name them either."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _repository_files() -> Iterator[Path]:
    """What git has or would take: tracked files and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            yield path


@pytest.mark.parametrize("name", sorted(readme.regions()))
def test_generated_part_of_the_readme_is_up_to_date(name: str) -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.replace_region(text, name, readme.regions()[name]()) == text, "run: python -m scripts.readme"


def test_changelog_has_this_version_and_names_every_rule() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{__version__}]" in text
    assert [rule.code for rule in load_rules() if f"`{rule.code}` {rule.slug}" not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(document: Path) -> None:
    targets = [link.split("#")[0] for link in LINK.findall(document.read_text(encoding="utf-8"))]
    inside = [target for target in targets if target and "://" not in target]
    assert [target for target in inside if not (document.parent / target).exists()] == []


def test_every_command_of_the_documents_names_files_that_exist() -> None:
    """Paths of the repository that stand in commands; those with a placeholder or made by the walkthrough aside."""
    folders = ("fixtures/apps/", "scripts/", ".ci/", "docs/")
    missing = []
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"):
        blocks = re.findall(r"```bash\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
        words = [word for block in blocks for word in block.split() if word.startswith(folders)]
        missing += [word for word in words if not list(ROOT.glob(word))]
    assert missing == []


def test_no_file_names_a_package_registry() -> None:
    found = []
    for path in _repository_files():
        data = path.read_bytes()
        found += [(path.name, registry) for registry in REGISTRIES if registry.encode() in data]
    assert found == []


def test_stages_import_what_the_architecture_allows() -> None:
    """The table of docs/architecture.md is the contract: a row a package, and no import that it does not allow."""
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| ([^|]*) \|$", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    allowed = {package: set(re.findall(r"\w+", words)) for package, words in rows}
    package = ROOT / "analyzer"
    stages = {path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert stages == set(allowed)
    wrong = []
    for path in sorted(package.glob("*/**/*.py")):
        stage = path.relative_to(package).parts[0]
        imported = re.findall(r"^\s*(?:from|import) analyzer\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        wrong += [f"{path.name} imports {name}" for name in imported if name not in {stage, *allowed[stage]}]
    assert wrong == []


def test_licence_is_the_whole_of_it() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "END OF TERMS AND CONDITIONS" in text
    assert "APPENDIX: How to apply the Apache License to your work." in text
