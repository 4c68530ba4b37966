"""What dotted chains denote across modules."""

from __future__ import annotations

import pytest

from tests.projects import place_of, project_of


def dotted(files: dict[str, str], path: str, function: str, chain: str) -> str:
    project = project_of(files)
    target = project.resolve(place_of(project, path, function), chain)
    return target.dotted if target else ""


REPOSITORY = """
    import sqlite3
    class Repository:
        def __init__(self, path: str):
            self.connection = sqlite3.connect(path)
        def find(self, name):
            return self.connection.execute(name)
"""


@pytest.mark.parametrize(
    ("importing", "chain"),
    [
        ("from app.repo import Repository", "Repository"),
        ("from app.repo import Repository as R", "R"),
        ("import app.repo", "app.repo.Repository"),
        ("import app.repo as repo", "repo.Repository"),
        ("from app import repo", "repo.Repository"),
        ("from . import repo", "repo.Repository"),
        ("from .repo import Repository", "Repository"),
        ("from app.repo import *", "Repository"),
        ("from app import Repository", "Repository"),
        ("from app.again import Repository", "Repository"),
        ("try:\n    from app.repo import Repository\nexcept ImportError:\n    Repository = None", "Repository"),
        ("import importlib\nmod = importlib.import_module('app.repo')", "mod.Repository"),
        ("import importlib\nNAME = 'app.repo'\nmod = importlib.import_module(NAME)", "mod.Repository"),
        ("import importlib\nHOME = 'app'\nmod = importlib.import_module(f'{HOME}.repo')", "mod.Repository"),
        ("import importlib\nmod = importlib.import_module(__package__ + '.repo')", "mod.Repository"),
    ],
)
def test_every_way_to_import_a_class_leads_to_it(importing: str, chain: str) -> None:
    files = {
        "app/__init__.py": "from .repo import Repository",
        "app/again/__init__.py": "from .deep import *",
        "app/again/deep.py": "from app import Repository\n__all__ = ['Repository']",
        "app/repo.py": REPOSITORY,
        "app/use.py": f"{importing}\ndef go():\n    pass\n",
    }
    assert dotted(files, "app/use.py", "go", chain) == "app.repo.Repository"


def test_an_import_inside_a_function_counts_there_only() -> None:
    files = {
        "app/__init__.py": "",
        "app/repo.py": REPOSITORY,
        "app/use.py": """
            def lazy():
                from app.repo import Repository
            def other():
                pass
        """,
    }
    assert dotted(files, "app/use.py", "lazy", "Repository") == "app.repo.Repository"
    assert dotted(files, "app/use.py", "other", "Repository") == ""


def test_attributes_set_in_the_constructor_have_their_type() -> None:
    files = {"app/repo.py": REPOSITORY}
    assert dotted(files, "app/repo.py", "Repository.find", "self.connection.execute") == "sqlite3.connect().execute"


def test_a_declared_parameter_is_an_instance_of_its_type() -> None:
    files = {
        "app/api.py": """
            from typing import Annotated, Optional
            from fastapi import Depends
            from sqlalchemy.ext.asyncio import AsyncSession
            def get_db():
                yield AsyncSession()
            Db = Annotated[AsyncSession, Depends(get_db)]
            def plain(db: AsyncSession): ...
            def alias(db: Db): ...
            def quoted(db: "AsyncSession"): ...
            def optional(db: Optional[AsyncSession] = None): ...
            def union(db: AsyncSession | None = None): ...
            def injected(db=Depends(get_db)): ...
        """
    }
    for function in ("plain", "alias", "quoted", "optional", "union", "injected"):
        found = dotted(files, "app/api.py", function, "db.execute")
        assert found == "sqlalchemy.ext.asyncio.AsyncSession().execute", function


def test_what_a_function_returns_is_known_without_a_declaration() -> None:
    files = {
        "app/db.py": """
            import sqlite3
            def connect():
                connection = sqlite3.connect("x.db")
                return connection
            def go():
                cursor = connect().cursor()
        """
    }
    assert dotted(files, "app/db.py", "go", "cursor.execute") == "sqlite3.connect().cursor().execute"


def test_methods_are_found_through_bases_and_super() -> None:
    files = {
        "app/base.py": "class Base:\n    def save(self): ...\n",
        "app/model.py": """
            from app.base import Base
            class Model(Base):
                def save(self):
                    return super().save()
                def other(self):
                    pass
            class Leaf(Model):
                def go(self): ...
        """,
    }
    assert dotted(files, "app/model.py", "Model.save", "super().save") == "app.base.Base.save"
    assert dotted(files, "app/model.py", "Leaf.go", "self.other") == "app.model.Model.other"
    assert dotted(files, "app/model.py", "Leaf.go", "self.save") == "app.model.Model.save"


def test_a_container_attribute_leads_to_what_it_holds() -> None:
    files = {
        "app/container.py": """
            from app.orders import Orders
            class Container:
                def __init__(self):
                    self.orders = Orders()
            container = Container()
        """,
        "app/orders.py": "class Orders:\n    def place(self): ...\n",
        "app/api.py": "from app.container import container\ndef handler():\n    container.orders.place()\n",
    }
    assert dotted(files, "app/api.py", "handler", "container.orders.place") == "app.orders.Orders.place"


def test_a_later_assignment_does_not_count_for_an_earlier_use() -> None:
    project = project_of(
        {
            "app/x.py": """
                import sqlite3, redis
                def go():
                    thing = sqlite3.connect("x")
                    thing.execute("y")
                    thing = redis.Redis()
                    thing.get("z")
            """
        }
    )
    place = place_of(project, "app/x.py", "go")
    first, second = project.resolve(place, "thing.execute", 5), project.resolve(place, "thing.get", 7)
    assert first is not None
    assert first.dotted == "sqlite3.connect().execute"
    assert second is not None
    assert second.dotted == "redis.Redis().get"


def test_cycles_of_imports_and_definitions_end() -> None:
    files = {
        "a.py": "from b import x\nfrom b import *\ny = x\n",
        "b.py": "from a import y\nfrom a import *\nx = y\n",
        "c.py": "from a import y\ndef go():\n    x = x.filter()\n    return go()\n",
    }
    assert dotted(files, "c.py", "go", "y.z") == ""
    assert dotted(files, "c.py", "go", "x.filter") == ""
    assert dotted(files, "c.py", "go", "go().x") == ""
