"""``routes``, ``profile``, ``graph`` and ``why`` as commands: output, mistakes, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.cli.main import main

SOURCE = """
from fastapi import FastAPI
from sqlalchemy.orm import Session
app = FastAPI()
def store(session: Session): session.add(1)
@app.get("/users/{number}")
def read(number: int): ...
@app.post("/users")
def create(session: Session): store(session)
def alone(): ...
"""


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small backend, in the working folder, with a cache of its own."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text(SOURCE)
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def output_of(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    return capsys.readouterr().out


@pytest.mark.usefixtures("backend")
def test_routes_as_a_table_with_one_route_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capsys, "routes", ".").splitlines()
    assert lines[0].split() == ["method", "path", "handler", "guard", "input", "layers"]
    assert lines[1].startswith("POST    /users ")
    assert "path number: int" in lines[2]
    assert lines[-1] == "2 routes (FastAPI), 2 without a guard"


@pytest.mark.usefixtures("backend")
def test_routes_fit_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert max(map(len, output_of(capsys, "routes", ".").splitlines())) <= 70


@pytest.mark.parametrize("form", ["json", "csv", "markdown", "openapi"])
@pytest.mark.usefixtures("backend")
def test_routes_in_every_format_name_every_path(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = output_of(capsys, "routes", ".", "--output", form)
    assert "/users" in text
    assert text.endswith("\n")
    if form in {"json", "openapi"}:
        json.loads(text)


@pytest.mark.usefixtures("backend")
def test_routes_filters(capsys: pytest.CaptureFixture[str]) -> None:
    found = output_of(capsys, "routes", ".", "--output", "json", "--method", "post", "--unguarded", "--path", "/u*")
    assert [row["handler"] for row in json.loads(found)["routes"]] == ["app.main.create"]


def test_routes_are_those_of_the_code_as_it_is_now(backend: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = output_of(capsys, "routes", ".")
    assert output_of(capsys, "routes", ".") == first
    (backend / "app" / "main.py").write_text(SOURCE.replace("/users/{number}", "/people/{number}"))
    assert "/people/{number}" in output_of(capsys, "routes", ".")
    assert output_of(capsys, "routes", ".", "--no-cache") == output_of(capsys, "routes", ".")


def test_routes_say_which_file_they_could_not_read(backend: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (backend / "app" / "broken.py").write_text("def (:\n")
    for _ in range(2):
        assert main(["routes", "."]) == 0
        assert "app/broken.py: not parsed" in capsys.readouterr().err


@pytest.mark.usefixtures("backend")
def test_profile(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capsys, "profile", ".").splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    names = ["runtime", "framework", "database", "API", "authentication", "deployment", "shape"]
    assert [line.split()[0] for line in heads] == names
    assert heads[0].split(maxsplit=1)[1] == "Python 3.12, sync"
    assert heads[4].split(maxsplit=1)[1] == "undecided — ask"
    assert "base image (Dockerfile:1)" in "\n".join(lines)
    assert len(json.loads(output_of(capsys, "profile", ".", "--output", "json"))["stack"]) == 6


@pytest.mark.parametrize(("form", "start"), [("mermaid", "flowchart"), ("dot", "digraph"), ("json", "{")])
@pytest.mark.parametrize("level", ["layer", "module", "symbol"])
@pytest.mark.usefixtures("backend")
def test_graph(form: str, start: str, level: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert output_of(capsys, "graph", ".", "--output", form, "--level", level).startswith(start)


@pytest.mark.usefixtures("backend")
def test_graph_around_a_name_nobody_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", ".", "--level", "module", "--around", "app.mian"]) == 2
    message = '--around: no module is called "app.mian"; did you mean "app.main"?\n'
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("where", [["."], ["--in", "."], []])
@pytest.mark.usefixtures("backend")
def test_why(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert output_of(capsys, "why", "POST /users", "app.main.store", *where) == (
        "POST /users → app.main.store: 1 step\n  app.main.create\n    calls app.main.store  (app/main.py:9)\n"
    )


@pytest.mark.usefixtures("backend")
def test_why_without_a_chain(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no chain" in output_of(capsys, "why", "app.main.alone", "app.main.store", code=1)
    found = output_of(capsys, "why", "app.main.alone", "app.main.store", "--output", "json", code=1)
    assert json.loads(found)["chain"] is None


@pytest.mark.usefixtures("backend")
def test_why_with_names_nobody_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "POST /user", "app.main.stor"]) == 2
    assert capsys.readouterr().err == (
        'why: nothing is called "POST /user"; did you mean "POST /users"?\n'
        'why: nothing is called "app.main.stor"; did you mean "app.main.store"?\n'
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["routes", ".", "--output", "xml"], 2, '--output: expected text, json, csv, markdown or openapi, got "xml"'),
        (["profile", ".", "--output", "cvs"], 2, '--output: expected text or json, got "cvs"'),
        (["graph", ".", "--level", "modul"], 2, '--level: expected layer, module or symbol, got "modul"; did you mean'),
        (["routes", "missing"], 2, "missing"),
        (["routes"], 2, "PATH"),
        (["routes", ".", "--config", "missing.toml"], 2, "missing.toml"),
        (["routes", "Dockerfile"], 3, ""),
    ],
)
@pytest.mark.usefixtures("backend")
def test_mistakes(words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == code
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
    assert "Traceback" not in printed.err


@pytest.mark.usefixtures("backend")
def test_a_method_that_no_route_can_have_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("routes", ".", "--method", "FOO")) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "--method: expected GET, HEAD" in said.err
    assert 'got "FOO"' in said.err
    assert main(("routes", ".", "--method", "DELETE")) == 0


@pytest.mark.usefixtures("backend")
def test_a_path_is_a_glob_or_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    found = output_of(capsys, "routes", ".", "--output", "json", "--path", "/users/42/")
    assert [row["path"] for row in json.loads(found)["routes"]] == ["/users/{number}"]
    assert main(("routes", ".", "--path", "/nothing*")) == 0
    assert '--path: no route is like "/nothing*"' in capsys.readouterr().err


@pytest.mark.parametrize("name", ["/users/42", "GET /users/42", "get /users/{number}", "/users/{number}/"])
@pytest.mark.usefixtures("backend")
def test_why_finds_the_route_that_answers_an_address(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "one lies inside the other" in output_of(capsys, "why", name, "app.main.read", ".")


def test_what_tests_register_is_no_route(backend: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (backend / "tests").mkdir()
    (backend / "tests" / "conftest.py").write_text(
        "from fastapi import FastAPI\nfrom app.main import app as real\nother = FastAPI()\n"
        "other.mount('/again', real)\n@other.get('/fake')\ndef fake(): ...\n"
    )
    paths = [row["path"] for row in json.loads(output_of(capsys, "routes", ".", "--output", "json"))["routes"]]
    assert sorted(paths) == ["/users", "/users/{number}"]
    alone = json.loads(output_of(capsys, "routes", "tests", "--output", "json"))["routes"]
    assert [row["path"] for row in alone] == ["/fake"]


def test_documents_of_several_applications_are_files_of_their_own(
    backend: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (backend / "jobs").mkdir()
    (backend / "jobs" / "__init__.py").write_text("")
    (backend / "jobs" / "main.py").write_text(
        "from flask import Flask\napp = Flask(__name__)\n@app.get('/jobs')\ndef jobs(): ...\n"
    )
    assert main(("routes", ".", "--output", f"openapi={backend / 'api.json'}")) == 0
    assert capsys.readouterr().out == ""
    assert set(json.loads((backend / "api-jobs.json").read_text())["paths"]) == {"/jobs"}
    assert set(json.loads((backend / "api-app.json").read_text())["paths"]) == {"/users", "/users/{number}"}
    assert main(("routes", ".", "--application", "nothing")) == 2
    assert '--application: expected app or jobs, got "nothing"' in capsys.readouterr().err
