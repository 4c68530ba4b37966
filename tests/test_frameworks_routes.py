"""Routes with full paths and their handlers, for the frameworks people use."""

from __future__ import annotations

from analyzer.frameworks import recognise
from tests.projects import project_of


def routes_of(files: dict[str, str]) -> set[tuple[str, str, str]]:
    backend = recognise(project_of(files))
    return {(route.method, route.path, backend.project.qualified(route.handler)) for route in backend.routes}


def test_fastapi_prefixes_compose_across_files_and_factories() -> None:
    assert routes_of(
        {
            "app/__init__.py": "",
            "app/users.py": """
                from fastapi import APIRouter
                router = APIRouter(prefix="/users")
                @router.get("/{user_id}")
                async def read(user_id: int): ...
                @router.api_route("/", methods=["POST", "PUT"])
                async def write(): ...
            """,
            "app/items.py": """
                from fastapi import APIRouter
                class Special(APIRouter): ...
                router = Special()
                @router.delete("/{path:path}")
                def remove(): ...
            """,
            "app/api.py": """
                from fastapi import APIRouter
                from app import items, users
                api = APIRouter()
                api.include_router(users.router)
                for one in [items.router]:
                    api.include_router(one, prefix="/items")
            """,
            "app/settings.py": "class Settings:\n    API: str = '/api/v1'\nsettings = Settings()\n",
            "app/main.py": """
                from fastapi import FastAPI
                from app.api import api
                from app.settings import settings
                def create():
                    app = FastAPI()
                    app.include_router(api, prefix=settings.API)
                    @app.get("/health")
                    def health(): ...
                    return app
            """,
        }
    ) == {
        ("GET", "/api/v1/users/{user_id}", "app.users.read"),
        ("POST", "/api/v1/users/", "app.users.write"),
        ("PUT", "/api/v1/users/", "app.users.write"),
        ("DELETE", "/api/v1/items/{path}", "app.items.remove"),
        ("GET", "/health", "app.main.create.health"),
    }


def test_starlette_tables_nest() -> None:
    assert routes_of(
        {
            "app/main.py": """
                from starlette.applications import Starlette
                from starlette.routing import Mount, Route
                from starlette.endpoints import HTTPEndpoint
                def home(request): ...
                class Users(HTTPEndpoint):
                    def get(self, request): ...
                app = Starlette(routes=[Route("/", home), Mount("/api", routes=[Route("/users", Users)])])
            """
        }
    ) == {("GET", "/", "main.home"), ("GET", "/api/users", "main.Users.get")}


def test_flask_blueprints_nest_and_method_views_answer_by_verb() -> None:
    assert routes_of(
        {
            "app/__init__.py": """
                from flask import Flask
                from app.views import bp, admin
                def create_app():
                    app = Flask(__name__)
                    bp.register_blueprint(admin, url_prefix="/admin")
                    app.register_blueprint(bp, url_prefix="/shop")
                    return app
            """,
            "app/views.py": """
                from flask import Blueprint
                from flask.views import MethodView
                bp = Blueprint("shop", __name__)
                admin = Blueprint("admin", __name__)
                @bp.route("/orders/<int:order_id>", methods=["GET", "POST"])
                def order(order_id): ...
                @admin.get("/stats")
                def stats(): ...
                class Items(MethodView):
                    def get(self): ...
                    def delete(self): ...
                bp.add_url_rule("/items", view_func=Items.as_view("items"))
            """,
        }
    ) == {
        ("GET", "/shop/orders/{order_id}", "app.views.order"),
        ("POST", "/shop/orders/{order_id}", "app.views.order"),
        ("GET", "/shop/admin/stats", "app.views.stats"),
        ("GET", "/shop/items", "app.views.Items.get"),
        ("DELETE", "/shop/items", "app.views.Items.delete"),
    }


def test_django_includes_class_views_and_view_sets() -> None:
    assert routes_of(
        {
            "site/urls.py": """
                from django.urls import include, path
                urlpatterns = [path("api/", include("shop.urls")), path("about/", about_view)]
                from shop.views import about as about_view
            """,
            "shop/urls.py": """
                from django.urls import include, path, re_path
                from rest_framework.routers import DefaultRouter
                from . import views
                router = DefaultRouter()
                router.register("orders", views.OrderViewSet)
                urlpatterns = [
                    path("items/<int:pk>/", views.ItemView.as_view()),
                    re_path(r"^legacy/(?P<slug>[\\w-]+)/$", views.legacy),
                    path("", include(router.urls)),
                ]
            """,
            "shop/__init__.py": "",
            "shop/views.py": """
                from rest_framework import viewsets
                from rest_framework.decorators import action, api_view
                from rest_framework.views import APIView
                def about(request): ...
                @api_view(["POST"])
                def legacy(request, slug): ...
                class ItemView(APIView):
                    def get(self, request, pk): ...
                class OrderViewSet(viewsets.ReadOnlyModelViewSet):
                    def list(self, request): ...
                    def retrieve(self, request, pk): ...
                    @action(detail=True, methods=["post"])
                    def pay(self, request, pk): ...
            """,
        }
    ) == {
        ("ANY", "/about/", "shop.views.about"),
        ("GET", "/api/items/{pk}/", "shop.views.ItemView.get"),
        ("POST", "/api/legacy/{slug}/", "shop.views.legacy"),
        ("GET", "/api/orders/", "shop.views.OrderViewSet.list"),
        ("GET", "/api/orders/{pk}/", "shop.views.OrderViewSet.retrieve"),
        ("POST", "/api/orders/{pk}/pay/", "shop.views.OrderViewSet.pay"),
    }


