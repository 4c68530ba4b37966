"""Layered or hexagonal: names propose, behaviour decides."""

from __future__ import annotations

from analyzer.model import Confidence
from tests.pictures import picture_of

HEXAGON = {
    "app/__init__.py": "",
    "app/domain/__init__.py": "",
    "app/domain/order.py": "class Order: ...",
    "app/domain/ports.py": """
        from abc import ABC, abstractmethod
        class OrderStore(ABC):
            @abstractmethod
            def add(self, order): ...
    """,
    "app/application/__init__.py": "",
    "app/application/place_order.py": """
        from app.domain.order import Order
        from app.domain.ports import OrderStore
        class PlaceOrder:
            def __init__(self, store: OrderStore): self.store = store
            def __call__(self): self.store.add(Order())
    """,
    "app/adapters/__init__.py": "",
    "app/adapters/http.py": """
        from fastapi import APIRouter, Request
        from app.application.place_order import PlaceOrder
        router = APIRouter()
        @router.post("/orders")
        def place(request: Request): request.app.state.place()
    """,
    "app/adapters/sqlite.py": """
        import sqlite3
        from app.domain.ports import OrderStore
        class SqliteOrders(OrderStore):
            def __init__(self, connection: sqlite3.Connection): self.connection = connection
            def add(self, order): self.connection.execute("insert into orders values (1)")
    """,
}


def test_a_hexagon_is_seen_with_its_evidence_and_rings() -> None:
    picture = picture_of(HEXAGON)
    shape = picture.shape("app/domain/order.py")
    assert (shape.kind, shape.confidence) == ("hexagonal", Confidence.HIGH)
    assert "an adapter implements a port of the inner rings" in [item.text for item in shape.evidence]
    assert {path: picture.ring(path) for path in HEXAGON if "__init__" not in path} == {
        "app/domain/order.py": "domain",
        "app/domain/ports.py": "domain",
        "app/application/place_order.py": "application",
        "app/adapters/http.py": "inbound",
        "app/adapters/sqlite.py": "outbound",
    }


def test_a_domain_folder_full_of_handlers_is_no_hexagon() -> None:
    picture = picture_of(
        {
            "app/domain/users/routes.py": """
                from fastapi import APIRouter
                router = APIRouter()
                @router.get("/users")
                def users(): ...
            """,
            "app/domain/users/services.py": "class UserService: ...",
            "app/infrastructure/mail.py": "def send(): ...",
        }
    )
    assert picture.shape("app/domain/users/routes.py").kind == "layered"


def test_a_domain_of_mapped_tables_is_no_hexagon() -> None:
    files = {**HEXAGON, "app/domain/order.py": "from sqlalchemy.orm import Session\nclass Order: ..."}
    assert picture_of(files).shape("app/domain/order.py").kind == "layered"


def test_two_applications_of_one_repository_have_their_own_shapes() -> None:
    other = {"billing/web.py": "from flask import Flask\napp = Flask(__name__)\n@app.get('/x')\ndef x(): ..."}
    picture = picture_of({**HEXAGON, **other})
    assert picture.shape("app/domain/order.py").kind == "hexagonal"
    assert picture.shape("billing/web.py").kind == "layered"
