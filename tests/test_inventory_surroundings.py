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
            from slowapi.middleware import SlowAPIMiddleware
            limiter = Limiter(key_func=str, default_limits=["100/hour"])
            app.add_middleware(SlowAPIMiddleware)
            @app.get("/x")
            def handler(): ...
            """,
            ("100/hour",),
        ),
        (
            """
            from fastapi import FastAPI
            from slowapi import Limiter
            app = FastAPI()
            limiter = Limiter(key_func=str, default_limits=["100/hour"])  # nothing looks at them
            @app.get("/x")
            def handler(): ...
            """,
            (),
        ),
        (
            """
            from flask import Blueprint, Flask
            from flask_limiter import Limiter
            app = Flask(__name__)
            app.config["RATELIMIT_DEFAULT"] = "9/day; 2/hour"
            limiter = Limiter(str, app=app, application_limits=["1000/day"])
            @app.get("/x")
            def handler(): ...
            """,
            ("1000/day", "2/hour", "9/day"),
        ),
        (
            """
            from flask import Flask
            from flask_limiter import Limiter
            app = Flask(__name__)
            limiter = Limiter(str, app=app, default_limits=["9/day"], application_limits=["1000/day"])
            @app.get("/x")
            @limiter.limit("1/day")
            def handler(): ...
            """,
            ("1000/day",),
        ),
        (
            """
            from flask import Flask
            from flask_limiter import Limiter
            app = Flask(__name__)
            limiter = Limiter(str, app=app, default_limits=["9/day"])
            @app.get("/x")
            @limiter.limit("1/day", override_defaults=False)
            def handler(): ...
            """,
            ("9/day",),
        ),
        (
            """
            from flask import Blueprint, Flask
            from flask_limiter import Limiter
            app = Flask(__name__)
            limiter = Limiter(str, app=app, default_limits=["9/day"])
            free = Blueprint("free", __name__)
            limiter.exempt(free)
            @free.get("/x")
            def handler(): ...
            app.register_blueprint(free)
            """,
            (),
        ),
        (
            """
            from litestar import Litestar, get
            from litestar.middleware.rate_limit import RateLimitConfig
            limit = RateLimitConfig(rate_limit=("minute", 10), exclude=["/schema"])
            @get("/x")
            async def handler() -> None: ...
            app = Litestar([handler], middleware=[limit.middleware])
            """,
            ("10/minute",),
        ),
        (
            """
            from litestar import Litestar, get
            from litestar.middleware.rate_limit import RateLimitConfig
            limit = RateLimitConfig(rate_limit=("minute", 10), exclude=["^/x"])
            @get("/x")
            async def handler() -> None: ...
            app = Litestar([handler], middleware=[limit.middleware])
            """,
            (),
        ),
        (
            """
            from aiohttp import web
            from aiolimiter import AsyncLimiter
            slots = AsyncLimiter(10, 1)
            @web.middleware
            async def calm(request, handler):
                async with slots:
                    return await handler(request)
            async def handler(request): ...
            app = web.Application(middlewares=[calm])
            app.router.add_get("/x", handler)
            """,
            ("AsyncLimiter(10, 1)",),
        ),
        (
            """
            from datetime import timedelta
            from quart import Quart
            from quart_rate_limiter import RateLimit, RateLimiter
            app = Quart(__name__)
            RateLimiter(app, default_limits=[RateLimit(5, timedelta(minutes=1))])
            @app.get("/x")
            async def handler(): ...
            """,
            ("RateLimit(5, timedelta(minutes=1))",),
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
            ("ThrottleMiddleware(rate=5)",),
        ),
    ],
)
def test_limits_around_the_application(source: str, limits: tuple[str, ...]) -> None:
    assert rows({"main.py": source})["/x"].application_limits == limits


THROTTLED = """
    from django.http import HttpResponse
    from django.urls import path
    from rest_framework.decorators import api_view, throttle_classes
    from rest_framework.throttling import UserRateThrottle
    from rest_framework.views import APIView
    REST_FRAMEWORK = {
        "DEFAULT_THROTTLE_CLASSES": [
            "rest_framework.throttling.AnonRateThrottle",
            "rest_framework.throttling.UserRateThrottle",
            "rest_framework.throttling.ScopedRateThrottle",
        ],
        "DEFAULT_THROTTLE_RATES": {"anon": "10/day", "user": None, "uploads": "20/hour", "burst": "5/min"},
    }
    class Burst(UserRateThrottle):
        scope = "burst"
    class Day(UserRateThrottle):
        rate = "7/day"
    class Plain(APIView):
        def get(self, request): ...
    class Uploads(Plain):
        throttle_scope = "uploads"
    class Free(Plain):
        throttle_classes = []
    class Bursting(Plain):
        throttle_classes = [Burst, Day]
    class Inheriting(Bursting):
        pass
    @api_view(["GET"])
    @throttle_classes([Burst])
    def function(request): ...
    def page(request):
        return HttpResponse("x")
    urlpatterns = [
        path("plain", Plain.as_view()),
        path("uploads", Uploads.as_view()),
        path("free", Free.as_view()),
        path("bursting", Bursting.as_view()),
        path("inheriting", Inheriting.as_view()),
        path("function", function),
        path("page", page),
    ]
"""


def test_throttles_of_rest_framework_are_told_where_they_count_with_their_rates() -> None:
    found = rows({"main.py": THROTTLED})
    assert {path: (row.limits, row.application_limits) for path, row in found.items()} == {
        "/plain": ((), ("anon 10/day",)),
        "/uploads": ((), ("anon 10/day", "uploads 20/hour")),
        "/free": ((), ()),
        "/bursting": (("burst 5/min", "user 7/day"), ()),
        "/inheriting": (("burst 5/min", "user 7/day"), ()),
        "/function": (("burst 5/min",), ()),
        "/page": ((), ()),
    }


def test_a_limit_for_some_methods_stands_at_these() -> None:
    source = """
        from flask import Blueprint, Flask
        from flask_limiter import Limiter
        app = Flask(__name__)
        limiter = Limiter(str, app=app)
        slow = Blueprint("slow", __name__, url_prefix="/slow")
        limiter.limit("3/minute")(slow)
        @app.route("/x", methods=["GET", "POST"])
        @limiter.limit("1/day", methods=["POST"])
        def x(): ...
        @slow.get("/y")
        def y(): ...
        app.register_blueprint(slow)
    """
    found = inventory(picture_of({"main.py": source})).rows
    assert {(row.method, row.path): row.limits for row in found} == {
        ("GET", "/x"): (),
        ("POST", "/x"): ("1/day",),
        ("GET", "/slow/y"): ("3/minute",),
    }


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
