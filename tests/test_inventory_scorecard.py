"""The scorecard: its text as a person sees it, its figures as a script reads them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from analyzer.cli.main import main

SNAPSHOT = Path(__file__).parent / "snapshots" / "architecture.txt"
FILES = {
    "shop/__init__.py": "",
    "shop/main.py": """from fastapi import FastAPI

from shop.api import orders

app = FastAPI()
app.include_router(orders.router)
""",
    "shop/api/__init__.py": "",
    "shop/api/orders.py": """from fastapi import APIRouter

from shop.services.orders import OrderService
from shop.store.orders import OrderStore, connect

router = APIRouter(prefix="/orders")


@router.get("/open")
def open_orders() -> list[str]:
    return OrderService(OrderStore()).open_orders()


@router.get("/count")
def count() -> int:
    return len(OrderService(OrderStore()).open_orders())


@router.post("")
def place(number: int, price: int, discount: int) -> int:
    total = number * price
    if number > 10:
        total = total - total * discount / 100
    if total > 1000:
        total = total - discount
    connect().execute("INSERT INTO orders (total) VALUES (?)", (total,))
    return total
""",
    "shop/services/__init__.py": "",
    "shop/services/orders.py": """from shop.store.orders import OrderStore


class OrderService:
    def __init__(self, store: OrderStore) -> None:
        self.store = store

    def open_orders(self) -> list[str]:
        return self.store.names()


def price_of(name: str) -> int:
    return len(name)
""",
    "shop/ports.py": """from typing import Protocol


class Store(Protocol):
    def names(self) -> list[str]: ...
""",
    "shop/store/__init__.py": "",
    "shop/store/orders.py": """import sqlite3

from shop.ports import Store
from shop.store import texts


def connect() -> sqlite3.Connection:
    return sqlite3.connect("orders.db")


class OrderStore(Store):
    def names(self) -> list[str]:
        return [row[0] for row in connect().execute("SELECT name FROM orders")]

    def longest(self) -> int:
        from shop.services.orders import price_of

        return max(map(price_of, self.names()), default=0)
""",
    "shop/store/texts.py": """from shop.store import orders

NAME = orders
""",
    "tests/test_orders.py": "from shop.api import orders\n",
    "backend-audit.toml": """[contracts.texts]
kind = "forbidden"
from = "shop.store.texts"
to = "shop.services"
""",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small backend with something of everything, as the working folder."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("shop")
def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["architecture", ".", "--jobs", "1", "--quiet"]) == 0
    printed = capsys.readouterr().out
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(printed, encoding="utf-8")
    assert printed == SNAPSHOT.read_text(encoding="utf-8")


@pytest.mark.usefixtures("shop")
def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["architecture", ".", "--jobs", "1", "--quiet", "--output", "json"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    found = json.loads(printed)
    assert found["version"] == 1
    assert {violation["kind"] for violation in found["violations"]} == {"upward", "jump", "contract"}
    assert [circle["modules"] for circle in found["circles"]] == [["shop.store.orders", "shop.store.texts"]]
    packages = {package["name"]: package for package in found["packages"]}
    # shop.main imports it; it imports one module of the services and one of the store: 2 / (1 + 2).
    assert packages["shop.api"] == {
        "name": "shop.api", "modules": 2, "afferent": 1, "efferent": 2, "instability": 0.67, "abstractness": 0.0,
        "distance": 0.33,
    }  # fmt: skip
    assert packages["shop"]["abstractness"] == 1.0
    assert found["controllers"][0]["name"] == "shop.api.orders.place"
    assert {"arithmetic", "branch", "write"} & {piece["kind"] for piece in found["controllers"][0]["evidence"]}
    assert main(words) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.usefixtures("shop")
def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["architecture", ".", "--output", "csv"]) == 2
    assert '--output: expected text or json, got "csv"' in capsys.readouterr().err
    Path("backend-audit.toml").write_text(
        '[contracts.a]\nkind = "independence"\nmodules = ["shop.stores", "shop.api"]\n'
    )
    assert main(["architecture", "."]) == 2
    assert 'no module is called "shop.stores"; did you mean "shop.store"?' in capsys.readouterr().err
