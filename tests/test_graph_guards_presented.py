"""Guards that ask only whether something was sent guard nothing."""

from __future__ import annotations

import pytest

from analyzer.graph.guards import Guards
from tests.pictures import picture_of

_APP = """
import base64, json
import jwt
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
app = FastAPI()
bearer = HTTPBearer()
lenient = HTTPBearer(auto_error=False)
oauth = OAuth2PasswordBearer(tokenUrl="token")
"""


def guarded(source: str) -> dict[str, bool]:
    """Whether anything stands before each route, by path."""
    picture = picture_of({"main.py": source})
    guards = picture.shared(Guards)
    return {route.path: bool(guards.of(route).guards) for route in picture.routes}


@pytest.mark.parametrize(
    ("body", "guards"),
    [
        ("if not authorization:\n        raise HTTPException(401)", False),
        ("if not authorization.startswith('Bearer '):\n        raise HTTPException(401)", False),
        (
            "parts = authorization.split()\n    if len(parts) != 2 or parts[0].lower() != 'bearer':\n"
            "        raise HTTPException(401)",
            False,
        ),
        ("try:\n        authorization.split()[1]\n    except IndexError:\n        raise HTTPException(401)", False),
        ("if authorization == 'x':\n        return True\n    return False", False),
        ("if authorization != 'x':\n        return {'detail': 'no'}, 401", False),
        ("raise HTTPException(401)", True),
        ("if authorization != 'sesame':\n        raise HTTPException(401)", True),
        ("if not known(authorization):\n        raise HTTPException(401)", True),
        ("if not authorization:\n        raise HTTPException(401)\n    remember(authorization)", True),
        ("if not authorization:\n        raise HTTPException(401)\n    user = load()\n    must(user)", False),
        ("if not authorization or not session.user:\n        raise HTTPException(401)", True),
    ],
)
def test_a_header_that_is_compared_with_nothing_guards_nothing(body: str, guards: bool) -> None:
    source = f"""{_APP}
def who(authorization: str = Header()):
    {body}
@app.post("/x", dependencies=[Depends(who)])
def handler(): ...
"""
    assert guarded(source) == {"/x": guards}


@pytest.mark.parametrize(
    ("body", "guards"),
    [
        ("return jwt.decode(token, options={'verify_signature': False})", False),
        ("return json.loads(base64.urlsafe_b64decode(token.split('.')[1]))", False),
        ("claims = jwt.decode(token, options={'verify_signature': False})\n        return load(claims['sub'])", False),
        ("return jwt.decode(token, KEY, algorithms=['HS256'])", True),
        (
            "issuer = jwt.decode(token, options={'verify_signature': False})['iss']\n"
            "        return jwt.decode(token, KEYS[issuer], algorithms=['RS256'])",
            True,
        ),
        (
            "claims = jwt.decode(token, options={'verify_signature': False})\n        introspect(token)\n"
            "        return claims",
            True,
        ),
    ],
)
def test_a_token_that_nobody_verifies_guards_nothing(body: str, guards: bool) -> None:
    dependency = f"""{_APP}
def who(token: str = Header()):
    try:
        {body}
    except Exception:
        raise HTTPException(401)
@app.post("/x")
def handler(user=Depends(who)): return user
"""
    inside = f"""{_APP}
@app.post("/x")
def handler(request: Request):
    token = request.headers["Authorization"]
    try:
        {body}
    except Exception:
        raise HTTPException(401)
"""
    decorator = f"""
import base64, json
import jwt
from functools import wraps
from flask import Flask, g, jsonify, request
app = Flask(__name__)
def token_required(view):
    @wraps(view)
    def inner(*args, **kwargs):
        token = request.headers.get("Authorization")
        try:
            {body.replace("        ", "            ").replace("return ", "g.user = ")}
        except Exception:
            return jsonify(error="no"), 401
        return view(*args, **kwargs)
    return inner
@app.post("/x")
@token_required
def handler(): ...
"""
    assert [guarded(source) for source in (dependency, inside, decorator)] == [{"/x": guards}] * 3


def test_what_a_scheme_hands_on_has_to_be_taken() -> None:
    source = f"""{_APP}
def sent(x_api_key: str = Header(None)):
    if not x_api_key:
        raise HTTPException(401)
    return x_api_key
def user(key=Depends(sent)):
    found = find(key)
    if not found:
        raise HTTPException(401)
    return found
@app.post("/listed", dependencies=[Depends(bearer)])
def listed(): ...
@app.post("/ignored")
def ignored(token: Annotated[str, Depends(oauth)]): ...
@app.post("/taken")
def taken(token: Annotated[str, Depends(oauth)]): return load(token)
@app.post("/dropped")
def dropped(key=Depends(sent)): ...
@app.post("/used")
def used(key=Depends(sent)): return load(key)
@app.post("/known")
def known(user=Depends(user)): ...
@app.post("/lenient")
def optional(token=Depends(lenient)): return token
@app.post("/tested")
def tested(token=Depends(lenient)):
    if token is None or token.credentials != KEY:
        raise HTTPException(401)
"""
    found = guarded(source)
    assert {path for path, guards in found.items() if guards} == {"/taken", "/used", "/known", "/tested"}


def test_libraries_that_are_told_to_let_strangers_pass() -> None:
    source = """
from flask import Flask
from flask_jwt_extended import get_jwt_identity, jwt_required, verify_jwt_in_request
app = Flask(__name__)
@app.post("/optional")
@jwt_required(optional=True)
def optional(): ...
@app.post("/fresh")
@jwt_required(fresh=True)
def fresh(): ...
@app.post("/called")
def called(): verify_jwt_in_request()
@app.post("/perhaps")
def perhaps(): verify_jwt_in_request(optional=True)
"""
    assert guarded(source) == {"/optional": False, "/fresh": True, "/called": True, "/perhaps": False}


def test_what_a_helper_returns_ends_nothing_where_nobody_takes_it() -> None:
    source = """
from flask import Flask, jsonify, request
app = Flask(__name__)
def check():
    if request.headers.get("X-Api-Key") != KEY:
        return jsonify(error="no"), 401
@app.post("/lost")
def lost():
    check()
    return "done"
@app.post("/taken")
def taken():
    problem = check()
    if problem:
        return problem
    return "done"
"""
    assert guarded(source) == {"/lost": False, "/taken": True}
