"""Guards that stand where a framework runs something before a handler."""

from __future__ import annotations

from analyzer.graph.guards import Guards
from tests.pictures import picture_of


def _guards(files: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    picture = picture_of({"app/__init__.py": "", **files})
    known = {route.path: picture.shared(Guards).of(route).guards for route in picture.routes}
    return {path: [(one.name.rpartition(".")[2], one.demand) for one in guards] for path, guards in known.items()}


def test_what_decorates_a_hook_of_flask_is_part_of_it() -> None:
    files = {
        "app/views.py": """
            from flask import Blueprint, Flask
            from flask_login import login_required
            from app.access import admin_required
            app = Flask(__name__)
            admin = Blueprint("admin", __name__, url_prefix="/admin")
            users = Blueprint("users", __name__, url_prefix="/users")
            free = Blueprint("free", __name__, url_prefix="/free")
            @admin.before_request
            @admin_required
            def administrators(): pass
            @users.before_request
            @login_required
            def members(): pass
            @login_required
            @free.before_request
            def counted(): pass
            @admin.get("/a")
            def a(): return ""
            @users.get("/b")
            def b(): return ""
            @free.get("/c")
            def c(): return ""
            app.register_blueprint(admin)
            app.register_blueprint(users)
            app.register_blueprint(free)
        """,
        "app/access.py": """
            from functools import wraps
            from flask import abort
            from flask_login import current_user
            def admin_required(view):
                @wraps(view)
                def inner(*args, **kwargs):
                    if not current_user.is_admin:
                        abort(403)
                    return view(*args, **kwargs)
                return inner
        """,
    }
    found = _guards(files)
    assert [name for name, _ in found["/admin/a"]] == ["admin_required"]
    assert [name for name, _ in found["/users/b"]] == ["login_required"]
    assert found["/free/c"] == []


def test_a_refusal_after_a_function_that_verifies_a_token_is_a_guard_whatever_it_answers_with() -> None:
    files = {
        "app/main.py": """
            from functools import wraps
            import jwt
            from sanic import Sanic, json
            app = Sanic("shop")
            def check(request):
                try:
                    jwt.decode(request.token, "key", algorithms=["HS256"])
                except jwt.InvalidTokenError:
                    return False
                return True
            def even(request):
                return request.args.get("number", "0").isdigit()
            def signed_in(view):
                @wraps(view)
                async def inner(request, *args, **kwargs):
                    if not check(request):
                        return json({}, 401)
                    return await view(request, *args, **kwargs)
                return inner
            def numbered(view):
                @wraps(view)
                async def inner(request, *args, **kwargs):
                    if not even(request):
                        return json({}, 400)
                    return await view(request, *args, **kwargs)
                return inner
            @app.get("/orders")
            @signed_in
            async def orders(request): return json({})
            @app.get("/numbers")
            @numbered
            async def numbers(request): return json({})
        """,
    }
    found = _guards(files)
    assert [name for name, _ in found["/orders"]] == ["signed_in"]
    assert found["/numbers"] == []


def test_the_middleware_that_asks_for_a_login_leaves_views_of_rest_framework_to_themselves() -> None:
    files = {
        "shop/settings.py": """
            INSTALLED_APPS = ["shop"]
            MIDDLEWARE = ["django.contrib.auth.middleware.LoginRequiredMiddleware"]
            ROOT_URLCONF = "shop.urls"
        """,
        "shop/urls.py": """
            from django.urls import path
            from shop import views
            urlpatterns = [path("page/", views.page), path("api/", views.Orders.as_view())]
        """,
        "shop/views.py": """
            from django.http import HttpResponse
            from rest_framework.response import Response
            from rest_framework.views import APIView
            def page(request): return HttpResponse("")
            class Orders(APIView):
                def get(self, request): return Response([])
        """,
    }
    found = _guards(files)
    assert [demand for _, demand in found["/page/"]] == ["authenticated"]
    assert found["/api/"] == []
