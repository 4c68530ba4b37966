"""The schema itself is the oracle: the fields of its root types, and what resolves them."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from analyzer.frameworks import recognise
from analyzer.frameworks.graphql_documents import shown
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "graphql_app"


def arguments_of(module: str) -> dict[str, set[tuple[str, bool]]]:
    backend = recognise(project_of({f"{module}.py": (_APP / f"{module}.py").read_text()}))
    return {route.path: {(one.name, one.required) for one in route.inputs} for route in backend.routes}


def told(module: str) -> set[tuple[str, str, str]]:
    backend = recognise(project_of({f"{module}.py": (_APP / f"{module}.py").read_text()}))
    assert backend.unresolved == ()
    assert backend.frameworks == ("GraphQL",)
    functions = [(route, backend.project.function(route.handler)) for route in backend.routes]
    return {(route.method, route.path, one.qualname) for route, one in functions if one is not None}


@pytest.mark.parametrize(
    ("library", "count"),
    [("graphene", 5), ("strawberry", 4), ("ariadne", 3)],
    ids=["graphene", "strawberry", "ariadne"],
)
def test_the_fields_of_the_schema_are_found(library: str, count: int) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed: its schema cannot be asked")
    made = importlib.import_module(f"tests.oracles.graphql_app.with_{library}").schema
    schema = getattr(made, "graphql_schema", None) or getattr(made, "_schema", None) or made
    roots = {"QUERY": schema.query_type, "MUTATION": schema.mutation_type, "SUBSCRIPTION": schema.subscription_type}
    expected = {(method, field) for method, root in roots.items() if root is not None for field in root.fields}
    found = told(f"with_{library}")
    assert {(method, path) for method, path, _ in found} == expected
    assert len(found) == count
    given = {
        field: {(name, str(one.type).endswith("!") and not one.default_value) for name, one in it.args.items()}
        for root in roots.values()
        if root is not None
        for field, it in root.fields.items()
    }
    assert arguments_of(f"with_{library}") == given


def test_resolvers_are_the_handlers() -> None:
    assert told("with_graphene") == {
        ("QUERY", "ping", "ping_resolver"),
        ("QUERY", "tallTrees", "TreeQuery.resolve_tall_trees"),
        ("QUERY", "tree", "TreeQuery.resolve_tree"),
        ("MUTATION", "plantTree", "PlantTree.mutate"),
        ("MUTATION", "fellTree", "FellTree.mutate_and_get_payload"),
    }
    assert told("with_ariadne") == {
        ("QUERY", "trees", "resolve_trees"),
        ("QUERY", "tallTree", "tall_tree"),
        ("MUTATION", "plantTree", "plant"),
    }


def test_a_schema_beyond_reach_is_said() -> None:
    backend = recognise(project_of({"s.py": "import graphene\nschema = graphene.Schema(query=build())\n"}))
    assert [one.why for one in backend.unresolved] == ["the schema's query is not a plain class"]
    assert backend.routes == ()


def test_the_client_alone_is_no_backend() -> None:
    source = "from strawberry.printer import print_schema\ndef f(s): return print_schema(s)\n"
    assert recognise(project_of({"c.py": source})).routes == ()


@pytest.mark.parametrize("library", ["graphene", "ariadne"])
def test_types_of_arguments_and_answers_are_those_of_the_schema(library: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed: its schema cannot be asked")
    made = importlib.import_module(f"tests.oracles.graphql_app.with_{library}").schema
    schema = getattr(made, "graphql_schema", None) or made
    fields = {
        name: field
        for root in (schema.query_type, schema.mutation_type, schema.subscription_type)
        for name, field in (root.fields.items() if root is not None else ())
    }
    backend = recognise(project_of({"m.py": (_APP / f"with_{library}.py").read_text()}))
    for route in backend.routes:
        field = fields[route.path]
        assert {one.name: one.type for one in route.inputs} == {
            name: shown(str(one.type)) for name, one in field.args.items()
        }
        assert route.response in {shown(str(field.type)), shown(str(field.type)).removesuffix("Payload")}


def test_a_schema_that_is_written_as_text_is_read() -> None:
    source = '''
        from ariadne import MutationType, QueryType, gql
        type_defs = gql("""
            type Query {
                "One of them: a(b: C): D" # and e(f: G): H
                user(id: ID!, filter: F = {n: "x", t: ["a", "b"]}, page: Int = 1 @old(why: "x(y)")): User! @a(b: 1)
                users: [User!]!
            }
            extend type Mutation { add(data: [NewUser!]!): Boolean }
            type User { name(first: Int): String }
        """)
        query, mutation = QueryType(), MutationType()
        @query.field("user")
        def user(_, info, id, **rest): ...
        @query.field("users")
        def users(*_): ...
        @mutation.field("add")
        def add(_, info, data): ...
    '''
    routes = {route.path: route for route in recognise(project_of({"m.py": source})).routes}
    assert {path: route.response for path, route in routes.items()} == {
        "user": "User",
        "users": "list[User]",
        "add": "Boolean",
    }
    assert [(one.name, one.type, one.required) for one in routes["user"].inputs] == [
        ("id", "ID", True),
        ("filter", "F", False),
        ("page", "Int", False),
    ]
    assert [(one.name, one.type, one.required) for one in routes["add"].inputs] == [("data", "list[NewUser]", True)]
