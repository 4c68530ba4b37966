"""A finding tells the way its data took: source, assignments, calls, returns, sink."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from fixture_cases import rule_cases

from analyzer.config.settings import Config
from analyzer.flow.ways import LONGEST, shortened
from analyzer.model import Finding, Location, Silent, Span, Step
from analyzer.pipeline import audit
from analyzer.report import render
from tests.pictures import findings_of
from tests.report_samples import finding, sample

SHOP = {
    "shop/routes.py": """
        from fastapi import APIRouter
        from shop.service import Orders
        router = APIRouter()
        orders = Orders()
        @router.get("/orders")
        def search(order: str):
            wanted = order.strip()
            return orders.matching(wanted)
    """,
    "shop/service.py": """
        from shop.repository import find
        class Orders:
            def matching(self, term):
                condition = clause(term)
                return find(condition)
        def clause(value):
            return "WHERE name = '" + value + "'"
    """,
    "shop/repository.py": """
        import sqlite3
        def find(condition):
            cursor = sqlite3.connect("shop.db").cursor()
            statement = "SELECT * FROM orders " + condition
            cursor.execute(statement)
            return cursor.fetchall()
    """,
}


def told(found: Finding) -> list[tuple[str, str, int, str]]:
    """Kind, file, line and phrase of every step."""
    return [(one.kind, Path(one.location.path).stem, one.location.span.line, one.message) for one in found.steps]


def test_a_path_leads_through_layers_from_the_route_to_the_statement() -> None:
    (found,) = findings_of(SHOP, "BA101")
    assert told(found) == [
        ("source", "routes", 7, "`order` is sent by the client"),
        ("assign", "routes", 8, "kept as `wanted`"),
        ("call", "routes", 9, "given to `matching(term=…)`"),
        ("call", "service", 5, "given to `clause(value=…)`"),
        ("return", "service", 8, "returned by `clause`"),
        ("assign", "service", 5, "kept as `condition`"),
        ("call", "service", 6, "given to `find(condition=…)`"),
        ("assign", "repository", 5, "kept as `statement`"),
        ("sink", "repository", 6, "put into the statement that `cursor.execute` runs"),
    ]


def test_the_route_is_the_one_that_the_data_comes_in_at() -> None:
    files = dict(SHOP)
    files["shop/admin.py"] = """
        from fastapi import APIRouter
        from shop.repository import find
        router = APIRouter()
        @router.get("/a-shorter-way")
        def everything():
            return find("WHERE paid = 1")
    """
    (found,) = findings_of(files, "BA101")
    assert found.route == "GET /orders"
    assert [step.message for step in found.chain] == ["handled by search", "calls Orders.matching", "calls find"]


@pytest.mark.parametrize(
    ("read", "source"),
    [
        ("request.args['cmd']", "`request.args['cmd']` is read from the request"),
        ("request.get_json()['cmd']", "`request.get_json()['cmd']` is read from the request"),
        ("[part for part in request.args.getlist('cmd')][0]", "`request.args['cmd']` is read from the request"),
    ],
)
def test_the_first_step_names_what_is_read(read: str, source: str) -> None:
    lines = ["import os", "from flask import Flask, request", "app = Flask(__name__)", "@app.post('/run')"]
    lines += ["def run():", f"    command = {read}", "    command += ' --quiet'", "    os.system('tool ' + command)"]
    (found,) = findings_of({"app.py": "\n".join(lines) + "\n"}, "BA102")
    steps = told(found)
    assert steps[0] == ("source", "app", 6, source)
    assert steps[-1] == ("sink", "app", 8, "put into the command that `os.system` runs")


def test_an_attribute_is_followed_to_the_method_that_fills_it() -> None:
    source = """
        import os
        from flask import Flask, request
        app = Flask(__name__)
        class Job:
            def __init__(self, name):
                self.name = name
            def start(self):
                os.system("start " + self.name)
        @app.post("/jobs")
        def jobs():
            Job(request.form["name"]).start()
    """
    (found,) = findings_of({"app.py": source}, "BA102")
    assert [kind for kind, *_ in told(found)] == ["source", "call", "assign", "sink"]
    assert told(found)[1][3] == "given to `__init__(name=…)`"


def test_a_circle_of_calls_ends() -> None:
    source = """
        import os
        from flask import Flask, request
        app = Flask(__name__)
        def even(text, left):
            return odd(text, left - 1) if left else text
        def odd(text, left):
            return even(text, left - 1) if left else text
        @app.post("/jobs")
        def jobs():
            name = request.form["name"]
            for _ in range(3):
                name = even(name, 4)
            os.system("start " + name)
    """
    (found,) = findings_of({"app.py": source}, "BA102")
    assert told(found)[0][3] == "`request.form['name']` is read from the request"


def test_a_long_path_keeps_its_ends_and_says_what_is_left_out() -> None:
    def step(number: int, kind: str) -> Step:
        return Step(Location("a.py", Span(number, 1, number, 2)), f"step {number}", kind)

    calls = [step(number, "call") for number in range(2, 40)]
    kept = shortened([step(1, "source"), *calls, step(40, "sink")])
    assert len(kept) == LONGEST
    assert (kept[0].message, kept[-1].message) == ("step 1", "step 40")
    assert [one.message for one in kept if "left out" in one.message] == ["step 34 (after 26 steps left out here)"]
    mixed = shortened(
        [step(1, "source"), *(step(n, "assign") for n in range(2, 30)), step(30, "call"), step(31, "sink")]
    )
    assert [one.message for one in mixed] == ["step 1", "step 30 (after 28 steps left out here)", "step 31"]
    assert shortened(calls[:5]) == tuple(calls[:5])


FAMILY = [case for case in rule_cases() if case.code.startswith("BA1") and case.kind == "bad"]


def test_every_rule_on_untrusted_input_tells_a_path(tmp_path: Path) -> None:
    """In each of its bad cases but those where nothing flows: a setting, a form, a table of columns, a condition."""
    root = tmp_path / "cases"
    for case in FAMILY:
        case.copy_to(root / case.name.replace("-", "_"))
    codes = tuple(sorted({case.code for case in FAMILY}))
    report = audit([root], Config(select=codes, semgrep=False, bandit=False, cache=False, jobs=1), Silent())
    rules = set()
    for one in report.findings:
        if not one.steps:
            assert "comes from" not in one.message, one
            continue
        assert (one.steps[0].kind, one.steps[-1].kind) == ("source", "sink"), one
        assert len(one.steps) <= LONGEST
        rules.add(one.rule)
    assert rules == set(codes)


def flowing(**more: object) -> Finding:
    """A finding of the sample's, with a path through two files."""
    steps = (
        Step(Location("app/controllers/auth.py", Span(9, 5, 9, 9)), "`name` is sent by the client", "source"),
        Step(Location("app/controllers/auth.py", Span(10, 5, 10, 9)), "kept as `wanted`", "assign"),
        Step(Location("app/controllers/auth.py", Span(12, 5, 12, 9)), "given to `by_name(name=…)`", "call"),
        Step(Location("app/repositories/users.py", Span(7, 9, 7, 20)), "put into the statement", "sink"),
    )
    return msgspec.structs.replace(
        finding("BA101", "app/repositories/users.py", (7, 9, 7, 20), "SQL.", "Mend it."), steps=steps, **more
    )


