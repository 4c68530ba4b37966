"""BA301 names the routes that nothing but an unverified token guards."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from tests.pictures import findings_of

HELPER = """
    import jwt
    def claims_of(token):
        return jwt.decode(token, options={"verify_signature": False})
    def verified(token, key):
        return jwt.decode(token, key, algorithms=["HS256"])
"""


def named(files: Mapping[str, str]) -> tuple[str, ...]:
    """The routes that the one finding names."""
    (finding,) = findings_of({path: textwrap.dedent(text) for path, text in files.items()}, "BA301")
    return tuple(one.message.split("`")[1] for one in finding.related)


def test_a_dependency_of_fastapi_through_a_helper_of_another_module() -> None:
    files = {
        "app/tokens.py": HELPER,
        "app/guards.py": """
            from fastapi import Depends, Header, HTTPException
            from app.tokens import claims_of, verified
            def claims(authorization: str = Header()):
                return claims_of(authorization.removeprefix("Bearer "))
            def current_user(claims=Depends(claims)):
                if "sub" not in claims:
                    raise HTTPException(status_code=401)
                return claims["sub"]
            def strict_user(authorization: str = Header()):
                if not verified(authorization, "key"):
                    raise HTTPException(status_code=401)
        """,
        "app/main.py": """
            from fastapi import Depends, FastAPI
            from app.guards import current_user, strict_user
            app = FastAPI()
            @app.get("/orders")
            def orders(user=Depends(current_user)): ...
            @app.delete("/orders/{id}", dependencies=[Depends(current_user)])
            def remove(id: int): ...
            @app.get("/bills", dependencies=[Depends(strict_user)])
            def bills(user=Depends(current_user)): ...
            @app.get("/health")
            def health(): ...
        """,
    }
    assert named(files) == ("GET /orders", "DELETE /orders/{id}")


def test_decorators_of_flask() -> None:
    files = {
        "app/tokens.py": HELPER,
        "app/guards.py": """
            from functools import wraps
            from flask import abort, request
            from app.tokens import claims_of, verified
            def login_needed(view):
                @wraps(view)
                def inner(*args, **kwargs):
                    if not claims_of(request.headers["Authorization"]).get("sub"):
                        abort(401)
                    return view(*args, **kwargs)
                return inner
            def signed_needed(view):
                @wraps(view)
                def inner(*args, **kwargs):
                    if not verified(request.headers["Authorization"], "key"):
                        abort(401)
                    return view(*args, **kwargs)
                return inner
        """,
        "app/main.py": """
            from flask import Flask
            from app.guards import login_needed, signed_needed
            app = Flask(__name__)
            @app.post("/orders")
            @login_needed
            def create(): ...
            @app.post("/bills")
            @signed_needed
            @login_needed
            def bill(): ...
        """,
    }
    assert named(files) == ("POST /orders",)


def test_a_hook_that_leaves_the_user_for_a_decorator_to_look_at() -> None:
    files = {
        "app/tokens.py": HELPER,
        "app/main.py": """
            from functools import wraps
            from flask import Flask, abort, g, request
            from app.tokens import claims_of
            app = Flask(__name__)
            @app.before_request
            def load():
                g.user = claims_of(request.headers.get("Authorization", "")).get("sub")
            def login_needed(view):
                @wraps(view)
                def inner(*args, **kwargs):
                    if g.user is None:
                        abort(401)
                    return view(*args, **kwargs)
                return inner
            def key_needed(view):
                @wraps(view)
                def inner(*args, **kwargs):
                    if request.headers.get("X-Api-Key") != app.config["API_KEY"]:
                        abort(401)
                    return view(*args, **kwargs)
                return inner
            @app.post("/orders")
            @login_needed
            def create(): ...
            @app.post("/jobs")
            @key_needed
            def job(): ...
        """,
    }
    assert named(files) == ("POST /orders",)


def test_middleware_of_django() -> None:
    files = {
        "app/tokens.py": HELPER,
        "app/middleware.py": """
            from app.tokens import claims_of
            from app.users import find
            class TokenMiddleware:
                def __init__(self, get_response):
                    self.get_response = get_response
                def __call__(self, request):
                    request.user = find(self._claims(request)["sub"])
                    return self.get_response(request)
                def _claims(self, request):
                    return claims_of(request.headers["Authorization"])
        """,
        "app/users.py": "def find(key): ...",
        "app/settings.py": 'MIDDLEWARE = ["app.middleware.TokenMiddleware"]\nROOT_URLCONF = "app.urls"\n',
        "app/views.py": """
            from django.contrib.auth.decorators import login_required
            from django.http import HttpResponse
            @login_required
            def orders(request):
                return HttpResponse("orders")
        """,
        "app/urls.py": """
            from django.urls import path
            from app import views
            urlpatterns = [path("orders/", views.orders)]
        """,
    }
    assert named(files) == ("ANY /orders/",)


def test_an_authentication_class_of_rest_framework() -> None:
    files = {
        "app/tokens.py": HELPER,
        "app/authentication.py": """
            from rest_framework.authentication import BaseAuthentication
            from app.tokens import claims_of
            class TokenAuthentication(BaseAuthentication):
                def authenticate(self, request):
                    return claims_of(request.headers["Authorization"])["sub"], None
        """,
        "app/settings.py": """
            REST_FRAMEWORK = {
                "DEFAULT_AUTHENTICATION_CLASSES": ["app.authentication.TokenAuthentication"],
                "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
            }
        """,
        "app/views.py": """
            from rest_framework.authentication import SessionAuthentication
            from rest_framework.permissions import IsAdminUser
            from rest_framework.views import APIView
            class Orders(APIView):
                def get(self, request): ...
            class Bills(APIView):
                permission_classes = [IsAdminUser]
                authentication_classes = [SessionAuthentication]
                def get(self, request): ...
        """,
        "app/urls.py": """
            from django.urls import path
            from app.views import Bills, Orders
            urlpatterns = [path("orders/", Orders.as_view()), path("bills/", Bills.as_view())]
        """,
    }
    assert named(files) == ("GET /orders/",)


def test_many_routes_are_counted_and_a_handful_is_named() -> None:
    routes = "\n".join(f'@app.get("/r{n}")\ndef r{n}(user=Depends(current_user)): ...' for n in range(8))
    source = (
        "import jwt\nfrom fastapi import Depends, FastAPI, Header\napp = FastAPI()\n"
        "def current_user(token: str = Header()):\n"
        '    return jwt.decode(token, options={"verify_signature": False})["sub"]\n' + routes
    )
    (finding,) = findings_of({"main.py": source}, "BA301")
    assert len(finding.related) == 5
    assert "nothing else guards `GET /r0` and 7 more routes" in finding.message


def test_a_token_whose_signature_is_verified_lets_nobody_in() -> None:
    files = {
        "main.py": """
            import jwt
            from fastapi import Depends, FastAPI, Header
            app = FastAPI()
            def current_user(token: str = Header()):
                return jwt.decode(token, "key", algorithms=["HS256"], options={"verify_exp": False})["sub"]
            @app.get("/orders")
            def orders(user=Depends(current_user)): ...
        """
    }
    assert named(files) == ()