def test_what_is_beyond_reach_is_said() -> None:
    backend = recognise(
        project_of(
            {
                "app/main.py": """
                    import os
                    from fastapi import FastAPI
                    app = FastAPI()
                    @app.get(os.environ["PATH_PREFIX"])
                    def dynamic(): ...
                """
            }
        )
    )
    assert not backend.routes
    assert [(item.path, item.why) for item in backend.unresolved] == [("app/main.py", "the path is not constant")]


def test_fastapi_routers_that_objects_keep_and_that_nobody_knows_the_class_of() -> None:
    assert routes_of(
        {
            "shop/orders.py": """
                from fastapi import APIRouter
                class Orders:
                    def __init__(self, service):
                        self.router = APIRouter()
                        self.router.add_api_route("/{number}", self.read, methods=["GET"])
                    async def read(self, number: int): ...
            """,
            "shop/stock.py": """
                from error_aware import AwareRouter
                def make(aware):
                    router = AwareRouter(prefix="/stock")
                    @router.get("/")
                    def index(): ...
                    return router
            """,
            "shop/parts.py": """
                from fastapi import APIRouter
                class Parts:
                    def __init__(self):
                        self.api = APIRouter()
                        self.api.add_api_route("/parts", self.all)
                    def all(self): ...
            """,
            "shop/main.py": """
                from fastapi import FastAPI
                from shop.orders import Orders
                from shop.parts import Parts
                from shop.stock import make
                app = FastAPI()
                app.include_router(Orders(None).router, prefix="/orders")
                app.include_router(make(True))
                def create():
                    parts = Parts()
                    app.include_router(parts.api, prefix="/v1")
            """,
        }
    ) == {
        ("GET", "/orders/{number}", "shop.orders.Orders.read"),
        ("GET", "/stock/", "shop.stock.make.index"),
        ("GET", "/v1/parts", "shop.parts.Parts.all"),
    }


def test_starlette_tables_in_factories() -> None:
    assert routes_of(
        {
            "app.py": """
                from starlette.applications import Starlette
                from starlette.routing import Mount, Route
                class Pages:
                    def index(self, request): ...
                def about(request): ...
                def create(pages):
                    return Starlette(routes=[
                        Route("/", pages.index),
                        Mount("/site", routes=[Route("/about", about, methods=["GET"])]),
                    ])
                app = create(Pages())
            """
        }
    ) == {("GET", "/", "app.Pages.index"), ("GET", "/site/about", "app.about")}


def test_paths_kept_in_a_module_of_their_own() -> None:
    paths = "ORDERS = '/orders'\nONE = ORDERS + '/{number}'\n"
    assert routes_of(
        {
            "shop/__init__.py": "",
            "shop/paths.py": paths,
            "shop/main.py": """
                from fastapi import APIRouter, FastAPI
                from shop import paths
                import shop.paths
                app = FastAPI()
                @app.get(paths.ORDERS)
                def orders(): ...
                @app.get(shop.paths.ONE)
                def order(number): ...
            """,
        }
    ) == {("GET", "/orders", "shop.main.orders"), ("GET", "/orders/{number}", "shop.main.order")}


def test_a_path_below_a_prefix_that_is_not_known_is_listed_with_what_is_known() -> None:
    source = """
        import falcon
        from aiohttp import web
        from fastapi import FastAPI
        from flask import Flask
        from sanic import Sanic
        from settings import PREFIX, found
        fast, flask, sanic, falcons, site = FastAPI(), Flask(__name__), Sanic("x"), falcon.App(), web.Application()
        class Resource:
            def on_get(self, request, response): ...
        @fast.get(f"{PREFIX}/fast/{{number}}")
        def one(number: int): ...
        @flask.get(PREFIX + "/flask")
        def two(): ...
        @sanic.get(found() + "/sanic")
        async def three(request): ...
        async def four(request): ...
        falcons.add_route(PREFIX + "/falcon", Resource())
        site.router.add_get(PREFIX + "/aiohttp", four)
        @fast.get(PREFIX)
        def nothing_is_known(): ...
    """
    backend = recognise(project_of({"main.py": source}))
    paths = {f"/{{…}}/{name}" for name in ("fast/{number}", "flask", "sanic", "falcon", "aiohttp")}
    assert {route.path for route in backend.routes} == paths
    assert [one.line for one in backend.unresolved] == [20]
