"""The route table: what comes in, what goes out, what limits a route, which layers it comes to."""

from __future__ import annotations

import csv
import io
import json

import pytest
from openapi_spec_validator import validate

from analyzer.inventory.openapi import as_openapi, documents
from analyzer.inventory.routes import inventory
from analyzer.inventory.rows import Gap, Inventory, Row
from analyzer.inventory.table import as_csv, as_json, as_markdown, as_text, chosen
from tests.pictures import picture_of

FASTAPI = {
    "app/schemas.py": """
        from pydantic import BaseModel
        class UserIn(BaseModel):
            name: str
        class UserOut(UserIn): ...
    """,
    "app/service.py": """
        from app.repository import UserRepository
        class UserService:
            def __init__(self, repository: UserRepository): self.repository = repository
            def add(self, name): return self.repository.add(name)
    """,
    "app/repository.py": """
        from sqlalchemy.orm import Session
        class UserRepository:
            def __init__(self, session: Session): self.session = session
            def add(self, name): self.session.add(name); self.session.commit()
    """,
    "app/main.py": """
        from typing import Annotated
        from uuid import UUID
        from fastapi import Cookie, Depends, FastAPI, Form, Header, HTTPException, Query, Request, UploadFile
        from fastapi.security import OAuth2PasswordRequestForm
        from slowapi import Limiter
        from app.schemas import UserIn, UserOut
        from app.service import UserService
        app = FastAPI()
        limiter = Limiter(key_func=str)
        def page(limit: int = 10, cursor: Annotated[str | None, Query()] = None): ...
        @app.post("/users/{team}", response_model=UserOut, status_code=201)
        @limiter.limit("5/minute")
        def add(request: Request, team: UUID, user: UserIn, service: Annotated[UserService, Depends()],
                notify: bool = False, x_trace: str = Header(...)):
            if not user.name:
                raise HTTPException(status_code=409)
            return service.add(user.name)
        @app.get("/users")
        def listed(tags: list[str] = Query([]), paging=Depends(page), seen: str = Cookie(None)) -> list[UserOut]: ...
        @app.post("/photo")
        async def photo(picture: UploadFile, title: Annotated[str, Form()]): ...
        @app.post("/login")
        def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]): ...
        @app.websocket("/live")
        async def live(websocket): ...
    """,
}
FLASK = {
    "shop/main.py": """
        from flask import Flask, request
        app = Flask(__name__)
        @app.route("/orders/<int:number>", methods=["GET", "POST"])
        def order(number):
            page = request.args.get("page")
            data = request.get_json()
            return {"total": data["total"], "file": request.files["scan"], "who": request.cookies.get("who")}, 202
        @app.get("/made/<path>")
        def made(path):
            return path
    """
}


def rows_of(files: dict[str, str]) -> dict[str, Row]:
    return {f"{row.method} {row.path}": row for row in inventory(picture_of(files)).rows}


def inputs_of(row: Row) -> set[tuple[str, str, str]]:
    return {(item.kind, item.name, item.type) for item in row.inputs}


def test_signatures_declare_inputs() -> None:
    rows = rows_of(FASTAPI)
    assert inputs_of(rows["POST /users/{team}"]) == {
        ("path", "team", "UUID"),
        ("body", "user", "UserIn"),
        ("query", "notify", "bool"),
        ("header", "x-trace", "str"),
    }
    assert inputs_of(rows["GET /users"]) == {
        ("query", "tags", "list[str]"),
        ("query", "limit", "int"),
        ("query", "cursor", "str | None"),
        ("cookie", "seen", "str"),
    }
    assert inputs_of(rows["POST /login"]) == {("form", "username", "str"), ("form", "password", "str")}
    assert inputs_of(rows["POST /photo"]) == {("file", "picture", "UploadFile"), ("form", "title", "str")}


def test_bodies_that_read_the_request_show_raw_inputs() -> None:
    rows = rows_of(FLASK)
    assert inputs_of(rows["POST /orders/{number}"]) == {
        ("path", "number", "int"),
        ("query", "page", "raw"),
        ("body", "total", "raw"),
        ("file", "scan", "raw"),
        ("cookie", "who", "raw"),
    }
    assert inputs_of(rows["GET /made/{path}"]) == {("path", "path", "raw")}


def test_responses_statuses_limits_and_layers() -> None:
    rows = rows_of(FASTAPI)
    added = rows["POST /users/{team}"]
    assert (added.response, added.statuses, added.limits) == ("UserOut", (201, 409), ("5/minute",))
    assert added.layers == ("service", "repository", "database")
    assert rows["GET /users"].response == "list[UserOut]"
    assert rows["GET /users"].layers == ()
    assert rows_of(FLASK)["POST /orders/{number}"].statuses == (202,)


