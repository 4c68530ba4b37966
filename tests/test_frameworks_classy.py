"""Classes of FastAPI routes (classy-fastapi): the object of the class makes the router.

The table of the first test is the one that classy-fastapi 0.7.0 makes of these files. It is written down here, for
classy-fastapi is no development dependency.
"""

from __future__ import annotations

from analyzer.frameworks import recognise
from tests.projects import project_of

FILES = {
    "shop/__init__.py": "",
    "shop/routes.py": """
        from classy_fastapi import Routable, get, post
        from fastapi import APIRouter
        class Orders(Routable):
            def __init__(self, prefix: str = "") -> None:
                super().__init__(prefix=prefix)
            @get("/orders")
            async def listed(self, buyer: str):
                return []
        class Bills(Routable):
            @post("/bills")
            async def made(self, buyer: str):
                return []
            @cached("/never")
            def kept(self):
                return []
        every = APIRouter()
        every.include_router(Orders("/v1").router, tags=["orders"])
        bills = Bills()
        every.include_router(bills.router, prefix="/more")
    """,
    "shop/main.py": """
        from fastapi import FastAPI
        from shop.routes import every
        def create_app() -> FastAPI:
            app = FastAPI()
            app.include_router(every, prefix="/api")
            return app
        app = create_app()
    """,
}


def test_methods_of_a_class_are_routes_of_the_router_that_its_object_makes() -> None:
    backend = recognise(project_of(FILES))
    assert {(route.method, route.path) for route in backend.routes} == {
        ("GET", "/api/v1/orders"),
        ("POST", "/api/more/bills"),
    }
    assert not backend.unresolved


def test_verbs_of_another_library_make_no_routes() -> None:
    files = {
        **FILES,
        "shop/routes.py": FILES["shop/routes.py"].replace(
            "classy_fastapi import Routable, get", "uplink import Consumer as Routable, get"
        ),
    }
    assert not recognise(project_of(files)).routes
