"""An audit of a tree full of secrets shows none of them: not in a report, a log, the cache or an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.report import formats

CHECKED = "gh" + "p_" + "0aB1cD2eF3" * 3 + "40UvfD"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "q7Zp2vXk9sLd4mRt8wYbq7Zp2vXk9sLd4mRt8wYb"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
PEM = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY[::-1]}\n-----END PRIVATE KEY-----\n"

SECRETS = {
    "signing": "orchard-lantern-77",
    "password": "Kettle&Pans-7",
    "weak": "trumpet99",
    "url": "Wq8copperpot",
    "default": "velvet-staircase-4",
    "key": "q7Zp2vXk9sLd4mRt8wYb",
    "token": CHECKED,
    "jwt": JWT,
    "pem": BODY,
    "inserted": "Marble!Fountain3",
    "env": "Saffron-Harbour-5",
    "yaml": "Ginger#Window-6",
    "json": "Walnut?Bridge-8",
    "docker": "pepper-garden-21",
    "comment": "gh" + "p_" + "9zY8xW7vU6" * 3 + "2PvXRq",
    "broken": "Copper=Mirror-11",
    "compared": "Lantern harbour nine",
    "argument": "Zq81-my-signing-key",
    "unclosed": "Tin,Whistle-12",
    "listed": ")Vine&Cellar-13",
}

APP = f'''
import hashlib
import logging
import os
import sqlite3

import jwt
from flask import Flask, request

app = Flask(__name__)
app.config["SECRET_KEY"] = "{SECRETS["signing"]}"
DATABASE = "postgresql://orders:{SECRETS["url"]}@db.internal/orders"
JWT_SECRET = os.getenv("JWT_SECRET", "{SECRETS["default"]}")
settings = {{"api_key": "{SECRETS["key"]}", "password": "{SECRETS["password"]}"}}
TOKEN = "{SECRETS["token"]}"
HEADERS = {{"Authorization": "Bearer {SECRETS["jwt"]}"}}
PRIVATE = """{PEM}"""
log = logging.getLogger(__name__)


@app.post("/login")
def login(password="{SECRETS["weak"]}"):
    name = request.form["name"]
    if request.form["password"] == "{SECRETS["password"]}":
        log.info("login of %s with %s", name, request.form["password"])
    db = sqlite3.connect("orders.db")
    db.execute("SELECT * FROM people WHERE name = '" + name + "' AND password = '{SECRETS["weak"]}'")
    db.execute("INSERT INTO people (name, password) VALUES ('first', '{SECRETS["inserted"]}')")
    digest = hashlib.md5(("{SECRETS["password"]}" + request.form["password"]).encode()).hexdigest()
    os.system("login --password '{SECRETS["password"]}' " + name)
    jwt.encode({{"sub": name}}, "{SECRETS["signing"]}", algorithm="HS256")
    return str(jwt.decode(request.form["token"], options={{"verify_signature": False}})) + digest
'''
BROKEN = f'''
import jwt

def find(cursor, name, password):
    token = jwt.encode({{"sub": name}}, "{SECRETS["argument"]}", algorithm="HS256")
    if password == "{SECRETS["compared"]}" or password in ["{SECRETS["listed"]}","other"]:
        cursor.execute("SELECT * FROM people WHERE name = '{{}}'".format(name))
    return token, jwt.decode(token, "{SECRETS["argument"]}", options={{"verify_signature": False}})
SESSION_TOKEN = "{SECRETS["token"]}"
sign(name, "{SECRETS["unclosed"]}, "sha256")
def broken(:
'''
FILES = {
    "app.py": APP,
    "broken.py": f'def f(:\n    password = "{SECRETS["broken"]}"\n',
    "broken_line.py": f'password = "{SECRETS["broken"]}" = (\n',
    "broken_end.py": BROKEN,
    ".env": f"# OLD_TOKEN={SECRETS['comment']}\nMAIL_PASSWORD={SECRETS['env']}\nDEBUG=true\n",
    "deploy/values.yaml": f"mail:\n  host: h\n  password: {SECRETS['yaml']}\nkey: |\n" + PEM,
    "deploy/account.json": json.dumps({"password": SECRETS["json"], "private_key": PEM}),
    "deploy/Dockerfile": f"FROM scratch\nENV SECRET_KEY={SECRETS['docker']} A=b\n",
    "backend-audit.toml": 'min-confidence = "low"\nmin-severity = "note"\n',
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "analyzer", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)


def shown(*texts: bytes) -> list[str]:
    """Which secrets stand in some bytes, as they are or escaped as JSON and HTML do it."""
    found = []
    for name, secret in SECRETS.items():
        spellings = {secret, json.dumps(secret)[1:-1], secret.replace("&", "&amp;"), secret.replace("&", "\\u0026")}
        if any(spelling.encode() in text for spelling in spellings for text in texts):
            found.append(name)
    return found


@pytest.mark.parametrize("engines", [False, True], ids=["alone", "with engines"])
def test_no_artefact_of_an_audit_holds_a_secret(tree: Path, tmp_path: Path, engines: bool) -> None:
    cache, out = tmp_path / "cache", tmp_path / "out"
    out.mkdir()
    outputs = [word for name in formats() for word in ("--output", f"{name}={out}/report.{name}")]
    options = ["--verbose", "--cache-dir", str(cache), "--fail-on", "never", "--jobs", "1"]
    options += [] if engines else ["--no-semgrep", "--no-bandit"]
    for _ in range(2):  # the second time from the cache
        ended = run(tree, ".", *options, *outputs, "--output", "text")
        assert ended.returncode == 0, ended.stderr.decode()
        assert shown(ended.stdout, ended.stderr) == []
    written = {path.name: path.read_bytes() for folder in (cache, out) for path in folder.rglob("*") if path.is_file()}
    assert len(written) > len(formats())
    assert {name: shown(data) for name, data in written.items() if shown(data)} == {}
    report = json.loads(written["report.json"])
    # Nothing is gained by silence: they were all looked at.
    assert {finding["location"]["path"] for finding in report["findings"]} >= set(FILES) - {"backend-audit.toml"}


@pytest.mark.parametrize("command", ["routes", "profile", "graph", "architecture"])
def test_no_inventory_holds_a_secret(tree: Path, command: str) -> None:
    ended = run(tree, command, ".")
    assert ended.stdout
    assert shown(ended.stdout, ended.stderr) == []


def test_no_error_holds_a_secret(tree: Path) -> None:
    (tree / "backend-audit.toml").write_text(f'select = ["{SECRETS["password"]}"]\n')
    shutil.rmtree(tree / "deploy")
    for words in ((".",), ("no-such-folder",), (".", "--cache-dir", "app.py")):
        ended = run(tree, *words)
        found = shown(ended.stdout, ended.stderr)
        # What the user wrote into the settings of the audit itself is told back.
        assert set(found) <= {"password"}
