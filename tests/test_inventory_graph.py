"""The dependency graph and the chains in it."""

from __future__ import annotations

import json
import re

import pytest

from analyzer.inventory.graph_model import Graph, GraphNode, Link, counted
from analyzer.inventory.graph_text import as_dot, as_json, as_mermaid
from analyzer.inventory.graphs import graph_of
from analyzer.inventory.naming import Names
from analyzer.inventory.why import Step, chain
from analyzer.inventory.zoom import MOST_EDGES, MOST_NODES, around, readable
from tests.pictures import picture_of

LAYERED = {
    "app/__init__.py": "",
    "app/models.py": """
        from sqlalchemy.orm import DeclarativeBase
        class Base(DeclarativeBase): ...
        class User(Base):
            __tablename__ = "users"
    """,
    "app/repositories.py": """
        from abc import ABC, abstractmethod
        from sqlalchemy.orm import Session
        from app.models import User
        from app.services import banned
        class Repository(ABC):
            @abstractmethod
            def find(self, name): ...
        class UserRepository(Repository):
            def __init__(self, session: Session): self.session = session
            def find(self, name): return self.session.query(User).filter_by(name=name).first()
    """,
    "app/services.py": """
        import app.repositories
        def banned(name): return name in ()
        class UserService:
            def __init__(self, repository: "app.repositories.Repository"): self.repository = repository
            def find(self, name): return None if banned(name) else self.repository.find(name)
    """,
    "app/main.py": """
        from fastapi import Depends, FastAPI
        from app.services import UserService
        app = FastAPI()
        def check(): ...
        @app.get("/users/{name}", dependencies=[Depends(check)])
        def read(name: str, service: UserService): return service.find(name)
        def alone(): ...
    """,
}


def steps(files: dict[str, str], source: str, target: str) -> list[tuple[str, str, int]] | None:
    picture = picture_of(files)
    names = Names(picture)
    found = chain(picture, names.find(source)[0], names.find(target)[0])
    return None if found is None else [(step.verb, step.target, step.line) for step in found]


def test_modules_in_their_layers_with_the_import_that_goes_up_marked() -> None:
    graph = graph_of(picture_of(LAYERED), "module")
    groups = {node.name: node.group for node in graph.nodes}
    assert groups["app.main"] == "entrypoint"
    assert groups["app.repositories"] == "repository"
    wrong = {(edge.source, edge.target, edge.violation, edge.line) for edge in graph.edges if edge.violation}
    assert ("app.repositories", "app.services", "upward", 5) in wrong
    assert ("app.main", "app.services", "") in {(edge.source, edge.target, edge.violation) for edge in graph.edges}


def test_layers_count_modules_and_reach_the_database() -> None:
    graph = graph_of(picture_of(LAYERED), "layer")
    edges = {(edge.source, edge.target): edge for edge in graph.edges}
    assert edges["repository", "service"].violation == "upward"
    assert edges["repository", "database"].violation == ""
    assert ("entrypoint", "service") in edges


def test_symbols_and_around_one_of_them() -> None:
    graph = graph_of(picture_of(LAYERED), "symbol")
    near = around(graph, "UserService.find")
    assert near is not None
    assert {"app.services.UserService.find", "app.main.read", "app.services.banned"} <= {
        node.name for node in near.nodes
    }
    assert "app.models.User" not in {node.name for node in near.nodes}
    assert around(graph, "nothing") is None


def large(modules: int) -> Graph:
    names = [f"shop.part{number % 40}.module{number}" for number in range(modules)]
    links = [Link(one, other, "import", "", "a.py", 1) for one in names[:90] for other in names[::17]]
    links.append(Link(names[1], names[2], "import", "upward", "b.py", 7))
    return Graph("module", tuple(sorted(GraphNode(name, "service") for name in names)), counted(links))


def test_a_thousand_modules_stay_readable_and_say_so() -> None:
    drawn = readable(large(1000))
    assert len(drawn.nodes) <= MOST_NODES
    assert len(drawn.edges) <= MOST_EDGES
    assert sum(node.size for node in drawn.nodes) == 1000
    assert "1,000 modules are drawn as" in drawn.notes[0]
    assert [edge.violation for edge in drawn.edges if edge.violation] == ["upward"] or len(drawn.nodes) == 1
    assert drawn.notes[0] in as_mermaid(drawn)
    assert readable(graph_of(picture_of(LAYERED), "module")).notes == ()


def test_names_of_audited_code_are_no_markup() -> None:
    name = 'a"] --> b; click x "javascript:1"\n<script>'
    graph = Graph(
        "module", (GraphNode(name, "g"), GraphNode("b", "g")), counted([Link(name, "b", "import", "", "", 1)])
    )
    for line in as_mermaid(graph).splitlines()[1:]:
        assert re.fullmatch(r'\s*(?:subgraph g\d+\["[^"<>]*"\]|n\d+\["[^"<>]*"\]|end|n\d+ --> n\d+)', line)
    quoted = re.sub(r'"(?:\\.|[^"\\])*"', "", as_dot(graph))
    assert "click" not in quoted
    assert json.loads(as_json(graph))["nodes"]


def test_why_from_a_route_down_to_what_implements_the_port() -> None:
    assert steps(LAYERED, "GET /users/{name}", "UserRepository.find") == [
        ("calls", "app.services.UserService.find", 7),
        ("calls", "app.repositories.Repository.find", 6),
        ("is implemented by", "app.repositories.UserRepository.find", 11),
    ]


def test_why_from_a_route_to_its_dependency() -> None:
    assert steps(LAYERED, "get /users/{name}/", "app.main.check") == [("calls", "app.main.check", 6)]


def test_why_between_modules_follows_imports() -> None:
    found = steps(LAYERED, "app.repositories", "app.models")
    assert found is not None
    assert [step[0] for step in found] == ["imports"]
    assert steps(LAYERED, "app.main.alone", "app.models") is None
    assert steps(LAYERED, "app.main", "app.main.read") == []


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("UserServise", "app.services.UserService"),
        ("GET /user/{name}", "GET /users/{name}"),
        ("find", "app.repositories.Repository.find"),
    ],
)
def test_unknown_and_ambiguous_names_come_with_the_nearest(name: str, near: str) -> None:
    nodes, offered = Names(picture_of(LAYERED)).find(name)
    assert not nodes
    assert near in offered


def test_steps_name_files_and_lines() -> None:
    picture = picture_of(LAYERED)
    names = Names(picture)
    found = chain(picture, names.find("app.main.read")[0], names.find("app.services.banned")[0])
    assert found == (
        Step("app.main.read", "calls", "app.services.UserService.find", "app/main.py", 7),
        Step("app.services.UserService.find", "calls", "app.services.banned", "app/services.py", 6),
    )
