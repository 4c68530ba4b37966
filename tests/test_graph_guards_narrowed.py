"""Guards that look which route is asked for, and leave some alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from analyzer.graph.guards import Guards, Known
from tests.pictures import picture_of


def known(files: Mapping[str, str]) -> dict[str, Known]:
    """What stands before each route, by label."""
    picture = picture_of(files)
    guards = picture.shared(Guards)
    return {route.label: guards.of(route) for route in picture.routes}


def open_routes(files: Mapping[str, str]) -> set[str]:
    return {label for label, one in known(files).items() if not one.guards}


_FLASK = """
from flask import Blueprint, Flask, abort, redirect, request, session
app = Flask(__name__)
accounts = Blueprint("accounts", __name__, url_prefix="/accounts")
@accounts.post("/enter")
def enter(): ...
@accounts.post("/leave")
def leave(): ...
@app.post("/ping")
def ping(): ...
@app.post("/docs/<name>")
def docs(name): ...
@app.post("/<name>")
def anything(name): ...
app.register_blueprint(accounts)
OPEN = {"accounts.enter", "ping"}
PATHS = ["/ping", "/accounts/enter"]
def public(path):
    if path == "/ping":
        return True
    return path.startswith("/accounts/e")
"""


@pytest.mark.parametrize(
    ("test", "spared"),
    [
        ("request.endpoint in OPEN", {"POST /ping", "POST /accounts/enter"}),
        ("request.path in PATHS", {"POST /ping", "POST /accounts/enter"}),
        ("request.path in ('/ping',)", {"POST /ping"}),
        ("request.endpoint == 'ping'", {"POST /ping"}),
        ("request.endpoint in ('enter',)", set()),
        ("request.blueprint == 'accounts'", {"POST /accounts/enter", "POST /accounts/leave"}),
        ("request.path.startswith('/docs/')", {"POST /docs/{name}"}),
        ("request.path.startswith(('/docs', '/ping'))", {"POST /docs/{name}", "POST /ping"}),
        ("any(request.path.startswith(one) for one in PATHS)", {"POST /ping", "POST /accounts/enter"}),
        ("public(request.path)", {"POST /ping", "POST /accounts/enter"}),
        ("request.path == '/docs/intro'", set()),
        ("request.path.endswith('.css')", set()),
        ("request.method == 'GET'", set()),
    ],
)
def test_routes_that_a_hook_leaves_alone(test: str, spared: set[str]) -> None:
    returning = f"""{_FLASK}
@app.before_request
def gate():
    if {test}:
        return None
    if "user" not in session:
        abort(401)
"""
    nested = f"""{_FLASK}
@app.before_request
def gate():
    if not ({test}) and "user" not in session:
        return redirect("/login")
"""
    for source in (returning, nested):
        found = known({"main.py": source})
        assert {label for label, one in found.items() if not one.guards} == spared
        assert all(found[label].opened for label in spared)


def test_a_hook_for_some_paths_alone_opens_no_others_on_purpose() -> None:
    source = f"""{_FLASK}
@app.before_request
def gate():
    if request.path.startswith("/accounts") and "user" not in session:
        abort(401)
"""
    found = known({"main.py": source})
    assert {label for label, one in found.items() if not one.guards} == {"POST /ping", "POST /docs/{name}"}
    assert not any(one.opened for one in found.values())


def test_a_middleware_is_told_where_it_is_added() -> None:
    source = """
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware
class Gate(BaseHTTPMiddleware):
    def __init__(self, app, skip=None):
        super().__init__(app)
        self.skip = skip or []
    async def dispatch(self, request, call_next):
        if request.url.path in self.skip:
            return await call_next(request)
        if request.method != "GET" or request.url.path.startswith("/staff"):
            user = await load(request)
            if user is None:
                return JSONResponse({}, status_code=401)
        return await call_next(request)
