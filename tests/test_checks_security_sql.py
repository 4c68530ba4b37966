"""BA101 on code as people write it: a line marked ``# bad`` is reported, nothing else is."""

from __future__ import annotations

import textwrap

import pytest

from analyzer.model import Confidence
from tests.pictures import findings_of

BAD = {
    "mysql-extension": """
        from flask import Flask, request
        from flask_mysqldb import MySQL
        app = Flask(__name__)
        mysql = MySQL(app)
        @app.route("/find")
        def find():
            name = request.args.get("name")
            cur = mysql.connection.cursor()
            cur.execute("SELECT * FROM users WHERE name = '" + name + "'")  # bad
            return str(cur.fetchall())
    """,
    "own get_db": """
        import sqlite3
        from flask import g, request
        def get_db():
            if "db" not in g:
                g.db = sqlite3.connect("x.db")
            return g.db
        def search():
            term = request.form["term"]
            sql = "SELECT * FROM item"
            if term:
                sql += " WHERE title LIKE '%%%s%%'" % term
            return get_db().execute(sql).fetchall()  # bad
    """,
    "wrapper at its caller": """
        import sqlite3
        class Database:
            def __init__(self, path):
                self.connection = sqlite3.connect(path)
            def run(self, statement, params=()):
                return self.connection.execute(statement, params).fetchall()
        class Users:
            def __init__(self, database: Database):
                self.database = database
            def named(self, name):
                return self.database.run(f"SELECT * FROM users WHERE name = '{name}'")  # bad
            def all(self):
                return self.database.run("SELECT * FROM users")
            def by_id(self, id):
                return self.database.run("SELECT * FROM users WHERE id = ?", (id,))
    """,
    "joined list": """
        import psycopg2
        def search(conn, filters: dict):
            parts = []
            for column, value in filters.items():
                parts.append(f"{column} = '{value}'")
            query = "SELECT * FROM t WHERE " + " AND ".join(parts)
            with conn.cursor() as cur:
                cur.execute(query)  # bad
    """,
    "tornado": """
        import tornado.web
        class Handler(tornado.web.RequestHandler):
            def get(self):
                user = self.get_argument("user")
                rows = self.application.db.execute("SELECT * FROM u WHERE n = '%s'" % user)  # bad
                self.write(str(rows))
    """,
    "aiohttp": """
        from aiohttp import web
        async def show(request):
            name = request.match_info["name"]
            async with request.app["db"].acquire() as conn:
                row = await conn.fetchrow("SELECT * FROM u WHERE name = '{}'".format(name))  # bad
            return web.json_response(dict(row))
        app = web.Application()
        app.router.add_get("/u/{name}", show)
    """,
    "sqlalchemy session": """
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.orm import Session
        from app.db import get_db
        router = APIRouter()
        @router.get("/s")
        def find(q: str, db: Session = Depends(get_db)):
            query = text("SELECT * FROM a WHERE b = '" + q + "'")  # bad
            return db.execute(query).all()
        @router.get("/n")
        def page(n: int, db: Session = Depends(get_db)):
            return db.execute(text(f"SELECT * FROM a LIMIT {n}")).all()
    """,
    "order by column": """
        import sqlite3
        def listing(connection: sqlite3.Connection, order: str):
            return connection.execute("SELECT * FROM a ORDER BY %s" % order)  # bad
    """,
    "helper returns the text": """
        import sqlite3
        def condition(name):
            return "name = '" + name + "'"
        def find(connection: sqlite3.Connection, name):
            return connection.execute("SELECT * FROM a WHERE " + condition(name))  # bad
    """,
    "walrus and template": """
        from string import Template
        import sqlite3
        from flask import request
        QUERY = Template("SELECT * FROM a WHERE b = '$b'")
        def find(connection: sqlite3.Connection):
            if (b := request.args.get("b")):
                return connection.execute(QUERY.substitute(b=b))  # bad
    """,
    "guard for another value": """
        import sqlite3
        ALLOWED = {"a", "b"}
        def find(connection: sqlite3.Connection, column, value):
            if column not in ALLOWED:
                raise ValueError(column)
            return connection.execute(f"SELECT * FROM t WHERE {column} = '{value}'")  # bad
    """,
    "checked on one path only": """
        import sqlite3
        ALLOWED = {"a", "b"}
        def find(connection: sqlite3.Connection, column, strict):
            if strict:
                if column not in ALLOWED:
                    raise ValueError(column)
            return connection.execute(f"SELECT * FROM t ORDER BY {column}")  # bad
    """,
}

