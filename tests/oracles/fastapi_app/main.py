"""An application made by a factory, with a loop over routers and a mounted one below it."""

from fastapi import FastAPI
from starlette.routing import Route

from . import orders, reports
from .people import people

inner = FastAPI()


@inner.get("/health")
def health(): ...


def plain(request): ...


def create() -> FastAPI:
    app = FastAPI(openapi_url=None)
    for router in (orders.router, people):
        app.include_router(router, prefix="/api")
    app.include_router(orders.router)
    app.include_router(reports.router, prefix="/v1")
    app.mount("/inner", inner)

    @app.get("/")
    def index(): ...

    return app


table = [Route("/plain", plain, methods=["GET", "POST"])]
