"""From a route to a function, by the shortest chain of calls."""

from __future__ import annotations

import pytest

from analyzer.graph.picture import Picture
from tests.pictures import findings_of, picture_of
from tests.projects import place_of

APP = {
    "app/__init__.py": "",
    "app/repository.py": """
        from abc import ABC, abstractmethod

        class Users(ABC):
            @abstractmethod
            def by_name(self, name): ...

        class SqlUsers(Users):
            def __init__(self, session):
                self.session = session
                self.prepare()

            def prepare(self):
                return None

            def by_name(self, name):
                return helper(name)

        def helper(name):
            return name

        def unused():
            return None
    """,
    "app/service.py": """
        from app.repository import SqlUsers, Users

        class UserService:
            def __init__(self, users: Users) -> None:
                self.users = users

            def find(self, name):
                return self.users.by_name(name)

        def provide() -> UserService:
            return UserService(SqlUsers(None))
    """,
    "app/api.py": """
        from fastapi import APIRouter, BackgroundTasks, Depends
        from app.service import UserService, provide

        router = APIRouter(prefix="/users")

        def notify():
            return None

        @router.get("/{name}")
        def show(name: str, tasks: BackgroundTasks, users: UserService = Depends(provide)):
            tasks.add_task(notify)
            return users.find(name)
    """,
}


def chain(picture: Picture, path: str, name: str) -> list[str] | None:
    found = picture.chain_to(place_of(picture.project, path, name))
    if found is None:
        return None
    route, calls = found
    return [route.label, *(picture.project.qualified(place) for place, _, _ in calls)]


def test_a_chain_goes_through_injected_services_and_the_port_to_its_implementation() -> None:
    picture = picture_of(APP)
    assert chain(picture, "app/repository.py", "SqlUsers.by_name") == [
        "GET /users/{name}", "app.api.show", "app.service.UserService.find",
    ]  # fmt: skip
    assert chain(picture, "app/repository.py", "helper") == [
        "GET /users/{name}", "app.api.show", "app.service.UserService.find", "app.repository.SqlUsers.by_name",
    ]  # fmt: skip


def test_a_provider_reaches_what_it_constructs() -> None:
    picture = picture_of(APP)
    assert chain(picture, "app/service.py", "provide") == ["GET /users/{name}", "app.api.show"]
    assert chain(picture, "app/repository.py", "SqlUsers.prepare") == [
        "GET /users/{name}", "app.api.show", "app.service.provide", "app.repository.SqlUsers.__init__",
    ]  # fmt: skip


def test_a_function_that_is_handed_on_is_reached() -> None:
    assert chain(picture_of(APP), "app/api.py", "notify") == ["GET /users/{name}", "app.api.show"]


def test_a_handler_reaches_itself_and_unused_code_nothing() -> None:
    picture = picture_of(APP)
    assert chain(picture, "app/api.py", "show") == ["GET /users/{name}"]
    assert chain(picture, "app/repository.py", "unused") is None


