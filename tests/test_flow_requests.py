"""What frameworks make of request data before a handler sees it."""

from __future__ import annotations

import pytest

from tests.pictures import lines_of

CONVERTED = {
    "Flask": ("@app.get('/a/<int:x>/<y>')", "from flask import Flask\napp = Flask(__name__)"),
    "Bottle": ("@app.get('/a/<x:int>/<y>')", "from bottle import Bottle\napp = Bottle()"),
    "FastAPI": ("@app.get('/a/{x:int}/{y}')", "from fastapi import FastAPI\napp = FastAPI()"),
}


@pytest.mark.parametrize("framework", CONVERTED)
def test_a_path_converter_leaves_no_syntax(framework: str) -> None:
    decorator, start = CONVERTED[framework]
    source = f"import os\n{start}\n{decorator}\ndef f(x, y):\n    os.system('a %s' % x)\n    os.system('a %s' % y)\n"
    assert lines_of({"a.py": source}, "BA102") == {("a.py", 7)}


def test_a_value_read_with_a_type_is_a_number() -> None:
    source = """
    import os
    from flask import Flask, request
    app = Flask(__name__)
    @app.get("/a")
    def f():
        os.system("a %s" % request.args.get("x", type=int))
        os.system("a %s" % request.args.get("x", type=str))
    """
    assert lines_of({"a.py": source}, "BA102") == {("a.py", 8)}