GOOD = {
    "checked by a function of ours": """
        import re, sqlite3
        NAME = re.compile("[a-z_]+")
        def ensure_name(name):
            if not NAME.fullmatch(name):
                raise ValueError(name)
        def is_valid(name):
            return name in {"x", "y"}
        def one(connection: sqlite3.Connection, column):
            ensure_name(column)
            return connection.execute(f"SELECT * FROM t ORDER BY {column}")
        def other(connection: sqlite3.Connection, column):
            if not is_valid(column):
                return None
            return connection.execute(f"SELECT * FROM t ORDER BY {column}")
    """,
    "all columns checked": """
        import sqlite3
        ALLOWED = {"a", "b"}
        def loop(connection: sqlite3.Connection, columns):
            for column in columns:
                if column not in ALLOWED:
                    raise ValueError(column)
            return connection.execute("SELECT * FROM t ORDER BY " + ", ".join(columns))
        def quantified(connection: sqlite3.Connection, columns):
            if not all(column in ALLOWED for column in columns):
                raise ValueError(columns)
            return connection.execute("SELECT * FROM t ORDER BY " + ", ".join(columns))
        def filtered(connection: sqlite3.Connection, columns):
            kept = [column for column in columns if column in ALLOWED]
            return connection.execute("SELECT * FROM t ORDER BY " + ", ".join(kept))
    """,
    "placeholders": """
        import sqlite3
        def many(connection: sqlite3.Connection, ids):
            marks = ",".join("?" for _ in ids)
            connection.execute(f"SELECT * FROM t WHERE id IN ({marks})", ids)
            connection.execute("SELECT * FROM t WHERE id IN (%s)" % ",".join(["?"] * len(ids)), ids)
            names = ", ".join(f":id{index}" for index, _ in enumerate(ids))
            connection.execute(f"SELECT * FROM t WHERE id IN ({names})", {})
    """,
    "quoted by hand or by the driver": """
        def quote(name):
            return '"' + name.replace('"', '""') + '"'
        def create(cursor, connection, table, name):
            cursor.execute(f"CREATE TABLE {quote(table)} (id int)")
            cursor.execute("SELECT * FROM %s ORDER BY 1" % connection.ops.quote_name(name))
    """,
    "not a database": """
        class Agent:
            def execute(self, task):
                return task.upper()
        def run(agent: Agent, what, where):
            agent.execute(f"select {what} from {where}")
            print(f"SELECT {what} FROM {where}")
    """,
    "constants through branches and modules": """
        import sqlite3
        TABLES = {"u": "users", "o": "orders"}
        class Base:
            table = "base"
            def count(self, connection: sqlite3.Connection, kind, descending=False):
                direction = "DESC" if descending else "ASC"
                name = TABLES.get(kind, "users")
                connection.execute(f"SELECT COUNT(*) FROM {name} ORDER BY 1 {direction}")
                connection.execute("DELETE FROM " + self.table)
    """,
    "numbers however made": """
        import sqlite3, uuid, datetime
        def page(connection: sqlite3.Connection, raw, day: datetime.date, key):
            size = int(raw)
            connection.execute(f"SELECT * FROM t LIMIT {size * 2} OFFSET {len(raw)}")
            connection.execute(f"SELECT * FROM t WHERE day = '{day.isoformat()}' AND k = '{uuid.UUID(key)}'")
            connection.execute("SELECT * FROM t WHERE n = %d" % raw)
            if raw.isdigit():
                connection.execute("SELECT * FROM t WHERE n = " + raw)
            if isinstance(key, int):
                connection.execute(f"SELECT * FROM t WHERE n = {key}")
    """,
    "expressions and bound text": """
        from sqlalchemy import select, text, update
        from sqlalchemy.orm import Session
        from models import User
        def find(session: Session, name, ids):
            session.execute(select(User).where(User.name == name))
            session.execute(update(User).where(User.id.in_(ids)).values(name=name))
            session.execute(text("SELECT * FROM u WHERE n = :n"), {"n": name})
            statement = text("SELECT 1").bindparams(n=name)
            session.execute(statement)
    """,
}


def marked(source: str) -> set[int]:
    lines = textwrap.dedent(source).splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# bad")}


@pytest.mark.parametrize("name", [*BAD, *GOOD])
def test_lines(name: str) -> None:
    source = {**BAD, **GOOD}[name]
    found = findings_of({"app/code.py": source}, "BA101")
    assert {one.location.span.line for one in found if one.confidence > Confidence.LOW} == marked(source)


def test_what_a_client_controls_is_surer_than_a_parameter() -> None:
    files = {
        "app/routes.py": """
            from fastapi import APIRouter
            from app.store import find, other
            router = APIRouter()
            @router.get("/a")
            def read(name: str):
                return find(name)
        """,
        "app/store.py": """
            import sqlite3
            def find(name):
                return sqlite3.connect("x").execute(f"SELECT * FROM a WHERE n = '{name}'")
            def other(name):
                return sqlite3.connect("x").execute(f"SELECT * FROM a WHERE n = '{name}'")
        """,
    }
    found = findings_of(files, "BA101")
    assert [one.confidence for one in found] == [Confidence.HIGH, Confidence.MEDIUM]
    assert "`name` (request data)" in found[0].message


def test_a_table_named_by_own_code_is_a_hint_only() -> None:
    source = """
        import sqlite3
        def empty(connection: sqlite3.Connection, table):
            connection.execute(f"DELETE FROM {table}")
    """
    assert [one.confidence for one in findings_of({"a.py": source}, "BA101")] == [Confidence.LOW]


def test_a_parameter_that_only_gets_constants_is_constant() -> None:
    source = """
        import sqlite3
        def empty(connection: sqlite3.Connection, where):
            connection.execute(f"DELETE FROM a WHERE {where}")
        def main(connection):
            empty(connection, "b = 1")
            empty(connection, where="c = 2")
    """
    assert findings_of({"a.py": source}, "BA101") == []


def test_the_advice_speaks_of_the_library() -> None:
    source = """
        import asyncpg
        async def find(connection: asyncpg.Connection, name):
            return await connection.fetch(f"SELECT * FROM a WHERE n = '{name}'")
    """
    assert "$1" in findings_of({"a.py": source}, "BA101")[0].fix
