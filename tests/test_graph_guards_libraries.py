"""What frameworks of their own ways run before a route, and what it demands."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.graph.guards import Guards
from tests.pictures import picture_of


def demands(files: Mapping[str, str] | str) -> dict[str, str]:
    """What stands before each route, by label: demands with what they name, in order."""
    picture = picture_of({"main.py": files} if isinstance(files, str) else files)
    guards = picture.shared(Guards)
    return {
        route.label: "; ".join(f"{one.demand} {one.wanted}".strip() for one in guards.of(route).guards)
        for route in picture.routes
    }


def test_bottle() -> None:
    source = """
from bottle import Bottle, abort, auth_basic, delete, hook, request
def check(user, word): return known(user, word)
def tokens(view):
    def inner(*args, **kwargs):
        if request.headers.get("Authorization") != KEY:
            abort(401)
        return view(*args, **kwargs)
    return inner
plain = Bottle()
hooked = Bottle()
plugged = Bottle()
plugged.install(tokens)
@plain.delete("/basic")
@auth_basic(check)
def basic(): ...
@plain.delete("/open")
def open_(): ...
@plain.delete("/applied", apply=[tokens])
def applied(): ...
@hooked.hook("before_request")
def gate():
    if request.path == "/spared":
        return
    if request.headers.get("Authorization") != KEY:
        abort(401)
@hooked.delete("/hooked")
def one(): ...
@hooked.delete("/spared")
def spared(): ...
@plugged.delete("/plugged")
def two(): ...
@delete("/default")
def three(): ...
"""
    found = demands(source)
    assert {label for label, one in found.items() if not one} == {
        "DELETE /open",
        "DELETE /spared",
        "DELETE /default",
    }


def test_falcon() -> None:
    source = """
import falcon
def hook(req, resp, resource, params):
    if req.get_header("Authorization") != KEY:
        raise falcon.HTTPForbidden()
class Tokens:
    def process_request(self, req, resp):
        resp.set_header("X-Served-By", "falcon")
    def process_resource(self, req, resp, resource, params):
        if req.path.startswith("/open"):
            return
        if req.get_header("Authorization") != KEY:
            raise falcon.HTTPUnauthorized()
@falcon.before(hook)
class Whole:
    def on_put(self, req, resp): ...
class Part:
    @falcon.before(hook)
    def on_put(self, req, resp): ...
    def on_get(self, req, resp): ...
class Plain:
    def on_post(self, req, resp): ...
class Other:
    def on_post(self, req, resp): ...
app = falcon.App()
app.add_route("/whole", Whole())
app.add_route("/part", Part())
inner = falcon.App(middleware=[Tokens()])
inner.add_route("/open", Plain())
inner.add_route("/shut", Other())
"""
    found = demands(source)
    assert found["PUT /whole"] == found["PUT /part"] == found["POST /shut"] == "authenticated"
    assert not found["POST /open"]


def test_flask_restful() -> None:
    source = """
from flask import Flask
from flask_httpauth import HTTPTokenAuth
from flask_jwt_extended import jwt_required
from flask_restful import Api, Resource
app = Flask(__name__)
auth = HTTPTokenAuth()
shut = Api(app, decorators=[auth.login_required])
plain = Api(app)
class Whole(Resource):
    def put(self, number): ...
class Part(Resource):
    method_decorators = {"post": [jwt_required()]}
    def get(self): ...
    def post(self): ...
class Listed(Resource):
    method_decorators = [jwt_required()]
    def post(self): ...
shut.add_resource(Whole, "/whole/<int:number>")
plain.add_resource(Part, "/part")
plain.add_resource(Listed, "/listed")
@app.get("/staff")
@auth.login_required(role=["admin", "chief"])
def staff(): ...
@app.get("/anybody")
@auth.login_required(optional=True)
def anybody(): ...
"""
    assert demands(source) == {
        "PUT /whole/{number}": "authenticated",
        "GET /part": "",
        "POST /part": "authenticated",
        "POST /listed": "authenticated",
        "GET /staff": "role admin, chief",
        "GET /anybody": "",
    }


def test_permissions_that_stand_instead_of_others() -> None:
    files = {
        "shop/settings.py": """
            ROOT_URLCONF = "shop.urls"
            REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
        """,
        "shop/urls.py": """
            from django.urls import path
            from django.views import View
            from rest_framework import permissions, viewsets
            from rest_framework.decorators import action, api_view, permission_classes
            from rest_framework.routers import SimpleRouter
            from rest_framework.views import APIView
            class Goods(viewsets.ModelViewSet):
                permission_classes = [permissions.IsAdminUser]
                @action(detail=False, methods=["post"], permission_classes=[permissions.AllowAny])
                def ask(self, request): ...
                @action(detail=False, methods=["post"])
                def count(self, request): ...
            class Orders(viewsets.ModelViewSet):
                permission_classes = [permissions.IsAdminUser]
                def get_permissions(self):
                    if self.action in ("list", "retrieve"):
                        return [permissions.AllowAny()]
                    if self.action == "create":
                        chosen = [permissions.IsAuthenticated]
                    else:
                        chosen = self.permission_classes
                    return [one() for one in chosen]
            class Notes(viewsets.ModelViewSet):
                def get_permissions(self):
                    if self.request.method == "GET":
                        self.permission_classes = []
                    return super().get_permissions()
            class Plain(View):
                def post(self, request): ...
            class Rest(APIView):
                def post(self, request): ...
            class Open(APIView):
                permission_classes = []
                def post(self, request): ...
            @api_view(["POST"])
            @permission_classes([])
            def shout(request): ...
            @api_view(["POST"])
            def whisper(request): ...
            router = SimpleRouter()
            router.register("goods", Goods)
            router.register("orders", Orders)
            router.register("notes", Notes)
            urlpatterns = router.urls + [
                path("plain/", Plain.as_view()), path("rest/", Rest.as_view()), path("open/", Open.as_view()),
                path("shout/", shout), path("whisper/", whisper),
            ]
        """,
    }
    found = demands(files)
    assert found["DELETE /goods/{pk}/"] == found["POST /goods/count/"] == "role"
    assert found["GET /orders/"] == found["GET /orders/{pk}/"] == ""
    assert found["POST /orders/"] == "authenticated"
    assert found["DELETE /orders/{pk}/"] == "role"
    assert found["GET /notes/"] == ""
    assert found["POST /notes/"] == "authenticated"
    assert found["POST /rest/"] == found["POST /whisper/"] == "authenticated"
    opened = ("POST /goods/ask/", "POST /plain/", "POST /open/", "POST /shout/")
    assert [found[label] for label in opened] == [""] * 4


def test_middleware_of_a_mounted_application_stands_before_its_routes_alone() -> None:
    source = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import Response
from starlette.routing import Mount, Route
class Gate(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.headers.get("authorization") != KEY:
            return Response(status_code=401)
        return await call_next(request)
async def wipe(request): ...
async def inside(request): ...
staff = Starlette(routes=[Route("/inside", inside)], middleware=[Middleware(Gate)])
app = Starlette(routes=[Route("/wipe", wipe, methods=["POST"]), Mount("/staff", app=staff)])
"""
    assert demands(source) == {"GET /staff/inside": "authenticated", "POST /wipe": ""}


