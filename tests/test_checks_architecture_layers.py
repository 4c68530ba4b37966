"""BA502, BA503 and BA504: what they say, and what they leave alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.model import Confidence, Severity
from tests.pictures import findings_of, lines_of

SHOP = {
    "shop/__init__.py": "",
    "shop/database.py": """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import sessionmaker
        SessionLocal = sessionmaker(create_engine("sqlite://"))
        def get_db():
            with SessionLocal() as db:
                yield db
    """,
    "shop/services.py": """
        from sqlalchemy.orm import Session
        class OrderService:
            def __init__(self, db: Session): self.db = db
            def all(self): return self.db.execute("select 1 from orders").all()
            def place(self, order): self.db.add(order)
    """,
    "shop/routes.py": """
        from fastapi import APIRouter, Depends
        from sqlalchemy.orm import Session
        from shop.database import get_db
        from shop.services import OrderService
        router = APIRouter(prefix="/orders")

        @router.get("")
        def all(db: Session = Depends(get_db)):
            return OrderService(db).all()

        @router.post("")
        def place(order: dict, db: Session = Depends(get_db)):
            OrderService(db).place(order)
            db.commit()

        @router.delete("/{key}")
        def remove(key: int, db: Session = Depends(get_db)):
            order = db.get(dict, key)
            db.delete(order)
            db.commit()

        @router.get("/{key}")
        def show(key: int, db: Session = Depends(get_db)):
            return db.get(dict, key)
    """,
}


def test_a_handler_past_its_services_is_told_with_every_line() -> None:
    found = {item.scope: item for item in findings_of(SHOP, "BA502")}
    remove = found["shop.routes.remove"]
    assert remove.severity == Severity.ERROR
    assert "`remove` (DELETE /orders/{key}) works on the database itself" in remove.message
    assert "`OrderService.all`" in remove.message or "`OrderService.place`" in remove.message
    assert [item.location.span.line for item in remove.related] == [19, 20, 21]


def test_one_plain_read_weighs_less_and_ending_the_services_transaction_least() -> None:
    found = {item.scope: item for item in findings_of(SHOP, "BA502")}
    assert found["shop.routes.show"].severity == Severity.NOTE
    assert found["shop.routes.place"].confidence == Confidence.LOW
    assert "shop.routes.all" not in found


def test_handlers_that_use_the_only_layer_there_is_are_fine() -> None:
    files = {
        "blog/__init__.py": "",
        "blog/repositories.py": """
            import sqlite3
            class PostRepository:
                def __init__(self, connection: sqlite3.Connection): self.connection = connection
                def all(self): return self.connection.execute("select * from post").fetchall()
        """,
        "blog/services.py": """
            from blog.repositories import PostRepository
            def exists(posts: PostRepository, title): return title in posts.all()
        """,
        "blog/routes.py": """
            from fastapi import APIRouter, Depends
            from blog.repositories import PostRepository
            from blog.services import exists
            router = APIRouter()
            def posts() -> PostRepository: ...
            @router.get("/posts")
            def all(posts: PostRepository = Depends(posts)): return posts.all()
            @router.get("/posts/{title}")
            def has(title: str, posts: PostRepository = Depends(posts)): return exists(posts, title) and posts.all()
        """,
    }
    assert not findings_of(files, "BA502")


def test_most_handlers_without_a_layer_are_one_finding() -> None:
    routes = "\n".join(
        f"""
@router.get("/{number}")
def handler_{number}(db: Session = Depends(get_db)):
    return db.execute("select 1 from t").all()
