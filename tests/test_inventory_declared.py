"""What routes declare to take and to answer: the document that the framework itself writes is the oracle."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from analyzer.inventory.routes import inventory
from analyzer.inventory.rows import Row
from tests.pictures import picture_of

_APPS = Path(__file__).parent / "oracles" / "declared"
_LIBRARIES = {
    "fastapi": ("fastapi", 13, {200, 422}),
    "smorest": ("flask_smorest", 3, {200, 422}),
    "restx": ("flask_restx", 4, {200}),
    "litestar": ("litestar", 5, {200, 201, 400}),
}
"""The library, the number of operations, and what its document says of every operation by itself."""
_MEDIA = {"application/json": "body", "multipart/form-data": "form", "application/x-www-form-urlencoded": "form"}


def rows_of(source: str) -> dict[tuple[str, str], Row]:
    return {(row.method, row.path): row for row in inventory(picture_of({"shop.py": source})).rows}


def documented(operation: dict[str, Any], shared: list[dict[str, Any]]) -> set[str]:
    """Kinds of input with the names of parameters, as the document has them."""
    found = set()
    for one in [*shared, *operation.get("parameters", [])]:
        found.add("body" if one["in"] == "body" else f"{one['in']} {one['name'].lower()}")
    found |= {_MEDIA[media] for media in operation.get("requestBody", {}).get("content", {})}
    return found


def told(row: Row) -> set[str]:
    """The same of ours; a form that has a file is a form."""
    whole = {"body": "body", "form": "form", "file": "form"}
    return {whole.get(one.kind, f"{one.kind} {one.name.lower()}") for one in row.inputs}


@pytest.mark.parametrize("name", sorted(_LIBRARIES))
def test_inputs_and_statuses_are_those_of_the_frameworks_own_document(name: str) -> None:
    library, number, always = _LIBRARIES[name]
    pytest.importorskip(library, reason=f"{library} is not installed: its document cannot be asked")
    document = importlib.import_module(f"tests.oracles.declared.with_{name}").create()
    rows = rows_of((_APPS / f"with_{name}.py").read_text())
    operations = {
        (method.upper(), path): (operation, item.get("parameters", []))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert len(operations) == number
    for asked, (operation, shared) in operations.items():
        row = rows[asked]
        unnamed = {one.kind for one in row.inputs if not one.name} - set(_MEDIA.values())
        theirs = {
            kind if (kind := f"{one.partition(' ')[0]} ").strip() in unnamed else one
            for one in documented(operation, shared)
        }
        assert told(row) == theirs, asked
        codes = {int(code) for code in operation["responses"] if code != "default"}
        assert set(row.statuses) | always == codes | always, asked


def test_names_that_litestar_keeps_for_itself_are_parts_of_the_request() -> None:
    rows = rows_of(
        """
        from typing import Annotated, Any
        from litestar import Litestar, Request, post
        from litestar.datastructures import State, UploadFile
        from litestar.enums import RequestEncodingType
        from litestar.params import Body
        Files = Annotated[dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)]
        @post("/kept")
        async def kept(headers: dict[str, str], cookies: dict[str, str], query: dict[str, Any], body: bytes,
                       request: Request, state: State, scope: dict) -> None: ...
        @post("/files")
        async def files(data: Files) -> None: ...
        app = Litestar([kept, files])
        """
    )
    assert [(one.kind, one.name, one.type) for one in rows["POST", "/kept"].inputs] == [
        ("query", "", "dict[str, Any]"),
        ("header", "", "dict[str, str]"),
        ("cookie", "", "dict[str, str]"),
        ("body", "", "bytes"),
    ]
    assert [one.kind for one in rows["POST", "/files"].inputs] == ["file"]


SIGNED = """
    from flask import Flask, request
    from flask_pydantic import validate
    from flask_restful import Api, Resource, reqparse
    from flask_wtf import FlaskForm
    from marshmallow import Schema
    from pydantic import BaseModel
    from webargs import fields
    from webargs.flaskparser import parser, use_args, use_kwargs
    from wtforms import StringField
    app = Flask(__name__)
    PAGE = {"page": fields.Int(load_default=1), "name": fields.Str(required=True, data_key="n")}
    class Letter(Schema):
        text = fields.Str()
    class Page(BaseModel):
        number: int
    class Login(FlaskForm):
        name = StringField("name")
    @app.get("/used")
    @use_args(PAGE, location="query")
    @use_kwargs({"X-Key": fields.Str(required=True)}, location="headers")
    def used(page, **more): ...
    @app.get("/parsed")
    def parsed():
        where = {"floor": fields.Int()}
        return parser.parse(PAGE, request, location="query"), parser.parse(where, location="cookies")
    @app.post("/loaded")
    def loaded():
        return Letter().load(request.get_json())
    @app.post("/checked")
    def checked():
        sent = request.json
        return Page.model_validate(sent)
    @app.post("/validated")
    @validate()
    def validated(body: Page, query: Page): ...
    @app.route("/login", methods=["GET", "POST"])
    def login():
        form = Login()
        return form.validate_on_submit()
    arguments = reqparse.RequestParser()
    arguments.add_argument("name", required=True, location="json")
    arguments.add_argument("tags", type=int, action="append")
    class Ships(Resource):
        def post(self):
            return arguments.parse_args()
        def get(self):
            own = reqparse.RequestParser()
            own.add_argument("page", type=int)
            return own.parse_args()
    Api(app).add_resource(Ships, "/ships")
