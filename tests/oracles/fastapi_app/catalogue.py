"""Routers that a function makes of what it is given, and tables of routers that loops go over."""

from dataclasses import dataclass

from fastapi import APIRouter, FastAPI

from . import authors, shelves


@dataclass
class Part:
    router: APIRouter
    prefix: str


def made(name: str, prefix: str = "/series") -> APIRouter:
    router = APIRouter(prefix=prefix)

    @router.get(f"/{name}")
    def volumes(): ...

    @router.post("/new")
    def begin(): ...

    return router


def plain() -> APIRouter:
    router = APIRouter(prefix="/plain")

    @router.get("/all")
    def everything(): ...

    return router


VERSIONS = ["v1", "v2"]
PAIRS = [(authors.router, "/authors"), (shelves.router, "/shelves")]
PARTS = [Part(router=shelves.loans, prefix="/loans")]
PARTS.append(Part(authors.prizes, prefix="/prizes"))
NAMED = {"/left": authors.router, "/right": shelves.router}
inner = FastAPI()


@inner.get("/inside")
def inside(): ...


def add(app: FastAPI, start: str) -> None:
    for module in (authors, shelves):
        app.include_router(module.router, prefix=f"{start}/modules")


def create() -> FastAPI:
    app = FastAPI()
    for router, prefix in PAIRS:
        app.include_router(router, prefix=prefix)
    api = APIRouter(prefix="/api")
    for version in VERSIONS:
        api.include_router(authors.prizes, prefix=f"/{version}/prizes")
        api.add_api_route(f"/{version}/state", inside, methods=["GET"])
    app.include_router(api)
    for prefix, router in NAMED.items():
        app.include_router(router, prefix=prefix)
    for number, part in enumerate(PARTS):
        app.include_router(part.router, prefix=f"/part{number}")
    app.include_router(made("novels"))
    poems = made("poems", prefix="/verse")
    app.include_router(poems, prefix="/books")
    for name in ("maps", "prints"):
        app.include_router(made(name, f"/{name}"))
    app.include_router(plain(), prefix="/more")
    for path in ("/one", "/two"):
        app.mount(path, inner)
    add(app, "/first")
    add(app, "/second")
    return app
