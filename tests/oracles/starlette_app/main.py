"""Tables: written out, of another module, made by a function, comprehended; applications inside applications."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from . import museum
from .museum import Guide, Painting, Silent, hall_routes, radio

shop = Starlette(routes=[Route("/tickets", museum.ticket, methods=["POST"])])
library = Router([Route("/books", museum.halls)])
PAGES = {"/about": museum.home, "/contact": museum.home}


def archive():
    return Starlette(routes=[Route("/{year:int}", museum.exhibit)], middleware=[Middleware(GZipMiddleware)])


sockets = [WebSocketRoute("/guide", Guide), WebSocketRoute("/silent", Silent), WebSocketRoute("/radio", radio)]

routes = [
    Route("/", museum.home),
    Route("/vault", museum.vault, middleware=[Middleware(GZipMiddleware)]),
    Route("/paintings/{painting}", Painting),
    Mount("/halls", routes=hall_routes),
    Mount("/tours", routes=museum.tour_routes(), middleware=[Middleware(GZipMiddleware)]),
    Mount("/shop/", app=shop),
    Mount("/store", shop),
    Mount("/old", app=Mount("/archive", app=archive())),
    Mount("/squeezed", app=GZipMiddleware(library)),
    Mount("/nested", routes=[Mount("/deep", routes=[Route("/end", museum.home)])]),
    Host("api.museum.example", Router([Route("/status", museum.home)])),
    *[Route(path, page) for path, page in PAGES.items()],
]


def create() -> Starlette:
    app = Starlette(routes=[*routes, *sockets])
    app.add_route("/added", museum.home, methods=["PATCH"])
    app.add_route("/canvas", Painting)
    app.mount("/again", shop)
    for number in range(1, 3):
        app.add_route(f"/floor/{number}", museum.halls)
    return app
