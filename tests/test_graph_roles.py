"""Roles come from what code is and does; names only support that."""

from __future__ import annotations

import pytest

from analyzer.model import Confidence, Tier
from tests.pictures import picture_of
from tests.projects import place_of

APP = {
    "app/__init__.py": "",
    "app/database.py": """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session, sessionmaker
        SessionLocal = sessionmaker(create_engine("sqlite://"))
        def get_db():
            db = SessionLocal()
            try:
                yield db
            finally:
                db.close()
    """,
    "app/models.py": """
        from sqlalchemy.orm import DeclarativeBase
        class Base(DeclarativeBase): ...
        class Order(Base):
            __tablename__ = "orders"
    """,
    "app/schemas.py": "from pydantic import BaseModel\nclass OrderIn(BaseModel): ...",
    "app/storage.py": """
        from sqlalchemy.orm import Session
        from app.models import Order
        class Orders:
            def __init__(self, session: Session): self.session = session
            def add(self, order): self.session.add(order)
            def get(self, key): return self.session.get(Order, key)
    """,
    "app/services/__init__.py": "",
    "app/services/orders.py": """
        from app.storage import Orders
        class OrderService:
            def __init__(self, orders: Orders): self.orders = orders
            def place(self, order): self.orders.add(order)
    """,
    "app/services/prices.py": "def price(order): return 1",
    "app/routes.py": """
        from fastapi import APIRouter, Depends
        from app.database import get_db
        from app.schemas import OrderIn
        from app.services.orders import OrderService
        from app.storage import Orders
        router = APIRouter()
        def provide(db=Depends(get_db)) -> OrderService: return OrderService(Orders(db))
        @router.post("/orders")
        def place(order: OrderIn, service: OrderService = Depends(provide), db=Depends(get_db)):
            service.place(order)
            return Orders(db).get(1)
    """,
    "app/main.py": """
        from fastapi import FastAPI
        from app.routes import router
        app = FastAPI()
        app.include_router(router)
    """,
}


def test_each_module_has_the_role_of_what_it_does() -> None:
    picture = picture_of(APP)
    assert {path: picture.module_role(path).name for path in picture.project.paths() if "__init__" not in path} == {
        "app/database.py": "session",
        "app/models.py": "model",
        "app/schemas.py": "schema",
        "app/storage.py": "repository",
        "app/services/orders.py": "service",
        "app/services/prices.py": "service",
        "app/routes.py": "controller",
        "app/main.py": "entrypoint",
    }


def test_a_role_tells_why_and_where() -> None:
    picture = picture_of(APP)
    role = picture.role_of(place_of(picture.project, "app/routes.py", "place"))
    assert (role.name, role.confidence) == ("controller", Confidence.HIGH)
    assert role.evidence[0].text == "answers POST /orders"
    assert (role.evidence[0].path, role.evidence[0].line) == ("app/routes.py", 10)
    member = picture.module_role("app/services/prices.py")
    assert member.confidence == Confidence.MEDIUM
    assert member.why == "lies in services/ with orders.py"


def test_a_folder_name_alone_makes_no_layer() -> None:
    picture = picture_of(
        {
            "garage/__init__.py": "",
            "garage/services/__init__.py": "",
            "garage/services/tyres.py": "TYRES = ('winter', 'summer')\ndef label(tyre): return tyre.title()",
            "garage/repositories/__init__.py": "",
            "garage/repositories/names.py": "class RepositoryName(str): ...",
        }
    )
    assert {picture.module_role(path).name for path in picture.project.paths()} == {"utility"}


def test_a_domain_class_called_like_a_layer_keeps_its_own_role() -> None:
    picture = picture_of(
        {"m.py": "from django.db import models\nclass Service(models.Model): ...\nclass CarService(models.Model): ..."}
    )
    assert [picture.class_role("m.py", index).name for index in (0, 1)] == ["model", "model"]


@pytest.mark.parametrize("glob", ["app/routes.py", "app.routes.place", "app.rout*"])
def test_the_configuration_overrides_by_path_or_dotted_name(glob: str) -> None:
    picture = picture_of(APP, roles=[(glob, "command")])
    assert picture.role(place_of(picture.project, "app/routes.py", "place")) == "command"


def test_tests_and_migrations_have_their_own_roles() -> None:
    picture = picture_of(APP, tiers={"app/routes.py": Tier.TEST, "app/models.py": Tier.MIGRATION})
    assert picture.module_role("app/routes.py").name == "test"
    assert picture.module_role("app/models.py").name == "migration"


def test_composition_roots_may_know_everything() -> None:
    picture = picture_of({**APP, "app/container.py": "from app.services.orders import OrderService"})
    assert picture.is_root("app/main.py")
    assert picture.is_root("app/container.py")
    assert not picture.is_root("app/services/orders.py")