"""


def test_what_parsers_and_schemas_take_is_told() -> None:
    rows = rows_of(SIGNED)
    found = {
        f"{method} {path}": sorted((one.kind, one.name, one.type, one.required) for one in row.inputs)
        for (method, path), row in rows.items()
    }
    assert found == {
        "GET /used": [
            ("header", "X-Key", "Str", True),
            ("query", "n", "Str", True),
            ("query", "page", "Int", False),
        ],
        "GET /parsed": [
            ("cookie", "floor", "Int", False),
            ("query", "n", "Str", True),
            ("query", "page", "Int", False),
        ],
        "POST /loaded": [("body", "", "Letter", True)],
        "POST /checked": [("body", "", "Page", True)],
        "POST /validated": [("body", "", "Page", True), ("query", "", "Page", True)],
        "GET /login": [],
        "POST /login": [("form", "", "Login", True)],
        "POST /ships": [("body", "name", "raw", True), ("body", "tags", "list[int]", False)],
        "GET /ships": [("query", "page", "int", False)],
    }


def test_schemas_that_decorators_name_are_told() -> None:
    rows = rows_of("""
        from drf_spectacular.utils import OpenApiParameter, extend_schema
        from quart import Quart
        from quart_schema import validate_querystring, validate_request, validate_response
        app = Quart(__name__)
        @app.post("/letters")
        @validate_querystring(Page)
        @validate_request(Letter)
        @validate_response(Letter, 201)
        async def letters(data, query_args): ...
        @app.get("/found")
        @extend_schema(
            request=None,
            parameters=[OpenApiParameter("page", int, OpenApiParameter.QUERY, required=True), Filters],
            responses={200: Letter, 404: None},
        )
        async def found(request): ...
    """)
    assert [(one.kind, one.name, one.type) for one in rows["POST", "/letters"].inputs] == [
        ("query", "", "Page"),
        ("body", "", "Letter"),
    ]
    assert (rows["POST", "/letters"].response, rows["POST", "/letters"].statuses) == ("Letter", (201,))
    assert sorted((one.kind, one.name, one.type) for one in rows["GET", "/found"].inputs) == [
        ("query", "", "Filters"),
        ("query", "page", "int"),
    ]
    assert (rows["GET", "/found"].response, rows["GET", "/found"].statuses) == ("Letter", (200, 404))


def test_codes_that_exceptions_and_responses_are_named_after_are_told() -> None:
    rows = rows_of("""
        from aiohttp import web
        routes = web.RouteTableDef()
        @routes.get("/a")
        async def a(request):
            if not request.query:
                raise web.HTTPNotFound()
            if request.query.get("x"):
                raise web.HTTPTooManyRequests
            return web.json_response({}, status=206)
        class NotFound(Exception): ...
        @routes.get("/b")
        async def b(request):
            raise NotFound()
        app = web.Application()
        app.add_routes(routes)
    """)
    assert rows["GET", "/a"].statuses == (206, 404, 429)
    assert rows["GET", "/b"].statuses == ()


def test_parameters_that_flask_parameter_validation_and_aiohttp_apispec_declare() -> None:
    rows = rows_of(
        """
        from aiohttp import web
        from aiohttp_apispec import docs, json_schema
        from flask import Flask
        from flask_parameter_validation import Json, Query, Route, ValidateParameters
        app = Flask(__name__)
        @app.post("/orders/<int:number>")
        @ValidateParameters()
        def order(number: int = Route(), name: str = Json(min_str_length=5), page: int = Query(1, alias="p")): ...
        @docs(parameters=[{"in": "header", "name": "X-Trace", "required": True}, {"in": "path", "name": "id"}])
        @json_schema(Order)
        async def put(request): ...
        site = web.Application()
        site.router.add_put("/put/{id}", put)
        """
    )
    assert [(one.kind, one.name, one.type, one.required) for one in rows["POST", "/orders/{number}"].inputs] == [
        ("path", "number", "int", True),
        ("query", "p", "int", False),
        ("body", "name", "str", True),
    ]
    assert [(one.kind, one.name, one.required) for one in rows["PUT", "/put/{id}"].inputs] == [
        ("path", "id", True),
        ("header", "X-Trace", True),
        ("body", "", True),
    ]
