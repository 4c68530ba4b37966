"""What is called without a route: gRPC methods, tasks, commands."""

from __future__ import annotations

import json

import pytest

from analyzer.frameworks import recognise
from analyzer.inventory import entries
from analyzer.inventory.routes import inventory
from analyzer.inventory.table import as_text
from tests.pictures import findings_of, picture_of
from tests.projects import project_of

SEND = "shop.jobs.send"


def doors(source: str, **others: str) -> list[tuple[str, str, str, str]]:
    """Kind, framework, name and function of every entry point."""
    backend = recognise(project_of({"shop/__init__.py": "", "shop/jobs.py": source, **others}))
    found = []
    for one in backend.entrypoints:
        function = backend.project.function(one.place)
        assert function is not None
        found.append((one.kind, one.framework, one.name, function.qualname))
    return found


@pytest.mark.parametrize(
    ("source", "framework", "name"),
    [
        ("from celery import shared_task\n@shared_task\ndef send(): ...", "Celery", SEND),
        ("from celery import shared_task\n@shared_task(bind=True, name='s')\ndef send(self): ...", "Celery", "s"),
        ("from celery import Celery\napp = Celery()\n@app.task\ndef send(): ...", "Celery", SEND),
        (
            "from celery import Celery\ndef made():\n    return Celery()\napp = made()\n@app.task()\ndef send(): ...",
            "Celery",
            SEND,
        ),
        ("import celery\nfrom elsewhere import celery_app\n@celery_app.task\ndef send(): ...", "Celery", SEND),
        ("from rq.decorators import job\n@job('low', connection=c)\ndef send(): ...", "RQ", SEND),
        ("import django_rq\n@django_rq.job\ndef send(): ...", "RQ", SEND),
        ("from rq import Queue\nq = Queue()\ndef send(): ...\nq.enqueue(send, 1)", "RQ", SEND),
        ("import dramatiq\n@dramatiq.actor(max_retries=3)\ndef send(): ...", "dramatiq", SEND),
        ("from huey import RedisHuey\nh = RedisHuey()\n@h.task()\ndef send(): ...", "Huey", SEND),
        ("from huey.contrib.djhuey import db_periodic_task\n@db_periodic_task(t)\ndef send(): ...", "Huey", SEND),
        ("from taskiq import InMemoryBroker\nb = InMemoryBroker()\n@b.task\ndef send(): ...", "taskiq", SEND),
        ("import arq\nasync def send(ctx): ...\nclass W:\n    functions = [send]", "arq", SEND),
        (
            "from arq import func\nasync def send(ctx): ...\nclass W:\n    functions = [func(send, name='s')]",
            "arq",
            "s",
        ),
        ("from arq.cron import cron\nasync def send(ctx): ...\nclass W:\n    cron_jobs = [cron(send)]", "arq", SEND),
    ],
)  # fmt: skip
def test_a_task_is_found(source: str, framework: str, name: str) -> None:
    assert doors(source) == [("task", framework, name, "send")]


def test_a_task_that_is_a_class_is_found_by_its_run() -> None:
    source = """
    from celery import Task
    class Base(Task):
        abstract = True
    class Send(Base):
        name = "send"
        def run(self, order): ...
    class Other:
        def run(self): ...
    """
    assert doors(source) == [("task", "Celery", "send", "Send.run")]


def test_what_is_merely_called_task_is_none() -> None:
    source = """
    import celery
    from shop.own import registry, task
    @task
    def one(): ...
    @registry.task
    def two(): ...
    """
    own = "class Registry:\n    def task(self, f): return f\nregistry = Registry()\ndef task(f): return f\n"
    assert doors(source, **{"shop/own.py": own}) == []


@pytest.mark.parametrize(
    ("source", "framework", "name"),
    [
        ("import click\n@click.command()\n@click.option('--n')\ndef bring_in(n): ...", "click", "bring-in"),
        ("import click\n@click.command('in')\ndef bring_in(): ...", "click", "in"),
        ("from typer import Typer\napp = Typer()\n@app.command()\ndef bring_in(): ...", "typer", "bring-in"),
        ("import typer\ndef bring_in(): ...\ntyper.run(bring_in)", "typer", "bring-in"),
        ("from flask import Flask\napp = Flask('x')\n@app.cli.command('in')\ndef bring_in(): ...", "Flask", "in"),
        ("from flask import Blueprint\nb = Blueprint('x')\n@b.cli.command()\ndef bring_in(): ...", "Flask", "bring-in"),
        ("from flask.cli import AppGroup\ng = AppGroup('x')\n@g.command()\ndef bring_in(): ...", "Flask", "bring-in"),
    ],
)  # fmt: skip
def test_a_command_is_found(source: str, framework: str, name: str) -> None:
    assert doors(source) == [("command", framework, name, "bring_in")]


def test_a_command_of_a_group_is_of_its_library() -> None:
    source = """
    from shop.cli import main
    @main.group()
    def users(): ...
    @users.command()
    def add(): ...
    """
    cli = "import click\n@click.group()\ndef main(): ...\n"
    assert doors(source, **{"shop/cli.py": cli}) == [
        ("command", "click", "main", "main"),
        ("command", "click", "users", "users"),
        ("command", "click", "add", "add"),
    ]


