"""BA202 and BA203 on code as people write it: a marked line is reported, nothing else is."""

from __future__ import annotations

import textwrap

import pytest

from analyzer.model import Confidence
from tests.pictures import findings_of

MODELS = {
    "app/__init__.py": "",
    "app/models.py": """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String)
            password = db.Column(db.String)
        class Careful(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            password_hash = db.Column(db.String)
            def __init__(self, name, password):
                self.name = name
                self.password_hash = digest(password)
        def digest(password):
            import bcrypt
            return bcrypt.hashpw(password.encode(), bcrypt.gensalt())
        class Server(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            host = db.Column(db.String)
            password = db.Column(db.String)
    """,
}

KEPT = {
    "model": """
        from flask import request
        from app.models import db, User
        def register():
            data = request.get_json()
            user = User(name=data["name"], password=data["password"])  # bad
            db.session.add(user)
            user.password = data.get("new_password")  # bad
            db.session.commit()
    """,
    "model hashes in its constructor": """
        from flask import request
        from app.models import db, Careful, Server
        def register():
            db.session.add(Careful(name=request.form["name"], password=request.form["password"]))
            db.session.add(Server(host="a", password=request.form["password"]))
    """,
    "repository given hashes": """
        from flask import request
        from werkzeug.security import generate_password_hash
        from app.models import db, User
        def insert(name, password):
            db.session.add(User(name=name, password=password))
        def register():
            insert(request.form["name"], generate_password_hash(request.form["password"]))
    """,
    "repository given clear text": """
        from flask import request
        from app.models import db, User
        def insert(name, password):
            db.session.add(User(name=name, password=password))  # bad
        def register():
            insert(request.form["name"], request.form["password"])
    """,
    "hash over a thread": """
        import asyncio, bcrypt
        from flask import request
        from app.models import db, User
        async def register():
            hashed = await asyncio.to_thread(bcrypt.hashpw, request.form["password"].encode(), bcrypt.gensalt())
            db.session.add(User(name="a", password=hashed))
    """,
    "row and comparison": """
        import sqlite3
        from flask import request
        def login():
            username, password = request.form["username"], request.form["password"]
            row = sqlite3.connect("x").execute("SELECT * FROM users WHERE name = ?", (username,)).fetchone()
            if row and row["password"] == password:  # bad
                return "in"
            return "out"
        def reset():
            if request.form["password"] != request.form["password2"]:
                return "differ"
            if request.form["password"] == "":
                return "empty"
    """,
    "variable of the module": """
        from flask import request
        USERS = {}
        def register():
            USERS[request.form["name"]] = {"password": request.form["password"]}  # bad
    """,
    "schema and client": """
        from dataclasses import dataclass
        from pydantic import BaseModel
        import smtplib
        class Login(BaseModel):
            name: str
            password: str
        @dataclass
        class Command:
            name: str
            password: str
        def handle(body: Login):
            command = Command(name=body.name, password=body.password)
            server = smtplib.SMTP("x")
            server.login(body.name, body.password)
            return command
    """,
}

DIGESTED = {
    "digest": """
        import hashlib
        def store(user, password, salt):
            salted = salt + password
            user.hash = hashlib.sha256(salted.encode("utf-8")).hexdigest()  # bad
    """,
    "through a helper": """
        import hashlib
        def fingerprint(text):
            return hashlib.md5(text.encode()).hexdigest()
        def register(user, password, mail):
            user.hash = fingerprint(password)  # bad
            user.avatar = fingerprint(mail)
    """,
    "tokens and files": """
        import hashlib, secrets
        def token():
            raw = secrets.token_urlsafe(32)
            return raw, hashlib.sha256(raw.encode()).hexdigest()
        def etag(body):
            return hashlib.md5(body).hexdigest()
    """,
    "upgrade of old digests": """
        import hashlib
        import bcrypt
        def check(user, password):
            if user.old == hashlib.sha1(password.encode()).hexdigest():
                user.new = bcrypt.hashpw(password.encode(), bcrypt.gensalt())
                return True
            return False
    """,
    "costs": """
        import hashlib
        import bcrypt
        ROUNDS = 1000 * 10
        def slow(password, salt):
            return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)  # bad
        def enough(password, salt):
            return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 600 * 1000)
        def key(seed, salt):
            return hashlib.pbkdf2_hmac("sha256", seed, salt, 1)
        def cheap(password):
            return bcrypt.hashpw(password, bcrypt.gensalt(4))  # bad
    """,
}


def marked(source: str) -> set[int]:
    lines = textwrap.dedent(source).splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# bad")}


def reported(source: str, code: str) -> set[int]:
    found = findings_of({**MODELS, "app/code.py": source}, code)
    return {
        one.location.span.line
        for one in found
        if one.location.path == "app/code.py" and one.confidence > Confidence.LOW
    }


@pytest.mark.parametrize("name", KEPT)
def test_passwords_kept_or_compared(name: str) -> None:
    assert reported(KEPT[name], "BA202") == marked(KEPT[name])


@pytest.mark.parametrize("name", DIGESTED)
def test_passwords_hashed_badly(name: str) -> None:
    assert reported(DIGESTED[name], "BA203") == marked(DIGESTED[name])


def test_the_message_names_the_password_and_the_place_it_goes() -> None:
    found = findings_of({**MODELS, "app/code.py": KEPT["model"]}, "BA202")
    assert "`data['password']`" in found[0].message
    assert "User(password=…)" in found[0].message