def test_findings_tell_definition_route_and_calls() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/models.py": """
            from django.db import models
            class Order(models.Model):
                def notify(self):
                    from shop.services import announce
                    announce(self)
        """,
        "shop/services.py": """
            from shop.models import Order
            def announce(order): ...
            def place(name):
                order = Order.objects.create(name=name)
                announce(order)
                return order
        """,
        "shop/views.py": """
            from shop import services
            def create(request):
                order = services.place(request.POST["name"])
                order.notify()
        """,
        "shop/urls.py": """
            from django.urls import path
            from shop import views
            urlpatterns = [path("orders/", views.create)]
        """,
    }
    (finding,) = findings_of(files, "BA503")
    assert finding.scope == "shop.models.Order.notify"
    assert finding.location.span.line == 5


def test_tasks_are_reached_by_a_method_of_theirs_and_by_their_name() -> None:
    files = {
        "tasks.py": """
            from celery import shared_task

            @shared_task
            def send(order): ...

            @shared_task(name="shop.clean")
            def clean(order): ...

            @shared_task
            def idle(order): ...
        """,
        "worker.py": """
            async def index(ctx, order): ...

            class WorkerSettings:
                functions = [index]

            import arq
        """,
        "views.py": """
            from celery import Celery
            from fastapi import FastAPI
            from tasks import send

            app = FastAPI()

            @app.post("/orders")
            async def order(pool, number: int):
                send.delay(number)
                Celery().send_task("shop.clean", args=[number])
                await pool.enqueue_job("index", number)
        """,
    }
    picture = picture_of(files)
    places = [place_of(picture.project, path, name) for path, name in (("tasks.py", "send"), ("tasks.py", "clean"))]
    for place in (*places, place_of(picture.project, "worker.py", "index")):
        found = picture.chain_to(place)
        assert found is not None
        assert found[0].label == "POST /orders"
    assert picture.chain_to(place_of(picture.project, "tasks.py", "idle")) is None


BUS = {
    "app/messages.py": """
        from dataclasses import dataclass
        @dataclass
        class Place:
            sku: str
        @dataclass
        class Placed:
            sku: str
        @dataclass
        class Forgotten:
            sku: str
    """,
    "app/handlers.py": """
        from app.messages import Forgotten, Place, Placed
        from app.stock import Stock
        def place(command: Place, stock: Stock):
            return [Placed(command.sku)]
        def tell(event: Placed):
            return None
        def forget(command: Forgotten):
            return None
        def count(stock: Stock):
            return stock.count()
    """,
    "app/stock.py": """
        class Stock:
            def count(self): return 1
    """,
    "app/bus.py": """
        from app import handlers, messages
        HANDLERS = {messages.Place: handlers.place, messages.Placed: handlers.tell, messages.Forgotten: handlers.forget}
        class Bus:
            def handle(self, message):
                return HANDLERS[type(message)](message)
    """,
    "app/routes.py": """
        from flask import Flask, request
        from app.bus import Bus
        from app.messages import Place
        from app.stock import Stock
        app = Flask(__name__)
        @app.post("/orders")
        def orders():
            Stock()
            Bus().handle(Place(request.json["sku"]))
            return "", 202
    """,
}


def _reached(files: dict[str, str], name: str) -> bool:
    picture = picture_of(files)
    return picture.chain_to(place_of(picture.project, "app/handlers.py", name)) is not None


def test_messages_reach_what_a_bus_finds_by_their_type() -> None:
    assert [name for name in ("place", "tell", "forget", "count") if _reached(BUS, name)] == ["place", "tell"]


def test_messages_reach_nothing_where_nothing_is_found_by_type() -> None:
    files = {**BUS, "app/bus.py": BUS["app/bus.py"].replace("HANDLERS[type(message)](message)", "message")}
    assert not _reached(files, "place")


@pytest.mark.parametrize(
    ("more", "head", "call", "name"),
    [
        ("search = run", "from .store import search", "search(term)", "run"),
        ("search = run", "from .store import search as look", "look(term)", "run"),
        ("search = run", "from . import store", "store.search(term)", "run"),
        ("first = run\nsearch = first", "from .store import search", "search(term)", "run"),
        ("", "from . import store\nfetch = store.run", "fetch(term)", "run"),
        ("", "from . import store", "fetch = store.run\n    fetch(term)", "run"),
        ("store = Store()\nsearch = store.find", "from .store import search", "search(term)", "Store.find"),
        ("", "from .store import Store", "Store().by_name(term)", "Store.find"),
        ("Default = Store", "from .store import Default", "Default().find(term)", "Store.find"),
        ("Default = Store", "from .store import Default", "Default().find(term)", "Store.__init__"),
    ],
)
def test_a_function_under_another_name_is_reached(more: str, head: str, call: str, name: str) -> None:
    store = (
        "import sqlite3\ndef run(term):\n    sqlite3.connect('a').execute('SELECT a FROM t WHERE b = ' + term)\n"
        "class Store:\n    def __init__(self):\n        self.ready = 1\n    def find(self, term):\n        run(term)\n"
        f"    by_name = find\n{more}\n"
    )
    views = (
        f"from flask import Flask, request\n{head}\napp = Flask(__name__)\n"
        f"@app.get('/search')\ndef show():\n    term = request.args['q']\n    {call}\n"
    )
    files = {"app/__init__.py": "", "app/store.py": store, "app/views.py": views}
    assert chain(picture_of(files), "app/store.py", name) == ["GET /search", "app.views.show"]
    (told,) = findings_of(files, "BA101")
    assert "request data" in told.message


def test_a_name_that_two_functions_share_reaches_only_the_one_it_was_given_to() -> None:
    files = {
        "app/__init__.py": "",
        "app/store.py": "def run(term):\n    return 1\ndef drop(term):\n    return 2\n",
        "app/quiet.py": "from .store import drop\nrun = drop\n",
        "app/views.py": """
            from flask import Flask
            from .quiet import run

            app = Flask(__name__)

            @app.get("/search")
            def show():
                return run("a")
        """,
    }
    picture = picture_of(files)
    assert chain(picture, "app/store.py", "run") is None
    assert chain(picture, "app/store.py", "drop") == ["GET /search", "app.views.show"]
