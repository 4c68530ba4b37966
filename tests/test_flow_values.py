"""What a value is made of: the last ``return`` of ``f`` is asked."""

from __future__ import annotations

import pytest

from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import ALTERNATIVES, Value
from tests.projects import place_of, project_of


def made_of(files: dict[str, str] | str, path: str = "a.py", handler: bool = False) -> Value:
    project = project_of({"a.py": files} if isinstance(files, str) else files)
    place = place_of(project, path, "f")
    flow = Flow(project, {place} if handler else ())
    expression, state = flow.trace(place).returns[-1]
    assert expression is not None
    return flow.value(Point(place, expression, state))


def kinds(value: Value) -> set[str]:
    return {part.kind for part in value.parts() if part.text or part.kind != "text"}


CONSTANT = {
    "def f():\n    x = 'a'\n    x += 'b'\n    return x": ["ab"],
    "def f(c):\n    x = 'a' if c else 'b'\n    return x + '!'": ["a!", "b!"],
    "def f(c):\n    if c:\n        x = 'a'\n    else:\n        x = 'b'\n    return x": ["a", "b"],
    "def f():\n    return '%s-%s' % ('a', 'b')": ["a-b"],
    "def f():\n    return '%(k)s%%' % {'k': 'a'}": ["a%"],
    "def f():\n    return '{}{x}{{'.format('a', x='b')": ["ab{"],
    "def f():\n    return ', '.join(['a', 'b'])": ["a, b"],
    "X = ('a', 'b')\ndef f():\n    return '|'.join(X)": ["a|b"],
    "def f():\n    a, (b, c) = '1', ('2', '3')\n    return a + b + c": ["123"],
    "def f():\n    for x in ('a', 'b'):\n        pass\n    return x": ["a", "b"],
    "def f():\n    for n, x in enumerate(['a']):\n        return x": ["a"],
    "M = {'a': '1', 'b': '2'}\ndef f(k):\n    return M[k]": ["1", "2"],
    "M = {'a': '1', 'b': '2'}\ndef f():\n    return M['a']": ["1"],
    "M = {'a': '1'}\ndef f(k):\n    return M.get(k, '0')": ["1", "0"],
    "def f():\n    if (x := 'a'):\n        return x": ["a"],
    "def g(x):\n    return '<' + x + '>'\ndef f():\n    return g('a')": ["<a>"],
    "class C:\n    x = 'a'\n    def g(self):\n        return self.x\ndef f(c: C):\n    return c.g()": ["a"],
    "def f(k):\n    match k:\n        case 'a':\n            x = 1\n        case _:\n            x = 2\n    return x": [
        "1",
        "2",
    ],
    "def f():\n    try:\n        x = 'a'\n    except ValueError:\n        x = 'b'\n    return x": ["a", "b"],
    "def f():\n    x = 'a'\n    def g():\n        return x\n    return g()": ["a"],
    "def f(x):\n    if x == 'a':\n        return x": ["a"],
}


@pytest.mark.parametrize("source", CONSTANT)
def test_constants_are_folded(source: str) -> None:
    assert made_of(source).constants() == CONSTANT[source]


SANITISED = {
    "def f(x):\n    return str(int(x))": {"number"},
    "def f(x: int):\n    return f'{x}'": {"number"},
    "def f(x):\n    return f'{x:d}'": {"number"},
    "import enum\nclass E(enum.Enum):\n    A = 'a'\ndef f(x):\n    return E(x).value": {"enum"},
    "import enum\nclass E(enum.Enum):\n    A = 'a'\ndef f(x: E):\n    return x.value": {"enum"},
    "A = {'a'}\ndef f(x):\n    if x not in A:\n        raise ValueError\n    return x": {"allowed"},
    "A = {'a'}\ndef f(x):\n    assert x in A\n    return x": {"allowed"},
    "A = {'a'}\ndef f(x):\n    bad = x not in A\n    if bad:\n        return None\n    return x": {"allowed"},
    "import re\ndef f(x):\n    if not re.fullmatch('[a-z]+', x):\n        return ''\n    return x": {"allowed"},
    "def f(x):\n    while not x.isdigit():\n        x = input()\n    return x": {"number"},
    "def f(x):\n    if not isinstance(x, (int, float)):\n        raise TypeError\n    return x": {"number"},
    "import bcrypt\ndef f(x):\n    return bcrypt.hashpw(x, bcrypt.gensalt())": {"hashed"},
    "import os\nKEY = os.environ['KEY']\ndef f():\n    return KEY": {"setting"},
}


@pytest.mark.parametrize("source", SANITISED)
def test_sanitizers_leave_no_source(source: str) -> None:
    value = made_of(source)
    assert value.sources() == []
    assert kinds(value) == SANITISED[source]