def test_the_text_shows_what_matters_and_verbose_everything() -> None:
    text = render(sample([flowing()]), "text")
    assert "via:   1. app/controllers/auth.py:9:5  `name` is sent by the client" in text
    assert "2. app/controllers/auth.py:12:5  given to `by_name(name=…)`" in text
    assert "3. app/repositories/users.py:7:9  put into the statement" in text
    assert "kept as" not in text
    assert "2. app/controllers/auth.py:10:5  kept as `wanted`" in render(sample([flowing()]), "text", verbose=True)


def test_a_path_within_the_line_shown_is_not_repeated() -> None:
    whole = flowing()
    here = tuple(msgspec.structs.replace(step, location=whole.location) for step in whole.steps)
    assert "via:" not in render(sample([msgspec.structs.replace(whole, steps=here)]), "text")


def test_json_gives_every_step_with_its_kind() -> None:
    one = json.loads(render(sample([flowing()]), "json"))["findings"][0]
    assert one["rule"] == "BA101"
    assert [step["kind"] for step in one["steps"]] == ["source", "assign", "call", "sink"]
    assert one["steps"][0]["location"]["line"] == 9


def test_sarif_gives_a_flow_that_the_route_heads_and_the_sink_ends() -> None:
    handler = Step(Location("app/controllers/auth.py", Span(8, 5, 8, 10)), "handled by login")
    log = json.loads(render(sample([flowing(route="POST /login", chain=(handler,))]), "sarif"))
    flows = log["runs"][0]["results"][0]["codeFlows"]
    passed = flows[0]["threadFlows"][0]["locations"]
    assert [one["location"]["message"]["text"] for one in passed] == [
        "POST /login: handled by login.",
        "`name` is sent by the client.",
        "kept as `wanted`.",
        "given to `by_name(name=…)`.",
        "put into the statement.",
    ]
    assert [one.get("importance") for one in passed] == [None, "essential", "unimportant", "essential", "essential"]


@pytest.mark.parametrize("format", ["text", "json", "sarif"])
def test_names_in_steps_are_harmless_and_secrets_masked(format: str) -> None:
    leak = "kettle-and-pans-77"
    files = {"app/a.py": "execute(wanted)\n", "app/b.py": f'wanted = data["{leak}"]\n'}
    steps = (
        Step(Location("app/b.py", Span(1, 10, 1, 36)), f"`data['{leak}']` is \x1b[31m\u202e read", "source"),
        Step(Location("app/a.py", Span(1, 1, 1, 8)), "run", "sink"),
    )
    one = msgspec.structs.replace(finding("BA101", "app/a.py", (1, 1, 1, 8), "SQL.", "Mend it."), steps=steps)
    secret = finding("BA201", "app/b.py", (1, 15, 1, 35), "A key.", "No.", secrets=(Span(1, 15, 1, 35),))
    text = render(sample([one, secret], files), format)
    assert leak not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