"""
        for number in range(12)
    )
    head = """
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from shop.database import get_db
router = APIRouter()
"""
    files = {**SHOP, "shop/more.py": head + routes, "shop/again.py": head + routes}
    (finding,) = findings_of(files, "BA502")
    assert finding.severity == Severity.NOTE
    assert "of 28 handlers" in finding.message
    assert len(finding.related) == 25


def test_connections_kept_on_the_application_count_at_medium_confidence() -> None:
    files = {
        **SHOP,
        "shop/raw.py": """
            from fastapi import APIRouter, Request
            router = APIRouter()
            @router.get("/raw")
            async def raw(request: Request):
                return await request.app.state.pool.fetch("select name from orders")
            @router.get("/cached")
            async def cached(request: Request):
                return await request.app.state.cache.get("orders")
        """,
    }
    found = {item.scope: item for item in findings_of(files, "BA502")}
    assert found["shop.raw.raw"].confidence == Confidence.MEDIUM
    assert "shop.raw.cached" not in found


CORE = {
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/core/config.py": "LIMIT = 3",
    "app/core/text.py": "def slug(x): return x",
    "app/core/defaults.py": "from app.crud.users import create_user\ndef prepare(db): create_user(db, 'admin')",
    "app/crud/__init__.py": "",
    "app/crud/users.py": """
        from sqlalchemy.orm import Session
        from app.core.config import LIMIT
        from app.core.text import slug
        def create_user(db: Session, name): db.add(slug(name)[:LIMIT])
    """,
    "app/api/__init__.py": "",
    "app/api/users.py": """
        from fastapi import APIRouter
        from app.core.config import LIMIT
        from app.crud.users import create_user
        router = APIRouter()
        @router.post("/users")
        def create(name: str): create_user(None, name[:LIMIT])
    """,
}


def test_a_shared_base_that_imports_back_up_is_told_with_both_counts() -> None:
    (finding,) = findings_of(CORE, "BA503")
    assert (finding.location.path, finding.location.span.line) == ("app/core/defaults.py", 1)
    assert finding.confidence == Confidence.MEDIUM
    assert "crud imports core 2 times, core imports crud once" in finding.message
    assert "`create_user`" in finding.fix


def test_a_base_that_others_do_not_build_on_may_import() -> None:
    files = {
        **CORE,
        "app/crud/users.py": "from sqlalchemy.orm import Session\ndef create_user(db: Session, name): db.add(name)",
        "app/core/text.py": "",
    }
    assert not findings_of(files, "BA503")


def test_errors_and_schemas_may_be_imported_but_for_those_between_handlers() -> None:
    service = """
        from sqlalchemy.orm import Session
        from shop.HERE import NotFound, OrderIn
        class OrderService:
            def __init__(self, db: Session): self.db = db
            def all(self): raise NotFound
    """
    shapes = """
        from pydantic import BaseModel
        class NotFound(Exception): ...
        class OrderIn(BaseModel): ...
    """
    routes = """
        from fastapi import APIRouter
        router = APIRouter()
        @router.get("/orders")
        def all(): ...
    """
    beside = {"shop/services.py": service.replace("HERE", "shapes"), "shop/shapes.py": shapes, "shop/routes.py": routes}
    assert not findings_of({**SHOP, **beside}, "BA503")
    between = {"shop/services.py": service.replace("HERE", "routes"), "shop/routes.py": shapes + routes}
    (finding,) = findings_of({**SHOP, **between}, "BA503")
    assert "`NotFound`, `OrderIn` from shop.routes, a controller" in finding.message


def test_the_configured_role_decides() -> None:
    files = {"a.py": "from b import work", "b.py": "def work(): ...\nclass Thing: ..."}
    assert not findings_of(files, "BA503")
    (finding,) = findings_of(files, "BA503", roles=[("a.py", "repository"), ("b.*", "service")])
    assert "the configuration says so" in finding.message


def test_lazy_imports_of_one_module_are_one_lighter_finding() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/models.py": """
            from django.db import models
            class Order(models.Model):
                def pay(self):
                    from shop.services import mail
                    mail(self)
                def cancel(self):
                    from shop.services import mail
                    mail(self)
        """,
        "shop/services.py": """
            from shop import models
            def mail(order): return models.Order.objects.get(pk=1)
        """,
    }
    (finding,) = findings_of(files, "BA503")
    assert finding.severity == Severity.WARNING
    assert [item.location.span.line for item in finding.related if item.location.path == "shop/models.py"] == [8]


def test_a_cycle_names_its_modules_and_the_import_to_cut() -> None:
    files = {
        "a.py": "from b import B\nclass A: ...",
        "b.py": "import c\nclass B: ...",
        "c.py": "def late():\n    from b import B\nfrom a import A",
    }
    (finding,) = findings_of(files, "BA504")
    assert "`a`, `b` and `c` import each other when loaded" in finding.message
    assert "One more import between them is lazy" in finding.message
    assert "this is the fewest imports that can be cut" in finding.fix
    assert [item.message for item in finding.related][2:] == ["imports b inside a function, which does not count"]


def test_a_cycle_of_tests_or_types_is_none() -> None:
    assert not lines_of(
        {
            "a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import B\nclass A: ...",
            "b.py": "from a import A\nclass B: ...",
        },
        "BA504",
    )


LATE = {
    "shop/__init__.py": """
        from flask import Flask
        app = Flask(__name__)
        def limit(): return 3
        from shop import routes, more
    """,
    "shop/routes.py": """
        from shop import app, limit
        @app.get("/")
        def home(): return str(limit())
    """,
    "shop/more.py": "from shop import app",
}


def test_a_package_that_imports_its_modules_at_its_end_is_a_hint() -> None:
    (finding,) = findings_of(LATE, "BA504")
    assert (finding.confidence, finding.severity) == (Confidence.LOW, Severity.NOTE)
    assert "is defined above the imports at shop/__init__.py:5." in finding.message


@pytest.mark.parametrize(
    "changed",
    [
        {"shop/__init__.py": "from flask import Flask\nfrom shop import routes\napp = Flask(__name__)\nlimit = int"},
        {"shop/more.py": "from shop import late", "shop/__init__.py": LATE["shop/__init__.py"] + "    late = 3\n"},
        {
            "shop/more.py": "from shop import routes, app\nx = routes.home",
            "shop/routes.py": "from shop import more, app",
        },
        {"shop/more.py": "import shop\nx = shop.app"},
    ],
    ids=["above", "one name below", "between its modules", "unknown names"],
)
def test_a_circle_that_depends_on_who_comes_first_is_a_finding(changed: dict[str, str]) -> None:
    found = findings_of({**LATE, **changed}, "BA504")
    assert [item.confidence for item in found] == [Confidence.HIGH]


def test_the_same_order_between_modules_side_by_side_does_not_hold() -> None:
    files = {"a.py": "class A: ...\nfrom b import B", "b.py": "from a import A\nclass B: ..."}
    (finding,) = findings_of(files, "BA504")
    assert finding.confidence == Confidence.HIGH
    files["b.py"] = "class B: ...\nfrom a import A"
    (finding,) = findings_of(files, "BA504")
    assert finding.confidence == Confidence.LOW


def test_imports_that_do_not_count_are_told_with_their_lines() -> None:
    files = {
        "a.py": "from typing import TYPE_CHECKING\nfrom b import y\nif TYPE_CHECKING:\n    from c import z",
        "b.py": "from c import z\ny = z",
        "c.py": "import a\nz = 1\ndef late():\n    from b import y",
    }
    (finding,) = findings_of(files, "BA504")
    assert "2 more imports between them are lazy or type-only and do not count (a.py:4, c.py:4)." in finding.message
    assert "imports c for the type checker only, which does not count" in {item.message for item in finding.related}


def _loads(folder: Path, files: dict[str, str], module: str) -> bool:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("hint", "files"),
    [
        (True, {"p/__init__.py": "app = 1\nfrom p import r", "p/r.py": "from p import app"}),
        (False, {"p/__init__.py": "from p import r\napp = 1", "p/r.py": "from p import app"}),
        (True, {"a.py": "x = 1\nfrom b import y", "b.py": "y = 1\nfrom a import x"}),
        (False, {"a.py": "x = 1\nfrom b import y", "b.py": "from a import x\ny = 1"}),
        (
            False,
            {
                "m.py": "from p import app\nx = 1",
                "p/__init__.py": "app = 1\nfrom p import r",
                "p/r.py": "from m import x",
            },
        ),
        (
            False,
            {
                "m.py": "x = 1\nfrom p import app",
                "p/__init__.py": "app = 1\nfrom p import r",
                "p/r.py": "from m import x",
            },
        ),
    ],
    ids=["package", "package, above", "both late", "one late", "through an outsider", "through a late outsider"],
)
def test_a_hint_is_what_python_loads_whoever_comes_first(hint: bool, files: dict[str, str], tmp_path: Path) -> None:
    """Every module is imported first once, by Python itself. The last case loads, too; it is not followed that far."""
    modules = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files]
    loads = all(_loads(tmp_path, files, module) for module in modules)
    (finding,) = findings_of(files, "BA504")
    assert finding.confidence == (Confidence.LOW if hint else Confidence.HIGH)
    assert loads or not hint