SHOP = {
    "services/shop/__init__.py": "",
    "services/shop/helper.py": "def auth(key): return key",
    "services/shop/dao/__init__.py": "",
    "services/shop/dao/course.py": """
        from typing import NamedTuple
        from aiopg.connection import Connection
        class Course(NamedTuple):
            title: str
            @staticmethod
            async def get(conn: Connection, key: int):
                async with conn.cursor() as cursor:
                    await cursor.execute("SELECT title FROM courses WHERE id = %s", (key,))
    """,
    "services/shop/repositories/__init__.py": "",
    "services/shop/repositories/base.py": """
        from asyncpg.connection import Connection
        class BaseRepository:
            def __init__(self, conn: Connection): self.conn = conn
    """,
    "services/shop/repositories/users.py": """
        from shop.repositories.base import BaseRepository
        from shop.queries import queries
        class UsersRepository(BaseRepository):
            async def by_name(self, name): return await queries.by_name(self.conn, name)
    """,
    "services/shop/usecases/__init__.py": "",
    "services/shop/usecases/drop.py": """
        from abc import ABC, abstractmethod
        from shop.repositories.users import UsersRepository
        class DropUser(ABC):
            @abstractmethod
            def execute(self, name): ...
        class DropUserImpl(DropUser):
            def __init__(self, users: UsersRepository): self.users = users
            def execute(self, name): self.users.by_name(name)
    """,
    "services/shop/service_layer/__init__.py": "",
    "services/shop/service_layer/unit.py": """
        from shop.repositories.users import UsersRepository
        class SqlUnit:
            def __enter__(self): self.users = UsersRepository(self.connect())
            def __exit__(self, *error): self.rollback()
            def commit(self): self.users.conn.commit()
            def rollback(self): self.users.conn.rollback()
    """,
    "services/shop/service_layer/handlers.py": """
        from shop.repositories.users import UsersRepository
        def add(users: UsersRepository, name): users.by_name(name)
        def rename(users: UsersRepository, name): users.by_name(name)
        def announce(event, publish): publish("added", event)
        def _words(text): return text.split()
    """,
    "services/shop/views.py": """
        from flask import Flask
        from shop.helper import auth
        from shop.service_layer import handlers
        app = Flask(__name__)
        @app.post("/users")
        def add(): handlers.add(auth("x"), "y"); handlers.rename(1, 2)
    """,
}


def test_layers_by_what_their_classes_inherit_promise_and_stand_beside() -> None:
    picture = picture_of(SHOP)
    found = {
        function.qualname: picture.role(place_of(picture.project, path, function.qualname))
        for path in SHOP
        for function in picture.project.outline(path).functions
        if not function.name.startswith("__") and path != "services/shop/views.py"
    }
    assert found == {
        "auth": "utility",
        "Course.get": "repository",
        "UsersRepository.by_name": "repository",
        "DropUser.execute": "service",
        "DropUserImpl.execute": "service",
        "SqlUnit.commit": "utility",
        "SqlUnit.rollback": "utility",
        "add": "service",
        "rename": "service",
        "announce": "service",
        "_words": "utility",
    }


COMMANDS = {
    "app/__init__.py": "",
    "app/models.py": """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        class Box(db.Model):
            id = db.Column(db.Integer, primary_key=True)
    """,
    "app/daos.py": """
        from app.models import Box, db
        class BoxDAO:
            @staticmethod
            def by_id(key): return db.session.get(Box, key)
            @staticmethod
            def create(label): db.session.add(Box(label=label))
    """,
    "app/commands.py": """
        from app.daos import BoxDAO
        from app.models import Box, db
        class BaseCommand:
            def run(self): raise NotImplementedError
        class StoreBox(BaseCommand):
            def run(self): return BoxDAO.create("new")
        class MoveBox(BaseCommand):
            def run(self): return BoxDAO.by_id(1)
        class LabelBoxes(BaseCommand):
            def run(self): db.session.query(Box).update({"label": "old"})
        class Boxes:
            def emptied(self): db.session.query(Box).delete()
    """,
    "app/views.py": """
        from flask import Blueprint
        from app.commands import Boxes, LabelBoxes, MoveBox, StoreBox
        boxes = Blueprint("boxes", __name__)
        @boxes.post("/boxes")
        def store(): return StoreBox().run()
        @boxes.put("/boxes")
        def move(): return MoveBox().run()
        @boxes.put("/labels")
        def label(): return LabelBoxes().run()
        @boxes.delete("/boxes")
        def emptied(): return Boxes().emptied()
    """,
}


def test_a_class_that_runs_queries_is_a_service_where_what_it_extends_is_a_base_of_services() -> None:
    picture = picture_of(COMMANDS)
    names = [one.name for one in picture.project.outline("app/commands.py").classes]
    assert {name: picture.class_role("app/commands.py", names.index(name)).name for name in names[1:]} == {
        "StoreBox": "service",
        "MoveBox": "service",
        "LabelBoxes": "service",
        "Boxes": "repository",
    }


PORTS = {
    "app/__init__.py": "",
    "app/ports.py": """
        from abc import ABC, abstractmethod
        class IUserUseCase(ABC):
            @abstractmethod
            def register(self, name): ...
        class IOrderUseCase(ABC):
            @abstractmethod
            def place(self, order): ...
    """,
    "app/orders.py": """
        from app.ports import IOrderUseCase
        class OrderUseCase(IOrderUseCase):
            def __init__(self, orders): self.orders = orders
            def place(self, order): self.orders.add(order)
    """,
}


def test_a_port_that_nobody_keeps_is_believed_beside_one_that_services_keep() -> None:
    picture = picture_of(PORTS)
    assert [picture.class_role("app/ports.py", at).name for at in (0, 1)] == ["service", "service"]
    alone = {**PORTS, "app/orders.py": ""}
    assert picture_of(alone).class_role("app/ports.py", 0).name != "service"
