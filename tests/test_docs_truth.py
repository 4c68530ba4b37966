"""Documents say what is so: generated parts are fresh, links lead somewhere, nothing tells where we fetch from."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from analyzer import __version__, pipeline
from analyzer.config.load import load_config
from analyzer.rulebook import load_rules
from scripts import contracts, readme

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


def test_contracts_say_what_the_architecture_says() -> None:
    """The table of docs/architecture.md has a row a package; pyproject.toml declares it."""
    package = ROOT / "analyzer"
    stages = {path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert stages == set(contracts.allowed())
    text = contracts.PROJECT.read_text(encoding="utf-8")
    assert contracts.with_region(text, contracts.declaration()) == text, "run: python -m scripts.contracts"
    assert stages <= {contract.name for contract in load_config([ROOT])[0].contracts}


def test_the_product_holds_itself_to_its_contracts(tmp_path: Path) -> None:
    """An audit of this package finds no breach but the one that is planted."""
    shutil.copytree(ROOT / "analyzer", tmp_path / "analyzer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "analyzer" / "facts" / "tokens.py"
    planted.write_text(planted.read_text(encoding="utf-8") + "\n\ndef late():\n    from analyzer.graph import role\n")
    config = msgspec.structs.replace(
        load_config([tmp_path])[0], select=("BA511",), semgrep=False, bandit=False, cache_dir=str(tmp_path / "cache")
    )
    found = pipeline.audit([tmp_path / "analyzer"], config).findings
    assert [(item.location.path, item.message.partition(":")[0]) for item in found] == [
        ("analyzer/facts/tokens.py", "`analyzer.facts.tokens` imports `analyzer.graph.role` inside a function")
    ]


def test_licence_is_the_whole_of_it() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "END OF TERMS AND CONDITIONS" in text
    assert "APPENDIX: How to apply the Apache License to your work." in text
