"""Routers that functions return as they make them, that objects keep, and that are objects of the project's classes."""

from fastapi import APIRouter, FastAPI


def made() -> APIRouter:
    return APIRouter(prefix="/made")


def named(prefix: str) -> APIRouter:
    return APIRouter(prefix=prefix)


class Kept:
    def __init__(self, prefix: str) -> None:
        self.router = APIRouter(prefix=prefix)
        self.router.add_api_route("/", self.listed, methods=["GET"])
        self.router.put("/{number}")(self.one)

    def listed(self): ...

    def one(self, number: int): ...


class Pages(APIRouter):
    def __init__(self, prefix: str) -> None:
        super().__init__(prefix=prefix)
        self.add_api_route("/page", self.page)

    def page(self): ...


class Sheets(Pages):
    """A router of a class of its own that registers nothing itself."""


first, second, third = made(), named("/second"), named("/third")
kept = Kept("/kept")
pages = Pages("/pages")


@first.get("/a")
def a(): ...


@second.post("/b")
def b(): ...


@third.api_route("/c", methods=["PUT", "PATCH"])
def c(): ...


@pages.get("/index")
def index(): ...


def create() -> FastAPI:
    def application() -> FastAPI:
        return FastAPI(openapi_url=None)

    app = application()
    for router in (first, second):
        app.include_router(router)
    app.include_router(third, prefix="/v2")
    app.include_router(kept.router)
    app.include_router(Kept("/again").router, prefix="/v2")
    app.include_router(pages)
    app.include_router(Sheets("/sheets"), prefix="/v2")
    return app