def test_view_classes_give_their_serializer_and_throttles() -> None:
    rows = rows_of(
        {
            "shop/views.py": """
                from rest_framework import serializers, throttling, generics
                class OrderSerializer(serializers.Serializer): ...
                class Orders(generics.CreateAPIView):
                    serializer_class = OrderSerializer
                    throttle_classes = [throttling.UserRateThrottle]
                    def post(self, request): return request.data["number"]
            """,
            "shop/urls.py": """
                from django.urls import path
                from shop.views import Orders
                urlpatterns = [path("orders/", Orders.as_view())]
            """,
        }
    )
    row = rows["POST /orders/"]
    assert inputs_of(row) == {("body", "", "OrderSerializer")}
    assert (row.response, row.limits) == ("OrderSerializer", ("UserRateThrottle",))


def test_a_view_that_leaves_everything_to_the_framework_goes_by_its_class() -> None:
    rows = rows_of(
        {
            "shop/models.py": """
                from django.db import models
                class Order(models.Model):
                    total = models.IntegerField()
            """,
            "shop/views.py": """
                from rest_framework import serializers, viewsets
                from shop.models import Order
                class OrderSerializer(serializers.ModelSerializer):
                    class Meta:
                        model = Order
                        fields = ["total"]
                class OrderViewSet(viewsets.ModelViewSet):
                    queryset = Order.objects.all()
                    serializer_class = OrderSerializer
            """,
            "shop/urls.py": """
                from rest_framework.routers import DefaultRouter
                from shop.views import OrderViewSet
                router = DefaultRouter()
                router.register("orders", OrderViewSet)
                urlpatterns = router.urls
            """,
        }
    )
    changed = rows["PUT /orders/{pk}/"]
    assert (changed.handler, changed.file, changed.line) == ("shop.views.OrderViewSet", "shop/views.py", 8)
    assert changed.response == "OrderSerializer"
    assert [item.type for item in changed.inputs if item.kind == "body"] == ["OrderSerializer"]


def test_the_class_that_checks_what_comes_in_is_its_type() -> None:
    rows = rows_of(
        {
            "shop/views.py": """
                from shop.forms import LoginForm, OrderSerializer
                def login(request):
                    form = LoginForm(request.POST)
                    return request.META.get("HTTP_X_TRACE"), request.META["REMOTE_ADDR"]
                def order(request):
                    return OrderSerializer(data=request.data)
            """,
            "shop/forms.py": "class LoginForm: ...\nclass OrderSerializer: ...\n",
            "shop/urls.py": """
                from django.urls import path
                from shop import views
                urlpatterns = [path("login", views.login), path("order", views.order)]
            """,
        }
    )
    assert inputs_of(rows["ANY /login"]) == {("form", "", "LoginForm"), ("header", "X-Trace", "raw")}
    assert inputs_of(rows["ANY /order"]) == {("body", "", "OrderSerializer")}


def test_filters() -> None:
    found = inventory(picture_of(FASTAPI))
    assert [row.path for row in chosen(found, ["get"], (), False).rows] == ["/users"]
    assert [row.path for row in chosen(found, (), ["/users/*"], False).rows] == ["/users/{team}"]
    assert chosen(found, ["DELETE"], (), False).rows == ()


def test_guards_and_unguarded() -> None:
    found = inventory(
        picture_of(
            {
                "app/main.py": """
                    from fastapi import Depends, FastAPI, HTTPException, Request
                    app = FastAPI()
                    def signed_in(request: Request):
                        if not request.session.get("user"):
                            raise HTTPException(401)
                    @app.get("/mine", dependencies=[Depends(signed_in)])
                    def mine(): ...
                    @app.get("/all")
                    def everything(): ...
                """
            }
        )
    )
    guards = {row.path: [(item.name, item.demand) for item in row.guards] for row in found.rows}
    assert guards == {"/mine": [("main.signed_in", "authenticated")], "/all": []}
    assert [row.path for row in chosen(found, (), (), True).rows] == ["/all"]


def hostile(name: str) -> Inventory:
    row = Row("GET", f"/{name}", name, f"{name}.py", 1, "Flask", "", "a.py:1", (), (), (), name, (), (name,), ())
    return Inventory((row,), (Gap(f"{name}.py", 3, "the path is not constant"),), ("Flask",))


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", " =1"])
def test_csv_cells_are_no_formulas(name: str) -> None:
    cells = [cell for line in csv.reader(io.StringIO(as_csv(hostile(name)))) for cell in line]
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "\t"))] == []


