"""Django Ninja Extra: controllers.

The table of the first test is the one that django-ninja-extra 0.31.7 itself makes of these files, with whether an
operation has something that authenticates. It is written down here, for django-ninja-extra is no development
dependency.
"""

from __future__ import annotations

from analyzer.frameworks import recognise
from analyzer.graph.guards import Guards
from analyzer.inventory.routes import inventory
from tests.pictures import picture_of
from tests.projects import project_of

FILES = {
    "shop/__init__.py": "",
    "shop/keys.py": """
        from ninja.security import APIKeyHeader
        from ninja_extra import permissions
        class Key(APIKeyHeader):
            def authenticate(self, request, key):
                if key == "one":
                    return key
        class IsKeeper(permissions.BasePermission):
            def has_permission(self, request, controller):
                return request.user.role == "keeper"
    """,
    "shop/orders.py": """
        from ninja import Schema
        from ninja_extra import ControllerBase, api_controller, http_get, http_post, permissions, route
        from .keys import IsKeeper, Key
        class OrderIn(Schema):
            name: str
        class Common(ControllerBase):
            @http_get("/health", auth=None)
            def health(self):
                return {}
        @api_controller("/orders", auth=Key(), permissions=[permissions.IsAuthenticated])
        class Orders(Common):
            @http_get("/{int:number}")
            def shown(self, number: int):
                return {}
            @http_post("", permissions=[IsKeeper])
            def made(self, request, order: OrderIn):
                return {}
            @route.generic("/many/", methods=["PUT", "PATCH"], permissions=[permissions.AllowAny])
            def changed(self):
                return {}
        @api_controller("/shops/{int:shop}/lines")
        class Lines:
            @route.delete("/{int:line}", auth=Key())
            def dropped(self, shop: int, line: int):
                return {}
            @route.get()
            def listed(self, shop: int):
                return []
    """,
    "shop/urls.py": """
        from django.urls import path
        from ninja_extra import NinjaExtraAPI
        from .orders import Orders
        from .keys import Key
        api = NinjaExtraAPI(urls_namespace="one")
        api.register_controllers(Orders, "shop.orders.Lines")
        @api.get("/plain")
        def plain(request):
            return {}
        urlpatterns = [path("api/", api.urls)]
    """,
}
TABLE = {
    ("GET", "/api/plain", "plain"): False,
    ("GET", "/api/orders/{number}", "shown"): True,
    ("POST", "/api/orders", "made"): True,
    ("PUT", "/api/orders/many/", "changed"): True,
    ("PATCH", "/api/orders/many/", "changed"): True,
    ("GET", "/api/orders/health", "health"): False,
    ("DELETE", "/api/shops/{shop}/lines/{line}", "dropped"): True,
    ("GET", "/api/shops/{shop}/lines", "listed"): False,
}


def test_controllers_are_found_with_what_authenticates() -> None:
    backend = recognise(project_of(FILES))
    assert backend.unresolved == ()
    found = {}
    for route in backend.routes:
        function = backend.project.function(route.handler)
        assert function is not None
        found[route.method, route.path, function.name] = any(one.verified for one in route.attached)
    assert found == TABLE


def test_permissions_of_a_handler_stand_instead_of_the_controllers() -> None:
    picture = picture_of(FILES)
    demands = {
        route.label: [one.demand for one in picture.shared(Guards).of(route).guards]
        for route in picture.routes
        if route.path.startswith("/api/orders")
    }
    assert demands == {
        "GET /api/orders/health": ["authenticated"],
        "GET /api/orders/{number}": ["authenticated", "authenticated"],
        "POST /api/orders": ["authenticated", "role"],
        "PUT /api/orders/many/": ["authenticated"],
        "PATCH /api/orders/many/": ["authenticated"],
    }


def test_inputs_leave_out_the_controller_and_the_request() -> None:
    rows = {row.path: row for row in inventory(picture_of(FILES)).rows if row.method == "POST"}
    assert [(one.kind, one.name, one.type) for one in rows["/api/orders"].inputs] == [("body", "order", "OrderIn")]


def test_controllers_that_nothing_names_and_those_of_models() -> None:
    source = """
        from ninja_extra import ModelConfig, ModelControllerBase, NinjaExtraAPI, api_controller, http_get
        from .models import Order
        @api_controller("/a")
        class A(ModelControllerBase):
            model_config = ModelConfig(model=Order)
            @http_get("/x")
            def x(self): ...
    """
    alone = recognise(project_of({"shop/a.py": source}))
    assert [route.label for route in alone.routes] == ["GET /a/x"]
    assert [one.why for one in alone.unresolved] == ["the library makes routes of the controller's model"]
    urls = """
        from django.urls import path
        from ninja_extra import NinjaExtraAPI
        api = NinjaExtraAPI()
        api.auto_discover_controllers()
        urlpatterns = [path("v1/", api.urls)]
    """
    taken = recognise(project_of({"shop/a.py": source, "shop/urls.py": urls}))
    assert [route.label for route in taken.routes] == ["GET /v1/a/x"]
