"""Contracts: mistakes in them, what other tools' files come to, and that all of it can be read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.cli.main import main
from analyzer.config.contract_text import contract_table, contracts_inline
from analyzer.config.load import load_config
from analyzer.model.contract import Contract

FILES = {
    "shop/__init__.py": "",
    "shop/api.py": "import requests\nfrom shop import orders\n",
    "shop/orders.py": "from shop.store import rows\n",
    "shop/store.py": "def rows():\n    return []\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package in a repository, and the working folder."""
    (tmp_path / ".git").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def audit(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of an audit for BA511 alone."""
    code = main([*words, "--select", "BA511", "--no-semgrep", "--no-bandit", "--no-cache", "--jobs", "1"])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_every_wrong_name_is_told_at_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "backend-audit.toml").write_text(
        """
[contracts.stages]
kind = "layers"
layers = ["shop.api", "shop.order", { modules = "shop.none", optional = true }]
ignore = ["shop.api -> shop.store"]

[contracts.inner]
kind = "layers"
layers = ["apis", "store"]
containers = ["shop"]

[contracts.outbound]
kind = "external"
packages = ["reqests", "never_used"]
only-from = ["shop.*.clients"]
"""
    )
    code, out, err = audit(capsys, "shop")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'backend-audit.toml:4: contract "stages": no module is called "shop.order"; did you mean "shop.orders"?',
        'backend-audit.toml:5: contract "stages": no import is "shop.api -> shop.store"; '
        'did you mean "shop.api -> shop.orders"?',
        'backend-audit.toml:9: contract "inner": shop has no layer "apis"; did you mean "api"?',
        'backend-audit.toml:14: contract "outbound": no module is called "reqests"; did you mean "requests"?',
        'backend-audit.toml:15: contract "outbound": no module matches "shop.*.clients"',
    ]


def test_wrong_keys_and_values_are_told_at_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "backend-audit.toml").write_text(
        """
[contracts.stages]
kind = "layer"

[contracts.apart]
kind = "independence"
module = ["shop.api"]

[contracts.rows]
kind = "protected"
modules = ["shop/store"]
only-from = []
severity = "eror"
"""
    )
    code, _, err = audit(capsys, "shop")
    assert code == 2
    lines = err.splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "5", "7", "11", "12", "13"]
    assert 'did you mean "layers"?' in lines[0]
    assert 'needs "modules"' in lines[1]
    assert 'did you mean "modules"?' in lines[2]


def test_part_of_a_tree_is_no_mistake(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "backend-audit.toml").write_text(
        '[contracts.stages]\nkind = "layers"\nlayers = ["shop.api", "shop.orders", "shop.store"]\n'
    )
    assert audit(capsys, "shop/orders.py")[0] == 0


def test_breach_shows_its_chain_and_the_contract(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "pyproject.toml").write_text(
        '[tool.backend-audit.contracts.thin]\nkind = "forbidden"\ntitle = "the API asks orders"\n'
        'from = "shop.api"\nto = "shop.store"\nadvice = "Ask shop.orders."\n'
    )
    code, out, _ = audit(capsys, "shop")
    assert code == 1
    told = " ".join(out.split())
    assert (
        "`shop.api` imports `shop.store` through `shop.orders`: `shop.api` must not import `shop.store`, says the "
        "contract thin (the API asks orders) (pyproject.toml:1)."
    ) in told
    assert (
        "1. shop/api.py:2:18 shop.api imports shop.orders 2. shop/orders.py:1:24 shop.orders imports shop.store" in told
    )
    assert "fix: Ask shop.orders." in told


# --- files of other tools ---------------------------------------------------------------------------------------------

INI = """
[importlinter]
root_package = shop
include_external_packages = True

[importlinter:contract:stages]
name = The stages
type = layers
layers =
    shop.api
    # a comment
    shop.orders | shop.stock
    (shop.money) : shop.dates
    shop.store
ignore_imports =
    shop.store -> shop.api
unmatched_ignore_imports_alerting = warn

[importlinter:contract:features]
name = Features
type = layers
layers = web
    rows
containers = shop.features.*
exhaustive = true
exhaustive_ignores = texts

[importlinter:contract:no-django]
name = no django
type = forbidden
source_modules = shop.store
forbidden_modules =
    django
    shop.api
allow_indirect_imports = true
as_packages = false
broken_contract_guidance = Ask
    somebody.

[importlinter:contract:rows]
name = rows
type = protected
protected_modules = shop.store
allowed_importers = shop.orders

[importlinter:contract:apart]
name = apart
type = independence
modules =
    shop.api
    shop.store

[importlinter:contract:circles]
name = circles
type = acyclic_siblings
ancestors = shop
depth = 2
skip_descendants = shop.old

[importlinter:contract:underscored]
name = underscored
type = private_modules

[importlinter:contract:own]
name = own
type = house_rules
"""
FROM_INI = """[tool.backend-audit.contracts.stages]
kind = "layers"
title = "The stages"
layers = [
  "shop.api",
  ["shop.orders", "shop.stock"],
  { modules = ["shop.money", "shop.dates"], independent = false, optional = true },
  "shop.store",
]
type-checking = true
tests = true
ignore = ["shop.store -> shop.api"]
unmatched-ignores = "none"

[tool.backend-audit.contracts.features]
kind = "layers"
layers = ["web", "rows"]
containers = ["shop.features.*"]
exhaustive = true
exhaustive-ignores = ["texts"]
type-checking = true
tests = true

[tool.backend-audit.contracts.no-django]
kind = "forbidden"
from = ["shop.store"]
to = ["django", "shop.api"]
as-packages = false
direct-only = true
type-checking = true
tests = true
advice = "Ask somebody."

[tool.backend-audit.contracts.rows]
kind = "protected"
modules = ["shop.store"]
only-from = ["shop.orders"]
type-checking = true
tests = true

[tool.backend-audit.contracts.apart]
kind = "independence"
modules = ["shop.api", "shop.store"]
type-checking = true
tests = true

[tool.backend-audit.contracts.circles]
kind = "acyclic-siblings"
ancestors = ["shop"]
depth = 2
skip = ["shop.old"]
type-checking = true
tests = true

[tool.backend-audit.contracts.underscored]
kind = "private"
type-checking = true
tests = true
"""


@pytest.mark.parametrize("name", [".importlinter", "setup.cfg"])
def test_import_linter_in_ini(name: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / name).write_text(INI)
    assert main(["contracts", "import"]) == 0
    printed = capsys.readouterr()
    assert printed.out == FROM_INI
    assert 'own: contracts of type "house_rules" are not known and are left out' in printed.err


def test_import_linter_in_toml(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "pyproject.toml").write_text(
        """
[tool.importlinter]
root_package = "shop"
exclude_type_checking_imports = true

[[tool.importlinter.contracts]]
name = "Stages of the shop"
type = "layers"
layers = ["shop.api", "shop.orders", "shop.store"]

[[tool.importlinter.contracts]]
name = "Stages of the shop"
type = "independence"
modules = ["shop.api", "shop.store"]
"""
    )
    assert main(["contracts", "import", "pyproject.toml", "--own-file"]) == 0
    assert capsys.readouterr().out == (
        '[contracts.stages-of-the-shop]\nkind = "layers"\n'
        'layers = ["shop.api", "shop.orders", "shop.store"]\ntests = true\n\n'
        '[contracts.stages-of-the-shop-2]\nkind = "independence"\n'
        'title = "Stages of the shop"\nmodules = ["shop.api", "shop.store"]\ntests = true\n'
    )


def test_tach(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "tach.toml").write_text(
        """
layers = ["ui", { name = "core", closed = true }]
interfaces = [{ expose = ["rows"], from = ["shop.store"] }]

[[modules]]
path = "shop.api"
layer = "ui"

[[modules]]
path = "shop.orders"
layer = "core"
depends_on = [{ path = "shop.store", deprecated = true }]
visibility = ["shop.api"]

[[modules]]
paths = ["shop.store", "shop.stock"]
depends_on = []

[[modules]]
path = "shop.texts"
utility = true
"""
    )
    assert main(["contracts", "import", "tach.toml"]) == 0
    printed = capsys.readouterr()
    assert printed.out == (
        "[tool.backend-audit.contracts.layers]\n"
        'kind = "layers"\n'
        'layers = [\n  { modules = "shop.api", independent = false },\n'
        '  { modules = "shop.orders", independent = false, closed = true },\n]\n'
        "direct-only = true\n\n"
        "[tool.backend-audit.contracts.shop-orders-depends]\n"
        'kind = "forbidden"\n'
        'title = "what shop.orders may import itself"\n'
        'from = ["shop.orders"]\nto = ["shop.stock"]\ndirect-only = true\n\n'
        "[tool.backend-audit.contracts.shop-store-depends]\n"
        'kind = "forbidden"\n'
        'title = "what shop.store may import itself"\n'
        'from = ["shop.store"]\nto = ["shop.api", "shop.orders", "shop.stock"]\ndirect-only = true\n\n'
        "[tool.backend-audit.contracts.shop-stock-depends]\n"
        'kind = "forbidden"\n'
        'title = "what shop.stock may import itself"\n'
        'from = ["shop.stock"]\nto = ["shop.api", "shop.orders", "shop.store"]\ndirect-only = true\n\n'
        "[tool.backend-audit.contracts.shop-orders-visible]\n"
        'kind = "protected"\n'
        'title = "who may import shop.orders"\n'
        'modules = ["shop.orders"]\nonly-from = ["shop.api"]\n'
    )
    assert "interfaces" in printed.err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (".importlinter", "[other]\n", "it has no [importlinter] section"),
        (".importlinter", "[importlinter\n", "not valid INI"),
        ("pyproject.toml", "[tool]\n", "it has no [tool.importlinter]"),
        ("tach.toml", "exact = true\n", "it has no [[modules]]"),
        ("tach.toml", "exact = \n", "not valid TOML"),
        ("missing.toml", None, "cannot read it"),
    ],
)
def test_files_that_hold_none(
    name: str, text: str | None, message: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (shop / name).write_text(text)
    assert main(["contracts", "import", name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err


def test_what_is_printed_can_be_read_back(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / ".importlinter").write_text(INI)
    assert main(["contracts", "import"]) == 0
    (shop / "pyproject.toml").write_text(capsys.readouterr().out)
    tables = load_config([shop])[0].contracts
    (shop / "pyproject.toml").write_text(f"[tool.backend-audit]\ncontracts = {contracts_inline(tables)}\n")
    inline = load_config([shop])[0].contracts
    assert [_text(one) for one in tables] == [_text(one) for one in inline]
    assert len(tables) == 7


def _text(contract: Contract) -> str:
    return contract_table(contract)
