"""BA301 and the flow part of BA201 on code as people write it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from analyzer.config.settings import Config
from analyzer.model import Confidence, Silent
from analyzer.pipeline import audit
from tests.pictures import findings_of

TOKENS = {
    "spellings of not verifying": """
        import jwt
        OFF = {"verify_signature": False}
        def a(token):
            return jwt.decode(token, options=dict(verify_signature=False))  # bad
        def b(token, key):
            return jwt.decode(token, key, options=OFF, algorithms=["HS256"])  # bad
        def c(token, key):
            return jwt.decode(token, key, False)  # bad
        def d(token, key):
            options = {}
            options["verify_signature"] = False
            return jwt.decode(token, key, algorithms=["HS256"], options=options)  # bad
        def e(token, key):
            return jwt.decode(token, key, algorithms=None)  # bad
    """,
    "aliases and other modules": """
        from jwt import decode as read
        from app.options import LENIENT, ALGORITHMS
        def a(token, key):
            return read(token, key, algorithms=["HS256"], options=LENIENT)  # bad
        def b(token, key):
            return read(token, key, algorithms=ALGORITHMS)
    """,
    "algorithm of the sender": """
        import jwt
        def read(token, key):
            header = jwt.get_unverified_header(token)
            return jwt.decode(token, key, algorithms=[header["alg"]])  # bad
        def pick(token, keys):
            header = jwt.get_unverified_header(token)
            return jwt.decode(token, keys[header["kid"]], algorithms=["RS256"])
    """,
    "verified elsewhere": """
        import jwt, requests
        def read(token):
            answer = requests.post("https://id.internal/verify", json={"token": token}, timeout=5)
            if answer.status_code != 200:
                return None
            return jwt.decode(token, options={"verify_signature": False})["sub"]
        def both(token, keys):
            issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
            return jwt.decode(token, keys[issuer], algorithms=["RS256"])
        def own_clock(token, key, now):
            claims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})
            return claims if claims["exp"] > now else None
    """,
    "passed on unseen": """
        import jwt
        def read(token, **options):
            return jwt.decode(token, "k", **options)
        class Codec:
            def decode(self, data, verify=True):
                return data
        def other(codec: Codec, data):
            return codec.decode(data, verify=False)
    """,
}


def reported(source: str, code: str) -> set[int]:
    files = {
        "app/__init__.py": "",
        "app/options.py": 'LENIENT = {"verify_signature": False}\nALGORITHMS = ["HS256"]\n',
        "app/code.py": source,
    }
    return {
        one.location.span.line
        for one in findings_of(files, code)
        if one.location.path == "app/code.py" and one.confidence > Confidence.LOW
    }


def marked(source: str) -> set[int]:
    lines = textwrap.dedent(source).splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# bad")}


@pytest.mark.parametrize("name", TOKENS)
def test_tokens(name: str) -> None:
    assert reported(TOKENS[name], "BA301") == marked(TOKENS[name])


def test_a_bearer_guard_that_verifies_nothing() -> None:
    source = """
        import jwt
        from fastapi.security import HTTPBearer
        class Open(HTTPBearer):
            async def __call__(self, request):
                credentials = await super().__call__(request)
                return credentials.credentials  # bad
        class Closed(HTTPBearer):
            async def __call__(self, request):
                credentials = await super().__call__(request)
                self.verify(credentials.credentials)
                return credentials.credentials
            def verify(self, token):
                return jwt.decode(token, "k", algorithms=["HS256"])
    """
    assert reported(source, "BA301") == marked(source)


def test_a_literal_is_a_secret_by_what_it_is_given_to() -> None:
    source = """
        import sqlite3
        def register(name, password, mail):
            return name, password, mail
        SEED = [("root", "Harbour-Light-9"), ("tim", "green-Kettle-4")]  # bad
        def seed():
            register("anna", "copper-Lantern-7", "a@b.example")  # bad
            for name, word in SEED:
                register(name, word, "x@b.example")
        def insert(cursor):
            for name, word in [("eve", "winter-Mill-30")]:  # bad
                cursor.execute("INSERT INTO users (name, password) VALUES ('%s', '%s')" % (name, word))
    """
    assert reported(source, "BA201") == marked(source)


def test_the_secret_is_told_by_its_length_and_its_span_is_kept_for_masking() -> None:
    source = """
        def login(name, password):
            return name
        login("anna", "copper-Lantern-7")
    """
    (found,) = findings_of({"a.py": source}, "BA201")
    assert "copper" not in found.message + found.fix
    assert [(one.line, one.column, one.end_column) for one in found.secrets] == [(4, 15, 33)]


def test_a_check_that_is_off_beside_a_verified_signature_stays_unsure(tmp_path: Path) -> None:
    (tmp_path / "logout.py").write_text(
        "import jwt\n\n\ndef end(token, key, sessions):\n"
        '    claims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})\n'
        '    sessions.end(claims["jti"])\n'
    )
    found = audit([tmp_path], Config(select=("BA301",)), Silent()).findings
    assert [one.confidence for one in found] == [Confidence.MEDIUM]