app = FastAPI()
app.add_middleware(Gate, skip=["/enter"])
@app.post("/enter")
def enter(): ...
@app.get("/things")
def things(): ...
@app.post("/things")
def add(): ...
@app.get("/staff/pay")
def pay(): ...
"""
    assert open_routes({"main.py": source}) == {"POST /enter", "GET /things"}


def test_a_bare_asgi_middleware() -> None:
    source = """
from fastapi import FastAPI
class Gate:
    open = {"/enter"}
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] in self.open:
            return await self.app(scope, receive, send)
        if not known_to_us(dict(scope["headers"]).get(b"authorization")):
            raise PermissionError
        await self.app(scope, receive, send)
app = FastAPI()
app.add_middleware(Gate)
@app.post("/enter")
def enter(): ...
@app.post("/things")
def add(): ...
"""
    assert open_routes({"main.py": source}) == {"POST /enter"}


def test_settings_of_django_and_patterns_that_are_texts() -> None:
    files = {
        "shop/settings.py": """
            ROOT_URLCONF = "shop.urls"
            MIDDLEWARE = ["shop.gate.Gate"]
            OPEN_URLS = [r"^/enter/$", r"^/pages/"]
        """,
        "shop/gate.py": """
            import re
            from django.conf import settings
            from django.shortcuts import redirect
            class Gate:
                def __init__(self, get_response):
                    self.get_response = get_response
                def __call__(self, request):
                    if not request.user.is_authenticated:
                        if not any(re.match(one, request.path_info) for one in settings.OPEN_URLS):
                            return redirect("/login")
                    return self.get_response(request)
        """,
        "shop/urls.py": """
            import shop.settings, shop.gate
            from django.urls import path
            from django.views.decorators.http import require_POST
            @require_POST
            def enter(request): ...
            @require_POST
            def page(request, name): ...
            @require_POST
            def buy(request): ...
            urlpatterns = [path("enter/", enter), path("pages/<str:name>/", page), path("buy/", buy)]
        """,
    }
    assert open_routes(files) == {"POST /enter/", "POST /pages/{name}/"}


_SITE = {
    "shop/settings.py": """
        ROOT_URLCONF = "shop.urls"
        MIDDLEWARE = ["shop.gate.Gate"]
        OPEN = ["enter", "api:status"]
    """,
    "shop/api.py": """
        from django.urls import path
        from django.views.decorators.http import require_POST
        app_name = "api"
        @require_POST
        def status(request): ...
        @require_POST
        def enter(request): ...
        @require_POST
        def unnamed(request): ...
        urlpatterns = [path("status/", status, name="status"), path("enter/", enter, name="enter"), path("x/", unnamed)]
    """,
    "shop/urls.py": """
        import shop.settings, shop.gate
        from django.urls import include, path
        from django.views.decorators.http import require_POST
        @require_POST
        def enter(request): ...
        @require_POST
        def page(request, name): ...
        urlpatterns = [
            path("enter/", enter, name="enter"),
            path("pages/<str:name>/", page, name="page"),
            path("api/", include("shop.api")),
            path("pair/", include(([path("enter/", enter, name="enter")], "pair"), namespace="other")),
        ]
    """,
}


@pytest.mark.parametrize(
    ("test", "spared"),
    [
        ("resolve(request.path_info).url_name in ('enter',)", {"/enter/", "/api/enter/", "/pair/enter/"}),
        ("resolve(request.path_info).view_name in settings.OPEN", {"/enter/", "/api/status/"}),
        ("request.resolver_match.view_name == 'other:enter'", {"/pair/enter/"}),
        ("request.resolver_match.namespace == 'api'", {"/api/enter/", "/api/status/"}),
        ("request.path in [reverse('enter'), reverse('api:status')]", {"/enter/", "/api/status/"}),
        ("request.path == reverse('pair:enter')", set()),
        ("request.path.startswith(reverse_lazy('api:status'))", {"/api/status/"}),
        ("request.path_info == resolve_url('page')", {"/pages/{name}/"}),
    ],
)
def test_routes_that_a_middleware_of_django_leaves_alone_by_name(test: str, spared: set[str]) -> None:
    heading = """
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, resolve_url
from django.urls import resolve, reverse, reverse_lazy
class Gate:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
"""
    whole = f"""{heading}
        if {test}:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect("enter")
        return self.get_response(request)