def test_a_management_command_is_called_by_its_module() -> None:
    source = """
    from django.core.management.base import BaseCommand
    class Command(BaseCommand):
        def add_arguments(self, parser): ...
        def handle(self, *args, **options): ...
    """
    assert doors(source) == [("command", "Django", "jobs", "Command.handle")]


GRPC = {
    "shop/__init__.py": "",
    "shop/server.py": """
        import sqlite3
        import grpc
        from .generated import orders_pb2, orders_pb2_grpc
        from billing_pb2_grpc import BillsServicer, add_PricesServicer_to_server

        class OrderService(orders_pb2_grpc.OrdersServicer):
            def __init__(self, database): self.database = database
            def Find(self, request, context):
                return self._found(request, context)
            def FindMany(self, request_iterator, context):
                for request in request_iterator:
                    db = sqlite3.connect("x")
                    db.execute(f"SELECT * FROM orders WHERE name = '{request.name}'")
            def _found(self, request, context):
                db = sqlite3.connect("x")
                return db.execute("SELECT * FROM orders WHERE name = '" + request.name + "'")
            def helper(self, one, two): ...

        class Bills(BillsServicer):
            def Pay(self, message, ctx):
                db = sqlite3.connect("x")
                db.execute(f"SELECT * FROM bills WHERE number = {int(message.number)}")

        class Prices:
            def Show(self, request, context): ...

        def serve():
            server = grpc.server(None)
            add_PricesServicer_to_server(Prices(), server)
    """,
}


def test_methods_of_servicers_are_found_whether_generated_code_is_there_or_not() -> None:
    backend = recognise(project_of(GRPC))
    assert [(one.kind, one.framework, one.name) for one in backend.entrypoints] == [
        ("rpc", "gRPC", "Orders/Find"),
        ("rpc", "gRPC", "Orders/FindMany"),
        ("rpc", "gRPC", "Bills/Pay"),
        ("rpc", "gRPC", "Prices/Show"),
    ]
    generated = "class OrdersServicer:\n    def Find(self, request, context): ...\n"
    there = recognise(
        project_of({**GRPC, "shop/generated/orders_pb2_grpc.py": generated, "shop/generated/__init__.py": ""})
    )
    assert [one.name for one in there.entrypoints if one.name.startswith("Orders")] == ["Orders/Find"]


def test_what_a_grpc_client_sends_is_request_data_and_the_way_is_told() -> None:
    found = [one for one in findings_of(GRPC, "BA101") if one.location.path == "shop/server.py"]
    assert [(one.location.span.line, one.route, one.confidence.name) for one in found] == [
        (14, "RPC Orders/FindMany", "HIGH"),
        (17, "RPC Orders/Find", "HIGH"),
    ]


def test_roles_follow() -> None:
    picture = picture_of(GRPC)
    roles = {one.name: picture.role(one.place) for one in picture.backend.entrypoints}
    assert set(roles.values()) == {"controller"}
    assert picture.class_role("shop/server.py", 0).name == "controller"
    source = (
        "import click\nfrom celery import shared_task\n@shared_task\ndef a(): ...\n@click.command()\ndef b(): ...\n"
    )
    jobs = picture_of({"jobs.py": source})
    assert [jobs.role(one.place) for one in jobs.backend.entrypoints] == ["task", "command"]


def test_what_an_operator_gives_a_command_is_a_setting_and_what_a_task_gets_is_not() -> None:
    source = """
    import click, sqlite3
    from celery import shared_task
    @click.command()
    @click.argument("table")
    def clean(table):
        sqlite3.connect("x").execute(f"DELETE FROM {table}")
    @shared_task
    def forget(table):
        sqlite3.connect("x").execute(f"DELETE FROM {table}")
    """
    assert [one.location.span.line for one in findings_of({"jobs.py": source}, "BA101")] == [10]


def test_the_table() -> None:
    found = inventory(picture_of({"jobs.py": "import click\n@click.command()\ndef bring_in(): ...\n", **GRPC}))
    assert as_text(found, None, False).endswith(
        "besides: 4 RPCs (gRPC), 1 command (click) (--entry-points lists them)\n"
    )
    rows = entries.chosen(found, ["Orders/*", "bring*"])
    assert [line.split() for line in entries.as_text(rows, None, False).splitlines()] == [
        ["kind", "name", "handler", "framework", "layers"],
        ["command", "bring-in", "jobs.bring_in", "(jobs.py:3)", "click"],
        ["rpc", "Orders/Find", "shop.server.OrderService.Find", "(shop/server.py:9)", "gRPC", "database"],
        ["rpc", "Orders/FindMany", "shop.server.OrderService.FindMany", "(shop/server.py:11)", "gRPC", "database"],
        [],
        ["2", "RPCs", "(gRPC),", "1", "command", "(click)"],
    ]
    (first, *_) = json.loads(entries.as_json(rows))["entry_points"]
    assert (first["kind"], first["name"], first["registered"]) == ("command", "bring-in", "jobs.py:2")
    assert entries.as_csv(rows).startswith(
        "kind,name,handler,file,line,framework,layers\r\ncommand,bring-in,jobs.bring_in"
    )
    assert "| command | bring&#45;in |" in entries.as_markdown(rows)