FOREIGN = {
    "def f(x):\n    return 'a' + x": ("parameter", "x"),
    "def f(x):\n    return x.strip().lower()": ("parameter", "x"),
    "def f(x):\n    y = [x]\n    y.append('a')\n    return ','.join(y)": ("parameter", "x"),
    "def f(x):\n    q = ''\n    for i in x:\n        q += i\n    return q": ("parameter", "x"),
    "def f(x, c):\n    if c:\n        x = 'a'\n    return x": ("parameter", "x"),
    "A = {'a'}\ndef f(x, y):\n    if y in A:\n        pass\n    return x": ("parameter", "x"),
    "A = {'a'}\ndef f(x):\n    if x in A:\n        pass\n    return x": ("parameter", "x"),
    "A = {'a'}\ndef f(x):\n    if x not in A:\n        print(x)\n    return x": ("parameter", "x"),
    "def f(x):\n    if x in 'abc':\n        return x": ("parameter", "x"),
    "def f(x):\n    if x == '1':\n        x = x + input()\n    return x": ("parameter", "x"),
    "from flask import request\ndef f():\n    return request.args.get('q')": ("request", "request.args['q']"),
    "from flask import request\ndef f():\n    d = request.get_json()\n    return d['q']": ("request", "d['q']"),
}


@pytest.mark.parametrize("source", FOREIGN)
def test_sources_are_seen_through_what_changes_nothing(source: str) -> None:
    assert FOREIGN[source] in {(part.kind, part.text) for part in made_of(source).sources()}


def test_parameters_of_a_handler_are_request_data_but_what_the_framework_injects_is_not() -> None:
    source = """
        from fastapi import Depends
        def db(): ...
        def f(q: str, n: int, s=Depends(db)):
            return f"{q}{n}{s}"
    """
    assert [(part.kind, part.text) for part in made_of(source, handler=True).sources()] == [
        ("request", "q"),
        ("attribute", "s"),
    ]


def test_constants_of_other_modules_are_followed() -> None:
    files = {
        "p/__init__.py": "from p.names import *",
        "p/names.py": "TABLE = 'a'",
        "p/b.py": "from p import TABLE as T\ndef f():\n    return 'x ' + T",
    }
    assert made_of(files, "p/b.py").constants() == ["x a"]


def test_many_branches_lose_no_source() -> None:
    lines = ["def f(x, c):", "    q = 'a'"]
    for number in range(ALTERNATIVES * 2):
        lines += [f"    if c == {number}:", f"        q += 'b{number}'"]
    lines += ["    q += x", "    return q"]
    value = made_of("\n".join(lines))
    assert len(value.rows) <= ALTERNATIVES
    assert [part.text for part in value.sources()] == ["x"]


def test_a_flag_that_is_made_of_itself_is_asked_once() -> None:
    assert made_of("def f(x, y):\n    y = bool(y)\n    if y:\n        return 'a'\n    return x").rows


def test_code_that_never_ends_is_survived() -> None:
    source = """
        def f(x):
            while True:
                x = x + f(x)
                if x:
                    break
            return g(x)
        def g(y):
            return f(g(y))
    """
    assert made_of(source).rows


SERVED = """
import json
import re
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, parse_qsl, unquote, urlparse


class Server(BaseHTTPRequestHandler):
    def f(self):
        {0}


class Other:
    def f(self):
        {0}
"""


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("return self.path", "request"),
        ("return unquote(self.path.split('/')[-1])", "request"),
        ("params = dict(parse_qsl(self.path))\n        return params['id']", "request"),
        ("params = parse_qs(urlparse(self.path).query)\n        return params.get('id', [''])[0]", "request"),
        ("data = json.loads(self.rfile.read(9).decode())\n        return data['x']", "request"),
        ("return re.match('/(.*)', self.path).group(1)", "request"),
        ("return re.match(r'/(\\d+)$', self.path).group(1)", "allowed"),
        ("return self.headers.get('X')", "request"),
        ("return self.client_address", "attribute"),
    ],
)
def test_a_handler_that_is_the_request_itself_reads_what_the_client_sends(source: str, kind: str) -> None:
    project = project_of({"a.py": SERVED.format(source)})
    found = []
    for owner in ("Server", "Other"):
        place = place_of(project, "a.py", f"{owner}.f")
        flow = Flow(project, {place})
        expression, state = flow.trace(place).returns[-1]
        assert expression is not None
        found.append(kinds(flow.value(Point(place, expression, state))))
    assert found[0] == {kind}
    assert "request" not in found[1]


def test_an_answer_to_a_request_of_our_own_is_not_what_a_client_sent() -> None:
    source = "import requests\ndef f(req):\n    {}return req.text"
    assert kinds(made_of(source.format(""), handler=True)) == {"request"}
    own = "req = requests.get('https://example.org')\n    "
    assert "request" not in kinds(made_of(source.format(own), handler=True))


@pytest.mark.parametrize("part", ["COOKIES['a']", "META['HTTP_A']", "GET.getlist('a')", "FILES['a']", "get_param('a')"])
def test_every_part_of_a_request_is_request_data(part: str) -> None:
    assert kinds(made_of(f"def f(request):\n    return request.{part}", handler=True)) == {"request"}
