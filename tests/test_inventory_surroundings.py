"""The route table: limits of a whole application, whether a route is documented, what containers put into handlers."""

from __future__ import annotations

import pytest

from analyzer.inventory.routes import inventory
from analyzer.inventory.rows import Row
from analyzer.inventory.table import as_markdown
from tests.pictures import picture_of


def rows(files: dict[str, str]) -> dict[str, Row]:
    """The rows of a project by path."""
    return {row.path: row for row in inventory(picture_of(files)).rows}


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        (
            """
            from fastapi import FastAPI
            from slowapi import Limiter
            app = FastAPI()
            limiter = Limiter(key_func=str, default_limits=["100/hour"])
            @app.get("/x")
            def handler(): ...
            """,
            ("100/hour",),
        ),
        (
            """
            from flask import Flask
            from flask_limiter import Limiter
            app = Flask(__name__)
            limiter = Limiter(str, app=app, default_limits=["200 per day", "50 per hour"])
            @app.get("/x")
            def handler(): ...
            """,
            ("200 per day", "50 per hour"),
        ),
        (
            """
            from flask import Flask
            from flask_limiter import Limiter
            app = Flask(__name__)
            limiter = Limiter(str, app=app, default_limits=["200 per day"])
            @app.get("/x")
            @limiter.exempt
            def handler(): ...
            """,
            (),
        ),
        (
            """
            from fastapi import FastAPI
            from app.limits import ThrottleMiddleware
            app = FastAPI()
            app.add_middleware(ThrottleMiddleware, rate=5)
            @app.get("/x")
            def handler(): ...
            """,
            ("ThrottleMiddleware",),
        ),
        (
            """
            from django.urls import path
            REST_FRAMEWORK = {"DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"]}
            def handler(request): ...
            urlpatterns = [path("x", handler)]
            """,
            ("AnonRateThrottle",),
        ),
    ],
)
def test_limits_around_the_application(source: str, limits: tuple[str, ...]) -> None:
    assert rows({"main.py": source})["/x"].application_limits == limits


def test_hidden_routes_are_told_from_documented_ones() -> None:
    found = rows(
        {
            "main.py": """
            from fastapi import APIRouter, FastAPI
            from admin import router as admin
            app = FastAPI()
            inside = APIRouter(prefix="/inside", include_in_schema=False)
            @app.get("/open")
            def open_one(): ...
            @app.get("/hidden", include_in_schema=False)
            def hidden(): ...
            @inside.get("/x")
            def x(): ...
            def added(): ...
            app.add_api_route("/added", added, include_in_schema=False)
            app.include_router(inside)
            app.include_router(admin, include_in_schema=False)
            """,
            "admin.py": """
            from fastapi import APIRouter
            router = APIRouter(prefix="/admin")
            @router.get("/y")
            def y(): ...
            """,
        }
    )
    assert {path: row.documented for path, row in found.items()} == {
        "/open": "yes",
        "/hidden": "hidden",
        "/inside/x": "hidden",
        "/added": "hidden",
        "/admin/y": "hidden",
    }


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\n@app.get('/x')\ndef f(): ...\n", "off"),
        ("from flask import Flask\napp = Flask(__name__)\n@app.get('/x')\ndef f(): ...\n", "no"),
        (
            "from flask import Flask\nfrom flasgger import Swagger\napp = Flask(__name__)\nSwagger(app)\n"
            "@app.get('/x')\ndef f(): ...\n",
            "yes",
        ),
        (
            "from django.urls import path\nINSTALLED_APPS = ['drf_spectacular']\ndef f(request): ...\n"
            "urlpatterns = [path('x', f)]\n",
            "yes",
        ),
        (
            "from flask import Flask\nfrom flask_restx import Api, Resource\napi = Api(Flask(__name__))\n"
            "@api.route('/x')\n@api.doc(False)\nclass X(Resource):\n    def get(self): ...\n",
            "hidden",
        ),
        (
            "from starlette.applications import Starlette\nfrom starlette.routing import Route\n"
            "def f(request): ...\napp = Starlette(routes=[Route('/x', f)])\n",
            "no",
        ),
        (
            "from fastapi import FastAPI\nfrom starlette.applications import Starlette\ninner = FastAPI()\n"
            "@inner.get('/x')\ndef f(): ...\napp = FastAPI(openapi_url=None)\napp.mount('', inner)\n",
            "yes",
        ),
    ],
)
def test_applications_without_a_document(source: str, told: str) -> None:
    assert rows({"main.py": source})["/x"].documented == told


@pytest.mark.parametrize(
    ("source", "injected"),
    [
        (
            """
            from dependency_injector import containers, providers
            from dependency_injector.wiring import Provide, inject
            from fastapi import Depends, FastAPI
            class Orders: ...
            class Container(containers.DeclarativeContainer):
                orders = providers.Factory(Orders)
            app = FastAPI()
            @app.get("/x")
            @inject
            def handler(orders: Orders = Depends(Provide[Container.orders])): ...
            """,
            "main.Container.orders",
        ),
        (
            """
            from dishka.integrations.fastapi import FromDishka, inject
            from fastapi import FastAPI
            class Orders: ...
            app = FastAPI()
            @app.get("/x")
            @inject
            async def handler(orders: FromDishka[Orders]): ...
            """,
            "main.Orders",
        ),
        (
            """
            from litestar import Litestar, get
            from litestar.di import Provide
            async def provide_orders(): ...
            @get("/x")
            async def handler(orders: object) -> None: ...
            app = Litestar([handler], dependencies={"orders": Provide(provide_orders)})
            """,
            "main.provide_orders",
        ),
        (
            """
            from flask import Flask
            from injector import inject
            class Orders: ...
            app = Flask(__name__)
            @app.get("/x")
            @inject
            def handler(orders: Orders): ...
            """,
            "main.Orders",
        ),
    ],
)
def test_what_containers_put_in(source: str, injected: str) -> None:
    assert injected in rows({"main.py": source})["/x"].dependencies


def test_the_table_says_so() -> None:
    source = """
        from flask import Flask
        from flask_limiter import Limiter
        app = Flask(__name__)
        limiter = Limiter(str, app=app, default_limits=["9/day"])
        @app.get("/x")
        def handler(): ...
    """
    shown = as_markdown(inventory(picture_of({"main.py": source})))
    assert "9/day &#40;application&#41;" in shown
    assert "| no |" in shown


def test_a_handler_of_starlette_is_handed_the_request_and_no_query() -> None:
    found = rows(
        {
            "main.py": """
            from fastapi import FastAPI
            from starlette.routing import Route
            async def plain(request):
                return request.query_params["page"]
            app = FastAPI(routes=[Route("/listed/{kind}", plain)])
            app.add_route("/added", plain)
            """
        }
    )
    assert {path: [f"{one.kind} {one.name}" for one in row.inputs] for path, row in found.items()} == {
        "/listed/{kind}": ["path kind", "query page"],
        "/added": ["query page"],
    }
    assert {row.documented for row in found.values()} == {"hidden"}
    assert {row.framework for row in found.values()} == {"Starlette"}