def test_what_is_demanded_is_named() -> None:
    flask = """
from functools import wraps
from apiflask import APIFlask, HTTPTokenAuth
from flask import g, jsonify
app = APIFlask(__name__)
auth = HTTPTokenAuth()
def scope(name):
    def above(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if name not in g.user["scopes"]:
                return jsonify(error="no"), 403
            return view(*args, **kwargs)
        return inner
    return above
@app.get("/roles")
@app.auth_required(auth, roles=["admin"])
def roles(): ...
@app.get("/scope")
@scope("items:write")
def scoped(): ...
"""
    django = """
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.urls import path
from django.views import View
from django.views.decorators.http import require_POST
@require_POST
@permission_required("shop.add_item", raise_exception=True)
def add(request): ...
class Change(PermissionRequiredMixin, View):
    permission_required = "shop.change_item"
    def post(self, request): ...
urlpatterns = [path("add/", add), path("change/", Change.as_view())]
"""
    assert demands(flask) == {"GET /roles": "role admin", "GET /scope": "scope items:write"}
    assert demands(django) == {"POST /add/": "role shop.add_item", "POST /change/": "role shop.change_item"}


def test_fastapi_users() -> None:
    source = """
from fastapi import Depends, FastAPI
from fastapi_users import FastAPIUsers
app = FastAPI()
people = FastAPIUsers(get_user_manager, [backend])
known = people.current_user(active=True)
keeper = people.current_user(active=True, superuser=True, verified=True)
anybody = people.current_user(optional=True)
@app.delete("/known")
def one(user=Depends(known)): ...
@app.delete("/keeper")
def two(user=Depends(keeper)): ...
@app.delete("/anybody")
def three(user=Depends(anybody)): ...
@app.delete("/listed", dependencies=[Depends(people.current_user(superuser=True))])
def four(): ...
"""
    assert demands(source) == {
        "DELETE /known": "authenticated",
        "DELETE /keeper": "role superuser",
        "DELETE /anybody": "",
        "DELETE /listed": "role superuser",
    }


def test_pyramid_routes_that_are_added_by_getattr() -> None:
    source = """
from pyramid.config import Configurator
from pyramid.view import view_config
@view_config(route_name="item", request_method="DELETE", permission="edit")
def remove(request): ...
def main(settings):
    config = Configurator(settings=settings)
    config.set_security_policy(Policy())
    getattr(config, "add_route")("item", "/items/{id}")
    config.scan()
"""
    assert demands(source) == {"DELETE /items/{id}": "role edit"}


def test_litestar_leaves_paths_alone_and_adds_own_guards() -> None:
    source = """
from litestar import Controller, Litestar, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.security.jwt import JWTAuth, Token
async def retrieve(token: Token, conn: ASGIConnection): ...
auth = JWTAuth[dict](retrieve_user_handler=retrieve, token_secret=SECRET, exclude=["/login", "^/public"])
def admin(connection: ASGIConnection, handler) -> None:
    if connection.user.role != "admin":
        raise PermissionDeniedException()
@post("/login")
async def login(data: dict) -> dict: ...
@get("/public/info")
async def info() -> dict: ...
@post("/not/public")
async def other(data: dict) -> dict: ...
@post("/orders", guards=[admin])
async def orders(data: dict) -> dict: ...
class Accounts(Controller):
    path = "/accounts"
    @post("/signup", opt={"exclude_from_auth": True})
    async def signup(self, data: dict) -> dict: ...
app = Litestar([login, info, other, orders, Accounts], on_app_init=[auth.on_app_init])
"""
    assert demands(source) == {
        "GET /public/info": "",
        "POST /accounts/signup": "",
        "POST /login": "",
        "POST /not/public": "authenticated",
        "POST /orders": "authenticated; role admin",
    }