"""
    before_view = f"""{heading}
        return self.get_response(request)
    def process_view(self, request, view, args, kwargs):
        if request.user.is_authenticated or {test}:
            return None
        return redirect("enter")
"""
    for source in (whole, before_view):
        assert open_routes({**_SITE, "shop/gate.py": source}) == {f"POST {path}" for path in spared}


@pytest.mark.parametrize(
    "added", ["+= ['shop.gate.Gate']", ".append('shop.gate.Gate')", ".insert(1, 'shop.gate.Gate')"]
)
def test_middleware_that_settings_add_later_stands_before_everything(added: str) -> None:
    gate = """
from django.shortcuts import redirect
class Gate:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        if not request.user.is_authenticated:
            return redirect("enter")
        return self.get_response(request)
"""
    settings = (
        f"ROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = ['django.middleware.common.CommonMiddleware']\nMIDDLEWARE{added}\n"
    )
    assert open_routes({**_SITE, "shop/gate.py": gate, "shop/settings.py": settings}) == set()


def test_resources_are_left_alone_by_the_endpoints_that_their_libraries_make() -> None:
    source = """
from flask import Blueprint, Flask, abort, request, session
from flask_restful import Api as Plain, Resource as PlainResource
from flask_restx import Api, Namespace, Resource
app = Flask(__name__)
version = Blueprint("v1", __name__, url_prefix="/v1")
api = Api(version)
users = Namespace("users")
plain = Plain(app)
@app.before_request
def gate():
    if request.endpoint in {"v1.users_sign_in", "v1.status", "v1.health_check", "ping", "orders.Orders"}:
        return
    if "user" not in session:
        abort(401)
@users.route("/in")
class SignIn(Resource):
    def post(self): ...
@users.route("/out")
class SignOut(Resource):
    def post(self): ...
@users.route("/status", endpoint="status")
class Status(Resource):
    def post(self): ...
@api.route("/health")
class HealthCheck(Resource):
    def post(self): ...
class Ping(PlainResource):
    def post(self): ...
class Pong(PlainResource):
    def post(self): ...
api.add_namespace(users)
plain.add_resource(Ping, "/ping")
plain.add_resource(Pong, "/pong")
app.register_blueprint(version)
"""
    assert open_routes({"main.py": source}) == {
        "POST /v1/users/in",
        "POST /v1/users/status",
        "POST /v1/health",
        "POST /ping",
    }


def test_a_method_that_answers_several_paths_guards_those_where_it_asks() -> None:
    source = """
from http.server import BaseHTTPRequestHandler
class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/public":
            self.send_response(200)
            return
        if self.path == "/secret":
            if self.headers.get("Authorization") != KEY:
                self.send_error(401)
                return
            self.send_response(200)
    def do_POST(self):
        match self.path:
            case "/enter" | "/hello":
                self.send_response(200)
            case "/pay":
                if self.headers.get("Authorization") != KEY:
                    self.send_error(401)
"""
    assert "GET /public" in (found := open_routes({"main.py": source}))
    assert "GET /secret" not in found


def test_a_permission_that_everybody_has_for_reading() -> None:
    source = """
from django.urls import path
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.views import APIView
class OrReadOnly(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS or request.user.is_staff
class View(APIView):
    permission_classes = [OrReadOnly]
    def get(self, request): ...
    def post(self, request): ...
urlpatterns = [path("x", View.as_view())]
"""
    found = known({"main.py": source})
    assert found["GET /x"].opened
    assert found["POST /x"].guards