def test_names_of_audited_code_do_no_harm() -> None:
    found = hostile("[x](y)|<b>\x1b[31m\u202e\n| @all")
    text = as_text(found, 200, color=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    markdown = as_markdown(found)
    assert not set("\x1b\u202e<[@") & set(markdown)
    assert {line.count("|") for line in markdown.splitlines()[:3]} == {10}
    assert json.loads(as_json(found))["routes"][0]["path"].startswith("/[x]")


def test_what_is_unresolved_is_told_below_the_table() -> None:
    assert "unresolved: 1 registration, at\n  a.py:3 (the path is not constant)" in as_text(hostile("a"), 100, False)
    assert json.loads(as_json(hostile("a")))["unresolved"] == [
        {"file": "a.py", "line": 3, "why": "the path is not constant"}
    ]


@pytest.mark.parametrize("files", [FASTAPI, FLASK], ids=["fastapi", "flask"])
def test_openapi_is_valid(files: dict[str, str]) -> None:
    document, _ = as_openapi(inventory(picture_of(files)))
    validate(json.loads(document))


def test_openapi_merges_templates_and_tells_what_it_leaves_out() -> None:
    def row(method: str, path: str, handler: str) -> Row:
        return Row(method, path, handler, "a.py", 1, "Flask", path, "a.py:1", (), (), (), "", (), (), ())

    rows = (
        row("ANY", "/any/{a}/{a}", "app.any"),
        row("GET", "/x/{id}", "app.one"),
        row("PUT", "/x/{name}", "app.one"),
        row("GET", "/x/{other}", "app.two"),
        row("PURGE", "/x", "app.purge"),
        row("WEBSOCKET", "/live", "app.live"),
    )
    text, told = as_openapi(Inventory(rows, (), ("Flask",)))
    document = json.loads(text)
    validate(document)
    assert set(document["paths"]) == {"/any/{a}/{a_2}", "/x/{id}"}
    assert set(document["paths"]["/any/{a}/{a_2}"]) == {"get", "post"}
    assert set(document["paths"]["/x/{id}"]) == {"get", "put"}
    identities = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(set(identities)) == len(identities)
    assert [line.partition(": ")[2] for line in told] == ["/live", "PURGE /x", "GET /x/{other}"]


def test_inputs_of_one_name_stand_in_one_order_whatever_the_hash_seed() -> None:
    names = [f"x{number}" for number in range(12)]
    lines = ["from fastapi import Depends, FastAPI", "app = FastAPI()"]
    for kind in ("int", "str"):
        lines.append(f"def as_{kind}({', '.join(f'{name}: {kind} = None' for name in names)}): ...")
    lines += ['@app.get("/")', "def listed(a=Depends(as_str), b=Depends(as_int)): ..."]
    (row,) = inventory(picture_of({"app/main.py": "\n".join(lines)})).rows
    assert [(item.name, item.type) for item in row.inputs] == [
        (name, kind) for name in sorted(names) for kind in ("int", "str")
    ]


SERVICES = {
    f"services/{name}/main.py": f"""
        from fastapi import FastAPI
        from common.things import shared
        import parts
        app = FastAPI()
        app.include_router(parts.router)
        @app.get("/health")
        def health(): ...
        @app.get("/{name}/{{number}}")
        def own(number: int): ...
    """
    for name in ("a", "b")
} | {
    **{
        f"services/{name}/parts.py": """
            from fastapi import APIRouter
            router = APIRouter(prefix="/parts")
            @router.get("/x")
            def part(): ...
        """
        for name in ("a", "b")
    },
    "common/__init__.py": "",
    "common/things.py": "def shared(): ...",
}


def test_applications_of_one_repository_are_told_apart() -> None:
    found = inventory(picture_of(SERVICES))
    assert found.applications() == ("services/a", "services/b")
    assert {(row.application, row.path) for row in found.rows} == {
        (f"services/{name}", path) for name in "ab" for path in ("/health", f"/{name}/{{number}}", "/parts/x")
    }
    assert [row.path for row in chosen(found, (), (), False, ["*/b"]).rows] == ["/b/{number}", "/health", "/parts/x"]
    assert as_text(found, None, False).splitlines()[0].split()[:2] == ["application", "method"]
    assert "application services/b" in as_text(found, 80, False).splitlines()
    assert "## services/b" in as_markdown(found).splitlines()
    assert "of 2 applications" in as_text(found, None, False)


def test_one_document_of_several_applications_keeps_every_route_and_each_has_its_own() -> None:
    found = inventory(picture_of(SERVICES))
    text, told = as_openapi(found)
    document = json.loads(text)
    validate(document)
    assert told == ()
    operations = [item for path in document["paths"].values() for item in path.values()]
    assert len(operations) == len(found.rows)
    assert "/health#services/b" in document["paths"]
    assert {tuple(item["tags"]) for item in operations} == {("services/a",), ("services/b",)}
    for name, part in documents(found):
        own = json.loads(as_openapi(part)[0])
        validate(own)
        assert "/health" in own["paths"]
        assert len(own["paths"]) == 3, name


@pytest.mark.parametrize("files", [FASTAPI, FLASK], ids=["fastapi", "flask"])
def test_a_single_application_has_no_name(files: dict[str, str]) -> None:
    assert inventory(picture_of(files)).applications() == ()


def test_packages_that_a_table_of_urls_names_are_one_application() -> None:
    found = inventory(
        picture_of(
            {
                "project/urls.py": """
                    from django.contrib import admin
                    from django.urls import include, path
                    urlpatterns = [path("admin/", admin.site.urls), path("shop/", include("shop.urls"))]
                """,
                "project/__init__.py": "",
                "shop/__init__.py": "",
                "shop/urls.py": "from django.urls import path\nfrom . import views\nurlpatterns = [path('x', views.x)]",
                "shop/views.py": "def x(request): ...",
            }
        )
    )
    assert {row.application for row in found.rows} == {""}
