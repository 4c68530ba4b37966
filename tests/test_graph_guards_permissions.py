"""What views of REST framework and of Django demand, where it is put together, chosen by action, or tested."""

from __future__ import annotations

from analyzer.graph.guards import Guards
from tests.pictures import picture_of

_VIEWS = """
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.contrib.auth.views import LoginView
from django.views import View
from django.views.generic import DeleteView
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey
from .models import Item
class ReadOnly(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS
class IsBanned(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_banned
"""


def demands(views: str, urls: str, settings: str = "") -> dict[str, str]:
    """What stands before each route, by label: the demands in order."""
    files = {"settings.py": settings, "models.py": "", "views.py": _VIEWS + views, "urls.py": urls}
    picture = picture_of(files)
    guards = picture.shared(Guards)
    return {
        route.label: " ".join(sorted({one.demand for one in guards.of(route).guards}))
        for route in (*picture.routes, *picture.backend.library)
    }


def of_set(body: str) -> dict[str, str]:
    """The same of one view set with three actions."""
    answers = "".join(
        f"    def {name}(self, request, pk=None):\n        Item.objects.create()\n"
        for name in ("list", "create", "destroy")
    )
    urls = """
from rest_framework.routers import SimpleRouter
from views import Items
router = SimpleRouter()
router.register("items", Items)
urlpatterns = router.urls
"""
    return demands(f"class Items(viewsets.GenericViewSet):\n{body}\n{answers}", urls)


def told(listing: str, making: str, removing: str) -> dict[str, str]:
    return {"GET /items/": listing, "POST /items/": making, "DELETE /items/{pk}/": removing}


def test_of_permissions_with_or_one_is_enough() -> None:
    assert of_set("    permission_classes = [IsAdminUser | ReadOnly]") == told("", "role", "role")
    assert of_set("    permission_classes = [IsAdminUser | AllowAny]") == told("", "", "")
    either = of_set("    permission_classes = (IsAuthenticated | HasAPIKey,)")
    assert either == told("authenticated", "authenticated", "authenticated")


def test_of_permissions_with_and_each_asks() -> None:
    both = of_set("    permission_classes = [IsAuthenticated & ~IsBanned]")
    assert both == told("authenticated", "authenticated", "authenticated")


def test_a_permission_class_of_another_package_guards() -> None:
    every = of_set("    permission_classes = [HasAPIKey]")
    assert every == told("authenticated", "authenticated", "authenticated")


def test_permissions_listed_by_action() -> None:
    listed = """
    by_action = {"create": [AllowAny], "destroy": [IsAdminUser], "default": [IsAuthenticated]}
    def get_permissions(self):
        try:
            return [one() for one in self.by_action[self.action]]
        except KeyError:
            return [one() for one in self.by_action["default"]]
"""
    assert of_set(listed) == told("authenticated", "", "role")
    got = """
    by_action = dict(create=[IsAuthenticated], destroy=[IsAdminUser])
    permission_classes = [AllowAny]
    def get_permissions(self):
        self.permission_classes = self.by_action.get(self.action, self.permission_classes)
        return super().get_permissions()
"""
    assert of_set(got) == told("", "authenticated", "role")


_PAGE = "from django.urls import path\nfrom views import Page\nurlpatterns = [path('x/<int:pk>/', Page.as_view())]\n"


def test_a_test_of_a_view_demands_what_it_compares() -> None:
    page = (
        "class Page(LoginRequiredMixin, UserPassesTestMixin, DeleteView):\n    model = Item\n    def test_func(self):\n"
    )
    owner = demands(f"{page}        return self.get_object().owner == self.request.user\n", _PAGE)
    assert set(owner.values()) == {"authenticated owner"}
    staff = demands(f"{page}        return self.request.user.is_staff\n", _PAGE)
    assert set(staff.values()) == {"authenticated role"}
    nothing = demands(f"{page}        return True\n", _PAGE)
    assert set(nothing.values()) == {"authenticated"}


def test_the_middleware_that_asks_everybody_leaves_the_login_alone() -> None:
    views = """
class Enter(LoginView):
    template_name = "enter.html"
class Page(View):
    def post(self, request): ...
"""
    urls = """
from django.contrib.auth import views as auth
from django.urls import path
from views import Enter, Page
urlpatterns = [
    path("login/", auth.LoginView.as_view()),
    path("enter/", Enter.as_view()),
    path("reset/", auth.PasswordResetView.as_view()),
    path("logout/", auth.LogoutView.as_view()),
    path("page/", Page.as_view()),
]
"""
    settings = 'MIDDLEWARE = ["django.contrib.auth.middleware.LoginRequiredMiddleware"]\nROOT_URLCONF = "urls"\n'
    found = demands(views, urls, settings)
    assert found["ANY /login/"] == found["ANY /reset/"] == ""
    assert found["ANY /enter/"] == ""
    assert found["ANY /logout/"] == found["POST /page/"] == "authenticated"


def test_views_of_libraries_and_those_that_extend_them_ask_what_they_bring() -> None:
    views = """
from rest_framework_simplejwt.views import TokenObtainPairView
from knox.views import LogoutView
class Token(TokenObtainPairView):
    serializer_class = None
class Leave(LogoutView):
    renderer_classes = []
"""
    urls = """
from django.urls import path
from knox.views import LogoutAllView
from rest_framework_simplejwt.views import TokenRefreshView
from views import Leave, Token
urlpatterns = [
    path("token/", Token.as_view()),
    path("refresh/", TokenRefreshView.as_view()),
    path("leave/", Leave.as_view()),
    path("all/", LogoutAllView.as_view()),
]
"""
    settings = 'REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}\n'
    assert demands(views, urls, settings) == {
        "POST /token/": "",
        "POST /refresh/": "",
        "POST /leave/": "authenticated",
        "POST /all/": "authenticated",
    }
